"""What the study's tables give for the numbers that its scripts have written into them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from joulemark.analysis.published.tables import (
    DATACENTER,
    EDGE,
    TINY,
    TRAINING,
    Pair,
    Row,
    joined,
    read_table,
)
from joulemark.analysis.published.trends import TOKENS_PER_SAMPLE
from joulemark.analysis.published.words import (
    KILOJOULES,
    MICROJOULES,
    MINUTES,
    POWERS,
    RATES,
    TOKENS,
    of_units,
    offline,
    renamed,
)

_TRAININGS = (("8", "4.0-0094"), ("64", "4.0-0096"), ("512", "4.0-0095"))
_WORKLOADS: Mapping[str, str] = {
    "SDXL": "stable-diffusion-xl",
    "Llama2-70B-99.9": "llama2-70b-99.9",
    "3D-UNet-99.9": "3d-unet-99.9",
    "GPT-J-99.9": "gptj-99.9",
    "RetinaNet": "retinanet",
    "BERT-99.9": "bert-99.9",
    "RNN-T": "rnn-t",
    "DLRM-v2-99.9": "dlrm-v2-99.9",
    "ResNet-50": "resnet",
}
_TINY: Mapping[str, str] = {
    "MobileNetV1 (0.25x)": "MobileNetV1",
    "ResNet-V1": "ResNet",
    "DSCNN": "DS-CNN",
    "FC AutoEncoder": "Autoencoder",
}
_DATACENTER_ID, _TINY_ID = "4.0-0063", "1.2-0004"
_TARGETS = (
    ("v1.0", "1.0-73"), ("v1.1", "1.1-048"), ("v2.0", "2.0-095"),
    ("v2.1", "2.1-0089"), ("v3.1", "3.1-0109"), ("v4.0", "4.0-0063"),
)  # fmt: skip
_VERSIONS = (("v1.1", "1.1-124"), ("v2.0", "2.0-132"), ("v3.0", "3.0-0101"), ("v3.1", "3.1-0127"))


@dataclass(frozen=True, slots=True)
class Again:
    """A number of a figure, from the table.

    Attributes:
        series: of the figure.
        x: of the point.
        y: the value.
        sources: rows behind it.
    """

    series: str
    x: str
    y: float
    sources: tuple[str, ...]


def again(number: str, folder: Path) -> tuple[Again, ...]:
    """Return what the tables of a folder give for a figure whose numbers are written down.

    Args:
        number: of the figure.
        folder: holds the tables; a missing one gives nothing.
    """
    ways = {"6": _trainings, "7": _workloads, "9": _targets, "11a": _versions}
    return tuple(ways[number](folder)) if number in ways else ()


def _trainings(folder: Path) -> Iterator[Again]:
    rows = [row for row in read_table(folder, TRAINING) if row["Model MLC"] == "llama2_70b_lora"]
    for size, number in _TRAININGS:
        for row in rows:
            if row["Public ID"] == number and row["Units"] == MINUTES and row.result:
                yield Again("Time to train", size, row.result, (row.source,))
            if row["Public ID"] == number and row["Units"] == KILOJOULES and row.result:
                yield Again("Energy", size, row.result / 1e3, (row.source,))


def _workloads(folder: Path) -> Iterator[Again]:
    pairs = _offline(folder, DATACENTER)
    for name, model in _WORKLOADS.items():
        for pair in pairs.get((_DATACENTER_ID, model), ())[:1]:
            each = TOKENS_PER_SAMPLE if pair.rate["Units"] == TOKENS else 1
            if pair.ratio:
                yield Again("Datacenter", name, each / pair.ratio, pair.sources)
    for row in of_units(read_table(folder, TINY), (MICROJOULES,)):
        found = _TINY.get(row["Model MLC"])
        if found and row["Public ID"] == _TINY_ID and row.result:
            yield Again("Tiny", found, row.result * 1e-6, (row.source,))


def _targets(folder: Path) -> Iterator[Again]:
    pairs = _offline(folder, DATACENTER)
    for version, number in _TARGETS:
        low, high = (pairs.get((number, f"bert-99.{n}"), ())[:1] for n in (0, 9))
        if low and high and low[0].ratio and high[0].ratio:
            ratio = high[0].ratio / low[0].ratio
            yield Again("BERT-99.9", version, ratio, (*low[0].sources, *high[0].sources))


def _versions(folder: Path) -> Iterator[Again]:
    pairs = _offline(folder, EDGE)
    found = [(version, pairs.get((number, "resnet"), ())[:1]) for version, number in _VERSIONS]
    if not all(of and of[0].ratio for _, of in found):
        return
    first = _figures(found[0][1][0])
    for version, (pair, *_) in found:
        for series, value in _figures(pair).items():
            yield Again(series, version, value / first[series], pair.sources)


def _figures(pair: Pair) -> dict[str, float]:
    return {
        "Energy efficiency": pair.ratio or 0.0,
        "Performance": pair.rate.result or 0.0,
        "Power": pair.power.result or 0.0,
    }


def _model(row: Row) -> str:
    return renamed({"rnnt": "rnn-t"})(row)


def _offline(folder: Path, table: str) -> dict[tuple[str, str], tuple[Pair, ...]]:
    """Return the Offline results by public number and model."""
    rows = offline(read_table(folder, table))
    found: dict[tuple[str, str], tuple[Pair, ...]] = {}
    for pair in joined(of_units(rows, (*RATES, TOKENS)), of_units(rows, POWERS), _model):
        place = pair.rate["Public ID"], _model(pair.rate)
        found[place] = (*found.get(place, ()), pair)
    return found
