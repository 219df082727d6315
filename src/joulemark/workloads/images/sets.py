"""A set of images in memory: the records of CIFAR-10's binary version, and what they are.

A record is 3 073 bytes: one label, then 1 024 red, 1 024 green and 1 024 blue values, row by row
(Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009; the data set's page
describes the format). Records stay as they are; labels and pixels are views of them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from joulemark.core.errors import FormatError

Records = NDArray[np.uint8]
"""Shape (n, 3073), uint8."""

SIDE = 32
RECORD = 1 + 3 * SIDE * SIDE
CLASSES = 10
"""Labels are 0 to 9."""

_CHUNK = 4096


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Images:
    """A set of images with ten classes.

    Attributes:
        name: what it is called in every output.
        train: records to learn from.
        test: records to judge by; inference runs over these.
        classes: names of the labels.
        mean: per channel, of values scaled to 0 … 1.
        std: per channel, likewise.
        checked: how it was made sure that the set is what it is called.
        origin: where it came from: a file, a folder, packages.
        stand_in: whether it stands in for CIFAR-10.
        made: how it was made, as JSON values; empty for a set that was only read.
    """

    name: str
    train: Records
    test: Records
    classes: tuple[str, ...]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    checked: str
    origin: str
    stand_in: bool
    made: Mapping[str, Any] = field(default_factory=dict)

    def sha256(self) -> str:
        """Return the SHA-256 of all records, train before test: the same however it was read."""
        digest = hashlib.sha256()
        for part in (self.train, self.test):
            digest.update(np.ascontiguousarray(part).reshape(-1).data)
        return digest.hexdigest()

    def facts(self) -> dict[str, Any]:
        """Return what belongs in a run, as JSON values."""
        return {
            "name": self.name,
            "stand_in": self.stand_in,
            "train_samples": len(self.train),
            "test_samples": len(self.test),
            "classes": list(self.classes),
            "mean": list(self.mean),
            "std": list(self.std),
            "sha256": self.sha256(),
            "checked": self.checked,
            "origin": self.origin,
            "made": json.loads(json.dumps(dict(self.made))),
        }


def labels(records: Records) -> NDArray[np.uint8]:
    """Return the labels, shape (n,): a view."""
    return records[:, 0]


def pixels(records: Records) -> NDArray[np.uint8]:
    """Return the images, shape (n, 3, 32, 32), planes red, green, blue: a view."""
    return records[:, 1:].reshape(-1, 3, SIDE, SIDE)


def parse_records(data: bytes, where: str) -> Records:
    """Return the records of one file of the binary version.

    Raises:
        FormatError: if the file is not a whole number of records, is empty, or has a label over 9.
    """
    if not data or len(data) % RECORD:
        raise FormatError(
            f"{len(data)} bytes are not a whole number of records of {RECORD} bytes",
            where=where,
            remedy="give the binary version of the set, complete",
        )
    records = np.frombuffer(data, dtype=np.uint8).reshape(-1, RECORD)
    wrong = np.flatnonzero(labels(records) >= CLASSES)
    if len(wrong):
        first = int(wrong[0])
        raise FormatError(
            f"label {int(records[first, 0])}, where 0 to {CLASSES - 1} are expected",
            where=f"{where}, record {first}",
            remedy="give the binary version of the set",
        )
    return records


def mean_and_std(
    records: Records,
) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Return mean and standard deviation of each channel, values scaled to 0 … 1.

    The sums are exact (integers), so the result does not depend on the order of the records.
    """
    counts = np.zeros((3, 256), dtype=np.int64)
    for start in range(0, len(records), _CHUNK):
        chunk = pixels(records[start : start + _CHUNK])
        for channel in range(3):
            counts[channel] += np.bincount(chunk[:, channel].ravel(), minlength=256)
    values = np.arange(256) / 255
    means = counts @ values / counts.sum(axis=1)
    stds = np.sqrt(np.maximum(counts @ values**2 / counts.sum(axis=1) - means**2, 0))
    return _three(means), _three(stds)


def _three(values: NDArray[np.float64]) -> tuple[float, float, float]:
    red, green, blue = (round(float(value), 6) for value in values)
    return red, green, blue
