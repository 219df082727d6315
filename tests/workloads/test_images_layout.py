"""CIFAR-10's binary layout: what is read, and what is refused."""

from __future__ import annotations

import contextlib
import gzip
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from joulemark.core.errors import FormatError, UsageError
from joulemark.workloads.images.archive import read_archive
from joulemark.workloads.images.layout import CIFAR10, FOLDER, TEST, TRAIN, Published, read_images
from joulemark.workloads.images.sets import RECORD, labels, pixels

Files = dict[str, bytes]
Pack = Callable[..., Path]
Known = Callable[[Published, Path], Published]


def folder_of(files: Files, folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def test_folder_is_read_by_plane_and_row(files: Files, small: Published, tmp_path: Path) -> None:
    data = bytearray(files[TEST])
    data[RECORD + 1 + 1024 + 32 * 5 + 7] = 211  # second record, green, row 5, column 7
    files[TEST] = bytes(data)
    images = read_images(folder_of(files, tmp_path / FOLDER), small)
    assert (images.name, images.stand_in) == ("Small-10", False)
    assert (len(images.train), len(images.test)) == (100, 20)
    assert pixels(images.test)[1, 1, 5, 7] == 211
    assert labels(images.train).tolist() == list(range(10)) * 10
    assert images.train.tobytes() == b"".join(files[name] for name in TRAIN)
    assert "no checksums" in images.checked


def test_folder_above_does_too(files: Files, small: Published, tmp_path: Path) -> None:
    folder = folder_of(files, tmp_path / "here" / FOLDER)
    above = read_images(tmp_path / "here", small)
    assert above.sha256() == read_images(folder, small).sha256()


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_archive_known_by_its_checksums(
    mode: str, files: Files, small: Published, pack: Pack, known: Known
) -> None:
    path = pack(files, mode=mode)
    images = read_images(path, known(small, path))
    assert images.name == "Small-10"
    assert images.checked == "MD5 and SHA-256 of the archive"
    assert images.test.tobytes() == files[TEST]
    assert images.facts()["sha256"] == images.sha256()


def test_published_figures_of_cifar10() -> None:
    assert CIFAR10.md5 == "c32a1d4ab5d03f1284b67883e8d87530"
    assert CIFAR10.sha256 == "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
    assert CIFAR10.per_file * RECORD == 30_730_000
    assert len(CIFAR10.classes) == 10


@pytest.mark.parametrize("figure", ["MD5", "SHA-256"])
def test_wrong_checksum_names_file_expected_and_found(
    figure: str, files: Files, small: Published, pack: Pack, known: Known
) -> None:
    path = pack(files)
    right = known(small, path)
    wrong = Published(
        name=right.name,
        classes=right.classes,
        md5="f" * 32 if figure == "MD5" else right.md5,
        sha256="f" * 64 if figure == "SHA-256" else right.sha256,
        per_file=right.per_file,
        mean=right.mean,
        std=right.std,
    )
    with pytest.raises(FormatError) as caught:
        read_images(path, wrong)
    found, expected = (right.md5, wrong.md5) if figure == "MD5" else (right.sha256, wrong.sha256)
    assert str(caught.value).startswith(f"{path}: not Small-10: {figure} is {found}, ")
    assert expected in str(caught.value)
    assert "cifar-10-binary.tar.gz" in str(caught.value)


@pytest.mark.parametrize("change", [-1, 1, -RECORD, RECORD])
def test_wrong_size(change: int, files: Files, small: Published, tmp_path: Path) -> None:
    files[TRAIN[2]] = (files[TRAIN[2]] * 2)[: 20 * RECORD + change]
    with pytest.raises(FormatError, match=rf"data_batch_3\.bin: {20 * RECORD + change} bytes, exp"):
        read_images(folder_of(files, tmp_path / "set"), small)


def test_missing_file(files: Files, small: Published, tmp_path: Path) -> None:
    del files[TEST]
    with pytest.raises(FormatError, match=r"test_batch\.bin: missing"):
        read_images(folder_of(files, tmp_path / "set"), small)


def test_wrong_label(files: Files, small: Published, tmp_path: Path) -> None:
    data = bytearray(files[TRAIN[4]])
    data[3 * RECORD] = 10
    files[TRAIN[4]] = bytes(data)
    with pytest.raises(FormatError, match=r"data_batch_5\.bin, record 3: label 10"):
        read_images(folder_of(files, tmp_path / "set"), small)


def test_wrong_balance(files: Files, small: Published, tmp_path: Path) -> None:
    data = bytearray(files[TEST])
    data[0] = 1
    files[TEST] = bytes(data)
    with pytest.raises(FormatError, match=r"test_batch\.bin: 1 images of class 0, expected 2"):
        read_images(folder_of(files, tmp_path / "set"), small)


def test_too_big_file_is_not_read(files: Files, small: Published, tmp_path: Path) -> None:
    folder = folder_of(files, tmp_path / "set")
    with (folder / TEST).open("wb") as file:
        file.truncate(2**40)  # a hole, no disk
    with pytest.raises(FormatError, match="1099511627776 bytes, where at most 30730000"):
        read_images(folder, small)


def test_unreadable_file(files: Files, small: Published, tmp_path: Path) -> None:
    folder = folder_of(files, tmp_path / "set")
    (folder / TEST).unlink()
    (folder / TEST).symlink_to("/proc/self/mem")  # a file that refuses to be read, even to root
    with pytest.raises(FormatError, match="cannot be read"):
        read_images(folder, small)


def test_folder_in_place_of_a_file(files: Files, small: Published, tmp_path: Path) -> None:
    folder = folder_of(files, tmp_path / "set")
    (folder / TEST).unlink()
    (folder / TEST).mkdir()
    with pytest.raises(FormatError, match=r"test_batch\.bin: missing"):
        read_images(folder, small)


def test_nothing_there(small: Published, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder or archive"):
        read_images(tmp_path / "absent", small)


def test_cut_off_gzip(files: Files, small: Published, pack: Pack) -> None:
    path = pack(files)
    path.write_bytes(path.read_bytes()[:-5000])
    with pytest.raises(FormatError, match="damaged or cut off"):
        read_images(path, small)


def test_cut_off_plain_archive(files: Files, small: Published, pack: Pack) -> None:
    path = pack(files, mode="w")
    path.write_bytes(path.read_bytes()[:100_000])
    with pytest.raises(FormatError, match="damaged or cut off"):
        read_images(path, small)


@pytest.mark.parametrize("text", [b"", b"no archive at all" * 99, b"\x1f\x8b\x08nothing"])
def test_no_archive(text: bytes, small: Published, tmp_path: Path) -> None:
    path = tmp_path / "set.tar.gz"
    path.write_bytes(text)
    with pytest.raises(FormatError):
        read_images(path, small)


@pytest.mark.parametrize(
    "name", ["../test_batch.bin", "/test_batch.bin", "a/../test_batch.bin", "a/b/test_batch.bin"]
)
def test_member_outside_is_passed_over(
    name: str, files: Files, small: Published, pack: Pack, known: Known, tmp_path: Path
) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(files[TEST])
    path = pack({k: v for k, v in files.items() if k != TEST}, extra=((info, files[TEST]),))
    before = sorted(tmp_path.parent.iterdir())
    with pytest.raises(FormatError, match=r"test_batch\.bin: missing"):
        read_images(path, known(small, path))
    assert sorted(tmp_path.parent.iterdir()) == before


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_link_is_passed_over(
    kind: bytes, files: Files, small: Published, pack: Pack, known: Known
) -> None:
    link = tarfile.TarInfo(f"{FOLDER}/{TEST}")
    link.type, link.linkname = kind, "/etc/passwd"
    path = pack({k: v for k, v in files.items() if k != TEST}, extra=((link, b""),))
    with pytest.raises(FormatError, match=r"test_batch\.bin: missing"):
        read_images(path, known(small, path))


def test_same_name_twice(files: Files, small: Published, pack: Pack, known: Known) -> None:
    info = tarfile.TarInfo(TEST)
    info.size = len(files[TEST])
    path = pack(files, extra=((info, files[TEST]),))
    with pytest.raises(FormatError, match=r"two files are called test_batch\.bin"):
        read_images(path, known(small, path))


def test_too_many_members(files: Files, small: Published, pack: Pack) -> None:
    path = pack(files, extra=tuple((tarfile.TarInfo(f"{i}"), b"") for i in range(1001)))
    with pytest.raises(FormatError, match="more than 1000 members"):
        read_images(path, small)


def test_too_big_member(pack: Pack) -> None:
    path = pack({"a": bytes(11)})
    with pytest.raises(FormatError, match=r"member .*/a: 11 bytes, where at most 10"):
        read_archive(path, {"a": 10})


def test_bomb_is_not_unpacked(pack: Pack) -> None:
    path = pack({"other": bytes(2**25), "a": b"1"})
    assert path.stat().st_size < 2**16
    with pytest.raises(FormatError, match="unpacks to more than"):
        read_archive(path, {"a": 10})


def test_chain_of_long_names(tmp_path: Path) -> None:
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 1
    block = info.tobuf(tarfile.USTAR_FORMAT) + b"x".ljust(512, b"\0")
    path = tmp_path / "set.tar"
    path.write_bytes(block * 3000)
    with pytest.raises(FormatError, match="damaged or cut off"):
        read_archive(path, {"a": 10})


def test_damaged_headers_end_in_our_error_or_in_nothing(tmp_path: Path, files: Files) -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.PAX_FORMAT) as tar:
        info = tarfile.TarInfo("a")
        info.size, info.pax_headers = 3, {"comment": "x" * 200, "GNU.sparse.major": "1"}
        tar.addfile(info, io.BytesIO(b"abc"))
    random = np.random.default_rng(3)
    path = tmp_path / "set.tar"
    for _ in range(300):
        data = bytearray(made.getvalue()[:4096])
        for place in random.integers(0, 2048, 6):
            data[place] = random.integers(0, 256)
        path.write_bytes(gzip.compress(bytes(data), 1))
        with contextlib.suppress(FormatError):
            assert set(read_archive(path, {"a": 10})) <= {"a"}
