"""The accuracy class of a GPU's own power sensor, from boards that were held against a shunt.

``meters/data/nvml_boards.csv`` holds, for each board, driver and field, the line that steady
readings follow against a shunt meter in the supply of the board: reading = gain · true + offset.
The figures are those of ``Overall_Results.xlsx`` (sheet "Local GPUs") of the public repository
JimZeyuYang/GPU_Power_Benchmark at 4b5c944, the data of arXiv 2312.02741 (MIT licence); the sheet
gives the two halves of its K80 the same figures, so they count once. Rated powers are NVIDIA's.

The class is for a board that nobody has measured. Of n boards with errors x about zero (readings
are not corrected by the mean, so it is part of the error), the next one's error lies within
t(n)·√(Σx²/n) in 95 % of cases if errors are normal. Whether it does is seen by leaving each model
out: with gain and offset as independent errors one model of 15 lies outside, and only below a third
of its rated power. Gain and offset of a board are correlated (r = -0.56 over 19 boards); a class
that uses it is a quarter narrower and lets two models out, so it is not used.

One board has no part in the class, though the class holds it: a board of 45 W whose reading is off
by 41 % is of another kind.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import joulemark.meters
from joulemark.core.channel import Accuracy
from joulemark.core.student import student_975

TABLE = "nvml_boards.csv"
LOADS = (0.15, 0.3, 0.5, 0.75, 1.0)
"""Shares of the rated power at which a class is held against a board."""
SMALLEST_W = 75.0
"""A board that needs less than a slot gives is of another kind: it is outside the class."""

_SERIES = re.compile(r"RTX|GTX|Tesla|Quadro|-PCIE.*")
"""What is left of a product's name when this is taken out tells the models apart."""


@dataclass(frozen=True, slots=True)
class BoardLine:
    """How the readings of one board lie against a shunt, mean over its drivers and fields.

    Attributes:
        model: product.
        specimen: which of several boards of the model.
        rated_w: rated power, W.
        gain: relative error.
        offset_w: reading at no power, W.
    """

    model: str
    specimen: int
    rated_w: float
    gain: float
    offset_w: float

    def error_w(self, true_w: float) -> float:
        """Return the error of the reading at a true power, W."""
        return self.gain * true_w + self.offset_w


def board_lines(path: Path | None = None) -> list[BoardLine]:
    """Return the boards of the table.

    Args:
        path: of the table; that of the package by default.
    """
    path = path or Path(joulemark.meters.__file__).parent / "data" / TABLE
    rows: dict[tuple[str, str], list[dict[str, str]]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            rows.setdefault((row["model"], row["specimen"]), []).append(row)
    return [
        BoardLine(
            model=model,
            specimen=int(specimen),
            rated_w=float(of[0]["rated_w"]),
            gain=fmean(float(row["gain"]) for row in of) - 1,
            offset_w=fmean(float(row["offset_w"]) for row in of),
        )
        for (model, specimen), of in rows.items()
    ]


def class_of(boards: Iterable[BoardLine], without: Sequence[str] = ()) -> Accuracy:
    """Return the 95 % half-widths for a board that is none of these.

    Args:
        boards: all boards that were measured.
        without: models to leave out.

    Raises:
        ValueError: if no board is left.
    """
    used = [b for b in boards if b.model not in without and b.rated_w >= SMALLEST_W]
    if not used:
        raise ValueError("no board is left to make a class of")
    return Accuracy(
        gain=_prediction([board.gain for board in used]),
        offset_w=_prediction([board.offset_w for board in used]),
        source=f"{len(used)} boards against a shunt, arXiv 2312.02741",
    )


def models_in(name: str, boards: Iterable[BoardLine]) -> list[str]:
    """Return the models that a name, of a folder for instance, may mean; the longest match wins.

    Args:
        name: anything that a model's short name is part of, such as ``3090_TR``.
        boards: all boards that were measured.
    """
    text = _squashed(name)
    keys = {_squashed(_SERIES.sub("", board.model)): board.model for board in boards}
    found = [key for key in keys if key in text]
    return [keys[max(found, key=len)]] if found else []


def _squashed(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _prediction(errors: list[float]) -> float:
    return student_975(len(errors)) * math.sqrt(fmean(error * error for error in errors))


def holds(accuracy: Accuracy, board: BoardLine, load: float) -> bool:
    """Return whether the interval of a steady reading holds the truth.

    Args:
        accuracy: the class.
        board: the board that is read.
        load: true power as a share of the rated power.
    """
    true_w = load * board.rated_w
    error = board.error_w(true_w)
    return abs(error) <= math.hypot(accuracy.gain * (true_w + error), accuracy.offset_w)


def missed(boards: Sequence[BoardLine], loads: Sequence[float] = LOADS) -> dict[str, list[float]]:
    """Return for each model the loads at which a class made without it does not hold a board."""
    found: dict[str, list[float]] = {}
    for board in boards:
        others = class_of(boards, without=[board.model])
        bad = [load for load in loads if not holds(others, board, load)]
        found[board.model] = sorted({*found.get(board.model, []), *bad})
    return found
