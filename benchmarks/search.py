"""How much of the frontier of a whole grid a search finds that measures fewer of its points.

    python benchmarks/search.py [LEADERBOARD] [--json | --markdown] [--seeds 16]

*model* is a made-up server: batch, GPUs, power limit and precision, 528 points, no noise. With the
folder of ML.ENERGY's leaderboard V3, its seven groups of text-to-image are searched too, by looking
the published numbers up: GPU, how the model is split, and batch; a point that was not published
fails, and counts as one that was spent. The share is that of the area that the frontier of all
points dominates, on logarithmic axes between the best and the worst of all, medians over seeds and
groups. *Best* is a choice of as many points by someone who knows all of them (greedy).
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import statistics
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from measuring import SOURCES, Row, show

sys.path.insert(0, str(SOURCES))

SPENT = (10, 15, 20, 30, 40)
SAMPLERS = ("tpe", "random")
ENERGY, TIME = "energy", "time"
Pair = tuple[float, float]
Point = Mapping[str, Any]


@dataclass(frozen=True)
class Surface:
    """Axes, and the energy and time of their points; None where there are none."""

    name: str
    axes: Mapping[str, tuple[Any, ...]]
    at: Callable[[Point], Pair | None]

    def points(self) -> list[dict[str, Any]]:
        """Return all points of the grid."""
        values = itertools.product(*self.axes.values())
        return [dict(zip(self.axes, one, strict=True)) for one in values]


def model() -> Surface:
    """Return the made-up server."""
    axes = {
        "batch": (1, 2, 4, 8, 16, 32, 64, 128),
        "gpus": (1, 2, 4),
        "power": tuple(range(200, 701, 50)),
        "precision": ("bf16", "fp8"),
    }

    def at(point: Point) -> Pair:
        batch, gpus, watts = point["batch"], point["gpus"], point["power"]
        speed = min(1.0, 1.08 * (watts / 700) ** 0.55) * (1.5 if point["precision"] == "fp8" else 1)
        step = 0.012 / gpus**0.75 + 0.00022 * batch / (gpus * speed) + 0.002 * math.log2(gpus)
        busy = min(1.0, 0.45 + 0.55 * batch / (batch + 24))
        drawn = gpus * (90 + 0.85 * min(watts, 250 + 450 * busy))
        return drawn * step / batch, step

    return Surface("model", axes, at)


def published(path: str) -> Iterator[Surface]:
    """Yield the groups of text-to-image of a leaderboard."""
    from joulemark.analysis.frontier.mlenergy import groups
    from joulemark.procedures.mlenergy import read_paths

    for group in groups(read_paths([path]).configurations):
        if group.task != "text-to-image" or not group.source.endswith("V3"):
            continue
        found: dict[tuple[Any, ...], Pair] = {}
        for one in group.candidates:
            split = f"{one.labels.get('ulysses_degree')}x{one.labels.get('ring_degree')}"
            key = (one.labels["gpu"], split, one.labels["batch_size"])
            found[key] = tuple(one.measures[n].value for n in (group.energy, group.time))  # type: ignore[assignment]
        axes = {
            name: tuple(sorted({key[place] for key in found}))
            for place, name in enumerate(("gpu", "split", "batch"))
        }
        yield Surface(group.name, axes, lambda point, found=found: found.get(tuple(point.values())))  # type: ignore[misc]


def area(pairs: Sequence[Pair], best: Pair, worst: Pair) -> float:
    """Return the share of the square between best and worst, in logarithms, that is dominated."""
    scaled = sorted(
        tuple(math.log(v / b) / math.log(w / b) for v, b, w in zip(p, best, worst, strict=True))
        for p in pairs
    )
    low, found = 1.0, 0.0
    for one, other in scaled:
        if other < low:
            found += (1 - one) * (low - other)
            low = other
    return found


def greedy(pairs: Sequence[Pair], most: int, best: Pair, worst: Pair) -> list[float]:
    """Return the area of 1, 2 … points, each added by who knows all."""
    chosen: list[Pair] = []
    areas = []
    for _ in range(most):
        chosen.append(max(pairs, key=lambda one: area([*chosen, one], best, worst)))
        areas.append(area(chosen, best, worst))
    return areas


def searched(surface: Surface, sampler: str, seed: int, most: int) -> list[Pair | None]:
    """Return what a search measures, in its order; None for what failed."""
    from joulemark.tune.search import Trial, next_point
    from joulemark.tune.sweep_axes import Axis
    from joulemark.tune.sweep_goals import Goals

    axes = tuple(Axis(name, values) for name, values in surface.axes.items())
    goals = Goals(most, (ENERGY, TIME), sampler=sampler)
    before: list[Trial] = []
    found = []
    for _ in range(most):
        point = next_point(axes, goals, seed, before)
        if point is None:
            break
        pair = surface.at(point)
        found.append(pair)
        numbers = {} if pair is None else dict(zip((ENERGY, TIME), pair, strict=True))
        before.append(Trial(point, numbers))
    return found


def rows_of(surfaces: Sequence[Surface], name: str, seeds: int) -> Iterator[Row]:
    """Yield a row for each number of points that is spent."""
    shares: dict[tuple[str, int], list[float]] = {}
    sizes = []
    for surface in surfaces:
        pairs = [pair for point in surface.points() if (pair := surface.at(point)) is not None]
        best, worst = (tuple(way(p[i] for p in pairs) for i in (0, 1)) for way in (min, max))
        whole = area(pairs, best, worst)  # type: ignore[arg-type]
        sizes.append(len(pairs))
        for spent, reached in enumerate(greedy(pairs, max(SPENT), best, worst), 1):  # type: ignore[arg-type]
            shares.setdefault(("best", spent), []).append(reached / whole)
        for sampler, seed in itertools.product(SAMPLERS, range(seeds)):
            found = searched(surface, sampler, seed, max(SPENT))
            for spent in SPENT:
                some = [pair for pair in found[:spent] if pair is not None]
                reached = area(some, best, worst)  # type: ignore[arg-type]
                shares.setdefault((sampler, spent), []).append(reached / whole)
    for spent in SPENT:
        row: Row = {"surface": name, "points": round(statistics.median(sizes)), "spent": spent}
        for kind in (*SAMPLERS, "best"):
            row[kind] = f"{100 * statistics.median(shares[kind, spent]):.1f} %"
        row["tpe, worst tenth"] = f"{100 * _tenth(shares['tpe', spent]):.1f} %"
        row["random, worst tenth"] = f"{100 * _tenth(shares['random', spent]):.1f} %"
        yield row


def _tenth(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 10]


def main() -> None:
    """Search, and print the shares."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("leaderboard", nargs="?")
    parser.add_argument("--seeds", type=int, default=16)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--markdown", action="store_true")
    args = parser.parse_args()
    rows = list(rows_of([model()], "model", args.seeds))
    if args.leaderboard:
        rows += rows_of(list(published(args.leaderboard)), "ML.ENERGY V3", args.seeds)
    if args.json:
        print(json.dumps(rows, indent=2))
        return
    title = "Share of the area that the frontier of all points dominates"
    show(title, rows, markdown=args.markdown)


if __name__ == "__main__":
    main()
