"""Runs of serving in the terminal: shown, and their requests written to a file."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from joulemark.core.errors import UsageError

if TYPE_CHECKING:
    from joulemark.accounting.results import PhaseResult
    from joulemark.procedures.serving.results import ServingResult
    from joulemark.store.reader import StoredRun


def serving_arguments(parser: ArgumentParser) -> None:
    """Add what shows a run of serving in another way."""
    group = parser.add_argument_group("runs of serving")
    group.add_argument(
        "--rule", metavar="NAME", help="by the window of this rule (default: the run's own)"
    )
    group.add_argument(
        "--mlenergy", action="store_true", help="the figures by ML.ENERGY's rules beside ours"
    )
    group.add_argument(
        "--requests", action="store_true", help="with --json: every request and its energy"
    )


def serving_only(args: Namespace) -> None:
    """Refuse what is for runs of serving.

    Raises:
        UsageError: if any of it was asked for.
    """
    if args.rule or args.mlenergy or args.requests:
        raise UsageError("this run is not one of serving", remedy="leave out --rule, --mlenergy …")


def show_serving(
    stored: StoredRun,
    results: list[PhaseResult],
    *,
    as_json: bool,
    output: Path | None = None,
    args: Namespace | None = None,
) -> ServingResult:
    """Print a run of serving; return what it came to.

    Args:
        stored: the run.
        results: what each phase came to.
        as_json: print JSON.
        output: file that is given the JSON, too.
        args: those of ``show``, if these were given.

    Raises:
        UsageError: if there is no rule of that name, or requests are asked for without JSON.
    """
    if args is not None and args.requests and not as_json:
        remedy = "give --json, too, or joulemark export --requests"
        raise UsageError("requests are no table for a terminal", remedy=remedy)
    from joulemark.cli.common import print_json
    from joulemark.procedures.serving.results import serving_of
    from joulemark.report.plain import run_json
    from joulemark.report.serving_json import serving_json
    from joulemark.store.files import replace_file

    result = serving_of(stored, rule=_rule(args))
    if as_json or output is not None:
        wanted = args is not None and args.requests
        told = {**run_json(stored.run, results, stored.path)}
        told |= {"serving": serving_json(result, requests=wanted), "run": stored.path.name}
        told["serving"]["phases"] = _counted_phases(stored, result)
        if output is not None:
            replace_file(output, json.dumps(told, indent=2, allow_nan=False).encode())
    if as_json:
        print_json(told)
    else:
        _print(stored, results, result, args)
    return result


def _counted_phases(stored: StoredRun, result: ServingResult) -> list[Any]:
    """Return the phases by which a run is compared: the windows that count."""
    from joulemark.procedures.results import results_of
    from joulemark.procedures.serving.counted import counted
    from joulemark.report.plain import run_json

    like = counted(stored, result)
    phases: list[Any] = run_json(like.run, results_of(like), like.path)["phases"]
    return [one for one in phases if one["role"] == "measure"]


def served_of(stored: StoredRun, rule: str | None) -> ServingResult | None:
    """Return what a run of serving came to by a rule; None for any other run.

    Raises:
        UsageError: if there is no rule of that name, or one is asked for of another kind of run.
    """
    from joulemark.procedures.serving.results import is_serving, serving_of

    if is_serving(stored):
        return serving_of(stored, rule=_known(rule))
    if rule is not None:
        raise UsageError("this run is not one of serving", remedy="leave out --rule")
    return None


def _rule(args: Namespace | None) -> str | None:
    rule: str | None = None if args is None else args.rule
    return _known(rule)


def _known(rule: str | None) -> str | None:
    from joulemark.accounting.serving_windows import RULES

    if rule is not None and rule not in RULES:
        raise UsageError(f"no rule is called {rule!r}", remedy=", ".join(RULES))
    return rule


def _print(
    stored: StoredRun, results: list[PhaseResult], result: ServingResult, args: Namespace | None
) -> None:
    from joulemark.report.serving import serving_tables
    from joulemark.report.table import print_run

    asked = args or Namespace(mlenergy=False, budget=False, evidence=False)
    print_run(
        stored.run,
        results,
        stored.path,
        budget=asked.budget,
        evidence=asked.evidence,
        first=serving_tables(result, mlenergy=asked.mlenergy),
    )


def write_requests(stored: StoredRun, target: Path, form: str, *, force: bool) -> None:
    """Write the requests of a run to a file.

    Raises:
        UsageError: if the run is not one of serving, or the format holds no requests.
        StoreError: if the file exists or cannot be written.
    """
    from joulemark.procedures.serving.results import is_serving, serving_of
    from joulemark.report.serving_requests import requests_csv, requests_json
    from joulemark.store.files import new_file

    if not is_serving(stored):
        raise UsageError("this run is not one of serving", where=str(stored.path))
    if form not in ("csv", "json"):
        raise UsageError(f"requests are not written as {form}", remedy="choose csv or json")
    result = serving_of(stored)
    told = requests_json(result) if form == "json" else {}
    text = json.dumps(told, indent=1, allow_nan=False) if form == "json" else requests_csv(result)
    new_file(target, text.encode("utf-8", "replace"), force=force)
