"""Sets with a manifest of their own: exported, read again, and refused where they are not right."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from joulemark.core.errors import FormatError, StoreError, UsageError
from joulemark.workloads.images.export import export
from joulemark.workloads.images.layout import TEST, TRAIN, Published, read_images
from joulemark.workloads.images.manifest import FILE
from joulemark.workloads.images.sets import Images, mean_and_std

Pack = Callable[..., Path]


@pytest.fixture
def images() -> Images:
    random = np.random.default_rng(11)
    train = random.integers(0, 256, (53, 3073), dtype=np.uint8)
    train[:, 0] %= 10
    test = train[::5].copy()
    mean, std = mean_and_std(train)
    return Images(
        name="noise",
        train=train,
        test=test,
        classes=tuple("abcdefghij"),
        mean=mean,
        std=std,
        checked="",
        origin="drawn",
        stand_in=True,
        made={"seed": 11, "versions": {"numpy": "x"}},
    )


@pytest.fixture
def folder(images: Images, tmp_path: Path) -> Path:
    return export(images, tmp_path / "noise")


def change(folder: Path, **values: Any) -> None:
    path = folder / FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | values), encoding="utf-8")


def test_round_trip(images: Images, folder: Path) -> None:
    again = read_images(folder)
    assert again.name == "noise"
    assert again.stand_in
    assert again.sha256() == images.sha256()
    assert np.array_equal(again.train, images.train)
    assert np.array_equal(again.test, images.test)
    assert (again.mean, again.std, again.classes) == (images.mean, images.std, images.classes)
    assert again.made == images.made
    assert again.facts()["made"] == {"seed": 11, "versions": {"numpy": "x"}}
    assert (folder / "batches.meta.txt").read_text().split() == list("abcdefghij")


def test_the_same_bytes_twice(images: Images, folder: Path, tmp_path: Path) -> None:
    twice = export(images, tmp_path / "twice")
    names = sorted(path.name for path in folder.iterdir())
    assert names == sorted((*TRAIN, TEST, FILE, "batches.meta.txt"))
    for name in names:
        assert (folder / name).read_bytes() == (twice / name).read_bytes()


def test_an_archive_of_it_is_read_too(images: Images, folder: Path, pack: Pack) -> None:
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert read_images(pack(files, folder="noise")).sha256() == images.sha256()


def test_nothing_is_overwritten(images: Images, folder: Path) -> None:
    with pytest.raises(UsageError, match="already there"):
        export(images, folder)


def test_a_failure_leaves_nothing(images: Images, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        export(images, tmp_path / "file" / "set")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_published_sets_are_not_exported(
    files: dict[str, bytes], small: Published, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for name, data in files.items():
        (source / name).write_bytes(data)
    with pytest.raises(UsageError, match="has this layout already"):
        export(read_images(source, small), tmp_path / "set")


@pytest.mark.parametrize("name", ["CIFAR-10", "cifar10", "Cifar 10"])
def test_it_cannot_be_called_cifar_10(name: str, folder: Path) -> None:
    change(folder, name=name)
    with pytest.raises(FormatError, match="is not CIFAR-10"):
        read_images(folder)


def test_wrong_checksum_names_file_expected_and_found(folder: Path) -> None:
    expected = json.loads((folder / FILE).read_text())["files"][TRAIN[1]]
    data = bytearray((folder / TRAIN[1]).read_bytes())
    data[100] ^= 1
    (folder / TRAIN[1]).write_bytes(data)
    with pytest.raises(FormatError, match=rf"data_batch_2\.bin: SHA-256 is \w{{64}}, .*{expected}"):
        read_images(folder)


def test_missing_file(folder: Path) -> None:
    (folder / TEST).unlink()
    with pytest.raises(FormatError, match=r"test_batch\.bin is missing"):
        read_images(folder)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"version": 2}, "version 2, where 'joulemark-images' version 1"),
        ({"format": "other"}, "'other'"),
        ({"name": "a\x1b[31m"}, "is not a name"),
        ({"name": ""}, "is not a name"),
        ({"name": 3}, r"Expected `str`, got `int` - at `\$\.name`"),
        ({"classes": ["a"]}, "1 classes, not 10"),
        ({"classes": ["a" * 65, *"bcdefghij"]}, "10 names"),
        ({"files": {"/etc/passwd": "0"}}, "names 1 files"),
        ({"files": []}, "not a manifest"),
    ],
)
def test_wrong_manifest(values: dict[str, Any], message: str, folder: Path) -> None:
    change(folder, **values)
    with pytest.raises(FormatError, match=message):
        read_images(folder)


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"\xff\xfe", b'{"made":' + b"[" * 100_000])
def test_manifest_that_is_none(text: bytes, folder: Path) -> None:
    (folder / FILE).write_bytes(text)
    with pytest.raises(FormatError, match=r"manifest\.json: not a manifest"):
        read_images(folder)


def test_manifest_that_is_too_big(folder: Path) -> None:
    (folder / FILE).write_bytes(b" " * (2**20 + 1))
    with pytest.raises(FormatError, match="at most 1048576"):
        read_images(folder)


def test_constant_images_are_refused(images: Images, tmp_path: Path) -> None:
    images.train[:, 1:1025] = 7
    with pytest.raises(FormatError, match="same value everywhere"):
        read_images(export(images, tmp_path / "flat"))
