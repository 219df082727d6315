"""Write a set once in CIFAR-10's binary layout, for machines without the packages it came from."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import numpy as np

from joulemark.core.errors import StoreError, UsageError
from joulemark.workloads.images import manifest as manifests
from joulemark.workloads.images.layout import NAMES, TEST, TRAIN
from joulemark.workloads.images.sets import Images


def export(images: Images, folder: Path) -> Path:
    """Write a stand-in set as a new folder; return the folder.

    The same set gives the same bytes. The folder appears when it is complete; a failure leaves
    nothing behind.

    Raises:
        UsageError: if the folder exists, or the set is one that others publish.
        StoreError: if it cannot be written.
    """
    if not images.stand_in:
        raise UsageError(f"{images.name} has this layout already", remedy="copy its folder")
    if folder.exists():
        raise UsageError("is already there", where=str(folder), remedy="name a new folder")
    partial = folder.with_name(f".{folder.name}.{os.getpid()}.partial")
    try:
        partial.mkdir(parents=True)
        for name, data in _files(images).items():
            (partial / name).write_bytes(data)
        partial.rename(folder)
    except OSError as error:
        raise StoreError(
            f"the set cannot be written ({error.strerror})",
            where=str(folder),
            remedy="choose a place that can be written and has room",
        ) from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder


def _files(images: Images) -> dict[str, bytes]:
    parts = np.array_split(images.train, len(TRAIN))
    records = {name: part.tobytes() for name, part in zip(TRAIN, parts, strict=True)}
    records[TEST] = images.test.tobytes()
    manifest = manifests.Manifest(
        name=images.name,
        classes=images.classes,
        files={name: hashlib.sha256(data).hexdigest() for name, data in records.items()},
        made=dict(images.made),
        format=manifests.FORMAT,
        version=manifests.VERSION,
    )
    return {
        **records,
        NAMES: "".join(f"{name}\n" for name in images.classes).encode(),
        manifests.FILE: manifest.text().encode(),
    }
