"""Show the results of a run, computed from its traces."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace

from joulemark.cli.common import (
    asking_for,
    calibration_argument,
    print_results,
    refused_code,
    results_for,
    run_argument,
    stored_run,
)
from joulemark.cli.served import serving_arguments, serving_only, show_serving
from joulemark.core.errors import StoreError

EXAMPLES = """\
examples:
  joulemark show
  joulemark show 20261122-004512 --budget
  joulemark show last --evidence
  joulemark show last --json | jq '.phases[0].energy_per_unit'
  joulemark show last --verify
  joulemark show last --calibration wall.json
  joulemark show last --mlenergy

Exit code 1 if a calibration is named and holds for no measured phase,
or if no request of a run of serving was answered.
"""


def arguments(parser: ArgumentParser, words: list[str]) -> None:
    """Add the arguments of this verb."""
    run_argument(parser)
    calibration_argument(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--budget", action="store_true", help="uncertainty, term by term")
    parser.add_argument(
        "--evidence", action="store_true", help="the tier of evidence, condition by condition"
    )
    parser.add_argument("--verify", action="store_true", help="check the run's checksums first")
    serving_arguments(parser)


def main(args: Namespace) -> int:
    """Print the results."""
    stored = stored_run(args)
    if args.verify:
        from joulemark.store.checksums import verify

        problems = verify(stored.path)
        if problems:
            raise StoreError(
                "; ".join(problems), where=str(stored.path), remedy="do not trust this run"
            )
        print(f"{stored.path}: all checksums hold", file=sys.stderr)
    if stored.run.procedure == "serving":
        results = results_for(args, stored)
        show_serving(asking_for(args, stored), results, as_json=args.json, args=args)
        return refused_code(args, results)
    serving_only(args)
    results = results_for(args, stored)
    print_results(stored, results, as_json=args.json, budget=args.budget, evidence=args.evidence)
    return refused_code(args, results)
