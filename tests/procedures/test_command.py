"""``run_command`` on real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from joulemark.core.caution import Code
from joulemark.core.errors import StoreError, UsageError
from joulemark.core.run import Status
from joulemark.core.window import Role
from joulemark.procedures.command import run_command
from joulemark.procedures.results import results_of
from joulemark.procedures.session import Options
from joulemark.store.reader import open_run

PYTHON = sys.executable
OPTIONS = ("--meter", "estimate", "--period", "0.02")
BUSY = "import time; end = time.monotonic() + 0.3\nwhile time.monotonic() < end: pass"


def options(store: Path, idle_s: float = 0.0) -> Options:
    return Options(store=store, meters=[("estimate", {})], period_s=0.02, idle_s=idle_s)


def test_a_command_becomes_a_closed_run_with_energy(tmp_path: Path) -> None:
    path, code = run_command([PYTHON, "-c", BUSY], options(tmp_path, idle_s=0.3))
    stored = open_run(path)
    assert code == 0
    assert stored.run.status is Status.COMPLETE
    assert [w.role for w in stored.run.windows] == [Role.IDLE, Role.MEASURE, Role.IDLE]
    result = {r.phase: r for r in results_of(stored)}["run"]
    assert result.total is not None
    assert result.total.joules.value > 0
    assert result.total.provenance == "estimated"
    assert result.net is not None
    assert result.net.value > 0, "a busy process uses more than an idle machine"
    assert result.per_unit is not None
    assert result.per_unit.unit == "J/run"
    codes = {caution.code for caution in result.cautions}
    assert {Code.ESTIMATED, Code.ONE_WINDOW} <= codes
    assert Code.NO_IDLE not in codes


def test_repeats_are_windows_of_one_phase(tmp_path: Path) -> None:
    path, code = run_command([PYTHON, "-c", BUSY], options(tmp_path), repeat=3)
    (result,) = results_of(open_run(path))
    assert code == 0
    assert len(result.windows) == 3
    assert result.work is not None
    assert result.work.count == 3
    assert {c.code for c in result.cautions} >= {Code.NO_IDLE}


def test_the_exit_code_is_passed_on_and_repeats_stop(tmp_path: Path) -> None:
    path, code = run_command([PYTHON, "-c", "raise SystemExit(7)"], options(tmp_path), repeat=3)
    stored = open_run(path)
    assert code == 7
    assert len(stored.run.windows) == 1
    assert Code.COMMAND_FAILED in {c.code for c in stored.run.cautions}
    assert stored.run.windows[0].work is None, "a failed command did no work that counts"


def test_a_command_killed_by_a_signal_gives_128_and_its_number(tmp_path: Path) -> None:
    kill = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    _, code = run_command([PYTHON, "-c", kill], options(tmp_path))
    assert code == 128 + signal.SIGKILL


@pytest.mark.parametrize(
    ("make", "code"), [(lambda p: p / "nothing", 127), (lambda p: p / "plain.txt", 126)]
)
def test_a_command_that_cannot_be_started(tmp_path: Path, make: object, code: int) -> None:
    (tmp_path / "plain.txt").write_text("not a program")
    command = str(make(tmp_path))  # type: ignore[operator]
    with pytest.raises(UsageError, match="command") as raised:
        run_command([command], options(tmp_path / "store"))
    assert raised.value.exit_code == code
    assert not (tmp_path / "store").exists(), "nothing is measured"


def test_an_unwritable_store_is_named_before_the_command_starts(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    witness = tmp_path / "ran"
    with pytest.raises(StoreError, match="file"):
        run_command(["touch", str(witness)], options(blocked / "store"))
    assert not witness.exists()


def test_children_of_the_command_mark_phases(tmp_path: Path) -> None:
    script = tmp_path / "job.py"
    script.write_text(
        "import subprocess, sys, time, joulemark\n"
        "def busy(s):\n"
        "    end = time.monotonic() + s\n"
        "    while time.monotonic() < end: pass\n"
        "@joulemark.phase('load')\n"
        "def load(): busy(0.1)\n"
        "load()\n"
        "with joulemark.phase('train') as p:\n"
        "    busy(0.2)\n"
        "    p.add(640, 'image')\n"
        "    p.facts['loss'] = 0.5\n"
        "if len(sys.argv) == 1:\n"
        "    subprocess.run([sys.executable, __file__, 'again'], check=True)\n"
    )
    path, code = run_command([PYTHON, str(script)], options(tmp_path / "store"))
    assert code == 0
    results = {r.phase: r for r in results_of(open_run(path))}
    assert set(results) == {"run", "load", "train"}
    train = results["train"]
    assert len({w.window.process for w in train.windows}) == 2
    assert train.work is not None
    assert (train.work.count, train.work.unit) == (1280, "image")
    assert train.windows[0].window.facts["loss"] == 0.5
    assert train.total is not None
    whole = results["run"].total
    assert whole is not None
    assert 0 < train.total.joules.value < whole.joules.value


def _start(tmp_path: Path, *command: str) -> subprocess.Popen[str]:
    """Start joulemark on a command that says when it runs."""
    return subprocess.Popen(
        [
            *(PYTHON, "-m", "joulemark", "run", *OPTIONS),
            *("--store", str(tmp_path / "store"), "--", *command),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


SLEEPER = "import sys, time; print('ready', flush=True); time.sleep(60)"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_command_and_keeps_the_run(
    tmp_path: Path, number: signal.Signals
) -> None:
    with _start(tmp_path, PYTHON, "-c", SLEEPER) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        process.communicate(timeout=30)
    stored = open_run(next((tmp_path / "store").iterdir()))
    assert process.returncode != 0
    assert stored.run.status is Status.INTERRUPTED
    assert stored.run.stopped is not None
    assert Code.INTERRUPTED in {c.code for c in stored.run.cautions}
    assert stored.run.windows[0].stop is not None


def test_sigkill_leaves_a_run_that_opens_and_says_what_is_missing(tmp_path: Path) -> None:
    with _start(tmp_path, PYTHON, "-c", SLEEPER) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.kill()
        process.wait()
        stored = open_run(next((tmp_path / "store").iterdir()))
        os.system(f"pkill -f {tmp_path} || true")
    assert stored.run.status in (Status.INTERRUPTED, Status.RUNNING)
    assert stored.run.windows[0].stop is None
    assert Code.INCOMPLETE in {c.code for c in stored.run.cautions}
