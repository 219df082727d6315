"""What is fed to a board: the official files where a person has them, else made-up ones.

The official set of a model is a folder with ``y_labels.csv``, whose columns are file, number of
classes, class, bytes to send and stride (``datasets.py`` of the Python runner), and the files that
it names. Long files (of the anomaly detector) are sent in overlapping pieces; energy and
performance take the first piece only (``_ScriptDownloadStep`` of ``script.py``).

Made-up inputs are seeded noise of the right size. They give the energy of a network whose work
does not depend on its input, say nothing of accuracy, and are not valid for a submission.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from joulemark.core.errors import FormatError, UsageError

LABELS = "y_labels.csv"
COLUMNS = ("file", "classes", "class", "bytes_to_send", "stride")
MOST_FILES = 100_000
LARGEST_FILE = 16 << 20
LARGEST_INPUT = 96 * 96 * 3
"""MAX_DB_INPUT_SIZE of ``submitter_implemented.h``."""
SEED = 20_261_126
ANOMALY = "ad"
"""Its files are recordings, of which the board is sent overlapping pieces."""


@dataclass(frozen=True, slots=True)
class Input:
    """One input.

    Attributes:
        file: its name.
        pieces: what is sent, one or (accuracy of the anomaly detector) several.
        label: its class; None if it has none.
        classes: how many there are; None likewise.
        official: whether it is of the official set.
    """

    file: str
    pieces: tuple[bytes, ...]
    label: int | None = None
    classes: int | None = None
    official: bool = False


def made_up(model: str, size: int, count: int, seed: int = SEED) -> list[Input]:
    """Return seeded noise of the size of a model's input, bytes."""
    made = []
    for at in range(count):
        noise = random.Random(f"{seed} {model} {at}")  # noqa: S311 # no secret
        made.append(Input(f"synthetic_{model}_{at:02d}.bin", (noise.randbytes(size),)))
    return made


def official(folder: Path, model: str, count: int | None, *, whole: bool) -> list[Input]:
    """Return inputs of an official set, in its order.

    Args:
        folder: of the set, or of all sets, each in a folder named after its model.
        model: whose inputs they are.
        count: how many; None for all.
        whole: send every piece of a long file, not the first alone.

    Raises:
        UsageError: if there is no such set.
        FormatError: if the table or a file is not what it should be.
    """
    inner = folder / model
    root = inner if (inner / LABELS).is_file() else folder
    if not (root / LABELS).is_file():
        raise UsageError(
            f"no {LABELS} in it",
            where=str(folder),
            remedy=f"give the folder that holds {model}/{LABELS}, or leave it out",
        )
    found: list[Input] = []
    for row in _rows(root / LABELS):
        if count is not None and len(found) >= count:
            break
        found.append(_input(root, row, model, whole=whole))
    if not found or (count is not None and len(found) < count):
        raise UsageError(f"{len(found)} inputs, {count or 'some'} needed", where=str(root / LABELS))
    return found


def _rows(path: Path) -> Iterator[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for at, row in enumerate(csv.DictReader(file, fieldnames=COLUMNS, restkey="more")):
                if at >= MOST_FILES:
                    raise FormatError(f"more than {MOST_FILES} lines", where=str(path))
                yield {name: (row.get(name) or "").strip() for name in COLUMNS}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FormatError(f"cannot be read: {error}", where=str(path)) from error


def _input(root: Path, row: dict[str, str], model: str, *, whole: bool) -> Input:
    name = row["file"]
    path = root / name
    if not name or Path(name).name != name:
        raise FormatError(f"{name[:60]!r} is no name of a file", where=str(root / LABELS))
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise FormatError("too large for an input", where=str(path))
        data = path.read_bytes()
    except OSError as error:
        raise FormatError(f"cannot be read: {error}", where=str(path)) from error
    pieces = _pieces(data, row, model, str(path))
    return Input(
        name,
        pieces if whole else pieces[:1],
        _whole(row["class"]),
        _whole(row["classes"]),
        official=True,
    )


def _pieces(data: bytes, row: dict[str, str], model: str, where: str) -> tuple[bytes, ...]:
    pieces: tuple[bytes, ...] = (data,)
    if model.startswith(ANOMALY):
        size, stride = _whole(row["bytes_to_send"]), _whole(row["stride"])
        if not size or not stride:
            raise FormatError("no size and stride of its pieces", where=where)
        pieces = tuple(data[at : at + size] for at in range(0, len(data) - size + 1, stride))
    if not pieces or not 0 < len(pieces[0]) <= LARGEST_INPUT:
        raise FormatError(f"{len(data)} bytes are no input of {model}", where=where)
    return pieces


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
