"""Folders with links, loops, pipes, and things that come and go."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from joulemark.core.errors import FormatError, PermissionNeededError, UnavailableError
from joulemark.formats.trees.folder import FolderTree
from joulemark.formats.trees.limits import Limits
from joulemark.formats.trees.names import shown
from tests.formats.trees.making import folder

FDS = Path("/proc/self/fd")


def test_links_loops_and_devices_are_left_out_and_counted(tmp_path: Path) -> None:
    folder({"a/file": b"1"}, tmp_path)
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    (tmp_path / "link").symlink_to("/etc/hostname")
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(tmp_path / "socket"))
        tree = FolderTree(str(tmp_path))
        assert [entry.path for entry in tree.entries()] == ["a/file"]
        assert tree.left_out == {"link": 2, "device": 2}
        for path in ("link", "a/loop/a/file", "pipe", "socket", "a"):
            with pytest.raises(FileNotFoundError):
                tree.read(path)


def test_a_link_to_the_folder_itself_is_followed(tmp_path: Path) -> None:
    folder({"f": b"1"}, tmp_path / "real")
    (tmp_path / "link").symlink_to("real")
    tree = FolderTree(str(tmp_path / "link"))
    assert [entry.path for entry in tree.entries()] == ["f"]
    assert tree.read("f") == b"1"


def test_files_that_vanish(tmp_path: Path) -> None:
    folder({"a/1": b"", "b/2": b"", "c/3": b""}, tmp_path)
    tree = FolderTree(str(tmp_path))
    entries = tree.entries()
    assert next(entries).path == "a/1"
    (tmp_path / "b" / "2").unlink()
    (tmp_path / "b").rmdir()
    assert [entry.path for entry in entries] == ["c/3"]
    assert tree.left_out == {"vanished": 1}
    (tmp_path / "c" / "3").unlink()
    with pytest.raises(FileNotFoundError):
        tree.read("c/3")
    (tmp_path / "a" / "1").unlink()
    os.mkfifo(tmp_path / "a" / "1")
    with pytest.raises(FileNotFoundError):
        tree.read("a/1")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_an_error(tmp_path: Path) -> None:
    folder({"a/1": b"", "b/2": b""}, tmp_path)
    (tmp_path / "b").chmod(0)
    try:
        with pytest.raises(PermissionNeededError, match=r"b/: cannot be read.*chmod"):
            list(FolderTree(str(tmp_path)).entries())
        with pytest.raises(PermissionNeededError, match="b/2: cannot be read"):
            FolderTree(str(tmp_path)).read("b/2")
    finally:
        (tmp_path / "b").chmod(0o755)


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="cannot be read"):
        list(FolderTree(str(tmp_path / "gone")).entries())


def test_too_deep_and_too_many(tmp_path: Path) -> None:
    folder({"/".join("abcdef"): b"", "x": b"", "y": b""}, tmp_path)
    assert len(list(FolderTree(str(tmp_path), limits=Limits(depth=6)).entries())) == 3
    with pytest.raises(FormatError, match="a/b/c/d/e/: folders lie more than 5 deep"):
        list(FolderTree(str(tmp_path), limits=Limits(depth=5)).entries())
    with pytest.raises(FormatError, match="more than 2 names in a folder"):
        list(FolderTree(str(tmp_path), limits=Limits(entries=2)).entries())
    folder({f"{i}/{j}": b"" for i in range(3) for j in range(3)}, tmp_path / "few")
    with pytest.raises(FormatError, match="few: more than 3 files"):
        list(FolderTree(str(tmp_path / "few"), limits=Limits(entries=3)).entries())


def test_names_that_are_no_utf_8(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9")).write_bytes(b"1")
    tree = FolderTree(str(tmp_path))
    (entry,) = tree.entries()
    assert tree.read(entry.path) == b"1"
    assert shown(entry.path) == r"caf\udce9"
    with pytest.raises(FormatError) as at:
        tree.read(entry.path, 0)
    assert str(at.value).isascii()


def test_names_are_shown_safely() -> None:
    assert shown("a\x1b[31m\n\u202eb") == r"a\x1b[31m\n\u202eb"
    assert shown("ö") == "ö"
    assert len(shown("x" * 5000)) == 301


def test_a_listing_that_is_given_up_leaves_nothing_open(tmp_path: Path) -> None:
    folder({f"{i}/{j}": b"" for i in range(3) for j in range(3)}, tmp_path)
    before = len(list(FDS.iterdir()))
    entries = FolderTree(str(tmp_path)).entries()
    next(entries)
    assert len(list(FDS.iterdir())) > before
    del entries
    assert len(list(FDS.iterdir())) == before
