"""SHA256SUMS is read by us and by the program it is named after."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joulemark.core.errors import FormatError, StoreError
from joulemark.store import checksums
from joulemark.store.checksums import verify, write_sums

from .build import written

SHA256SUM = shutil.which("sha256sum")


def _program(directory: Path) -> subprocess.CompletedProcess[bytes]:
    if SHA256SUM is None:
        pytest.skip("sha256sum of GNU coreutils is not installed")
    command = [SHA256SUM, "--check", "--strict", "--quiet", "SHA256SUMS"]
    return subprocess.run(command, check=False, cwd=directory, capture_output=True, timeout=60)


@pytest.mark.parametrize("compact", [False, True])
def test_a_closed_run_passes_both(tmp_path: Path, compact: bool) -> None:
    path = written(tmp_path, compact=compact)
    assert verify(path) == []
    assert _program(path).returncode == 0
    suffix = "parquet" if compact else "spool"
    assert [line.split("  ")[1] for line in (path / "SHA256SUMS").read_text().splitlines()] == [
        "events/main.jsonl",
        "raw/log.txt",
        "run.json",
        f"traces/edges.{suffix}",
        f"traces/sampler.{suffix}",
    ]


def test_every_difference_is_named(tmp_path: Path) -> None:
    path = written(tmp_path)
    (path / "raw" / "log.txt").write_text("hullo\n")
    (path / "traces" / "edges.spool").unlink()
    (path / "raw" / "deep" / "er").mkdir(parents=True)
    (path / "raw" / "deep" / "er" / "new").write_text("")
    assert verify(path) == [
        "raw/deep/er/new: not in SHA256SUMS",
        "raw/log.txt: changed",
        "traces/edges.spool: missing",
    ]
    assert _program(path).returncode == 1


def test_a_large_file_has_the_sum_that_everybody_computes(tmp_path: Path) -> None:
    path = written(tmp_path)
    for size in (checksums.SMALL, checksums.SMALL + 1, 3 * checksums.SMALL + 7):
        (path / "raw" / "large.bin").write_bytes(b"x" * size)
        write_sums(path)
        assert _program(path).returncode == 0
        assert verify(path) == []


def test_a_run_that_was_not_closed(tmp_path: Path) -> None:
    assert verify(written(tmp_path, close=False)) == ["SHA256SUMS: missing; the run was not closed"]


def test_links_are_not_followed(tmp_path: Path) -> None:
    path = written(tmp_path, close=False)
    (path / "raw" / "latest").symlink_to("log.txt")
    (path / "raw" / "etc").symlink_to("/etc")
    os.mkfifo(path / "raw" / "pipe")
    write_sums(path)
    assert "etc" not in (path / "SHA256SUMS").read_text()
    assert verify(path) == []
    (path / "raw" / "log.txt").unlink()
    (path / "raw" / "log.txt").symlink_to("/etc/passwd")
    assert verify(path) == ["raw/log.txt: missing"]


NAME = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=12
) | st.sampled_from(
    ["a\nb", "a\\b", "\\n", "a\rb", " a ", "*a", "\\", "\n", "é", os.fsdecode(b"\xff")]
)


@given(names=st.lists(NAME.filter(lambda name: name not in (".", "..")), max_size=5, unique=True))
@settings(max_examples=60, deadline=None)
def test_any_name(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    directory = tmp_path_factory.mktemp("any")
    (directory / "raw").mkdir()
    (directory / "one").write_text("so that it is not empty")
    for name in names:
        (directory / "raw" / name).write_text(name, errors="surrogateescape")
    write_sums(directory)
    assert verify(directory) == []
    done = _program(directory)
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")


@pytest.mark.parametrize(
    "data",
    [b"", b"x", b"0" * 64 + b" a\n", b"g" * 64 + b"  a\n", b"0" * 64 + b"  a\n\n", b"\\" * 90],
)
def test_sums_that_are_none(tmp_path: Path, data: bytes) -> None:
    path = written(tmp_path)
    (path / "SHA256SUMS").write_bytes(data)
    with pytest.raises(FormatError, match=r"SHA256SUMS:\d: not a line of sha256sum"):
        verify(path)


def test_sums_that_lead_outside(tmp_path: Path) -> None:
    path = written(tmp_path)
    (tmp_path / "secret").write_text("")
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    with (path / "SHA256SUMS").open("a") as file:
        file.write(f"{empty}  ../secret\n{empty}  /dev/null\n")
    assert verify(path) == ["../secret: missing", "/dev/null: missing"]


def test_sums_that_are_far_too_large(tmp_path: Path) -> None:
    path = written(tmp_path)
    with (path / "SHA256SUMS").open("wb") as file:
        file.truncate(checksums.MAX_SUMS + 1)
    with pytest.raises(FormatError, match="too large"):
        verify(path)


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="none: No such file"):
        write_sums(tmp_path / "none")
