"""Everything that one question to ``joulemark calibrate`` gives: calibrations and refusals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from joulemark.analysis.calibrating.from_runs import Recorded, points_of_runs
from joulemark.analysis.calibrating.from_table import Columns, Stratum, strata
from joulemark.analysis.calibrating.make import About, Made, make
from joulemark.analysis.calibrating.points import Points
from joulemark.analysis.calibrating.tables import Table
from joulemark.core.calibration import Side
from joulemark.core.channel import Accuracy
from joulemark.core.errors import CalibrationError
from joulemark.core.units import si
from joulemark.store.calibrations import identified

UNSTATED = "the accuracy class of the reference is not stated, so it is in no interval"


@dataclass(frozen=True, slots=True)
class Refused:
    """Points that gave no calibration.

    Attributes:
        stratum: what they have in common, by column.
        points: how many.
        error: why.
    """

    stratum: dict[str, str]
    points: int
    error: CalibrationError


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it.

    Attributes:
        target: name of what was calibrated.
        reference: name of what it was calibrated against.
        made: calibrations, in the order of the table.
        refused: strata that gave none.
        notes: what a reader must know of all.
    """

    target: str
    reference: str
    made: list[Made]
    refused: list[Refused]
    notes: tuple[str, ...]

    def first_refusal(self) -> CalibrationError | None:
        """Return why there is no calibration at all; None if there is one."""
        return self.refused[0].error if self.refused and not self.made else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What only a person can say.

    Attributes:
        target: the channels of a run that a column is of.
        reference: what a column of the reference is of.
        accuracy: accuracy class of the reference; None to take what its channel says.
        date: now, ISO 8601.
        joulemark: version.
    """

    target: Side
    reference: Side
    accuracy: Accuracy | None
    date: str
    joulemark: str


def from_table(table: Table, columns: Columns, stated: Stated, alone: Sequence[str]) -> Outcome:
    """Return the calibrations of a table, one for each value of the columns ``by``.

    Args:
        table: the table.
        columns: which column is what.
        stated: what only a person can say.
        alone: rows that found no partner in another table.

    Raises:
        UsageError: if a column is not there or its unit is not known.
        FormatError: if a cell is no number above zero.
    """
    found = strata(table, columns)
    accuracy = stated.accuracy or Accuracy()
    about = About(
        target=replace(stated.target, resolution_j=found[0].steps_j[0]),
        reference=replace(stated.reference, accuracy=accuracy, resolution_j=found[0].steps_j[1]),
        utilisation=columns.utilisation,
        sources=table.digests,
        date=stated.date,
        joulemark=stated.joulemark,
        note=f"columns {columns.target} and {columns.reference}",
    )
    notes = [*_step_notes(found[0], columns), *_listed("left out", found[0].bad)]
    notes += _listed("without a partner in the other table", tuple(alone))
    if stated.accuracy is None:
        notes.append(UNSTATED)
    pairs = [(replace(about, stratum=one.values), one.points) for one in found]
    return _outcome(columns.target, columns.reference, pairs, notes)


def from_runs(
    recorded: Sequence[Recorded],
    names: tuple[str, str],
    stated: Stated,
    *,
    split_s: float,
    utilisation: str,
) -> Outcome:
    """Return the calibration that runs give in which both meters were read.

    Args:
        recorded: the runs.
        names: channel, meter or ``total`` of the target; channel or meter of the reference.
        stated: what only a person can say.
        split_s: length of the pieces of windows, s; zero for whole windows.
        utilisation: channel; empty for none.

    Raises:
        UsageError: if a run has no such channel.
        CalibrationError: if nothing is covered by both.
    """
    found = points_of_runs(recorded, *names, split_s=split_s, utilisation=utilisation)
    accuracy = stated.accuracy or found.reference.accuracy
    about = About(
        target=found.target,
        reference=replace(found.reference, accuracy=accuracy),
        utilisation=utilisation,
        beside=found.beside,
        sources=found.sources,
        date=stated.date,
        joulemark=stated.joulemark,
    )
    notes = _listed("not covered by both and left out", found.left_out)
    if accuracy == Accuracy():
        notes.append(UNSTATED)
    pairs = [(about, found.points)]
    return _outcome(found.target.name, found.reference.name, pairs, notes)


def _outcome(
    target: str, reference: str, pairs: list[tuple[About, Points]], notes: list[str]
) -> Outcome:
    made: list[Made] = []
    refused: list[Refused] = []
    for about, points in pairs:
        try:
            one = make(points, about)
        except CalibrationError as error:
            refused.append(Refused(dict(about.stratum), len(points), error))
        else:
            made.append(replace(one, calibration=identified(one.calibration)))
    return Outcome(target, reference, made, refused, tuple(notes))


def _step_notes(stratum: Stratum, columns: Columns) -> list[str]:
    names = (columns.target, columns.reference)
    return [
        f"{name} comes in steps of {si(step, 'J')}"
        + ("" if name in columns.steps_j else ", as all its values are multiples of it")
        for name, step in zip(names, stratum.steps_j, strict=True)
        if step
    ]


def _listed(what: str, places: tuple[str, ...], most: int = 5) -> list[str]:
    if not places:
        return []
    more = f"; and {len(places) - most} more" if len(places) > most else ""
    return [f"{what}: {'; '.join(places[:most])}{more}"]
