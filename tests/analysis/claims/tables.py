"""A table of results as a page has it: every system's figures follow one law, and scatter."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from joulemark.formats.results.declared import DeclaredResult

ROUNDS = ("v2.0", "v2.1", "v3.0", "v3.1", "v4.0", "v4.1")
SYSTEMS = {"Thing": (9.0, 8), "Widget": (40.0, 4), "Gizmo": (2.5, 16), "Doodad": (120.0, 1)}
"""By accelerator: its efficiency on the easiest benchmark, and how many a system has."""
BENCHMARKS = {
    ("resnet50", "Offline"): 20.0,
    ("resnet50", "Server"): 17.0,
    ("bert-99", "Offline"): 1.0,
    ("bert-99", "Server"): 0.8,
    ("retinanet", "Offline"): 0.3,
    ("resnet50", "SingleStream"): 6.0,
    ("bert-99", "SingleStream"): 0.3,
    ("retinanet", "SingleStream"): 0.07,
}


def table(seed: int = 1) -> list[DeclaredResult]:
    """Return the rows."""
    random = Random(seed)
    rows: list[DeclaredResult] = []
    for index, round_ in enumerate(ROUNDS):
        for number, (accelerator, (easy, count)) in enumerate(SYSTEMS.items()):
            drawn = 150.0 * count * random.uniform(0.95, 1.05)
            for (benchmark, scenario), share in BENCHMARKS.items():
                per_joule = easy * share * 1.05**index * random.uniform(0.97, 1.03)
                watts = drawn * random.uniform(0.9, 1.1)
                what = (benchmark, scenario)
                rows.append(
                    _made(len(rows), round_, number, accelerator, what, count, watts, per_joule)
                )
    return rows


def _made(
    place: int,
    round_: str,
    number: int,
    accelerator: str,
    what: tuple[str, str],
    count: int,
    watts: float,
    per_joule: float,
) -> DeclaredResult:
    benchmark, scenario = what
    row = DeclaredResult(
        kind="results-page",
        identity=f"{round_}\0{number}\0{benchmark}\0{scenario}",
        sources=(f"page.csv:{2 * place + 2}", f"page.csv:{2 * place + 3}"),
        round=round_,
        division="closed",
        submitter=f"Maker {number}",
        system_name=f"Box {number} ({count}x {accelerator})",
        system_type="datacenter",
        public_id=f"{round_[1:]}-00{number}0",
        benchmark=benchmark,
        scenario=scenario,
        accelerator=accelerator,
        accelerators=float(count),
    )
    if scenario == "SingleStream":
        return replace(
            row,
            performance=1 / per_joule / watts,
            performance_unit="s/query",
            power=1 / per_joule,
            power_unit="J/query",
        )
    unit = "queries/s" if scenario == "Server" else "samples/s"
    return replace(
        row, performance=per_joule * watts, performance_unit=unit, power=watts, power_unit="W"
    )


def logs(rows: list[DeclaredResult]) -> list[DeclaredResult]:
    """Return what the logs of the same results give."""
    return [
        replace(row, kind="logs", public_id="", sources=(f"closed/{row.key}/performance",))
        for row in rows
    ]
