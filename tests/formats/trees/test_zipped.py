"""Zip archives that are hostile, damaged, or very long."""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joulemark.core.errors import FormatError, JoulemarkError
from joulemark.formats.trees.limits import Limits
from joulemark.formats.trees.opening import open_tree
from joulemark.formats.trees.zipped import ZipTree
from tests.formats.trees.making import zipped

TWO = {"d/a": b"first" * 50, "d/b": b"second" * 50}


def listed(path: str) -> list[str]:
    tree = open_tree(path)
    try:
        return [entry.path for entry in tree.entries()]
    finally:
        tree.close()


def read(path: str, name: str, limits: Limits | None = None) -> bytes:
    tree = open_tree(path, limits=limits)
    try:
        return tree.read(name)
    finally:
        tree.close()


def changed(path: str, *changes: tuple[bytes, bytes]) -> str:
    """Replace bytes everywhere."""
    raw = Path(path).read_bytes()
    for old, new in changes:
        assert old in raw
        raw = raw.replace(old, new)
    Path(path).write_bytes(raw)
    return path


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../x", "leads out"),
        ("/etc/passwd", "absolute"),
        ("c:/x", "absolute"),
        ("a\\b", "backslash"),
        ("a/" * 70 + "b", "longer than"),
    ],
)
def test_hostile_paths_are_an_error_of_the_archive(name: str, why: str, tmp_path: Path) -> None:
    path = zipped({"good": b"", name: b""}, tmp_path / "t.zip")
    with pytest.raises(FormatError, match=why):
        listed(path)


def test_a_nul_byte(tmp_path: Path) -> None:
    path = changed(zipped({"good.txt": b""}, tmp_path / "t.zip"), (b"good.txt", b"good\0txt"))
    with pytest.raises(FormatError, match="NUL"):
        listed(path)


def test_links_devices_and_folders(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.mkdir("d")
        for name, kind in (("link", stat.S_IFLNK), ("pipe", stat.S_IFIFO), ("f", stat.S_IFREG)):
            info = zipfile.ZipInfo(name)
            info.external_attr = (kind | 0o644) << 16
            archive.writestr(info, b"/etc/passwd")
    tree = open_tree(str(tmp_path / "t.zip"))
    assert [entry.path for entry in tree.entries()] == ["f"]
    assert tree.left_out == {"link": 1, "device": 1}
    tree.close()


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_one_name_for_two_things(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr("a", b"1")
        archive.writestr("a", b"2")
    with pytest.raises(FormatError, match="a: the entry is there twice"):
        listed(str(tmp_path / "t.zip"))
    path = zipped({"a": b"", "a-b": b"", "a/b": b""}, tmp_path / "u.zip")
    with pytest.raises(FormatError, match="a/b: its folder is a file"):
        listed(path)


def test_names_are_the_bytes_of_the_archive(tmp_path: Path) -> None:
    path = changed(zipped({"cafe": b"1"}, tmp_path / "t.zip"), (b"cafe", b"caf\xe9"))
    assert listed(path) == ["caf\udce9"]
    assert read(path, "caf\udce9") == b"1"


def test_the_name_before_the_data_must_be_the_same(tmp_path: Path) -> None:
    path = Path(zipped(TWO, tmp_path / "t.zip"))
    path.write_bytes(path.read_bytes().replace(b"d/a", b"d/c", 1))
    with pytest.raises(FormatError, match="d/a: the directory and the entry itself disagree"):
        read(str(path), "d/a")
    assert read(str(path), "d/b") == TWO["d/b"]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_damaged_content(method: int, tmp_path: Path) -> None:
    path = Path(zipped({"d/a": b"0123456789" * 9}, tmp_path / "t.zip", method))
    raw = bytearray(path.read_bytes())
    raw[36] ^= 0x55
    path.write_bytes(raw)
    with pytest.raises(FormatError, match=r"d/a: .*(damaged|checksum)"):
        read(str(path), "d/a")


def test_other_methods_and_passwords(tmp_path: Path) -> None:
    path = zipped({"d/a": b"1" * 99}, tmp_path / "t.zip", zipfile.ZIP_BZIP2)
    with pytest.raises(FormatError, match="packed by method 12, which is not read"):
        read(path, "d/a")
    secret = Path(zipped({"d/a": b"1"}, tmp_path / "u.zip", zipfile.ZIP_STORED))
    raw = bytearray(secret.read_bytes())
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    secret.write_bytes(raw)
    with pytest.raises(FormatError, match="needs a password"):
        read(str(secret), "d/a")


def test_bombs_by_what_they_say_and_by_what_they_are(tmp_path: Path) -> None:
    path = zipped({"zeros": bytes(40 << 20)}, tmp_path / "t.zip")
    with pytest.raises(FormatError, match="zip bomb"):
        read(path, "zeros")
    path = zipped({"zeros": bytes(2000)}, tmp_path / "u.zip")
    changed(path, (struct.pack("<L", 2000), struct.pack("<L", 20)))
    with pytest.raises(FormatError, match="more than the 20 bytes it says"):
        read(path, "zeros")


def test_entries_that_share_bytes_are_refused(tmp_path: Path) -> None:
    path = Path(zipped(TWO, tmp_path / "t.zip"))
    raw = bytearray(path.read_bytes())
    second = raw.rindex(b"PK\x01\x02")
    raw[second + 42 : second + 46] = struct.pack("<L", 10)
    path.write_bytes(raw)
    with pytest.raises(FormatError, match="d/b: it overlaps the entry d/a"):
        listed(str(path))
    raw[second + 42 : second + 46] = struct.pack("<L", len(raw) - 100)
    path.write_bytes(raw)
    with pytest.raises(FormatError, match="overlaps the directory"):
        listed(str(path))


@pytest.mark.parametrize("part", [0.2, 0.6, 0.95])
def test_an_archive_that_was_cut_short(part: float, tmp_path: Path) -> None:
    path = Path(zipped(TWO, tmp_path / "t.zip"))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * part)])
    with pytest.raises(FormatError, match="no end record"):
        listed(str(path))


def test_end_records_that_lie(tmp_path: Path) -> None:
    path = Path(zipped(TWO, tmp_path / "t.zip"))
    whole = path.read_bytes()
    end = whole.rindex(b"PK\x05\x06")
    for at, value, why in (
        (4, 1, "volumes"),
        (8, 1, "damaged"),
        (12, 1, "not where"),
        (16, 1, "not where"),
    ):
        raw = bytearray(whole)
        raw[end + at] ^= value
        path.write_bytes(raw)
        with pytest.raises(FormatError, match=why):
            listed(str(path))
    raw = bytearray(whole)
    raw[end + 8] = raw[end + 10] = 3
    path.write_bytes(raw)
    with pytest.raises(FormatError, match="has 2 entries, its end says 3"):
        listed(str(path))
    path.write_bytes(b"stub" + whole)
    with pytest.raises(FormatError):
        ZipTree(str(path)).entries()
    hidden = whole[:end] + whole[end:-2] + struct.pack("<H", 22) + whole[end:]
    path.write_bytes(hidden)
    with pytest.raises(FormatError, match="two end records"):
        listed(str(path))


def test_a_comment(tmp_path: Path) -> None:
    path = zipped(TWO, tmp_path / "t.zip")
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = b"made for a test"
    assert listed(path) == sorted(TWO)


def test_zip64(tmp_path: Path) -> None:
    path = tmp_path / "t.zip"
    with zipfile.ZipFile(path, "w") as archive, archive.open("big", "w", force_zip64=True) as file:
        file.write(b"1" * 99)
    assert read(str(path), "big") == b"1" * 99
    many = {f"f{i:06d}": b"" for i in range(66_000)}
    path = Path(zipped(many, tmp_path / "many.zip", zipfile.ZIP_STORED))
    assert listed(str(path)) == sorted(many)
    raw = bytearray(path.read_bytes())
    raw[raw.rindex(b"PK\x06\x06") + 32] ^= 1
    path.write_bytes(raw)
    with pytest.raises(FormatError):
        listed(str(path))


def test_sizes_beyond_32_bits(tmp_path: Path) -> None:
    path = Path(zipped({"a": b"12345"}, tmp_path / "t.zip", zipfile.ZIP_STORED))
    raw = bytearray(path.read_bytes())
    central = raw.index(b"PK\x01\x02")
    extra = struct.pack("<HHQQ", 1, 16, 5, 5)
    raw[central + 20 : central + 28] = b"\xff" * 8
    raw[central + 30 : central + 32] = struct.pack("<H", len(extra))
    raw[central + 47 : central + 47] = struct.pack("<HH", 99, 0) * 0 + extra
    end = raw.rindex(b"PK\x05\x06")
    raw[end + 12 : end + 16] = struct.pack("<L", end - central)
    path.write_bytes(raw)
    assert read(str(path), "a") == b"12345"
    raw[central + 47] = 9
    path.write_bytes(raw)
    with pytest.raises(FormatError, match="lacks its zip64 sizes"):
        listed(str(path))


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), min_size=1, max_size=6))
def test_junk_gives_nothing_but_our_errors(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int]]
) -> None:
    at = tmp_path_factory.mktemp("junk") / "t.zip"
    raw = bytearray(Path(zipped(TWO, at)).read_bytes())
    for place, value in changes:
        raw[-1 - place] = value
    at.write_bytes(raw)
    tree = ZipTree(str(at))
    try:
        for entry in tree.entries():
            assert zlib.crc32(tree.read(entry.path)) >= 0
    except JoulemarkError:
        pass
    finally:
        tree.close()
