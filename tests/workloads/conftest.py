"""Small sets of images in CIFAR-10's binary layout, made here."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from joulemark.workloads.images.layout import CIFAR10, FOLDER, TEST, TRAIN, Published
from joulemark.workloads.images.sets import RECORD

PER_FILE = 20

Files = dict[str, bytes]
Pack = Callable[..., Path]


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Threads of torch wait for each other by spinning: slow where something else runs beside."""
    if importlib.util.find_spec("torch"):
        import torch

        torch.set_num_threads(1)


@pytest.fixture
def files() -> Files:
    """Six files of 20 records each, two of every class, with values by chance."""
    random = np.random.default_rng(7)
    made = {}
    for name in (*TRAIN, TEST):
        records = random.integers(0, 256, (PER_FILE, RECORD), dtype=np.uint8)
        records[:, 0] = np.arange(PER_FILE) % 10
        made[name] = records.tobytes()
    return made


@pytest.fixture
def small() -> Published:
    """What a set of that size would be known by; the checksums of its archive are not known."""
    return Published(
        name="Small-10",
        classes=CIFAR10.classes,
        md5="0" * 32,
        sha256="0" * 64,
        per_file=PER_FILE,
        mean=CIFAR10.mean,
        std=CIFAR10.std,
    )


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    """Return a function that writes files into an archive; more members by ``extra``."""

    def write(
        files: Mapping[str, bytes],
        *,
        mode: Literal["w", "w:gz"] = "w:gz",
        folder: str = FOLDER,
        extra: tuple[tuple[tarfile.TarInfo, bytes], ...] = (),
    ) -> Path:
        path = tmp_path / "set.tar"
        members = list(extra)
        for name, data in files.items():
            info = tarfile.TarInfo(f"{folder}/{name}")
            info.size = len(data)
            members.append((info, data))
        with path.open("wb") as file, tarfile.open(fileobj=file, mode=mode) as tar:
            for info, data in members:
                tar.addfile(info, io.BytesIO(data))
        return path

    return write


@pytest.fixture
def known() -> Callable[[Published, Path], Published]:
    """Return a function that gives a set the checksums of an archive."""

    def take(published: Published, path: Path) -> Published:
        data = path.read_bytes()
        return Published(
            name=published.name,
            classes=published.classes,
            md5=hashlib.md5(data, usedforsecurity=False).hexdigest(),
            sha256=hashlib.sha256(data).hexdigest(),
            per_file=published.per_file,
            mean=published.mean,
            std=published.std,
        )

    return take
