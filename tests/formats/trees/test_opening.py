"""What a person may call a tree, and what not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from joulemark.core.errors import FormatError, JoulemarkError, UnavailableError, UsageError
from joulemark.formats.trees.opening import open_tree
from tests.formats.trees.making import tarred, zipped


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no name"),
        ("a\0b", "no name"),
        ("nothing/here", "no such file"),
        ("nothing@HEAD", "no such file"),
        (".@HEAD", "no git repository"),
        ("@HEAD:x", "no such file"),
    ],
)
def test_what_is_not_there(
    text: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=why):
        open_tree(text)


def test_the_content_tells_what_an_archive_is(tmp_path: Path) -> None:
    for path in (
        tarred({"f": b"1"}, tmp_path / "results.zip", "w:gz"),
        tarred({"f": b"1"}, tmp_path / "results"),
        zipped({"f": b"1"}, tmp_path / "results.tar.gz"),
        zipped({"f": b"1"}, tmp_path / "re@sults"),
    ):
        tree = open_tree(path)
        assert tree.read("f") == b"1"
        tree.close()
    assert tree.location == str(tmp_path / "re@sults")


@pytest.mark.parametrize(
    ("data", "error", "why"),
    [
        (b"", FormatError, "neither folder nor archive"),
        (b"text\n" * 999, FormatError, "neither folder nor archive"),
        (b"\x28\xb5\x2f\xfd rest", UnavailableError, "zstd"),
    ],
)
def test_files_that_are_no_archive(
    data: bytes, error: type[JoulemarkError], why: str, tmp_path: Path
) -> None:
    (tmp_path / "f").write_bytes(data)
    with pytest.raises(error, match=why):
        open_tree(str(tmp_path / "f"))


@pytest.mark.parametrize("data", [b"", b"junk" * 999, b"\x1f\x8bjunk", b"PK\x03\x04junk"])
def test_archives_by_name_only(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "f.tar").write_bytes(data)
    tree = open_tree(str(tmp_path / "f.tar"))
    with pytest.raises(FormatError):
        tree.entries()
    tree.close()


def test_a_pipe_does_not_make_us_wait(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.tar")
    with pytest.raises(FormatError, match="neither folder nor plain file"):
        open_tree(str(tmp_path / "pipe.tar"))
