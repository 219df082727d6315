"""Errors planted in cited figures: of another system or scenario, with swapped digits, invented."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from joulemark.analysis.claims.claim import Claim
from joulemark.analysis.claims.known import Known
from joulemark.analysis.claims.numbered import listed
from joulemark.analysis.claims.verdict import Judged, Verdict
from joulemark.analysis.figures.data import Point
from joulemark.analysis.record.definitions import order
from joulemark.analysis.record.entry import Entry

FIGURES = 4
"""So many figures are cited together."""
DIGITS = 6
APART = 0.01
"""Figures that are nearer are no error that matters."""
Group = Mapping[str, Entry]


@dataclass(frozen=True, slots=True)
class Cited:
    """Figures as a study would cite them.

    Attributes:
        points: the figures, each with its public number.
        detector: what must find the error; empty if nothing is wrong, or no row holds it.
        wrong: how many are.
    """

    points: tuple[Point, ...]
    detector: str = ""
    wrong: int = 0


Groups = Mapping[tuple[str, str], Group]
Plant = Callable[[Groups, Random], Cited | None]


def groups(known: Known, since: str, until: str) -> Groups:
    """Return closed results with an energy by public number and scenario, then benchmark."""
    found: dict[tuple[str, str], dict[str, Entry]] = {}
    for entry in known.record.where(suite="inference", division="closed"):
        inside = (not since or order(entry.round) >= order(since)) and (
            not until or order(entry.round) <= order(until)
        )
        if entry.public_id and entry.energy_j and inside:
            found.setdefault((entry.public_id, entry.scenario), {})[entry.name] = entry
    return found


def kinds() -> Mapping[str, Plant]:
    """Return what can be planted, by its name."""
    return {
        "cited figures of another public number": _another,
        "a cited Server figure among Offline": _server,
        "two digits of a cited figure swapped": _digits,
        "a cited figure that no row gives": _invented,
    }


def right(found: Groups, random: Random) -> Cited | None:
    """Return figures that are cited as they are."""
    chosen = [(n, of) for (n, s), of in found.items() if s == "Offline" and len(of) >= FIGURES]
    if not chosen:
        return None
    number, of = random.choice(chosen)
    names = random.sample(sorted(of), FIGURES)
    return Cited(tuple(_point(name, of[name].energy_j or 0.0, number) for name in names))


def _point(name: str, value: float, number: str) -> Point:
    return Point(x=name, y=float(f"{value:.{DIGITS}g}"), label=number)


def _with(cited: Cited, values: Mapping[str, float], detector: str) -> Cited | None:
    """Return cited figures of which some are others; None where they hardly differ."""
    before = {point.x: point.y for point in cited.points}
    if not values or any(abs(v - before[n]) <= APART * before[n] for n, v in values.items()):
        return None
    points = (
        replace(p, y=float(f"{values[p.x]:.{DIGITS}g}")) if p.x in values else p
        for p in cited.points
    )
    return Cited(tuple(points), detector, len(values))


def _another(found: Groups, random: Random) -> Cited | None:
    cited = right(found, random)
    if cited is None:
        return None
    names = [point.x for point in cited.points]
    others = [
        of
        for (number, scenario), of in found.items()
        if scenario == "Offline" and number != cited.points[0].label and set(names) <= of.keys()
    ]
    if not others:
        return None
    of = random.choice(others)
    return _with(cited, {name: of[name].energy_j or 0.0 for name in names}, "identity")


def _server(found: Groups, random: Random) -> Cited | None:
    cited = right(found, random)
    if cited is None:
        return None
    of = found.get((cited.points[0].label, "Server"), {})
    names = [point.x for point in cited.points if point.x in of]
    if not names:
        return None
    name = random.choice(names)
    return _with(cited, {name: of[name].energy_j or 0.0}, "scenario")


def _digits(found: Groups, random: Random) -> Cited | None:
    cited = right(found, random)
    if cited is None:
        return None
    point = random.choice(cited.points)
    mantissa, _, power = f"{point.y:.{DIGITS - 1}e}".partition("e")
    written = list(mantissa.replace(".", ""))
    at = random.randrange(1, 3)
    written[at], written[at + 1] = written[at + 1], written[at]
    text = "".join(written)
    return _with(cited, {point.x: float(f"{text[0]}.{text[1:]}e{power}")}, "identity")


def _invented(found: Groups, random: Random) -> Cited | None:
    cited = right(found, random)
    if cited is None:
        return None
    point = random.choice(cited.points)
    return _with(cited, {point.x: point.y * random.uniform(1.02, 1.5)}, "")


def judged(cited: Cited, known: Known) -> Judged:
    """Return what the audit says of cited figures."""
    claim = Claim(
        id="planted", where="", says="", kind="listed", quantity="energy_j", unit="J",
        benchmarks={point.x: point.x for point in cited.points},
    )  # fmt: skip
    return listed(claim, known, cited.points)


def caught(cited: Cited, known: Known) -> bool:
    """Return whether the audit finds what is wrong, and of what kind."""
    one = judged(cited, known)
    if cited.detector:
        return cited.detector in {seen.detector for seen in one.found}
    return one.verdict is not Verdict.STANDS or bool(one.found)


def tried(
    known: Known, plant: Plant, *, times: int, random: Random, since: str, until: str
) -> Sequence[bool]:
    """Return of each planted error whether it is caught."""
    found = groups(known, since, until)
    made = [cited for _ in range(times) if (cited := plant(found, random)) is not None]
    return [caught(cited, known) for cited in made]
