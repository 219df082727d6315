"""What is chosen from: candidates with named metrics, in groups of comparable ones.

Nothing here knows where the numbers come from. A sweep, a table and published results all become
candidates.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

Label = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Measure:
    """A number of a candidate.

    Attributes:
        value: the number, in the unit of its metric.
        u95: half-width of its 95 % interval; None where nothing tells it.
        assumed: whether the interval is an assumption of the reader, not of the data.
    """

    value: float
    u95: float | None = None
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class Metric:
    """What a number means; the same for all candidates of a group.

    Attributes:
        name: of the metric, as candidates have it.
        unit: of the numbers.
        title: for people: ``median time between tokens``.
        definition: name of the exact definition, with its version; empty where there is none.
        meaning: the definition in words.
        more: whether more is better.
    """

    name: str
    unit: str
    title: str = ""
    definition: str = ""
    meaning: str = ""
    more: bool = False

    def cost(self, value: float) -> float:
        """Return a number that is less where the value is better."""
        return -value if self.more else value


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One configuration.

    Attributes:
        name: short, for tables; unique in its group.
        measures: by name of the metric.
        labels: what it is: ``gpu``, ``gpus``, and whatever else was set.
        source: where its numbers stand.
        command: what sets it up, a line for each command; empty where that is not known.
        runs: run directories that its numbers are from.
    """

    name: str
    measures: Mapping[str, Measure]
    labels: Mapping[str, Label] = field(default_factory=dict)
    source: str = ""
    command: str = ""
    runs: tuple[str, ...] = ()

    def has(self, *names: str) -> bool:
        """Return whether it has a finite number for every one of these metrics."""
        found = [self.measures.get(name) for name in names]
        return all(one is not None and math.isfinite(one.value) for one in found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Candidates that can be compared.

    Attributes:
        source: whose numbers they are.
        task: what the work is.
        model: what does it.
        candidates: in the order of the data.
        metrics: that candidates may have, by name.
        time: name of the metric that stands for time unless another is asked for.
        energy: likewise for energy.
        defaults: by label ``gpu``, the name of the candidate that one gets there without choosing;
            under an empty label that of every other.
        default_rule: how these were picked, or why there is none.
        labels: what else is said of the whole group.
        notes: what a reader must know of it.
    """

    source: str
    task: str
    model: str
    candidates: tuple[Candidate, ...]
    metrics: Mapping[str, Metric]
    time: str
    energy: str
    defaults: Mapping[str, str] = field(default_factory=dict)
    default_rule: str = ""
    labels: Mapping[str, Label] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Source, task and model as one text."""
        return "/".join(filter(None, (self.source, self.task, self.model)))

    def held(self) -> tuple[str, ...]:
        """Return the names of the metrics that some candidate has."""
        return tuple(n for n in self.metrics if any(c.has(n) for c in self.candidates))

    def default_for(self, chosen: Candidate) -> Candidate | None:
        """Return what one gets without choosing where the chosen one runs; None if unknown."""
        name = self.defaults.get(str(chosen.labels.get("gpu", ""))) or self.defaults.get("")
        return next((one for one in self.candidates if one.name == name), None)


def assuming(measure: Measure, share: float | None) -> Measure:
    """Return a number with an assumed interval, where it has none of its own.

    Args:
        measure: the number.
        share: half-width of the interval, relative; None assumes nothing.
    """
    if share is None or measure.u95 is not None:
        return measure
    return Measure(measure.value, abs(measure.value) * share, assumed=True)
