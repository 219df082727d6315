"""Claims on pairs of results: two targets of one system, two rounds of one system."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import permutations
from statistics import median

from joulemark.analysis.claims.claim import Claim
from joulemark.analysis.claims.known import Known, untraced
from joulemark.analysis.claims.suspicion import Suspicion
from joulemark.analysis.claims.verdict import Judged, Part, whole
from joulemark.analysis.figures.software import percent, software_pairs
from joulemark.analysis.record.definitions import definitions, order
from joulemark.analysis.record.entry import Entry
from joulemark.core.units import digits
from joulemark.formats.results.declared import DeclaredResult

LEAST = -0.5
"""Changes below this are left out, as the study does."""
Pair = tuple[Entry, Entry]


def variants(claim: Claim, known: Known) -> Judged:
    """Return how many results have both targets, and which of them the tables lack."""
    entries = known.asked(claim)
    pairs = _both_targets(entries)
    drops = [100 * (1 - (high.per_joule or 0) / (low.per_joule or 1)) for low, high in pairs]
    note = ""
    if drops:
        note = (
            f"the high target costs {digits(min(drops), 3)} to {digits(max(drops), 3)} % of the "
            f"efficiency, median {digits(median(drops), 3)} %"
        )
    found = _lacking(claim, known, pairs)
    part = Part(
        published=claim.number,
        recomputed=float(len(pairs)) if pairs else None,
        step=claim.step,
        unit="pairs",
        explained=bool(found),
        note=note,
        keys=tuple(entry.key for pair in pairs for entry in pair),
        sources=tuple(dict.fromkeys(s for pair in pairs for e in pair for s in e.sources[:1])),
    )
    every = [entry for pair in pairs for entry in pair]
    return Judged(claim, whole(claim, [part]), [part], tuple(found), untraced(every))


def _both_targets(entries: Iterable[Entry]) -> list[Pair]:
    found: dict[tuple[str, ...], dict[str, Entry]] = {}
    for entry in entries:
        if entry.per_joule:
            place = (entry.round, entry.submitter, entry.system or entry.system_name)
            found.setdefault(place, {})[entry.target] = entry
    return [(of["99"], of["99.9"]) for of in found.values() if {"99", "99.9"} <= of.keys()]


def _lacking(claim: Claim, known: Known, pairs: Sequence[Pair]) -> list[Suspicion]:
    """Return which pairs the tables have not, or not under two names."""
    targets: dict[str, set[str]] = {}
    for row in known.corpus.audited:
        if row.benchmark.startswith(claim.benchmark) and row.scenario == claim.scenario:
            targets.setdefault(row.public_id, set()).add(row.benchmark)
    if not targets:
        return []
    both = {f"{claim.benchmark}-99", f"{claim.benchmark}-99.9"}
    gone = [pair for pair in pairs if not both <= targets.get(pair[0].public_id, set())]
    rounds = sorted({low.round for low, _ in gone}, key=order)
    return [_lacks(round_, [pair for pair in gone if pair[0].round == round_]) for round_ in rounds]


def _lacks(round_: str, pairs: Sequence[Pair]) -> Suspicion:
    numbers = ", ".join(low.public_id for low, _ in pairs if low.public_id)
    entries = [entry for pair in pairs for entry in pair]
    return Suspicion(
        detector="missing",
        what=f"{len(pairs)} pairs of {round_} are none in the tables",
        keys=tuple(entry.key for entry in entries),
        sources=tuple(dict.fromkeys(s for entry in entries for s in entry.sources[:1])),
        evidence=(f"{numbers}: one name for both targets, or no row",),
        correction="name the target of each row",
    )


def consecutive(claim: Claim, known: Known) -> Judged:
    """Return how many changes of software alone lie between consecutive rounds."""
    pairs, everywhere = (
        software_pairs(known.asked(claim, benchmark="", category=category), definitions())
        for category in (claim.category, "")
    )
    notes = [_told(claim.category or "all", pairs)]
    if claim.category:
        notes.append(_told("all categories", everywhere))
    found = _other_ways(claim, known)
    part = Part(
        published=claim.number,
        recomputed=float(len(pairs)) if pairs else None,
        step=claim.step,
        unit="pairs",
        note="; ".join(notes),
        keys=tuple(dict.fromkeys(e.key for pair in pairs for e in pair)),
        sources=tuple(dict.fromkeys(s for pair in pairs for e in pair for s in e.sources[:1])),
    )
    every = [entry for pair in pairs for entry in pair]
    return Judged(claim, whole(claim, [part]), [part], tuple(found), untraced(every))


def _told(name: str, pairs: Sequence[Pair]) -> str:
    if not pairs:
        return f"{name}: none"
    changes = [percent(*pair) for pair in pairs]
    middle = median(changes)
    return f"{name}: n = {len(pairs)}, median {'+' if middle > 0 else ''}{digits(middle, 2)} %"


def _other_ways(claim: Claim, known: Known) -> list[Suspicion]:
    """Return under which other meaning of "consecutive" the tables give the published number."""
    rows = [
        row
        for row in known.corpus.audited
        if row.scenario == claim.scenario
        and claim.category in row.system_type
        and row.per_joule
        and row.performance_unit != "tokens/s"
    ]
    ways = [(_paired(rows, way, _major), way is _without_host) for way in _HARDWARE]
    pairs, wide = min(ways, key=lambda found: abs(len(found[0]) - (claim.number or 0)))
    apart = [pair for pair in pairs if _round_apart(pair) != 1]
    return [_by_major(claim, pairs, apart, wide=wide)] if apart else []


Row = DeclaredResult


def _paired(
    rows: Sequence[Row], hardware: Callable[[Row], object], place: Callable[[Row], int]
) -> list[tuple[Row, Row]]:
    groups: dict[object, list[Row]] = {}
    for row in rows:
        groups.setdefault(hardware(row), []).append(row)
    return [
        (one, other)
        for of in groups.values()
        for one, other in permutations(of, 2)
        if place(other) == place(one) + 1
        and (other.per_joule or 0) / (one.per_joule or 1) - 1 >= LEAST
    ]


def _without_host(row: Row) -> tuple[object, ...]:
    return row.submitter, row.accelerator, row.accelerators, row.benchmark


def _with_host(row: Row) -> tuple[object, ...]:
    return (*_without_host(row), row.processor)


_HARDWARE = (_with_host, _without_host)


def _major(row: Row) -> int:
    return order(row.round)[0]


def _round_apart(pair: tuple[Row, Row]) -> int:
    rounds = sorted(definitions().dates["inference"], key=order)
    one, other = (rounds.index(row.round) if row.round in rounds else -9 for row in pair)
    return other - one


def _by_major(
    claim: Claim, pairs: Sequence[tuple[Row, Row]], apart: Sequence[tuple[Row, Row]], *, wide: bool
) -> Suspicion:
    one, other = apart[0]
    host = ", whatever the host" if wide else ""
    rounds = f"{one.public_id} of {one.round} and {other.public_id} of {other.round}"
    return Suspicion(
        detector="version pairs",
        what=f"{len(pairs)} pairs of the tables differ by one in the first digit of the version",
        keys=tuple(row.key for pair in apart[:3] for row in pair),
        sources=(one.sources[0], other.sources[0]),
        evidence=(
            f"of one submitter and accelerators{host}; {claim.value} are published",
            f"{len(apart)} are not of consecutive rounds: {rounds}, for one",
        ),
        correction="pair each round with the next one",
    )
