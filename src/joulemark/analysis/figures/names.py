"""What the lines of the trend figures are called, here and by others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

_1970 = 719_163


@dataclass(frozen=True, slots=True)
class Line:
    """One benchmark of a figure.

    Attributes:
        name: for people.
        pattern: the source study's for its models: a regular expression, or a whole name.
        benchmark: in the record.
        target: its accuracy variant there.
    """

    name: str
    pattern: str
    benchmark: str
    target: str = ""


DATACENTER = (
    ("RetinaNet", "retinanet", "retinanet", ""),
    ("BERT-99", "bert-99.0", "bert", "99"),
    ("ResNet-50", "resnet", "resnet50", ""),
    ("RNN-T", "rnn-t", "rnnt", ""),
    ("GPT-J-99", "gptj-99.0", "gptj", "99"),
    ("DLRM-v2-99", "dlrm-v2-99.0", "dlrm-v2", "99"),
    ("Llama2-70B-99.9", "llama2-70b-99.9", "llama2-70b", "99.9"),
)
EDGE = DATACENTER[:4]
TINY = (
    ("MobileNetV1", "mobilenet", "vww", ""),
    ("ResNet", "resnet", "ic", ""),
    ("DS-CNN", "dscnn", "kws", ""),
    ("Autoencoder", "autoencoder", "ad", ""),
)


def lines(table: tuple[tuple[str, str, str, str], ...]) -> tuple[Line, ...]:
    """Return the lines of a table."""
    return tuple(Line(*row) for row in table)


def days(day: date) -> int:
    """Return the days since 1970 of a day."""
    return day.toordinal() - _1970
