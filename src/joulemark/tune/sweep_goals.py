"""What a search of a sweep is after, from its file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from joulemark.core.errors import UsageError
from joulemark.core.units import parse_time
from joulemark.tune import sweep_fields as fields
from joulemark.tune.sweep_axes import OWN
from joulemark.tune.sweep_reads import Reads

TPE, RANDOM = "tpe", "random"
SAMPLERS = (TPE, RANDOM)
STARTUP = 8
"""Points before a search learns, if a file does not say."""
_MOST_OBJECTIVES = 4


@dataclass(frozen=True, slots=True)
class Goals:
    """A search among points, in place of all of them.

    Attributes:
        trials: points that are measured.
        objectives: names of the metrics that are to be low, or high where more is better.
        more: those of which more is better.
        at_most: bounds that a good point keeps, by metric; at least, where more is better.
        sampler: ``tpe``, or ``random`` to compare with.
        startup: points by chance before the sampler learns.
    """

    trials: int
    objectives: tuple[str, ...]
    more: frozenset[str] = frozenset()
    at_most: Mapping[str, float] = field(default_factory=dict)
    sampler: str = TPE
    startup: int = STARTUP


def goals_of(record: Mapping[str, Any], reads: Reads, at: fields.Place) -> Goals | None:
    """Return what a file searches for; None if it has no table ``search``.

    Raises:
        FormatError: if it makes no sense.
    """
    if not record:
        return None
    known = ("trials", "objectives", "more", "at_most", "sampler", "startup")
    fields.only(record, known, at)
    sampler = fields.text(record, "sampler", at) or TPE
    if sampler not in SAMPLERS:
        raise at.wrong(f"sampler is {sampler!r:.40}", f"give one of {', '.join(SAMPLERS)}")
    if "trials" not in record:
        raise at.wrong("how many points to try is not said", "write trials = 20")
    objectives = fields.texts(record, "objectives", at) or ()
    if not 1 <= len(set(objectives)) == len(objectives) <= _MOST_OBJECTIVES:
        remedy = 'write objectives = ["energy_j", "time_s"]'
        raise at.wrong(f"no list of 1 to {_MOST_OBJECTIVES} different metrics", remedy)
    bounds = _bounds(fields.table(record, "at_most", at), at / "at_most")
    more = fields.texts(record, "more", at) or ()
    _known((*objectives, *bounds), reads, at)
    for name in more:
        if name not in (*objectives, *bounds):
            raise at.wrong(f"{name!r:.40} is neither searched for nor bound", "leave it out")
    return Goals(
        trials=fields.count(record, "trials", at, least=1, otherwise=0),
        objectives=objectives,
        more=frozenset(more),
        at_most=bounds,
        sampler=sampler,
        startup=fields.count(record, "startup", at, least=1, otherwise=STARTUP),
    )


def _bounds(record: Mapping[str, Any], at: fields.Place) -> dict[str, float]:
    """Return bounds: numbers, or times such as ``100ms``."""
    found = {}
    for name, value in record.items():
        if fields.is_number(value):
            found[name] = float(value)
            continue
        try:
            found[name] = parse_time(value if isinstance(value, str) else "")
        except UsageError as error:
            raise at.wrong(
                f"{name}: {error.what}", 'give a number or a time like "100ms"'
            ) from error
    return found


def _known(names: Sequence[str], reads: Reads, at: fields.Place) -> None:
    """Refuse metrics that no point will have, where that is known beforehand."""
    if reads.own:
        return
    share = f"energy_per_{reads.unit}_j" if reads.unit else ""
    known = [*reads.metrics, *OWN, *filter(None, [share])]
    for name in names:
        if name not in known:
            raise at.wrong(f"there is no metric {name!r:.40}", f"there is {', '.join(known)}")
