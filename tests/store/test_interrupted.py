"""A run that was stopped at any moment opens, and says what it lacks."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from joulemark.core.block import ROW
from joulemark.core.caution import Caution, Code
from joulemark.core.clock import NS
from joulemark.core.run import Status
from joulemark.core.window import Role, Window, Work
from joulemark.meters.spool import read_header
from joulemark.store.reader import StoredRun, open_run
from joulemark.store.writer import EventWriter, RunWriter

from .build import POWER, T0, channel, copied, rows, run, spool, written


def _lacks(stored: StoredRun) -> list[str]:
    return [c.detail for c in stored.run.cautions if c.code is Code.INCOMPLETE]


def test_a_run_that_is_being_written_is_running(tmp_path: Path) -> None:
    writer = RunWriter.create(tmp_path / "store", run())
    writer.open_window("train", Role.MEASURE, T0)
    stored = open_run(writer.path)
    assert (stored.run.status, stored.run.cautions) == (Status.RUNNING, ())
    killed = open_run(copied(writer.path, tmp_path))
    assert killed.run.status is Status.INTERRUPTED
    writer.log.close()
    assert open_run(writer.path).run.status is Status.INTERRUPTED


def test_an_interrupted_run_says_what_is_missing(tmp_path: Path) -> None:
    writer = RunWriter.create(tmp_path, run())
    spool(writer.traces / "sampler.spool", rows(4))
    writer.open_window("train", Role.MEASURE, T0)
    writer.log.close()
    stored = open_run(writer.path)
    assert stored.run.stopped is None
    assert [window.stop for window in stored.run.windows] == [None]
    last = "last sample at 2026-11-22T22:45:15.000000000Z"
    assert _lacks(stored) == [
        f"the run has no close record; {last}",
        f"window 'train' of 2026-11-22T22:45:12.000000000Z has no stop; {last}",
    ]


def test_a_spool_that_was_never_compacted_is_no_defect(tmp_path: Path) -> None:
    stored = open_run(written(tmp_path, compact=False))
    assert (stored.run.status, stored.run.cautions) == (Status.COMPLETE, ())
    assert {file.path.suffix for file in stored.files} == {".spool"}


def test_without_any_sample(tmp_path: Path) -> None:
    writer = RunWriter.create(tmp_path, run())
    writer.log.close()
    assert _lacks(open_run(writer.path)) == ["the run has no close record; no sample was recorded"]


def test_a_kill_while_the_directory_is_made(tmp_path: Path) -> None:
    path = written(tmp_path, close=False)
    for name in ("raw", "traces", "events"):
        shutil.rmtree(path / name)
        assert open_run(path).run.status is Status.INTERRUPTED


def test_a_kill_at_every_event(tmp_path: Path) -> None:
    """Cut the events at every byte: what is whole is kept, the torn line is dropped."""
    writer = RunWriter.create(tmp_path / "store", run())
    first = writer.open_window("warm", Role.WARM_UP, T0, 1)
    writer.close_window(first, Window(phase="warm", start=T0, stop=T0 + 2, work=Work(1, "x")))
    writer.caution(Caution(Code.GAP, "a gap"))
    second = writer.open_window("train", Role.MEASURE, T0 + 3, 1)
    writer.close_window(second, Window(phase="train", start=T0 + 3, stop=T0 + 5))
    writer.log.close()
    path = copied(writer.path, tmp_path)
    log = path / "events" / "main.jsonl"
    whole = log.read_bytes()
    ends = [place for place, byte in enumerate(whole) if byte == 10]
    expected = [(0, 0, 0), (1, 0, 0), (1, 1, 0), (1, 1, 1), (2, 1, 1), (2, 2, 1)]
    for cut in range(len(whole) + 1):
        log.write_bytes(whole[:cut])
        stored = open_run(path)
        known = sum(end <= cut for end in ends)  # a line that lacks only its end is whole
        windows = stored.run.windows
        found = (
            len(windows),
            sum(window.stop is not None for window in windows),
            sum(caution.code is Code.GAP for caution in stored.run.cautions),
        )
        assert found == expected[known], cut
        assert stored.run.status is Status.INTERRUPTED
        assert len(_lacks(stored)) == 1 + found[0] - found[1]


def test_a_spool_cut_at_any_byte(tmp_path: Path) -> None:
    writer = RunWriter.create(tmp_path, run())
    path = spool(writer.traces / "sampler.spool", rows(5, 2), [channel(), POWER])
    writer.log.close()
    whole, offset = path.read_bytes(), read_header(path).offset
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        stored = open_run(writer.path)
        traces = stored.traces()
        if cut < offset:
            assert traces == {}
            assert _lacks(stored)[0] == "traces/sampler.spool: stopped before its first sample"
        else:
            count = (cut - offset) // ROW.size
            assert [len(trace) for trace in traces.values()] == [(count + 1) // 2, count // 2]
            assert list(traces["rapl/package-0"].value) == [0.0, 2.0, 4.0][: (count + 1) // 2]


def _steps(path: Path) -> Iterator[str]:
    """Take a closed, compacted run back through the states in which its close can be killed."""
    (path / "SHA256SUMS").unlink()
    yield "no checksums"
    spools = path.parent / "spools"
    for name in ("sampler", "edges"):
        shutil.copy(spools / f"{name}.spool", path / "traces")
        yield f"{name} in both forms"
        (path / "traces" / f"{name}.parquet").unlink()
        (path / "traces" / f".compact-{name}").mkdir()
        (path / "traces" / f".compact-{name}" / "part-000000.parquet").write_bytes(b"half")
        yield f"{name} half compacted"


def test_a_kill_during_the_close(tmp_path: Path) -> None:
    before = written(tmp_path / "before", compact=False)
    shutil.copytree(before / "traces", tmp_path / "spools")
    path = copied(written(tmp_path / "after", compact=True), tmp_path)
    wanted = {name: list(one.value) for name, one in open_run(path).traces().items()}
    assert {name: len(values) for name, values in wanted.items()} == {
        "rapl/package-0": 7,
        "nvml/gpu-0": 5,
    }
    for step in _steps(path):
        stored = open_run(path)
        assert stored.run.status is Status.COMPLETE, step
        assert _lacks(stored) == ["no SHA256SUMS: the run was stopped while it was being closed"], (
            step
        )
        assert {name: list(one.value) for name, one in stored.traces().items()} == wanted, step


def test_a_process_number_that_is_used_again(tmp_path: Path) -> None:
    """Two processes of one number, one after the other, share a file and its ids."""
    writer = RunWriter.create(tmp_path, run())
    for start in (T0, T0 + 10):
        child = EventWriter(writer.events / "7.jsonl")
        name = child.open_window("a", Role.MEASURE, start, 7)
        if start != T0:
            child.close_window(name, Window(phase="a", start=start, stop=start + 1, process=7))
        child.close()
    found = open_run(writer.path).run.windows
    writer.log.close()
    assert [(window.start, window.stop) for window in found] == [(T0, None), (T0 + 10, T0 + 11)]


_VICTIM = """
import sys
from pathlib import Path
from joulemark.core.block import Block
from joulemark.core.window import Role, Window
from joulemark.meters.spool import SpoolWriter
from joulemark.store.writer import RunWriter
from tests.store.build import ANCHOR, POWER, T0, channel, run
writer = RunWriter.create(Path(sys.argv[1]), run())
spool = SpoolWriter(writer.traces / "sampler.spool", "sampler", [channel(), POWER], ANCHOR)
for step in range(10**9):
    name = writer.open_window("step", Role.MEASURE, T0 + 2 * step)
    spool.append(Block.of([(T0 + 2 * step, float(step), 0), (T0 + 2 * step, float(step), 1)]))
    writer.close_window(name, Window(phase="step", start=T0 + 2 * step, stop=T0 + 2 * step + 1))
    print(step, flush=True)
"""


@pytest.mark.parametrize("steps", [1, 50, 300])
def test_a_process_that_is_killed(tmp_path: Path, steps: int) -> None:
    """Everything that it had done before it said so is there."""
    command = [sys.executable, "-c", _VICTIM, str(tmp_path)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root) as victim:
        assert victim.stdout is not None
        for _ in range(steps):
            assert victim.stdout.readline()
        (path,) = tmp_path.iterdir()
        assert open_run(path).run.status is Status.RUNNING
        victim.send_signal(signal.SIGKILL)
        rest = victim.stdout.read()
    assert victim.returncode == -signal.SIGKILL
    told = steps + rest.count(b"\n")
    stored = open_run(path)
    assert stored.run.status is Status.INTERRUPTED
    closed = [window for window in stored.run.windows if window.stop is not None]
    assert len(closed) in (told, told + 1)
    assert [window.start for window in closed] == [T0 + 2 * i for i in range(len(closed))]
    for name in ("rapl/package-0", "nvml/gpu-0"):
        values = list(stored.trace(name).value)
        assert values == [float(i) for i in range(len(values))]
        assert len(values) >= told
    assert _lacks(stored)[0].startswith("the run has no close record; last sample at 2026-11-22")


def test_the_last_sample_is_found_among_all_writers(tmp_path: Path) -> None:
    writer = RunWriter.create(tmp_path, run())
    spool(writer.traces / "a.spool", rows(9000))
    spool(writer.traces / "b.spool", [(T0 + 9001 * NS, 1.0, 0)])
    writer.log.close()
    assert _lacks(open_run(writer.path)) == [
        "the run has no close record; last sample at 2026-11-23T01:15:13.000000000Z"
    ]
