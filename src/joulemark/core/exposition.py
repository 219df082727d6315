"""Text as Prometheus reads it: samples with a name, labels and a value, one a line.

The exposition format 0.0.4, and what of OpenMetrics 1.0 looks alike. What a sample is of
(``# TYPE``) is not read, since whoever asks for a name knows it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_LABELS = r'\{((?:[^"{}]|"(?:[^"\\]|\\.)*")*)\}'
_SAMPLE = re.compile(
    rf"([A-Za-z_:][A-Za-z0-9_:]*)(?:{_LABELS})?\s+(\S+)(?:\s+(-?[0-9.]+))?\s*(?:#.*)?"
)
_LABEL = re.compile(r'([A-Za-z_][A-Za-z0-9_]*)="((?:[^"\\]|\\.)*)"')
MOST_SAMPLES = 200_000
"""More than these of one text are not read."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One line.

    Attributes:
        name: of the metric.
        labels: by their names.
        value: as it stands there; NaN and infinities are possible.
        stamp: its time as it is written; empty where it has none, which is usual.
    """

    name: str
    labels: Mapping[str, str]
    value: float
    stamp: str = ""


def sample_of(line: str) -> Sample | None:
    """Return the sample of a line; None for a comment, an empty line, or what is no sample."""
    match = _SAMPLE.fullmatch(line)
    if match is None:
        return None
    try:
        value = float(match[3])
    except ValueError:
        return None
    labels = dict(_LABEL.findall(match[2])) if match[2] else {}
    return Sample(match[1], labels, value, match[4] or "")


def samples_of(text: str, prefixes: tuple[str, ...] = ("",)) -> list[Sample]:
    """Return the samples of a text whose names begin in one of some ways, in their order.

    Args:
        text: of one reading.
        prefixes: beginnings of names.
    """
    found: list[Sample] = []
    for line in text.splitlines():
        if line.startswith(prefixes) and len(found) < MOST_SAMPLES:
            sample = sample_of(line)
            if sample is not None:
                found.append(sample)
    return found
