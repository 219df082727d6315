"""Read CIFAR-10's binary version, or another set in its layout, from a folder or an archive.

Layout: ``data_batch_1.bin`` … ``data_batch_5.bin`` to learn from, ``test_batch.bin`` to judge by,
``batches.meta.txt`` with the names of the classes; see :mod:`joulemark.workloads.images.sets` for a
record. A set that is not CIFAR-10 carries a manifest (:mod:`joulemark.workloads.images.manifest`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from joulemark.core.errors import FormatError, UsageError
from joulemark.workloads.images import manifest as manifests
from joulemark.workloads.images.archive import read_archive, read_folder
from joulemark.workloads.images.sets import (
    CLASSES,
    RECORD,
    Images,
    Records,
    labels,
    mean_and_std,
    parse_records,
)

TRAIN = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
TEST = "test_batch.bin"
NAMES = "batches.meta.txt"
FOLDER = "cifar-10-batches-bin"
"""The folder inside CIFAR-10's archive."""

MOST_RECORDS = 10_000
"""Most records of one file: as many as CIFAR-10 has."""

_MANIFEST_BYTES = 2**20
_GET_BINARY = "give cifar-10-binary.tar.gz (not the Python or Matlab version), or its folder"
_BY_CHECKSUM = "MD5 and SHA-256 of the archive"
_BY_COUNTS = "sizes, labels and images per class; no checksums of the unpacked files are published"


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What is published of a set, to know it by.

    Attributes:
        name: what it is called.
        classes: names of the labels.
        md5: of the archive.
        sha256: of the archive.
        per_file: records of each file.
        mean: per channel, as commonly used.
        std: per channel, likewise.
    """

    name: str
    classes: tuple[str, ...]
    md5: str
    sha256: str
    per_file: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


CIFAR10 = Published(
    name="CIFAR-10",
    classes=(
        *("airplane", "automobile", "bird", "cat", "deer"),
        *("dog", "frog", "horse", "ship", "truck"),
    ),
    md5="c32a1d4ab5d03f1284b67883e8d87530",
    sha256="c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    per_file=MOST_RECORDS,
    mean=(0.4914, 0.4822, 0.4465),
    std=(0.2023, 0.1994, 0.2010),
)
"""``cifar-10-binary.tar.gz`` from www.cs.toronto.edu/~kriz/cifar.html, 170 052 171 bytes."""


def read_images(path: Path, published: Published = CIFAR10) -> Images:
    """Return the set that lies in a folder or a tar archive (plain or gzip).

    An archive of CIFAR-10 is known by its MD5 and SHA-256. No checksums are published of the
    unpacked files, so a folder is known by sizes, labels and images per class. Any other set is
    known by the checksums of its own manifest, and named by it.

    Args:
        path: the archive; or the folder, or the folder above it.
        published: what is expected where there is no manifest.

    Raises:
        UsageError: if nothing is there.
        FormatError: if it is damaged, or not what it claims to be.
    """
    if path.is_dir():
        inner = path / FOLDER
        folder = inner if inner.is_dir() else path
        files, where = read_folder(folder, _wanted()), str(folder)
        if manifests.FILE in files:
            return _own_set(files, where)
        return _published_set(files, where, published, _BY_COUNTS)
    if not path.is_file():
        raise UsageError(
            "there is no such folder or archive of images",
            where=str(path),
            remedy="give CIFAR-10's binary version or an exported set; none gives the photographs",
        )
    wrong = _wrong_checksums(path, published)
    files = read_archive(path, _wanted())
    if manifests.FILE in files:
        return _own_set(files, str(path))
    if wrong:
        raise FormatError(wrong, where=str(path), remedy=_GET_BINARY)
    return _published_set(files, str(path), published, _BY_CHECKSUM)


def _wanted() -> dict[str, int]:
    records = dict.fromkeys((*TRAIN, TEST), MOST_RECORDS * RECORD)
    return {**records, manifests.FILE: _MANIFEST_BYTES}


def _wrong_checksums(path: Path, published: Published) -> str:
    wrong = []
    for name, kind, expected in (
        ("MD5", "md5", published.md5),
        ("SHA-256", "sha256", published.sha256),
    ):
        with path.open("rb") as file:
            found = hashlib.file_digest(file, kind).hexdigest()
        if found != expected:
            wrong.append(f"{name} is {found}, expected {expected}")
    return f"not {published.name}: {'; '.join(wrong)}" if wrong else ""


def _own_set(files: Mapping[str, bytes], where: str) -> Images:
    manifest = manifests.read_manifest(files[manifests.FILE], f"{where}, {manifests.FILE}")
    if set(manifest.files) != {*TRAIN, TEST}:
        raise FormatError(
            f"names {len(manifest.files)} files, not {', '.join(TRAIN)} and {TEST}",
            where=f"{where}, {manifests.FILE}",
        )
    manifests.check_files(manifest, files, where)
    train, test = _records(files, where)
    mean, std = mean_and_std(train)
    if min(std) == 0:
        raise FormatError("a colour has the same value everywhere", where=where)
    return Images(
        name=manifest.name,
        train=train,
        test=test,
        classes=manifest.classes,
        mean=mean,
        std=std,
        checked="SHA-256 of each file, by its own manifest",
        origin=where,
        stand_in=True,
        made=manifest.made,
    )


def _published_set(
    files: Mapping[str, bytes], where: str, published: Published, checked: str
) -> Images:
    for name in (*TRAIN, TEST):
        size, expected = len(files.get(name, b"")), published.per_file * RECORD
        if size != expected:
            raise FormatError(
                f"{size} bytes, expected {expected}" if name in files else "missing",
                where=f"{where}, {name}",
                remedy=_GET_BINARY,
            )
    train, test = _records(files, where)
    _check_balance(train, f"{where}, {TRAIN[0]} to {TRAIN[-1]}")
    _check_balance(test, f"{where}, {TEST}")
    return Images(
        name=published.name,
        train=train,
        test=test,
        classes=published.classes,
        mean=published.mean,
        std=published.std,
        checked=checked,
        origin=where,
        stand_in=False,
    )


def _records(files: Mapping[str, bytes], where: str) -> tuple[Records, Records]:
    parts = [parse_records(files[name], f"{where}, {name}") for name in TRAIN]
    return np.concatenate(parts), parse_records(files[TEST], f"{where}, {TEST}")


def _check_balance(records: Records, where: str) -> None:
    counts = np.bincount(labels(records), minlength=CLASSES)
    expected = len(records) // CLASSES
    for label in np.flatnonzero(counts != expected):
        raise FormatError(
            f"{counts[label]} images of class {label}, expected {expected}",
            where=where,
            remedy=_GET_BINARY,
        )
