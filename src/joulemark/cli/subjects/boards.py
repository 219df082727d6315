"""Hold a GPU's own power readings against a shunt meter that watched the board.

Reads recordings of GPU_Power_Benchmark: folders with gpudata.csv (nvidia-smi),
timestamps.csv, PMD_data.bin and PMD_start_ts.txt, found below the paths that
are named. Naive and corrected errors stand side by side; the accuracy class is
made without the board's own model.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from joulemark.cli.common import print_json

EXAMPLES = """\
examples:
  joulemark validate boards GPU_Power_Benchmark/plotting/data
  joulemark validate boards 5050/3090 Transient_Response --json
  joulemark validate boards recordings/ --markdown > boards.md

Exit code 1 if the intervals of a case hold significantly less often than 93 %,
4 if a recording cannot be read; the others are judged all the same.
"""


def arguments(parser: ArgumentParser) -> None:
    """Add the arguments of this subject."""
    parser.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="a folder of recordings"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON")
    form.add_argument("--markdown", action="store_true", help="print tables for documentation")


def main(args: Namespace) -> int:
    """Read, compare and print; 1 if a case fails."""
    from joulemark.analysis.boards import judged, shares
    from joulemark.formats.gpu_benchmark import recordings
    from joulemark.report.boards import boards_json, boards_markdown, print_boards

    results, refused = judged(recordings(args.paths))
    if args.json:
        print_json(boards_json(results, refused))
    elif args.markdown:
        print(boards_markdown(results, refused), end="")
    else:
        print_boards(results, refused)
    if refused:
        return refused[0].exit_code
    return int(any(row.failed for row in shares(results)))
