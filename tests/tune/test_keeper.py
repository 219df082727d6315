"""Knobs are put back: in order, after a kill, and after the death of the guard as well."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from joulemark.core.errors import FormatError, StoreError, UnavailableError
from joulemark.tune import guard
from joulemark.tune.journal import Journal, default_folder, left_over, put_back
from joulemark.tune.keeper import Keeper, restore
from joulemark.tune.knobs import make
from tests.tune.trees import governors, machine

SOURCE = str(Path(__file__).parents[2] / "src")
OLD = ["schedutil\n"] * 2
NEW = ["powersave\n"] * 2

TURN = f"""
import os, sys
sys.path.insert(0, {SOURCE!r})
from pathlib import Path
from joulemark.tune.keeper import Keeper
from joulemark.tune.knobs import make
root, folder = sys.argv[1:]
with Keeper(Path(folder)) as keeper:
    keeper.set(make("cpu-governor", {{"root": root}}), "powersave")
    print(keeper._guard.pid, flush=True)
    sys.stdin.read()
"""


def turned(root: Path, folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    """Start a process that turns a knob; return it and the number of its guard."""
    process = subprocess.Popen(
        [sys.executable, "-c", TURN, str(root), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def ended(pid: int) -> None:
    """Wait for the end of a process that is not a child."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        assert select.select([descriptor], [], [], 10)[0], "the guard goes on"
    finally:
        os.close(descriptor)


def closed(process: subprocess.Popen[bytes]) -> None:
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
    process.wait(10)


def test_knobs_are_as_they_were_after_the_block(tmp_path: Path) -> None:
    root, folder = machine(tmp_path / "machine"), tmp_path / "state"
    knob = make("cpu-governor", {"root": str(root)})
    with suppress(KeyboardInterrupt), Keeper(folder) as keeper:
        assert set(keeper.set(knob, "powersave").values()) == {"powersave"}
        keeper.set(make("cpu-governor", {"root": str(root)}), "performance")
        assert governors(root) == ["performance\n"] * 2
        raise KeyboardInterrupt
    assert governors(root) == OLD
    assert list(folder.iterdir()) == []


def test_nothing_is_started_where_no_knob_is_turned(tmp_path: Path) -> None:
    with Keeper(tmp_path / "state"):
        pass
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_process_has_its_knobs_put_back(tmp_path: Path, number: int) -> None:
    root, folder = machine(tmp_path / "machine"), tmp_path / "state"
    process, pid = turned(root, folder)
    assert governors(root) == NEW
    for ignored in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        os.kill(pid, ignored)
    assert os.getsid(pid) != os.getsid(process.pid)
    assert left_over(folder) == [], "it is held"
    process.send_signal(number)
    closed(process)
    ended(pid)
    assert governors(root) == OLD
    assert list(folder.iterdir()) == []


def test_what_both_left_is_told_and_put_back(tmp_path: Path) -> None:
    root, folder = machine(tmp_path / "machine"), tmp_path / "state"
    process, pid = turned(root, folder)
    os.kill(pid, signal.SIGKILL)
    process.kill()
    closed(process)
    ended(pid)
    assert governors(root) == NEW
    with pytest.raises(UnavailableError, match=r"never put back.*joulemark sweep --restore"):
        Keeper(folder).__enter__()
    assert restore(folder) == (1, [])
    assert governors(root) == OLD
    assert restore(folder) == (0, [])


def test_two_sweeps_do_not_turn_knobs_at_once(tmp_path: Path) -> None:
    root, folder = machine(tmp_path / "machine"), tmp_path / "state"
    knob = make("cpu-governor", {"root": str(root)})
    with Keeper(folder) as first, Keeper(folder) as second:
        first.set(knob, "powersave")
        with pytest.raises(UnavailableError, match="another sweep turns knobs"):
            second.set(knob, "performance")
        assert governors(root) == NEW
    assert governors(root) == OLD
    assert list(folder.iterdir()) == []


def test_a_guard_that_died_is_replaced(tmp_path: Path) -> None:
    root = machine(tmp_path / "machine")
    started: list[subprocess.Popen[bytes]] = []

    def start(journal: Journal) -> subprocess.Popen[bytes]:
        started.append(guard.start(journal))
        return started[-1]

    knob = make("cpu-governor", {"root": str(root)})
    with Keeper(tmp_path / "state", start) as keeper:
        keeper.set(knob, "powersave")
        started[0].kill()
        started[0].wait(10)
        keeper.set(knob, "performance")
    assert [process.returncode for process in started] == [-signal.SIGKILL, 0]
    assert governors(root) == OLD


def test_what_cannot_be_put_back_stays_in_the_journal(tmp_path: Path) -> None:
    root, folder = machine(tmp_path / "machine"), tmp_path / "state"
    keeper = Keeper(folder)
    keeper.set(make("cpu-governor", {"root": str(root)}), "powersave")
    for path in root.rglob("scaling_governor"):
        path.unlink()
        path.mkdir()
    with pytest.raises(UnavailableError, match="was not put back"):
        keeper.__exit__(None, None, None)
    (left,) = left_over(folder)
    assert len(put_back(left)) == 1
    assert left.exists()


def test_a_torn_line_is_of_a_knob_that_was_not_turned(tmp_path: Path) -> None:
    root = machine(tmp_path / "machine")
    knob = make("cpu-governor", {"root": str(root)})
    journal = Journal(tmp_path / "state")
    journal.note(knob, knob.show())
    os.write(journal.descriptor, b'{"knob":"cpu-max')
    journal.close()
    journal.close()
    assert put_back(journal.path) == []
    assert put_back(journal.path) == []


@pytest.mark.parametrize(
    "line", [b"[]", b"{", b'{"knob":"x","settings":{},"old":1}', b'{"knob":1}']
)
def test_a_damaged_journal_is_told_and_kept(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "1-a.knobs"
    path.write_bytes(line + b"\n")
    assert len(put_back(path)) == 1
    assert path.exists()


def test_a_journal_that_cannot_be_made_or_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError):
        Journal(tmp_path / "file" / "state")
    with pytest.raises(StoreError):
        put_back(tmp_path)
    (tmp_path / "a.knobs").symlink_to(tmp_path / "file")
    with pytest.raises(StoreError):
        left_over(tmp_path)


def test_a_guard_whose_journal_is_gone_has_nothing_to_do(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.path.rename(tmp_path / "elsewhere")
    process = guard.start(journal)  # it needs no journal to come up
    guard.dismiss(process)
    journal.close()
    assert process.returncode == 0


def test_the_default_folder_is_the_users_state() -> None:
    assert default_folder().parts[-2:] == ("joulemark", "knobs")
    assert issubclass(FormatError, Exception)
