"""Write the photograph set once as files in CIFAR-10's binary layout.

A machine without scikit-image and scikit-learn then needs only these files:
joulemark bench vision --data FOLDER. The set is never called CIFAR-10.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

EXAMPLES = """\
examples:
  joulemark dataset photographs-32
  joulemark bench vision --data photographs-32 --quick
"""


def arguments(parser: ArgumentParser, words: list[str]) -> None:
    """Add the arguments of this verb."""
    parser.add_argument("folder", type=Path, help="where to; must not exist")
    parser.add_argument("--seed", type=int, default=0, help="which crops (default: 0)")


def main(args: Namespace) -> int:
    """Write the files and print the folder."""
    from joulemark.workloads.images.export import export
    from joulemark.workloads.images.photographs import photographs

    print(export(photographs(seed=args.seed), args.folder))
    return 0
