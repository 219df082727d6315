"""The command line: arguments to options to objects to a run; errors printed once.

Exit codes: 0 done; 1 any other failure of joulemark; 2 a wrong argument; 3 a sensor, a right or a
package is missing; 4 a file or run directory cannot be read or written; 5 a meter failed; 130
interrupted. ``joulemark compare --max-increase`` answers 0 where a larger increase is excluded, 1
where it is larger, 6 where it cannot be told and 7 where the sides are not comparable.
``joulemark crosscheck`` answers 1 where a meter says something impossible, ``calibrate`` where some
readings give no calibration, ``show`` and ``report`` where the one that is named holds for nothing.
``joulemark check`` and ``score`` answer 1 where a result fails (with ``--strict``: or warns),
``import`` where something could not be imported, ``bench serving`` where a request failed or the
server does not answer.
``joulemark run`` passes on the exit code of the command it measured (126 and 127 if
it could not be started, 128 + n if signal n ended it).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

VERBS = {
    "run": "measure any command",
    "bench": "measure a workload: idle, warm-up, windows until they repeat",
    "validate": "hold the intervals against known truths",
    "meters": "what this machine can read, and what would give more",
    "list": "runs in the store, newest first",
    "show": "results of a run",
    "cost": "carbon and money of a run, by declared factors",
    "compare": "B against A: ratio with interval, verdict, gate for CI, ranking",
    "why": "why a request costs more in B than in A: factors, exactly",
    "crosscheck": "meters of a run against each other; what cannot be true",
    "calibrate": "fit one meter against a better one, with what that gains",
    "report": "self-contained HTML: a page of a run, or the pages of a review",
    "agent": "measure one node of a distributed training",
    "gather": "merge the nodes of a training, write the official logs, score",
    "export": "a run as JSON, CSV or Parquet",
    "check": "review MLPerf power results, one or thousands",
    "score": "energy of MLPerf Training and MLPerf Tiny results, recomputed",
    "explain": "what a rule demands, where that stands, how to mend a result",
    "import": "measurements of others: MLPerf power results, tables of results",
    "record": "every published power result once, joined over logs and tables",
    "figures": "the source study's figures, as published and from the record",
    "trends": "best so far, software, hardware, scaling; your runs beside it",
    "scales": "one table and page across all scales, from µW to MW",
    "site": "the leaderboard: a static site of the whole record",
    "audit": "published claims held against the record: recomputed, verdict, why",
    "recommend": "the configuration of least energy that meets a target",
    "frontier": "configurations that none beats in time and energy, as pages",
    "sweep": "a command at every point of a grid; knobs always put back",
    "total": "energy of whole tables of telemetry, or of many runs",
    "virtual": "an instrument in software that speaks a real protocol",
    "dataset": "write the photograph set as files in CIFAR-10's layout",
}

HELP = """\
joulemark measures the energy of machine-learning systems: every number with its
provenance and its uncertainty.

usage: joulemark VERB [options]

{verbs}

examples:
  joulemark meters
  joulemark run --idle 10 -- python train.py
  joulemark bench vision --model LeNet --mode train --quick
  joulemark show last --budget

joulemark VERB --help says more; joulemark --version prints the version.
Exit codes: 0 done, 1 failed or found impossible, 2 wrong argument,
3 sensor, right or package missing, 4 file or run unreadable, 5 meter failed,
130 interrupted.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb and return the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    _print_anything()
    if not words or words[0] in ("-h", "--help", "help"):
        print(_overview(), end="")
        return 0
    if words[0] in ("-V", "--version"):
        from joulemark import __version__

        print(f"joulemark {__version__}")
        return 0
    if words[0] not in VERBS:
        return _unknown(words[0])
    return _verb(words[0], words[1:])


def _print_anything() -> None:
    """Let output that has no sign for a character (``LC_ALL=POSIX``) show ``?`` in its place."""
    from io import TextIOWrapper

    out = sys.stdout
    if isinstance(out, TextIOWrapper) and (out.errors == "strict" or out.encoding != "utf-8"):
        out.reconfigure(errors="replace")


def _overview() -> str:
    width = max(map(len, VERBS))
    return HELP.format(verbs="\n".join(f"  {v:{width}}  {text}" for v, text in VERBS.items()))


def _unknown(word: str) -> int:
    from difflib import get_close_matches

    close = get_close_matches(word, VERBS, 1)
    advice = f"did you mean {close[0]!r}?" if close else f"choose from {', '.join(VERBS)}"
    print(f"joulemark: there is no verb {word!r}; {advice}", file=sys.stderr)
    return 2


def _verb(name: str, words: list[str]) -> int:
    from argparse import ArgumentParser
    from importlib import import_module
    from keyword import iskeyword

    from joulemark.cli.helping import HelpFormatter
    from joulemark.core.errors import JoulemarkError

    module = import_module(f"joulemark.cli.verbs.{name}{'_' * iskeyword(name)}")
    parser = ArgumentParser(
        prog=f"joulemark {name}",
        description=module.__doc__,
        epilog=module.EXAMPLES,
        formatter_class=HelpFormatter,
        allow_abbrev=False,
    )
    try:
        module.arguments(parser, words)
        code: int = module.main(parser.parse_args(words))
        sys.stdout.flush()
    except JoulemarkError as error:
        print(f"joulemark {name}: {_safe(str(error))}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(f"joulemark {name}: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    return code


def _safe(text: str) -> str:
    """Return an error's text, which may quote a file or a server, without what moves a terminal."""
    from unicodedata import category

    return "".join(
        c if c in "\n\t" or category(c) not in ("Cc", "Cf", "Cs") else "\N{REPLACEMENT CHARACTER}"
        for c in text
    )


if __name__ == "__main__":
    sys.exit(main())
