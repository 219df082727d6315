"""Sweeps over real processes, with the energy estimate."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from joulemark.cli import main
from joulemark.core.errors import FormatError, PermissionNeededError, StoreError, UnavailableError
from joulemark.core.errors import UsageError as Usage
from joulemark.store.reader import open_run
from joulemark.tune.cooling import cool_down, warmest_c
from joulemark.tune.keeper import Keeper
from joulemark.tune.sweep import Outcome, sweep
from joulemark.tune.sweep_order import order
from joulemark.tune.sweep_plan import CoolDown, read_plan
from joulemark.tune.sweep_point import Setting
from joulemark.tune.sweep_read import written
from joulemark.tune.sweep_reads import Reads
from joulemark.tune.sweep_record import RECORD, read_record
from joulemark.tune.sweep_table import sweep_table, write_points
from tests.tune.trees import governors, machine

WORK = (
    "import json, sys; n = int(sys.argv[1]); print('hello'); "
    "open(sys.argv[2], 'w').write(json.dumps({'items': n, 'p': {'99': n / 10}})); "
    "sys.exit(n == int(sys.argv[3]) and 'no such batch')"
)


def plan_text(fails: int = -1, extra: str = "", repeats: int = 1) -> str:
    command = [sys.executable, "-c", WORK, "{n}", "{result}", str(fails)]
    return f"""
title = "work"
command = {json.dumps(command)}
repeats = {repeats}
{extra}
[axes]
n = [1, 2]
[read]
work = "items"
unit = "item"
[read.metrics]
p99_s = "p.99"
[measure]
meters = ["estimate"]
period = "20ms"
"""


def swept(folder: Path, text: str, *, resume: bool = False, **more: Any) -> Outcome:
    path = folder / "work.toml"
    path.write_text(text)
    with Keeper(folder / "state") as keeper:
        setting = Setting(folder=folder / "s", store=folder / "runs", keeper=keeper, **more)
        return sweep(read_plan(path), setting, resume=resume)


def lines_of(folder: Path) -> list[dict[str, Any]]:
    return read_record(folder / "s")[1]


def test_a_sweep_links_a_run_for_each_point(tmp_path: Path) -> None:
    assert swept(tmp_path, plan_text(repeats=2)) == Outcome(4, 4, 0)
    lines = lines_of(tmp_path)
    assert {(line["block"], line["point"]) for line in lines} == {
        (b, p) for b in (0, 1) for p in (0, 1)
    }
    runs = [open_run(tmp_path / "runs" / line["run"]).run for line in lines]
    assert all(run.title.startswith("work: n=") for run in runs)
    table = sweep_table(tmp_path / "s")
    first = table.rows[0].cells
    assert (first["n"], first["p99_s"], first["repeats"], first["failed"]) == (1, 0.1, 2, 0)
    assert first["provenance"] == "estimated"
    assert first["energy_per_item_j"] == pytest.approx(first["energy_j"])
    assert first["energy_j_u95"] is not None
    assert "RESULT.json" in first["command"]
    text = write_points(tmp_path / "s").read_text()
    assert text.startswith("point,n,energy_per_item_j,energy_per_item_j_u95,energy_j")
    assert (tmp_path / "s/output/0000-00.out").read_text() == "hello\n"


def test_points_done_are_not_done_again_and_failed_ones_are(tmp_path: Path) -> None:
    assert swept(tmp_path, plan_text(fails=2, repeats=2)) == Outcome(4, 2, 2)
    why = {line["why"] for line in lines_of(tmp_path) if line["status"] == "failed"}
    assert why == {"exit code 1: no such batch"}
    with pytest.raises(Usage, match=r"there is a sweep already.*--resume"):
        swept(tmp_path, plan_text(fails=2, repeats=2))
    with pytest.raises(Usage, match="begun with another file"):
        swept(tmp_path, plan_text(), resume=True)
    record = tmp_path / "s" / RECORD
    with record.open("ab") as file:
        file.write(b'{"kind":"poi')
    assert swept(tmp_path, plan_text(fails=2, repeats=2), resume=True) == Outcome(4, 2, 2)
    assert len(lines_of(tmp_path)) == 6
    assert sweep_table(tmp_path / "s").rows[0].cells["repeats"] == 2


def test_failures_in_a_row_end_a_sweep(tmp_path: Path) -> None:
    text = plan_text(repeats=3, extra="stop_after = 2").replace('"p.99"', '"p.98"')
    assert swept(tmp_path, text) == Outcome(6, 0, 2, stopped=True)
    assert "no number but None" in lines_of(tmp_path)[0]["why"]
    with pytest.raises(FormatError, match="no point was done"):
        sweep_table(tmp_path / "s")


class Refusing:
    name = "fake"
    settings: Mapping[str, Any] = {}

    def show(self) -> int:
        return 1

    def set(self, value: Any) -> None:
        raise PermissionNeededError("may not be set", remedy="ask")

    def restore(self, shown: Any) -> None:
        pass


KNOB = '[axes]\ng = {knob = "cpu-governor", values = ["powersave"]}'


def test_a_knob_that_may_not_be_turned_ends_a_sweep(tmp_path: Path) -> None:
    text = plan_text().replace("[axes]", KNOB)
    with pytest.raises(UnavailableError):
        swept(tmp_path, text, make_knob=lambda name, settings: Refusing())
    assert lines_of(tmp_path) == []


def test_a_command_that_is_not_there_fails_its_point(tmp_path: Path) -> None:
    text = plan_text().replace(json.dumps(sys.executable), '"/nowhere/{n}"', 1)
    assert swept(tmp_path, text).failed == 2
    assert "was not found" in lines_of(tmp_path)[0]["why"]


def test_cooling_waits_for_the_time_and_the_temperature(tmp_path: Path) -> None:
    waited: list[float] = []
    degrees = iter([60.0, 55.0, 49.0])
    asked = CoolDown(2.0, 50.0, 100.0)
    shown = cool_down(asked, warmest=lambda: next(degrees), clock=lambda: 0.0, wait=waited.append)
    assert (shown, waited) == (49.0, [2.0, 1.0, 1.0])
    late = cool_down(
        asked, warmest=lambda: 60.0, clock=iter([0.0, 200.0]).__next__, wait=waited.append
    )
    assert late == 60.0
    assert cool_down(CoolDown()) is None
    with pytest.raises(UnavailableError, match="no sensor of temperature"):
        cool_down(CoolDown(below_c=50), warmest=lambda: None)
    zones = tmp_path / "sys/class/thermal"
    for name, text in (("thermal_zone0", "45500\n"), ("thermal_zone1", "-274000\n")):
        (zones / name).mkdir(parents=True)
        (zones / name / "temp").write_text(text)
    assert warmest_c(str(tmp_path)) == 45.5
    assert warmest_c(str(zones)) is None


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"a": "x"}', '{"a": NaN}', '{"a": true}', '{"a": [1]}']
)
def test_what_a_command_wrote_may_be_anything(tmp_path: Path, text: str) -> None:
    path = tmp_path / "out"
    path.write_text(f"chatter\n{text}\n\n")
    with pytest.raises(FormatError):
        written(Reads("last-line", {"m": "a"}), tmp_path / "none", path)


def test_numbers_of_the_last_line_and_of_lists(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text('chatter\n{"a": [1, {"b": 2}], "w": 0}\n')
    assert written(Reads("last-line", {"m": "a.1.b"}), path, path) == {"m": 2.0}
    assert written(Reads(), path, path) == {}
    with pytest.raises(FormatError, match="no work was done"):
        written(Reads("last-line", {}, "w", "item"), path, path)
    with pytest.raises(StoreError):
        written(Reads("result", {"m": "a"}), tmp_path / "none", path)


@pytest.mark.parametrize("line", ["[]", '{"kind": "sweep", "format": 9}', "{"])
def test_a_damaged_record_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / RECORD).write_text(line + "\n")
    with pytest.raises(FormatError, match=r"sweep\.jsonl:1"):
        read_record(tmp_path)


def test_a_record_of_nothing(tmp_path: Path) -> None:
    (tmp_path / RECORD).write_text("")
    with pytest.raises(StoreError, match="nothing was recorded"):
        read_record(tmp_path)


def started(folder: Path, path: Path) -> subprocess.Popen[bytes]:
    """Start a sweep in a process of its own and return once its slow point runs."""
    source = str(Path(__file__).parents[2] / "src")
    environment = {**os.environ, "XDG_STATE_HOME": str(folder / "state"), "PYTHONPATH": source}
    words = ["-m", "joulemark", "sweep", str(path), "--store", str(folder / "runs")]
    process = subprocess.Popen(
        [sys.executable, *words], env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stderr is not None
    process.stderr.readline()  # the first point is done
    return process


NAP = "import os, sys, time; time.sleep(0 if os.path.exists(sys.argv[2]) else float(sys.argv[1]))"
"""Sleeps, but not once a file is there."""
SEED = 1
"""With which the short point comes first."""


def slow_plan(root: Path) -> str:
    """Return a sweep over a knob and two naps, the second long enough to be killed in."""
    return f"""
command = {json.dumps([sys.executable, "-c", NAP, "{s}", str(root / "awake")])}
repeats = 1
seed = {SEED}
[axes]
s = [0, 20]
g = {{knob = "cpu-governor", root = "{root}", values = ["powersave"]}}
[measure]
meters = ["estimate"]
period = "20ms"
"""


def put_back_in(journals: Path) -> None:
    """Wait until no guard holds a journal."""
    for path in journals.iterdir():
        with suppress(FileNotFoundError), path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGKILL, -9), (signal.SIGTERM, 130)])
def test_a_killed_sweep_goes_on_and_its_knobs_are_put_back(
    tmp_path: Path, number: int, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = machine(tmp_path / "machine")
    path = tmp_path / "slow.toml"
    path.write_text(slow_plan(root))
    assert order(read_plan(path).points(), 1, SEED)[0] == (0, 0)
    with started(tmp_path, path) as process:
        turned = governors(root)
        process.send_signal(number)
        process.communicate(timeout=10)
    assert turned == ["powersave\n"] * 2
    assert process.returncode == code
    put_back_in(tmp_path / "state" / "joulemark" / "knobs")
    assert governors(root) == ["schedutil\n"] * 2
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (root / "awake").touch()
    assert main(["sweep", str(path), "--store", str(tmp_path / "runs"), "--resume"]) == 0
    _, lines = read_record(tmp_path / "slow.sweep")
    assert sum(line["values"]["s"] == 0 for line in lines) == 1, "not done again"
    assert lines[-1]["knobs"]["g"]
