"""Tar archives that are hostile, damaged, or written by other programs."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joulemark.core.errors import FormatError, JoulemarkError, UnavailableError
from joulemark.formats.trees.limits import Limits
from joulemark.formats.trees.opening import open_tree
from joulemark.formats.trees.tarred import TarTree
from tests.formats.trees.making import member, tarred

MIXED = {"d/a": b"1" * 1000, "d/" + "n" * 200: b"2", "e": b""}


def archive(at: Path, *members: tarfile.TarInfo) -> str:
    """An archive of entries whose data is zeros."""
    with tarfile.open(at, "w") as file:
        for info in members:
            file.addfile(info, io.BytesIO(bytes(info.size)))
    return str(at)


def listed(path: str, **bounds: int) -> list[str]:
    tree = open_tree(path, limits=Limits(**bounds))
    try:
        return [entry.path for entry in tree.entries()]
    finally:
        tree.close()


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_every_format(form: int, mode: str, tmp_path: Path) -> None:
    files = MIXED if form != tarfile.USTAR_FORMAT else {"p" * 90 + "/" + "n" * 90: b"1", "ü": b"2"}
    tree = open_tree(tarred(files, tmp_path / "t", mode, form))
    assert {entry.path: tree.read(entry.path) for entry in tree.entries()} == files
    tree.close()


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../x", "leads out"),
        ("a/../../x", "leads out"),
        ("a/..", "leads out"),
        ("/etc/passwd", "absolute"),
        ("C:/x", "absolute"),
        ("a\\..\\b", "backslash"),
        ("a/" * 70 + "b", "longer than"),
        ("n/" + "x" * 5000, "longer than"),
    ],
)
@pytest.mark.parametrize("kind", [tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.DIRTYPE])
def test_hostile_paths_are_an_error_of_the_archive(
    name: str, why: str, kind: bytes, tmp_path: Path
) -> None:
    path = archive(tmp_path / "t.tar", member("good"), member(name, kind=kind))
    with pytest.raises(FormatError, match=why) as at:
        listed(path)
    assert at.value.where.startswith(f"{path}: ")


def test_a_nul_byte_in_a_pax_name(tmp_path: Path) -> None:
    info = member("x")
    info.pax_headers = {"path": "a\0b"}
    with pytest.raises(FormatError, match="NUL"):
        listed(archive(tmp_path / "t.tar", info))


def test_links_and_devices_are_left_out_and_hard_links_read(tmp_path: Path) -> None:
    path = archive(
        tmp_path / "t.tar",
        member("d/", kind=tarfile.DIRTYPE),
        member("./d/a", 5),
        member("d/soft", kind=tarfile.SYMTYPE, link="/etc/passwd"),
        member("d/hard", kind=tarfile.LNKTYPE, link="d/./a"),
        member("fifo", kind=tarfile.FIFOTYPE),
        member("device", kind=tarfile.CHRTYPE),
    )
    tree = open_tree(path)
    assert [entry.path for entry in tree.entries()] == ["d/a", "d/hard"]
    assert tree.read("d/hard") == bytes(5)
    assert tree.left_out == {"link": 1, "device": 2}
    tree.close()
    with pytest.raises(FormatError, match="hard link to what was not there"):
        listed(archive(tmp_path / "u.tar", member("h", kind=tarfile.LNKTYPE, link="later")))


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        ("a", "a", "twice"),
        ("a", "./a", "twice"),
        ("a", "a/b", "folder is a file"),
        ("a/b", "a", "folder is a file"),
    ],
)
def test_one_name_for_two_things(first: str, second: str, why: str, tmp_path: Path) -> None:
    members = [member(first, 1), member("a-b", 2), member(second, 3)]
    with pytest.raises(FormatError, match=why):
        listed(archive(tmp_path / "t.tar", *members))


def test_a_repeat_far_behind_is_found(tmp_path: Path) -> None:
    members = [member(f"f{i}") for i in range(4500)]
    with pytest.raises(FormatError, match="f17: the entry is there twice"):
        listed(archive(tmp_path / "t.tar", *members, member("f17")))


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_an_archive_that_was_cut_short(mode: str, part: float, tmp_path: Path) -> None:
    noise = random.Random(1).randbytes
    path = Path(tarred({f"f{i}": noise(30_000) for i in range(9)}, tmp_path / "t.tar", mode))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * part)])
    with pytest.raises(FormatError, match="cut short"):
        listed(str(path))


def test_the_end_mark_is_asked_for_and_nothing_may_follow(tmp_path: Path) -> None:
    path = Path(archive(tmp_path / "t.tar", member("a", 512)))
    whole = path.read_bytes()
    path.write_bytes(whole[:1024])
    with pytest.raises(FormatError, match="without its end mark"):
        listed(str(path))
    path.write_bytes(whole + whole)
    with pytest.raises(FormatError, match="goes on after its end mark"):
        listed(str(path))


def _pax(records: bytes, kind: bytes = b"x") -> bytes:
    info = tarfile.TarInfo("pax")
    info.type, info.size = kind, len(records)
    return info.tobuf(tarfile.USTAR_FORMAT) + records.ljust(-(-len(records) // 512) * 512, b"\0")


@pytest.mark.parametrize(
    ("before", "info", "why"),
    [
        (_pax(b"9 path=b\n", b"g"), member("a"), "one name or size to all"),
        (_pax(b"9 path=b\n") * 2, member("a"), "two headers name"),
        (_pax(b"99 path=b\n"), member("a"), "damaged pax"),
        (_pax(b"nonsense"), member("a"), "damaged pax"),
        (_pax(b"10 size=-1\n"), member("a"), "damaged pax"),
        (_pax(b"11 size=-1\n"), member("a"), "no size"),
        (_pax(b"28 size=9999999999999999999\n"), member("a"), "no size"),
        (_pax(b"22 GNU.sparse.major=1\n"), member("a"), "sparse"),
        (b"", member("a", kind=b"S"), "sparse"),
        (b"", member("a", kind=b"M"), "unknown kind"),
        (b"", member("a", 1, kind=tarfile.LNKTYPE), "hard link with data"),
        (_pax(b" " * (2 << 20)), member("a"), "a header of 2097152 bytes"),
    ],
)
def test_headers_that_programs_read_differently(
    before: bytes, info: tarfile.TarInfo, why: str, tmp_path: Path
) -> None:
    path = tmp_path / "t.tar"
    path.write_bytes(before + info.tobuf(tarfile.USTAR_FORMAT) + bytes(1024))
    with pytest.raises(FormatError, match=why):
        listed(str(path))


def test_a_name_with_nothing_behind_it(tmp_path: Path) -> None:
    path = tmp_path / "t.tar"
    path.write_bytes(_pax(b"9 path=b\n") + bytes(1024))
    with pytest.raises(FormatError, match="ends after the header of a name"):
        listed(str(path))


def test_a_size_in_base_256(tmp_path: Path) -> None:
    info = member("a", 600)
    block = bytearray(info.tobuf(tarfile.USTAR_FORMAT))
    block[124:136] = b"\x80" + (600).to_bytes(11, "big")
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    path = tmp_path / "t.tar"
    path.write_bytes(bytes(block) + b"y" * 1024 + bytes(1024))
    tree = open_tree(str(path))
    assert tree.read("a") == b"y" * 600
    tree.close()
    block[124:136] = b"\xff" * 12
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    path.write_bytes(bytes(block) + bytes(1024))
    with pytest.raises(FormatError, match="no number"):
        listed(str(path))


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_bomb_is_given_up_early(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    path = tmp_path / "bomb.tar"
    info = member("big", 300 << 20)
    path.write_bytes(pack(info.tobuf() + bytes(60 << 20)))
    with pytest.raises(FormatError, match="zip bomb"):
        listed(str(path))


def test_what_is_kept_aside_is_bounded(tmp_path: Path) -> None:
    path = tarred({"a": b"1" * 1000, "b": b"2" * 1000}, tmp_path / "t.tgz", "w:gz")
    with pytest.raises(FormatError, match="more than the 1500 bytes that are kept aside"):
        listed(path, spool=1500)
    assert listed(path, spool=2000) == ["a", "b"]


def test_only_what_is_wanted_is_kept(tmp_path: Path) -> None:
    path = tarred({"a": b"1", "b": b"2", "c": b"3" * 99}, tmp_path / "t.tgz", "w:gz")
    tree = open_tree(path, keep=lambda name: name != "b", limits=Limits(file=50))
    assert [entry.size for entry in tree.entries()] == [1, 1, 99]
    assert tree.read("a") == b"1"
    for name in "bc":
        with pytest.raises(UnavailableError, match="was not kept"):
            tree.read(name)
    tree.close()


def test_too_many_entries(tmp_path: Path) -> None:
    path = archive(tmp_path / "t.tar", *(member(str(i)) for i in range(6)))
    assert len(listed(path, entries=6)) == 6
    with pytest.raises(FormatError, match="more than 5 files"):
        listed(path, entries=5)


def test_several_streams_one_behind_the_other_and_padding(tmp_path: Path) -> None:
    whole = Path(tarred({"a": b"1" * 9000}, tmp_path / "t.tar")).read_bytes()
    path = tmp_path / "t.tgz"
    path.write_bytes(gzip.compress(whole[:700]) + gzip.compress(whole[700:]) + bytes(512))
    tree = open_tree(str(path))
    assert tree.read("a") == b"1" * 9000
    tree.close()
    path.write_bytes(gzip.compress(whole) + b"rubbish")
    with pytest.raises(FormatError, match="damaged"):
        listed(str(path))


def test_a_wrong_checksum_at_the_very_end_is_seen(tmp_path: Path) -> None:
    path = Path(tarred({"a": b"1" * 9000}, tmp_path / "t.tgz", "w:gz"))
    raw = bytearray(path.read_bytes())
    raw[-6] ^= 1
    path.write_bytes(raw)
    with pytest.raises(FormatError, match="damaged"):
        listed(str(path))


def test_archives_in_archives_are_not_opened(tmp_path: Path) -> None:
    inner = Path(tarred({"../x": b"1"}, tmp_path / "inner.tar")).read_bytes()
    tree = open_tree(tarred({"inner.tar": inner}, tmp_path / "outer.tar"))
    assert [entry.path for entry in tree.entries()] == ["inner.tar"]
    tree.close()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 255)), min_size=1, max_size=8),
    st.sampled_from([None, zlib.compress, gzip.compress]),
)
def test_junk_gives_nothing_but_our_errors(
    tmp_path_factory: pytest.TempPathFactory,
    changes: list[tuple[int, int]],
    pack: Callable[[bytes], bytes] | None,
) -> None:
    at = tmp_path_factory.mktemp("junk") / "t.tar"
    raw = bytearray(Path(tarred(MIXED, at)).read_bytes())
    for place, value in changes:
        raw[place] = value
    at.write_bytes(pack(bytes(raw)) if pack else bytes(raw))
    tree = TarTree(str(at))
    try:
        for entry in tree.entries():
            tree.read(entry.path)
    except JoulemarkError:
        pass
    finally:
        tree.close()
