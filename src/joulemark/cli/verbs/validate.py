"""Hold the intervals of joulemark against truths that are known, and count how often they hold."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from importlib import import_module

SUBJECTS = {
    "virtual": "every meter and procedure over simulated machines whose energy is known",
    "boards": "recordings of a GPU's own readings beside a shunt meter",
}
"""One module of :mod:`joulemark.cli.subjects` each, with ``EXAMPLES``, ``arguments``, ``main``."""

EXAMPLES = """\
examples:
  joulemark validate virtual --draws 200
  joulemark validate boards recordings/
  joulemark validate virtual --help

Exit code 1 if intervals hold significantly less often than they must.
"""


def arguments(parser: ArgumentParser, words: list[str]) -> None:
    """Add the subjects, each with arguments of its own."""
    subjects = parser.add_subparsers(dest="subject", metavar="SUBJECT", required=True)
    for name, text in SUBJECTS.items():
        module = import_module(f"joulemark.cli.subjects.{name}")
        one = subjects.add_parser(
            name,
            help=text,
            description=module.__doc__,
            epilog=module.EXAMPLES,
            formatter_class=RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        module.arguments(one)


def main(args: Namespace) -> int:
    """Hand over to the subject."""
    code: int = import_module(f"joulemark.cli.subjects.{args.subject}").main(args)
    return code
