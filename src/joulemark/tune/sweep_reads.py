"""What a sweep reads of what its command writes, from its file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from joulemark.tune import sweep_fields as fields
from joulemark.tune.sweep_axes import NAME, OWN, RESULT, TAKEN, Axis

LAST_LINE, OUTPUT = "last-line", "output"
SOURCES = (RESULT, LAST_LINE, OUTPUT)


@dataclass(frozen=True, slots=True)
class Reads:
    """What is read of what a command writes.

    Attributes:
        source: ``result``, the JSON file that the command writes to ``{result}``; ``output``, all
            that it prints; ``last-line``, the last line of that.
        metrics: key path of each number, by its name.
        work: key path of the work that was done; empty for none.
        unit: singular of its unit.
        own: whether the command measures itself: all numbers that it tells are read too, with their
            intervals.
    """

    source: str = RESULT
    metrics: Mapping[str, str] = field(default_factory=dict)
    work: str = ""
    unit: str = ""
    own: bool = False

    @property
    def wanted(self) -> bool:
        """Whether anything is to be read."""
        return bool(self.metrics or self.work or self.own)


def reads_of(
    record: Mapping[str, Any], axes: Sequence[Axis], at: fields.Place, *, own: bool
) -> Reads:
    """Return what a file says is to be read.

    Args:
        record: its table ``read``.
        axes: of the sweep, whose names no metric may have.
        at: where the table stands.
        own: whether the command measures itself.

    Raises:
        FormatError: if it makes no sense.
    """
    fields.only(record, ("source", "metrics", "work", "unit"), at)
    source = fields.text(record, "source", at) or RESULT
    if source not in SOURCES:
        raise at.wrong(f"source is {source!r:.40}", f"give one of {', '.join(SOURCES)}")
    metrics = fields.table(record, "metrics", at)
    taken = {*TAKEN, *(axis.name for axis in axes), *(() if own else OWN)}
    for name in metrics:
        if not NAME.fullmatch(name) or name in taken or name.endswith("_u95"):
            raise at.wrong(f"a metric cannot be called {name!r:.40}", "give it another name")
    paths = {name: fields.text(metrics, name, at / "metrics") for name in metrics}
    work, unit = fields.text(record, "work", at), fields.text(record, "unit", at)
    if bool(work) != bool(unit) or (unit and not NAME.fullmatch(unit)):
        raise at.wrong("work and its unit go together", 'write work = "items", unit = "item"')
    if work and own:
        remedy = "name what the command tells in [read.metrics]"
        raise at.wrong("a command that measures itself tells its energy per unit", remedy)
    return Reads(source, paths, work, unit, own)
