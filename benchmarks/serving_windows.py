#!/usr/bin/env python3
"""How well the energy of serving is recovered, on a virtual server whose energy is known.

Every draw is a run of its own: arrivals, lengths and a wandering power are drawn anew. What one
run says is held against the truth of the server (its factors) and of the service (a run of the
same arrivals that is a hundred times as long). Nothing is measured here.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

SOURCES = Path(__file__).parents[1] / "src"
sys.path.insert(0, str(SOURCES))

from joulemark.accounting.serving_energy import (  # noqa: E402
    MLENERGY_FIGURES,
    PER_OUTPUT,
    PER_REQUEST,
    account,
    mlenergy_figures,
)
from joulemark.accounting.serving_split import Shared, Split, by_request, split  # noqa: E402
from joulemark.accounting.serving_windows import (  # noqa: E402
    MLENERGY,
    V2,
    V3,
    Steady,
    steady,
)
from joulemark.accounting.serving_work import Work, work_of  # noqa: E402
from joulemark.accounting.supply import Supply  # noqa: E402
from joulemark.virtual.generation import Arrivals, Load, Served, Server, serve  # noqa: E402

Row = dict[str, float | str]
FACTORS = {"base": "base_w", "prefill": "prompt_j", "decode": "token_j"}
TOLD = (*FACTORS, PER_OUTPUT, PER_REQUEST)
LONGER = 100


def truth(server: Server, load: Load) -> tuple[float, float]:
    """Return J per output token and per request of the service, from a long run's middle."""
    run = serve(server, replace(load, count=load.count * LONGER), seed=2**31)
    end = run.requests[-1].sent if load.arrivals in _OWN else run.time[-1]
    start, stop = 0.05 * end, 0.9 * end
    times = np.concatenate([np.array(r.chunks) for r in run.requests])
    shares = np.concatenate([np.full(len(r.chunks), 1 / len(r.chunks)) for r in run.requests])
    inside = (times > start) & (times <= stop)
    used = run.energy(int(start), int(stop))
    return used / inside.sum(), used / shares[inside].sum()


_OWN = (Arrivals.POISSON, Arrivals.GAMMA, Arrivals.CONSTANT, Arrivals.RAMP)


class Tally:
    """What the draws of one process came to."""

    def __init__(self, server: Server, load: Load) -> None:
        """Compute the truth; a ramp, which is never steady, has none but the server's."""
        self.server, self.load = server, load
        self.true = () if load.arrivals is Arrivals.RAMP else truth(server, load)
        self.held: dict[str, list[bool]] = {}
        self.width: dict[str, list[float]] = {}
        self.off: dict[str, list[float]] = {}
        self.found: dict[str, list[bool]] = {}
        self.shared: dict[str, list[tuple[float, float]]] = {}

    def add(self, run: Served) -> None:
        """Add a draw."""
        work, curve, load = work_of(run.requests), Supply.of([run.counter]), self.load
        end = int(work.sent[-1]) if load.arrivals in _OWN else int(work.ended.max())
        parts = split(work, curve, int(work.sent[0]), end)
        for name, field in FACTORS.items():
            self._hold(name, parts.factors[name], getattr(self.server, field))
        self._share(run, work, parts)
        target = {Arrivals.CLOSED: load.concurrency, Arrivals.SATURATION: self.server.batch}
        waits = load.arrivals is Arrivals.SATURATION
        window = steady(work, curve, target=target.get(load.arrivals), running=waits)
        self._find("ours", window)
        if isinstance(window, Steady) and self.true:
            figures = account(work, curve, window).figures
            for name, true in zip((PER_OUTPUT, PER_REQUEST), self.true, strict=True):
                self._hold(name, figures[name], true)
        for rule, find in MLENERGY.items():
            theirs = find(work, self.server.batch)
            self._find(rule, theirs)
            if isinstance(theirs, Steady):
                numbers = mlenergy_figures(work, curve, theirs)
                if rule == V3:
                    own = numbers[MLENERGY_FIGURES[V3][0]] * work.tokens_out
                    self._by_prompt("V3", run, work, own, work.tokens_in > 0)
                for name, true in zip(MLENERGY_FIGURES[rule], self.true, strict=False):
                    self.off.setdefault(name, []).append(numbers[name] / true - 1)

    def _share(self, run: Served, work: Work, parts: Split) -> None:
        shared = by_request(work, parts)
        if isinstance(shared, Shared):
            self._by_prompt("ours", run, work, shared.joules, shared.whole)

    def _by_prompt(
        self, who: str, run: Served, work: Work, joules: np.ndarray, whole: np.ndarray
    ) -> None:
        """Add the energies of the requests with the shortest and the longest prompts."""
        place = [int(request.id) for request in work.requests]
        low, high = np.quantile(work.tokens_in[whole], (0.1, 0.9))
        for name, inside in (("short", work.tokens_in <= low), ("long", work.tokens_in >= high)):
            picked = whole & inside
            pair = (joules[picked].sum(), run.spent[place][picked].sum())
            self.shared.setdefault(f"{who}, {name} prompts", []).append(pair)

    def by_prompt(self, name: str) -> str:
        """Return the error of the energy of such requests, all draws together."""
        told, true = np.sum(self.shared.get(name, [(0.0, 0.0)]), axis=0)
        return f"{100 * (told / true - 1):+.1f} %" if true else "none"

    def _find(self, rule: str, window: object) -> None:
        self.found.setdefault(rule, []).append(isinstance(window, Steady))

    def _hold(self, name: str, value: object, true: float) -> None:
        error = value.value - true
        self.held.setdefault(name, []).append(abs(error) <= value.u95)
        self.width.setdefault(name, []).append(value.u95 / true)
        self.off.setdefault(name, []).append(error / true)

    def coverage(self, name: str) -> str:
        """Return how often the interval held the truth, and its median half-width."""
        if name not in self.held:
            return "none"
        width = 100 * float(np.median(self.width[name]))
        return f"{100 * np.mean(self.held[name]):.1f} % (±{width:.2g} %)"

    def bias(self, name: str) -> str:
        """Return the mean error, with the 95 % half-width of that mean."""
        errors = self.off.get(name, [])
        if len(errors) < 2:
            return "none"
        half = 1.96 * np.std(errors, ddof=1) / np.sqrt(len(errors))
        return f"{100 * np.mean(errors):+.2f} ± {100 * half:.2f} %"

    def windows(self, rule: str) -> str:
        """Return in how many draws a rule found a window."""
        return f"{100 * np.mean(self.found[rule]):.0f} %"


def rows(draws: int, load: Load) -> dict[str, list[Row]]:
    """Return the tables by title."""
    held, found, bias, shared = [], [], [], []
    loads = {arrivals.value: replace(load, arrivals=arrivals) for arrivals in Arrivals}
    loads["saturation, long prompts"] = replace(loads["saturation"], mean_in=3000, mean_out=60)
    for name, one in loads.items():
        tally = Tally(Server(), one)
        for seed in range(draws):
            tally.add(serve(tally.server, tally.load, seed))
        print(f"{name}: {draws} draws", file=sys.stderr)
        head: Row = {"arrivals": name}
        found.append(head | {rule: tally.windows(rule) for rule in ("ours", V2, V3)})
        held.append(head | {n: tally.coverage(n) for n in TOLD})
        names = (*TOLD, *MLENERGY_FIGURES[V2], *MLENERGY_FIGURES[V3])
        bias.append(head | {name: tally.bias(name) for name in names})
        names = [f"{who}, {which} prompts" for which in ("short", "long") for who in ("ours", "V3")]
        shared.append(head | {name: tally.by_prompt(name) for name in names})
    return {
        "How often the 95 % interval holds the truth (and its median half-width)": held,
        "In how many draws a rule finds a window": found,
        "Mean error against a run a hundred times as long, with the half-width of that mean": bias,
        "Error of the energy of requests with the tenth shortest and longest prompts": shared,
    }


def table(title: str, body: list[Row]) -> str:
    """Return a table in Markdown."""
    heads = list(body[0])
    lines = [f"**{title}**", "", "| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    lines += ["| " + " | ".join(str(row[head]) for head in heads) + " |" for row in body]
    return "\n".join(lines)


def main() -> int:
    """Draw, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--draws", type=int, default=200, help="runs of each process (200)")
    parser.add_argument("--requests", type=int, default=300, help="requests of a run (300)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--markdown", action="store_true", help="print tables (as without it)")
    args = parser.parse_args()
    tables = rows(args.draws, Load(arrivals=Arrivals.CLOSED, count=args.requests))
    if args.json:
        print(json.dumps(tables, indent=2))
        return 0
    print(
        f"{args.draws} draws of {args.requests} requests for each process; long prompts: mean 3000 "
        f"tokens, answers 60.\nA virtual server: {Server()}.\nSimulated, not measured."
    )
    for title, body in tables.items():
        print("\n" + table(title, body))
    return 0


if __name__ == "__main__":
    sys.exit(main())
