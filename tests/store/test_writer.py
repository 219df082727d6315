"""Writing a run: what is refused, what a full disk does, what it costs to import."""

from __future__ import annotations

import errno
import json
import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from joulemark.core.caution import Caution, Code
from joulemark.core.errors import StoreError, UsageError
from joulemark.core.run import Sampler, Status
from joulemark.core.window import Role, Window, Work
from joulemark.store.eventlog import MAX_LINE
from joulemark.store.files import iso_utc, new_file, replace_file
from joulemark.store.reader import open_run
from joulemark.store.writer import EventWriter, RunWriter, default_store, new_run_id

from .build import T0, closed_window, files_below, rows, run, spool, written


def test_a_name_tells_time_and_title() -> None:
    name = new_run_id(T0, "ResNet18 / infer: ½ batch!", lambda count: b"\xa3\xf2\xff"[:count])
    assert name == "20261122-224512-resnet18-infer-batch-a3f2"
    assert new_run_id(T0, "…", lambda _: b"\0\1").endswith("-run-0001")
    assert len(new_run_id(T0, "x" * 500)) < 70
    assert new_run_id(T0, "x") != new_run_id(T0, "x")


def test_the_store_is_where_the_environment_says(tmp_path: Path) -> None:
    assert default_store({}, tmp_path) == tmp_path / "joulemark-runs"
    assert default_store({"JOULEMARK_STORE": ""}, tmp_path) == tmp_path / "joulemark-runs"
    assert default_store({"JOULEMARK_STORE": "/elsewhere"}, tmp_path) == Path("/elsewhere")
    assert default_store({"JOULEMARK_STORE": "here"}, tmp_path) == tmp_path / "here"
    assert default_store().is_absolute()


def test_times_are_printed_with_nanoseconds() -> None:
    assert iso_utc(T0 + 1) == "2026-11-22T22:45:12.000000001Z"
    assert iso_utc(-1) == "1969-12-31T23:59:59.999999999Z"


def test_a_run_is_there_as_soon_as_it_is_created(tmp_path: Path) -> None:
    writer = RunWriter.create(tmp_path / "a" / "store", run())
    assert writer.path == tmp_path / "a" / "store" / "20261122-224512-test-0001"
    assert {path.name for path in writer.path.iterdir()} == {"run.json", "events", "traces", "raw"}
    assert json.loads((writer.path / "run.json").read_bytes())["status"] == "running"
    writer.update(run(title="known now"))
    assert json.loads((writer.path / "run.json").read_bytes())["title"] == "known now"
    writer.log.close()


def test_a_run_is_not_written_over(tmp_path: Path) -> None:
    written(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(StoreError, match=r"0001: a run of this name exists; choose another"):
        RunWriter.create(tmp_path, run())
    assert before == {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", ".hidden", "a b", "x" * 129, "é"])
def test_an_id_that_is_no_safe_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot name a run"):
        RunWriter.create(tmp_path, run(name))
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_cannot_be_written_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"/file: File exists; choose a directory .*--store DIR"):
        RunWriter.create(tmp_path / "file", run())
    with pytest.raises(StoreError, match=r"Not a directory; choose a directory .*--store DIR"):
        RunWriter.create(tmp_path / "file" / "below", run())
    with pytest.raises(StoreError, match=r"/proc/runs.*choose a directory that you can write"):
        RunWriter.create(Path("/proc/runs"), run())


def test_what_json_cannot_hold_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"settings\.a\[\]: a object cannot be kept as JSON"):
        RunWriter.create(tmp_path, run(settings={"a": [object()]}))
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(UsageError, match="nested too deeply"):
        RunWriter.create(tmp_path, run(settings={"a": loop}))
    with pytest.raises(UsageError, match="ndarray cannot be kept"):
        RunWriter.create(tmp_path, run(settings={"a": np.arange(3)}))
    assert list(tmp_path.iterdir()) == []


def test_settings_come_back_as_json_values(tmp_path: Path) -> None:
    settings = {
        "path": Path("/data/set"),
        "half": np.float32(0.5),
        "count": np.int64(3),
        "role": Role.IDLE,
        "pair": (1, None, True),
        "nan": math.nan,
        "bytes that are no text": os.fsdecode(b"caf\xe9"),
        7: {"deep": {"er": -math.inf}},
    }
    writer = RunWriter.create(tmp_path, run(settings=settings))
    writer.log.close()
    assert open_run(writer.path).run.settings == {
        "path": "/data/set",
        "half": 0.5,
        "count": 3,
        "role": "idle",
        "pair": [1, None, True],
        "nan": "NaN",
        "bytes that are no text": "caf?",
        "7": {"deep": {"er": "-Infinity"}},
    }
    json.loads((writer.path / "run.json").read_bytes(), parse_constant=pytest.fail)


def test_a_training_that_diverges_is_recorded(tmp_path: Path) -> None:
    writer = RunWriter.create(tmp_path, run())
    window = writer.open_window("train", Role.MEASURE, T0)
    facts = {"loss": math.nan, "best": math.inf, "worst": -math.inf, "epoch": 3}
    writer.close_window(window, closed_window("train", T0, T0 + 1, facts=facts, process=1))
    writer.close(run(status=Status.COMPLETE), compact=False)
    for line in (writer.path / "events" / "main.jsonl").read_bytes().splitlines():
        json.loads(line, parse_constant=pytest.fail)
    (found,) = open_run(writer.path).run.windows
    assert math.isnan(found.facts.pop("loss"))
    assert found.facts == {"best": math.inf, "worst": -math.inf, "epoch": 3}


def test_closing_makes_the_record_complete_by_itself(tmp_path: Path) -> None:
    writer = RunWriter.create(tmp_path, run())
    child = EventWriter(writer.events / "4711.jsonl")
    child.close_window(
        child.open_window("child", Role.WARM_UP, T0 + 5, 4711),
        closed_window("child", T0 + 4, T0 + 9, work=Work(2.0, "token"), edge_u_s=0.5),
    )
    child.sampler(Sampler(ticks=3))
    child.close()
    writer.caution(Caution(Code.GAP, "2 s", "train"))
    writer.result("loadgen", {"qps": 3.5})
    writer.sampler(Sampler(ticks=9))
    writer.close(run(status=Status.COMPLETE, stopped=T0 + 20), compact=False)
    record = json.loads((writer.path / "run.json").read_bytes())
    assert record["windows"] == [
        {
            "phase": "child",
            "start": T0 + 4,
            "stop": T0 + 9,
            "role": "warm-up",
            "work": {"count": 2.0, "unit": "token"},
            "facts": {},
            "process": 4711,
            "edge_u_s": 0.5,
        }
    ]
    assert record["results"] == {"loadgen": {"qps": 3.5}}
    assert record["cautions"] == [{"code": "gap", "detail": "2 s", "phase": "train"}]
    assert record["sampler"]["ticks"] == 9
    stored = open_run(writer.path)
    assert stored.run.status is Status.COMPLETE
    assert stored.run.cautions == (Caution(Code.GAP, "2 s", "train"),)
    assert len(stored.run.windows) == 1


def test_a_late_mark_of_a_child_is_found_after_the_close(tmp_path: Path) -> None:
    writer = RunWriter.create(tmp_path, run())
    child = EventWriter(writer.events / "99.jsonl")
    name = child.open_window("child", Role.MEASURE, T0 + 1, 99)
    writer.close(run(status=Status.COMPLETE), compact=False)
    assert [window.stop for window in open_run(writer.path).run.windows] == [None]
    child.close_window(name, closed_window("child", T0 + 1, T0 + 3, process=99))
    child.close_window(
        child.open_window("later", Role.MEASURE, T0 + 4, 99), closed_window("x", T0 + 4, T0 + 5)
    )
    child.close()
    found = open_run(writer.path).run.windows
    assert [(window.phase, window.stop) for window in found] == [
        ("child", T0 + 3),
        ("later", T0 + 5),
    ]


def test_closing_twice_changes_nothing(tmp_path: Path) -> None:
    writer = RunWriter.create(tmp_path, run())
    writer.close(run(status=Status.COMPLETE), compact=False)
    before = (writer.path / "run.json").read_bytes()
    writer.close(run(status=Status.FAILED), compact=True)
    writer.log.close()
    assert (writer.path / "run.json").read_bytes() == before


def test_a_foreign_link_among_the_events_does_not_stop_the_close(tmp_path: Path) -> None:
    writer = RunWriter.create(tmp_path, run())
    (writer.events / "evil.jsonl").symlink_to("/etc/passwd")
    writer.close(run(status=Status.COMPLETE), compact=False)
    assert json.loads((writer.path / "run.json").read_bytes())["status"] == "complete"


def test_windows_of_one_process_have_ids_of_their_own(tmp_path: Path) -> None:
    log = EventWriter(tmp_path / "x.jsonl")
    names = {log.open_window("a", Role.MEASURE, T0, process) for process in (5, 5, 6, 0)}
    log.close()
    assert len(names) == 4
    assert f"{os.getpid()}-4" in names


def test_a_directory_that_a_file_system_refuses(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="yyy: File name too long"):
        RunWriter.create(tmp_path / ("y" * 300), run())
    with pytest.raises(StoreError, match=r"/proc/self/2026.*0001: No such file or directory"):
        RunWriter.create(Path("/proc/self"), run())


def test_an_event_that_is_too_long_is_refused(tmp_path: Path) -> None:
    log = EventWriter(tmp_path / "x.jsonl")
    with pytest.raises(UsageError, match=r"write it to a file in raw/"):
        log.result("log", "x" * MAX_LINE)
    log.close()
    assert (tmp_path / "x.jsonl").read_bytes() == b""


def test_a_log_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "other")
    for path in (tmp_path, tmp_path / "none" / "x.jsonl", tmp_path / "link.jsonl"):
        with pytest.raises(StoreError):
            EventWriter(path)


# ------------------------------------------------------------------ a full disk


class Disk:
    """Writes until it is full: the first ``room`` bytes arrive, then no more."""

    def __init__(self, room: int) -> None:
        self.room = room

    def write(self, descriptor: int, data: bytes) -> int:
        if self.room <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        done = os.write(descriptor, data[: self.room])
        self.room -= done
        return done


def _windows_until_full(log: EventWriter) -> int:
    for number in range(100):
        try:
            log.open_window(f"w{number}", Role.MEASURE, T0 + number, 5)
        except StoreError:
            return number
    raise AssertionError("the disk never filled")


@pytest.mark.parametrize("room", range(0, 400, 7))
def test_the_events_before_a_full_disk_can_be_read(tmp_path: Path, room: int) -> None:
    path = written(tmp_path, close=False)
    disk = Disk(room)
    log = EventWriter(path / "events" / "5.jsonl", write=disk.write)
    whole = _windows_until_full(log)
    disk.room = 10_000
    log.open_window("after", Role.MEASURE, T0 + 200, 5)
    log.close()
    stored = open_run(path)
    phases = [window.phase for window in stored.run.windows if window.process == 5]
    assert phases == [*(f"w{number}" for number in range(whole)), "after"]
    torn = [c for c in stored.run.cautions if "5.jsonl" in c.detail]
    assert len(torn) <= 1


def test_a_line_that_was_torn_before_is_left_behind(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"event":"op')
    log = EventWriter(path)
    log.result("a", 1)
    log.close()
    assert path.read_bytes().splitlines() == [
        b'{"event":"op',
        b'{"event":"result","name":"a","value":1}',
    ]


def test_a_device_that_is_full() -> None:
    log = EventWriter(Path("/dev/full"))
    with pytest.raises(StoreError, match="No space left"):
        log.result("a", 1)
    log.close()


def test_what_cannot_be_put_on_the_disk_is_said(tmp_path: Path) -> None:
    log = EventWriter(tmp_path / "x.jsonl")
    os.close(log._file)
    with pytest.raises(StoreError, match="Bad file descriptor"):
        log.sync()


def test_replacing_a_file_keeps_the_old_one_when_the_disk_is_full(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    replace_file(path, b"old")
    with pytest.raises(StoreError, match="No space left"):
        replace_file(path, b"new" * 100, write=Disk(50).write)
    assert path.read_bytes() == b"old"
    assert [item.name for item in tmp_path.iterdir()] == ["run.json"]


def test_a_file_on_a_disk_that_takes_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="Not a directory"):  # nor can the new one be taken away
        replace_file(tmp_path / "file" / "x", b"new")


def test_a_file_for_a_person_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    new_file(path, b"one")
    with pytest.raises(UsageError, match=r"page\.html: exists already; --force replaces it"):
        new_file(path, b"two")
    assert path.read_bytes() == b"one"
    new_file(path, b"two", force=True)
    assert path.read_bytes() == b"two"
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="exists already"):
        new_file(tmp_path / "link", b"x")
    with pytest.raises(StoreError, match="No such file"):
        new_file(tmp_path / "none" / "x", b"x")


@pytest.mark.parametrize(("limit", "compact"), [(900, False), (2500, True)])
def test_a_real_limit_on_file_sizes_at_the_close(tmp_path: Path, limit: int, compact: bool) -> None:
    """900 bytes hold no record; 2500 hold the record and not the Parquet file."""
    writer = RunWriter.create(tmp_path, run())
    writer.open_window("train", Role.MEASURE, T0, 1)
    spool(writer.traces / "sampler.spool", rows(500))
    with (
        files_below(limit),
        pytest.raises(StoreError, match="File too large; free some space"),
    ):
        writer.close(run(status=Status.COMPLETE, title="t" * 600), compact=compact)
    stored = open_run(writer.path)
    assert stored.run.status is (Status.COMPLETE if compact else Status.INTERRUPTED)
    assert [window.phase for window in stored.run.windows] == ["train"]
    assert len(stored.trace("rapl/package-0")) == 500
    assert {item.name for item in writer.path.rglob("*")} == {
        *("run.json", "raw", "events", "main.jsonl", "traces", "sampler.spool"),
        *(["SHA256SUMS"] if compact else []),
    }


def test_writing_a_run_imports_nothing_heavy(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from joulemark.core.clock import Anchor
from joulemark.core.run import Run, Status, System
from joulemark.core.window import Role, Window
from joulemark.store.writer import RunWriter
run = Run(id="x", procedure="run", anchor=Anchor(1, 1), system=System(host="h"))
writer = RunWriter.create(Path(sys.argv[1]), run)
name = writer.open_window("a", Role.MEASURE, 5)
writer.close_window(name, Window(phase="a", start=5, stop=6))
writer.close(run, compact=False)
print(" ".join(sys.modules))
"""
    command = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert not {"numpy", "duckdb", "msgspec", "rich", "argparse"} & set(done.stdout.split())
    assert (tmp_path / "x" / "SHA256SUMS").exists()


def test_a_window_that_is_still_open_can_be_closed_in_the_record(tmp_path: Path) -> None:
    """The record's word counts where the events lack the end."""
    writer = RunWriter.create(tmp_path, run())
    writer.open_window("train", Role.MEASURE, T0, 1)
    ended = Window(phase="train", start=T0, stop=T0 + 7, process=1)
    writer.close(replace(run(), windows=(ended,), status=Status.INTERRUPTED), compact=False)
    assert open_run(writer.path).run.windows == (ended,)
