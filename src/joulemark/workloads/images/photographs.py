"""Ten classes of real 32x32 images without a download: which photograph is this crop from?

scikit-image and scikit-learn ship ten colour photographs inside their packages. The right fifth of
each is kept for the test crops, so no pixel of a test crop is ever seen in training.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata, resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from joulemark.core.errors import MissingExtraError, UnavailableError, UsageError
from joulemark.workloads.images import MOST_IMAGES
from joulemark.workloads.images.sets import (
    CLASSES,
    RECORD,
    SIDE,
    Images,
    Records,
    mean_and_std,
)

NAME = "photographs"

_TEST_AREA = 0.2
_TEST_SHARE = 6
"""One crop of so many is for the test."""

_FLAT = 8
"""A crop is left out if no channel's brightest and darkest value are this far apart (of 255)."""

_FEATURE = "the photograph set"
_EXTRA = "photos"

FindPackage = Callable[[str], Path | None]
"""Folder of an installed package by its import name."""

Plane = NDArray[np.uint8]
"""A photograph or a part of one, shape (3, height, width), uint8."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Photograph:
    """A photograph that a package ships.

    Attributes:
        name: its name in the package, and the name of its class.
        package: import name of the package.
        file: path inside the package.
        licence: as the package states it.
        credit: who made it.
    """

    name: str
    package: str
    file: str
    licence: str
    credit: str


def catalogue() -> tuple[Photograph, ...]:
    """Return the ten photographs, in the order of their labels."""
    text = resources.files(__package__).joinpath("photographs.json").read_text(encoding="utf-8")
    return tuple(Photograph(**row) for row in json.loads(text))


def find_package(name: str) -> Path | None:
    """Return the folder of an installed package without importing it."""
    spec = importlib.util.find_spec(name)
    places = spec.submodule_search_locations if spec else None
    return Path(next(iter(places))) if places else None


def photographs(
    crops: int = MOST_IMAGES, seed: int = 0, find: FindPackage = find_package
) -> Images:
    """Cut the set out of the photographs; the same for the same versions and arguments.

    Args:
        crops: images in all; a sixth of them for the test, all classes alike.
        seed: of the places of the crops.
        find: tells where a package lies.

    Raises:
        UsageError: if ``crops`` is no multiple of 60 up to 60 000.
        MissingExtraError: if a package is not installed.
        UnavailableError: if a package does not ship its photograph.
    """
    if crops not in range(60, MOST_IMAGES + 1, 60):
        raise UsageError(f"{crops} crops", remedy=f"give a multiple of 60 up to {MOST_IMAGES}")
    test = crops // CLASSES // _TEST_SHARE
    counts = (crops // CLASSES - test, test)
    shots = catalogue()
    parts: tuple[list[Records], list[Records]] = ([], [])
    made = []
    for label, shot in enumerate(shots):
        plane, facts = _load(shot, find)
        column = round(plane.shape[2] * (1 - _TEST_AREA))
        made.append({**facts, "first_test_column": column})
        for part, area in enumerate((plane[:, :, :column], plane[:, :, column:])):
            random = np.random.default_rng([seed, part, label])
            parts[part].append(_labelled(cut(area, counts[part], random), label))
    train, held = (_shuffled(parts[part], [seed, part, CLASSES]) for part in (0, 1))
    mean, std = mean_and_std(train)
    return Images(
        name=NAME,
        train=train,
        test=held,
        classes=tuple(shot.name for shot in shots),
        mean=mean,
        std=std,
        checked="made on this machine; compare the SHA-256",
        origin="photographs shipped by scikit-image and scikit-learn",
        stand_in=True,
        made={"seed": seed, "crops": crops, "versions": _versions(), "photographs": made},
    )


def cut(area: Plane, count: int, random: np.random.Generator) -> Plane:
    """Return ``count`` different crops of 32x32 that are not flat, shape (count, 3, 32, 32).

    Raises:
        UsageError: if the area has fewer.
    """
    windows = sliding_window_view(area, (SIDE, SIDE), axis=(1, 2))
    rows, columns = windows.shape[1:3]
    order = random.permutation(rows * columns)
    kept: list[Plane] = []
    have = start = 0
    while have < count and start < len(order):
        y, x = np.divmod(order[start : start + count], columns)
        crops = np.ascontiguousarray(windows[:, y, x].transpose(1, 0, 2, 3))
        flat = crops.reshape(len(crops), 3, -1)
        crops = crops[((flat.max(2) - flat.min(2)) >= _FLAT).any(axis=1)]
        kept.append(crops[: count - have])
        have, start = have + len(kept[-1]), start + count
    if have < count:
        raise UsageError(f"only {have} different crops in {area.shape[1:]} pixels, not {count}")
    return np.concatenate(kept)


def _load(shot: Photograph, find: FindPackage) -> tuple[Plane, dict[str, Any]]:
    folder = find(shot.package)
    if folder is None:
        raise MissingExtraError(_FEATURE, shot.package, _EXTRA)
    if find("PIL") is None:
        raise MissingExtraError(_FEATURE, "PIL", _EXTRA)
    from PIL import Image

    path = folder / shot.file
    try:
        data = path.read_bytes()
        with Image.open(path) as image:
            pixels = np.asarray(image.convert("RGB"))
    except OSError as error:
        raise UnavailableError(
            f"the installed {shot.package} does not ship {shot.file} ({error})",
            remedy=f"pip install --force-reinstall 'joulemark[{_EXTRA}]'",
        ) from None
    plane = np.ascontiguousarray(pixels.transpose(2, 0, 1))
    return plane, {
        "name": shot.name,
        "file": f"{shot.package}/{shot.file}",
        "sha256": hashlib.sha256(data).hexdigest(),
        "height": plane.shape[1],
        "width": plane.shape[2],
        "licence": shot.licence,
        "credit": shot.credit,
    }


def _labelled(crops: Plane, label: int) -> Records:
    records = np.empty((len(crops), RECORD), dtype=np.uint8)
    records[:, 0] = label
    records[:, 1:] = crops.reshape(len(crops), -1)
    return records


def _shuffled(parts: list[Records], seed: list[int]) -> Records:
    records = np.concatenate(parts)
    return records[np.random.default_rng(seed).permutation(len(records))]


def _versions() -> dict[str, str]:
    names = ("numpy", "pillow", "scikit-image", "scikit-learn")
    return {name: metadata.version(name) for name in names}
