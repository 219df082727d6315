"""The sampling process and thread, for real: how they start, end, are killed and orphaned."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from tests.meters.scripted import Scripted

from joulemark.core.clock import Anchor
from joulemark.core.errors import (
    FormatError,
    MeterError,
    PermissionNeededError,
    StoreError,
    UnavailableError,
    UsageError,
)
from joulemark.core.run import Sampler
from joulemark.meters import METERS
from joulemark.meters._child import Leash
from joulemark.meters._tree import SAMPLER_COMM
from joulemark.meters.journal import Journal
from joulemark.meters.sampling import SamplerProcess, SamplerThread, _same_kind, _unavailable
from joulemark.meters.spool import read_header, read_rows

Spec = dict[str, Any]

PATIENCE_S = 30.0


def until(true: Callable[[], bool], what: str) -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, f"{what} did not happen"
        threading.Event().wait(0.01)


def anchor_now() -> Anchor:
    return Anchor(time.time_ns(), time.monotonic_ns())


def host(**settings: object) -> Spec:
    return {"name": "host", "settings": {"cpu_s": 0.0, **settings}}


def rows_in(directory: Path) -> int:
    return len(read_rows(directory / "traces" / "sampler.spool").rows())


def events_in(directory: Path) -> list[dict[str, Any]]:
    text = (directory / "events" / "sampler.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def gone(pid: int) -> bool:
    """Whether a process has ended; one that nobody waits for counts as ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[..., SamplerProcess]]:
    """Start samplers into ``tmp_path``; whatever a test leaves running is ended."""
    made: list[SamplerProcess] = []

    def start(*specs: Spec, period_s: float = 0.01, **more: Any) -> SamplerProcess:
        sampler = SamplerProcess.start(specs, period_s, anchor_now(), tmp_path, **more)
        made.append(sampler)
        return sampler

    yield start
    for sampler in made:
        sampler.stop(0)


# -------------------------------------------------------------------- a life in order


def test_a_run_from_start_to_stop(started: Callable[..., SamplerProcess], tmp_path: Path) -> None:
    before = time.time_ns()
    sampler = started(host(root_pid=os.getpid()), {"name": "estimate", "settings": {}})
    assert sampler.alive()
    assert sampler.pid != os.getpid()
    assert Path(f"/proc/{sampler.pid}/comm").read_text().strip() == SAMPLER_COMM.decode()
    until(lambda: rows_in(tmp_path) > 20, "a second sample")
    assert sampler.stop()
    assert not sampler.alive()
    assert sampler.stop()

    header = read_header(tmp_path / "traces" / "sampler.spool")
    assert list(header.channels) == sampler.channels
    assert header.writer == "sampler"
    names = [channel.name for channel in header.channels]
    assert names[:2] == ["host/cpu", "host/workload"]
    assert names[-1].startswith("estimate/")
    rows = read_rows(tmp_path / "traces" / "sampler.spool").rows()
    assert all(before - 1e9 < moment < time.time_ns() + 1e9 for moment, _, _ in rows)
    assert {place for _, _, place in rows} == set(range(len(names)))

    *others, event = events_in(tmp_path)
    assert {other["code"] for other in others} <= {"sampler-late"}, "as a busy machine makes it"
    assert event.pop("event") == "sampler"
    assert set(event) == {field.name for field in fields(Sampler)}
    assert event["mode"] == "process"
    assert event["ticks"] > 2
    assert event["cpu_s"] > 0
    assert list((tmp_path / "raw").iterdir()) == []  # it had nothing to say


def test_one_that_was_only_just_started_still_leaves_a_sample_and_its_record(
    started: Callable[..., SamplerProcess], tmp_path: Path
) -> None:
    assert started(host(), period_s=3600).stop()
    assert rows_in(tmp_path) >= 2
    assert events_in(tmp_path)[-1]["event"] == "sampler"


def test_a_period_of_its_own_belongs_to_the_sampler(
    started: Callable[..., SamplerProcess], tmp_path: Path
) -> None:
    trace = tmp_path / "trace.csv"
    trace.write_text("time_s,a\n" + "".join(f"{n / 1000},1\n" for n in range(1000)))
    replay = {"name": "replay", "settings": {"path": str(trace), "period_s": 3600}}
    sampler = started(host(), replay)
    until(lambda: rows_in(tmp_path) > 30, "some samples")
    place = [channel.name for channel in sampler.channels].index("replay/a")
    spool = tmp_path / "traces" / "sampler.spool"

    def times() -> list[int]:
        return [time for time, _, channel in read_rows(spool).rows() if channel == place]

    first = times()
    until(lambda: rows_in(tmp_path) > 60 + len(first), "more samples of the host")
    assert times() == first
    assert sampler.stop()  # what was due meanwhile comes with the last sample
    assert len(times()) > len(first)


def test_what_is_missing_comes_back_as_it_was(
    started: Callable[..., SamplerProcess], tmp_path: Path
) -> None:
    sampler = started(
        host(root_pid=2**31 - 1), {"name": "rapl", "settings": {"root": str(tmp_path / "none")}}
    )
    found = dict(sampler.unavailable)
    assert "no process 2147483647" in found["host"].what
    assert found["rapl"].where
    assert all(channel.meter == "host" for channel in sampler.channels)


def test_sigterm_ends_it_in_order(started: Callable[..., SamplerProcess], tmp_path: Path) -> None:
    sampler = started(host())
    os.kill(sampler.pid, signal.SIGINT)  # Ctrl-C is for the measured program
    until(lambda: rows_in(tmp_path) > 20, "a sample after Ctrl-C")
    os.kill(sampler.pid, signal.SIGTERM)
    until(lambda: not sampler.alive(), "the end")
    assert sampler.stop()
    assert events_in(tmp_path)[-1]["event"] == "sampler"


# -------------------------------------------------------------------- ends out of order


def test_killed_it_leaves_all_that_it_sampled(
    started: Callable[..., SamplerProcess], tmp_path: Path
) -> None:
    sampler = started(host(), period_s=0.001)
    until(lambda: rows_in(tmp_path) > 50, "some samples")
    os.kill(sampler.pid, signal.SIGKILL)
    until(lambda: not sampler.alive(), "the end")
    size = (tmp_path / "traces" / "sampler.spool").stat().st_size
    header = read_header(tmp_path / "traces" / "sampler.spool")
    assert (size - header.offset) % 20 == 0
    assert rows_in(tmp_path) > 50
    assert not sampler.stop()


def test_stopped_by_force_if_it_hangs(
    started: Callable[..., SamplerProcess], tmp_path: Path
) -> None:
    sampler = started(host())
    os.kill(sampler.pid, signal.SIGSTOP)  # it can neither sample nor end
    assert not sampler.stop(0.05)
    assert gone(sampler.pid)
    assert rows_in(tmp_path) > 0


PARENT = """
import os, sys, time
from pathlib import Path
from joulemark.core.clock import Anchor
from joulemark.meters.journal import Journal
from joulemark.meters.sampling import SamplerProcess

anchor = Anchor(time.time_ns(), time.monotonic_ns())
specs = [{"name": "host", "settings": {"cpu_s": 0.0}}]
sampler = SamplerProcess.start(specs, 0.01, anchor, Path(sys.argv[1]))
fork = os.fork() if sys.argv[2] == "fork" else 1
if fork == 0:
    sys.stdin.read()  # holds everything open that its parent had
    os._exit(0)
print(sampler.pid, flush=True)
sys.stdin.read() if sys.argv[2] == "stop" else time.sleep(3600)
print(sampler.stop(), flush=True)
"""


@pytest.mark.parametrize("how", ["alone", "fork"])
def test_it_ends_with_its_parent(tmp_path: Path, how: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path), how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        until(lambda: rows_in(tmp_path) > 5, "some samples")
        parent.kill()
        until(lambda: gone(pid), "the end of the sampler")
    assert events_in(tmp_path)[-1]["event"] == "sampler"


def test_it_stops_though_a_fork_holds_its_leash(tmp_path: Path) -> None:
    code = PARENT.replace("time.sleep(3600)", "None")
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path), "fork"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        assert parent.stdout.readline() == "True\n"


# -------------------------------------------------------------------- starts that fail


def fails(
    tmp_path: Path, *specs: Spec, period_s: float = 0.1, **more: Any
) -> pytest.ExceptionInfo[Any]:
    with pytest.raises(
        (UsageError, UnavailableError, FormatError, MeterError, StoreError)
    ) as caught:
        SamplerProcess.start(specs, period_s, anchor_now(), tmp_path, **more)
    return caught


def test_an_unknown_meter(tmp_path: Path) -> None:
    caught = fails(tmp_path, {"name": "moon", "settings": {}})
    assert caught.type is UsageError
    assert "no meter is called 'moon'" in caught.value.what
    assert "choose from rapl" in caught.value.remedy
    assert not (tmp_path / "traces" / "sampler.spool").exists()


@pytest.mark.parametrize(
    ("spec", "kind", "what"),
    [
        ({"name": "host", "settings": {"colour": 1}}, UsageError, "no setting 'colour'"),
        ({"name": "host", "settings": {"period_s": 0.01}}, UsageError, "period_s is 0.01"),
        ({"name": "host", "settings": {"proc": "/none"}}, UnavailableError, "no meter can be read"),
    ],
)
def test_settings_that_make_no_sense(
    tmp_path: Path, spec: Spec, kind: type[Exception], what: str
) -> None:
    caught = fails(tmp_path, spec)
    assert caught.type is kind
    assert what in caught.value.what


def test_a_broken_trace_is_told_with_its_place(tmp_path: Path) -> None:
    trace = tmp_path / "trace.csv"
    trace.write_text("time_s,a\n0,x\n")
    caught = fails(tmp_path, {"name": "replay", "settings": {"path": str(trace)}})
    assert caught.type is FormatError
    assert caught.value.where == f"{trace}:2:3"


def test_a_period_is_checked_before_anything_starts(tmp_path: Path) -> None:
    assert fails(tmp_path, host(), period_s=0).type is UsageError
    assert list(tmp_path.iterdir()) == []


def test_a_run_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "traces").write_text("a file is in the way")
    assert fails(tmp_path, host()).type is StoreError


def test_a_spool_that_is_there_already(tmp_path: Path) -> None:
    (tmp_path / "traces").mkdir()
    (tmp_path / "traces" / "sampler.spool").write_text("precious")
    caught = fails(tmp_path, host())
    assert caught.type is StoreError
    assert "File exists" in caught.value.what
    assert (tmp_path / "traces" / "sampler.spool").read_text() == "precious"


def test_a_stderr_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "raw" / "sampler-stderr.txt").mkdir(parents=True)
    caught = fails(tmp_path, host())
    assert caught.type is StoreError
    assert caught.value.where == str(tmp_path / "raw" / "sampler-stderr.txt")


def test_a_meter_that_hangs_while_it_opens(tmp_path: Path) -> None:
    started_at = time.monotonic()
    caught = fails(tmp_path, host(), timeout_s=0.0)
    assert caught.type is MeterError
    assert "gave no answer" in caught.value.what
    assert "it said: nothing" in caught.value.what
    assert time.monotonic() - started_at < PATIENCE_S


def test_what_it_said_before_it_died_is_quoted(tmp_path: Path) -> None:
    spec = {"name": "broken", "settings": {}}
    entry = tmp_path / "broken-1.dist-info"
    entry.mkdir()
    (entry / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1\n")
    (entry / "entry_points.txt").write_text("[joulemark.meters]\nbroken = broken_meter:make\n")
    (tmp_path / "broken_meter.py").write_text("print('to nobody')\n1 / 0\n")
    code = f"""
        import sys, time
        from pathlib import Path
        from joulemark.core.clock import Anchor
        from joulemark.core.errors import MeterError
        from joulemark.meters.sampling import SamplerProcess
        try:
            SamplerProcess.start([{spec!r}], 0.1, Anchor(0, 0), Path({str(tmp_path)!r}))
        except MeterError as error:
            print(error)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "exit code 1" in done.stdout
    assert "ZeroDivisionError" in done.stdout
    assert "to nobody" in done.stdout  # a print does not reach the pipe of the answer


def test_a_module_of_the_same_name_in_the_working_directory_is_not_taken(tmp_path: Path) -> None:
    for name in ("joulemark", "json", "select"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong one')\n")
    code = f"""
        import os, time
        from pathlib import Path
        from joulemark.core.clock import Anchor
        from joulemark.meters.sampling import SamplerProcess
        os.chdir({str(tmp_path)!r})
        specs = [{{"name": "host", "settings": {{}}}}]
        anchor = Anchor(time.time_ns(), time.monotonic_ns())
        print(SamplerProcess.start(specs, 0.1, anchor, Path("run")).stop())
    """
    done = subprocess.run(
        [sys.executable, "-P", "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == "True\n"


def test_errors_of_every_kind_cross_the_pipe() -> None:
    parts = {"error": "what", "where": "where", "remedy": "remedy"}
    for kind in (UsageError, PermissionNeededError, StoreError):
        error = _same_kind({**parts, "kind": kind.__name__})
        assert type(error) is kind
        assert (error.what, error.where, error.remedy) == ("what", "where", "remedy")
    assert type(_same_kind({**parts, "kind": "MissingExtraError"})) is UnavailableError
    assert type(_same_kind({"kind": "Moon"})) is MeterError
    lack = {"what": "a", "where": "b", "remedy": "c"}
    assert type(_unavailable({**lack, "kind": "PermissionNeededError"})) is PermissionNeededError
    assert type(_unavailable({**lack, "kind": "StoreError"})) is UnavailableError


# -------------------------------------------------------------------- the process by itself


def by_hand(line: bytes, tmp_path: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "joulemark.meters.sampler"],
        input=line,
        capture_output=True,
        timeout=60,
        check=False,
        cwd=tmp_path,
    )


def order(tmp_path: Path, **changed: Any) -> bytes:
    whole = {
        "meters": [host()],
        "period_s": 0.1,
        "anchor": {"utc_ns": 0, "monotonic_ns": 0},
        "spool": str(tmp_path / "x.spool"),
        "events": str(tmp_path / "x.jsonl"),
        "writer": "me",
        **changed,
    }
    return json.dumps(whole).encode() + b"\n"


def test_the_protocol_by_hand(tmp_path: Path) -> None:
    done = by_hand(order(tmp_path), tmp_path)
    assert done.returncode == 0
    assert done.stderr == b""
    answer = json.loads(done.stdout)
    assert answer["ready"] is True
    assert answer["channels"][0]["name"] == "host/cpu"
    assert read_header(tmp_path / "x.spool").writer == "me"
    assert len(read_rows(tmp_path / "x.spool").rows()) >= 2


def test_an_order_in_pieces_is_answered_piece_by_piece(tmp_path: Path) -> None:
    whole = json.loads(order(tmp_path))
    none = {"name": "rapl", "settings": {"root": str(tmp_path / "none")}}
    pieces = [
        {"anchor": whole["anchor"], "period_s": 0.1, "meters": [none]},
        {"meters": whole["meters"], "path": ["", str(tmp_path)]},
        {name: whole[name] for name in ("spool", "events", "writer")}
        | {"stderr": str(tmp_path / "said")},
    ]
    lines = b"".join(json.dumps(piece).encode() + b"\n" for piece in pieces)
    done = by_hand(lines, tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    first, second, third = map(json.loads, done.stdout.splitlines())
    assert [answer["ready"] for answer in (first, second, third)] == [False, False, True]
    assert [lack["meter"] for lack in first["unavailable"]] == ["rapl"]
    assert first["channels"] == third["channels"] == []
    assert second["edges"] == ["host"]
    assert second["channels"][0]["name"] == "host/cpu"
    assert len(read_rows(tmp_path / "x.spool").rows()) >= 2
    assert (tmp_path / "said").read_bytes() == b""


def test_an_order_that_is_not_followed_up_ends_without_a_word(tmp_path: Path) -> None:
    done = by_hand(b'{"anchor": {"utc_ns": 0, "monotonic_ns": 0}, "period_s": 1}\n', tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["channels"] == []


def test_messages_that_can_go_nowhere_are_told_at_the_start(tmp_path: Path) -> None:
    done = by_hand(order(tmp_path, stderr=str(tmp_path)), tmp_path)
    assert done.returncode == 1
    assert json.loads(done.stdout)["kind"] == "StoreError"


@pytest.mark.parametrize("value", [Path("/x"), float("nan"), {1, 2}])
def test_settings_that_no_pipe_can_carry_are_refused(tmp_path: Path, value: object) -> None:
    caught = fails(tmp_path, host(cpu_s=value))
    assert caught.type is UsageError
    assert "are JSON values" in caught.value.what


def test_a_process_that_was_only_launched_ends(tmp_path: Path) -> None:
    sampler = SamplerProcess.launch(0.1, anchor_now())
    assert not sampler.stop(0)
    assert gone(sampler.pid)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (b'{"anchor": {}, "period_s": 1, "spool": "x"}\n', "no order for a sampler"),
        (b"", "no order for a sampler"),
        (b"{}\n", "no order for a sampler"),
        (b"not json\n", "no order for a sampler"),
        (b'{"meters": 3}\n', "no order for a sampler"),
    ],
)
def test_an_order_that_is_none(tmp_path: Path, line: bytes, what: str) -> None:
    done = by_hand(line, tmp_path)
    assert done.returncode == 1
    answer = json.loads(done.stdout)
    assert answer["ready"] is False
    assert what in answer["error"]
    assert answer["kind"] == "FormatError"
    assert b"Traceback" not in done.stderr


def test_a_journal_that_cannot_be_written_is_told_at_the_start(tmp_path: Path) -> None:
    done = by_hand(order(tmp_path, events=str(tmp_path / "no" / "x.jsonl")), tmp_path)
    assert done.returncode == 1
    assert json.loads(done.stdout)["kind"] == "StoreError"


def test_a_full_disk_ends_it_with_a_caution(tmp_path: Path) -> None:
    # a limit on file sizes does what a full disk does; room for the header and some rows only
    code = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2600, 2600));"
        "from joulemark.meters.sampler import main; raise SystemExit(main())"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={name: value for name, value in os.environ.items() if "COV" not in name},
    ) as child:
        assert child.stdin is not None
        assert child.stderr is not None
        child.stdin.write(order(tmp_path, period_s=0.001))
        child.stdin.flush()
        told = child.stderr.read().decode()
        assert child.wait(PATIENCE_S) == 1
    assert "File too large" in told
    assert "Traceback" not in told
    lines = (tmp_path / "x.jsonl").read_text().splitlines()
    caution = json.loads(lines[-1])
    assert caution["code"] == "sampler-lost"
    assert str(tmp_path / "x.spool") in caution["detail"]
    header = read_header(tmp_path / "x.spool")
    assert ((tmp_path / "x.spool").stat().st_size - header.offset) % 20 == 0


FORBIDDEN = {
    "argparse",
    "asyncio",
    "ctypes",
    "duckdb",
    "http",
    "importlib.metadata",
    "logging",
    "msgspec",
    "multiprocessing",
    "numpy",
    "pathlib",
    "random",
    "rich",
    "shutil",
    "socket",
    "subprocess",
    "tempfile",
    "threading",
    "torch",
    "unittest",
}


def test_it_loads_nothing_that_it_does_not_need(tmp_path: Path) -> None:
    code = (
        "import sys; from joulemark.meters.sampler import main; code = main();"
        "sys.stderr.write(' '.join(sys.modules)); raise SystemExit(code)"
    )
    meters = [host(root_pid=os.getpid()), {"name": "estimate", "settings": {}}]
    clean = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],  # without what site-packages starts by itself
        input=order(tmp_path, meters=meters),
        capture_output=True,
        timeout=60,
        check=True,
        env=clean,
    )
    loaded = set(done.stderr.decode().split())
    assert loaded & FORBIDDEN == set()
    assert "joulemark.meters.rapl" not in loaded
    assert len(loaded) < 120


# -------------------------------------------------------------------- in this process


@pytest.fixture
def signals() -> Iterator[None]:
    """Put signals and what is held back of them where they were."""
    held = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    handler = signal.getsignal(signal.SIGIO)
    yield
    signal.pthread_sigmask(signal.SIG_SETMASK, held)  # one that is ignored vanishes here
    signal.signal(signal.SIGIO, handler)


@pytest.mark.usefixtures("signals")
def test_the_leash_waits_no_longer_than_it_must() -> None:
    reading, writing = os.pipe()
    leash = Leash(reading, time.monotonic_ns)
    assert leash.wait(time.monotonic_ns() - 5) == 0
    assert leash.wait(time.monotonic_ns() + 1_000_000) == 0
    signal.raise_signal(signal.SIGTERM)
    assert leash.wait(time.monotonic_ns() + 3600 * 10**9) is None
    assert leash.wait(time.monotonic_ns()) == 0
    os.close(writing)
    assert leash.wait(time.monotonic_ns() + 3600 * 10**9) is None
    os.close(reading)


@pytest.mark.usefixtures("signals")
def test_a_leash_that_has_ended_already_holds_for_no_tick(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    for path in ("/dev/null", tmp_path / "empty"):
        descriptor = os.open(path, os.O_RDONLY)
        assert Leash(descriptor, time.monotonic_ns).wait(time.monotonic_ns()) is None
        os.close(descriptor)


def test_a_journal_is_appended_to_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"event":"before"}\n')
    journal = Journal(path)
    journal.note({"event": "a", "detail": "µ"})
    assert [json.loads(line)["event"] for line in path.read_text().splitlines()] == ["before", "a"]
    journal.close()
    with pytest.raises(StoreError, match="Bad file descriptor"):
        journal.note({"event": "b"})


def threaded(tmp_path: Path, *meters: Scripted, period_s: float = 0.005) -> SamplerThread:
    return SamplerThread.start(meters, period_s, anchor_now(), tmp_path)


def test_a_thread_has_the_surface_of_a_process(tmp_path: Path) -> None:
    meter = Scripted("m", [3.0])
    no = UnavailableError("no such thing")
    thread = threaded(tmp_path, meter, Scripted("bad", opens=[no]))
    assert thread.alive()
    assert thread.pid == os.getpid()
    assert [channel.name for channel in thread.channels] == ["m"]
    assert thread.unavailable == [("bad", no)]
    until(lambda: rows_in(tmp_path) > 3, "some samples")
    assert thread.stop()
    assert thread.stop()
    assert not thread.alive()
    assert meter.closed == 1
    record = events_in(tmp_path)[-1]
    assert record["mode"] == "thread"
    assert record["ticks"] == rows_in(tmp_path)
    for name in ("alive", "start", "stop"):
        assert hasattr(SamplerProcess, name)
        assert hasattr(SamplerThread, name)


def test_a_thread_that_can_write_no_more_says_so(tmp_path: Path) -> None:
    thread = threaded(tmp_path, Scripted("m"), period_s=3600)
    until(lambda: rows_in(tmp_path) == 1, "the first sample")
    thread._spool.close()  # the file is taken away from under it
    assert not thread.stop()
    caution = events_in(tmp_path)[-1]
    assert (caution["event"], caution["code"]) == ("caution", "sampler-lost")


def test_a_thread_that_cannot_write_closes_its_meters(tmp_path: Path) -> None:
    (tmp_path / "events" / "sampler.jsonl").mkdir(parents=True)
    meter = Scripted("m")
    with pytest.raises(StoreError, match="Is a directory"):
        threaded(tmp_path, meter)
    assert meter.closed == 1


def test_a_thread_without_meters_is_none(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="no meter can be read"):
        threaded(tmp_path)


def test_every_name_of_the_table_leads_to_a_factory() -> None:
    for name in METERS.names():
        assert callable(METERS.load(name))
