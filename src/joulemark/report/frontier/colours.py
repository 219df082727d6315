"""What gives candidates their colours: the GPU, or else the first setting that suits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from joulemark.analysis.frontier.candidate import Candidate, Label
from joulemark.report.format import clean

MOST = 6
_APART = ("gpu", "gpus")


@dataclass(frozen=True, slots=True)
class Colours:
    """Kinds of candidates.

    Attributes:
        kinds: their names, in the order of the colours; one empty name where nothing differs.
        of: the place of each candidate's kind among them.
    """

    kinds: tuple[str, ...]
    of: tuple[int, ...]

    def legend(self) -> list[tuple[str, int]]:
        """Return names and numbers of colours; none where nothing is told apart."""
        if self.kinds == ("",):
            return []
        named = [clean(kind or "not said", 60) for kind in self.kinds]
        return [(name, place % MOST + 1) for place, name in enumerate(named)]


def colours_of(rows: Sequence[Candidate]) -> Colours:
    """Return the colours of candidates.

    Several GPUs tell them apart. Of one GPU, or where none is said, the first setting of two to six
    values does, if another one differs too: the points of each value are then a curve.
    """
    gpus = [kind_of(one) for one in rows]
    if len(set(gpus)) > 1:
        return _colours(sorted(set(gpus)), gpus)
    names = [n for n in dict.fromkeys(n for one in rows for n in one.labels) if n not in _APART]
    values = {name: [str(one.labels.get(name, "")) for one in rows] for name in names}
    differing = {name: told for name, told in values.items() if len(set(told)) > 1}
    for name, told in differing.items():
        if len(differing) > 1 and len(set(told)) <= MOST:
            first = {str(one.labels.get(name, "")): one.labels.get(name) for one in rows}
            ordered = sorted(first, key=lambda text: _order(first[text]))
            titles = [f"{name.replace('_', ' ')} {text}" for text in ordered]
            return Colours(tuple(titles), tuple(ordered.index(text) for text in told))
    return _colours(sorted(set(gpus)) or [""], gpus)


def kind_of(one: Candidate) -> str:
    """Return a candidate's GPU; empty where it is not said."""
    return str(one.labels.get("gpu") or "")


def _colours(kinds: Sequence[str], of: Sequence[str]) -> Colours:
    return Colours(tuple(kinds), tuple(kinds.index(one) for one in of))


def _order(value: Label) -> tuple[bool, float, str]:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return (not number, float(value) if isinstance(value, int | float) else 0.0, str(value))
