"""Sweeps as groups to recommend from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from joulemark.analysis.frontier.served import metric_of, name_of
from joulemark.core.errors import FormatError, UsageError
from joulemark.tune.knobs.words import as_command
from joulemark.tune.sweep_groups import Asked, sweep_groups
from joulemark.tune.sweep_plan import Plan, parse_plan
from joulemark.tune.sweep_record import RECORD, Record

PLAN = """
title = "llama"
default = {batch = 8, power = "300W"}
[serving]
url = "http://127.0.0.1:1"
model = "m"
server = ["serve", "m", "--cap", "{batch}"]
[axes]
batch = [1, 8, 16]
power = {knob = "gpu-power-limit", device = 1, values = ["200W", "300W"]}
"""


def plan(text: str = PLAN) -> Plan:
    return parse_plan(text.encode(), "s.toml")


def told(batch: int, power: str) -> dict[str, Any]:
    """Return the line of a point: energy falls with the batch, time rises."""
    energy = 40 / batch + (5 if power == "300W" else 0)
    metrics = {
        "energy_per_request_j": energy, "energy_per_output_token_j": energy / 100,
        "tpot_mean_s": 0.01 * batch, "tpot_p99_s": 0.02 * batch, "goodput_requests_per_s": batch,
    }  # fmt: skip
    u95 = {"energy_per_request_j": energy / 4}
    return {"metrics": metrics, "u95": u95, "provenance": "measured", "gpu": "H", "gpus": 1}


def recorded(folder: Path, plan: Plan, change: Any = told, repeats: int = 1) -> Path:
    """Write the record of a sweep."""
    with Record(folder, plan, resume=False) as record:
        for place, point in enumerate(plan.points()):
            for block in range(repeats):
                line = {"kind": "point", "block": block, "point": place, "values": point}
                line |= {"store": "../runs", "run": f"r{place}", "status": "done", "why": ""}
                record.add(line | change(*point.values()))
    return folder


def test_the_usual_numbers_of_serving(tmp_path: Path) -> None:
    (group,) = sweep_groups(recorded(tmp_path / "s", plan()), Asked())
    assert (group.task, group.time, group.energy) == ("serving", "tpot_mean", "energy_per_request")
    assert group.labels == {"provenance": "measured"}
    assert group.defaults == {"": "batch=8 power=300W"}
    assert group.default_rule == "batch=8 power=300W, as the sweep says"
    metric = group.metrics["energy_per_token"]
    assert (metric.unit, metric.definition) == ("J/token", "energy-per-output-token/1")
    assert group.metrics["goodput_requests_per_s"].more
    one = group.candidates[2]
    assert (one.name, one.labels["gpu"], one.labels["batch"]) == ("batch=8 power=200W", "H", 8)
    assert one.measures["energy_per_request"].u95 == pytest.approx(1.25)
    assert one.measures["tpot_p99"].u95 is None
    assert one.runs == (str(tmp_path / "runs" / "r2"),)
    assert one.command.splitlines() == [
        "nvidia-smi -i 1 -pl 200",
        "serve m --cap 8",
        "joulemark bench serving --url http://127.0.0.1:1 --model m --batch 8",
    ]
    assert group.notes[0] == "Energy is measured."
    assert "one run tells of itself" in group.notes[1]


def test_any_two_metrics_and_groups(tmp_path: Path) -> None:
    folder = recorded(tmp_path / "s", plan())
    asked = Asked(x="tpot_p99_s", y="energy_per_output_token_j", by=["power"], assume=0.1)
    groups = sweep_groups(folder, asked)
    assert [group.labels["power"] for group in groups] == ["200W", "300W"]
    assert {group.time for group in groups} == {"tpot_p99"}
    assert {group.energy for group in groups} == {"energy_per_token"}
    assert groups[0].candidates[0].measures["tpot_p99"].assumed
    assert groups[0].defaults == {}
    assert "was not measured, or failed" in groups[0].notes[-1]
    with pytest.raises(UsageError, match=r"no metric 'x'.*--x: there is energy_per_token"):
        sweep_groups(folder, Asked(x="x"))
    with pytest.raises(UsageError, match="no axis 'x'"):
        sweep_groups(folder, Asked(by=["x"]))


def test_what_a_search_was_after_comes_first(tmp_path: Path) -> None:
    goals = '[search]\ntrials = 2\nobjectives = ["tpot_p99_s", "energy_per_output_token_j"]\n'
    (group,) = sweep_groups(recorded(tmp_path / "s", plan(PLAN + goals)), Asked())
    assert (group.time, group.energy) == ("tpot_p99", "energy_per_token")


def test_defaults(tmp_path: Path) -> None:
    folder = recorded(tmp_path / "s", plan())
    (group,) = sweep_groups(folder, Asked(default="power=200W batch=1"))
    assert group.defaults == {"": "batch=1 power=200W"}
    (group,) = sweep_groups(folder, Asked(default="batch=1"))
    assert "fits 2 points" in group.notes[-1]
    with pytest.raises(UsageError, match="no point is 'x=1'"):
        sweep_groups(folder, Asked(default="x=1"))
    (group,) = sweep_groups(recorded(tmp_path / "t", plan(PLAN.replace("default", "#"))), Asked())
    assert (group.defaults, group.default_rule) == ({}, "")


def test_repeats_and_failures_are_said(tmp_path: Path) -> None:
    def line(batch: int, power: str) -> dict[str, Any]:
        return told(batch, power) | ({"status": "failed"} if batch == 16 else {})

    (group,) = sweep_groups(recorded(tmp_path / "s", plan(), line, repeats=2), Asked())
    assert len(group.candidates) == 4
    assert "scatter of the repeats" in group.notes[1]
    assert group.notes[2].startswith("4 measurements failed and count for nothing: batch=16")


def test_a_repeat_without_energy_leaves_the_other_with_its_own_interval(tmp_path: Path) -> None:
    turns = iter(range(100))

    def line(batch: int, power: str) -> dict[str, Any]:
        gone = {"metrics": {"requests": 9.0}, "u95": {}, "provenance": None}
        return told(batch, power) | (gone if next(turns) % 2 else {})

    (group,) = sweep_groups(recorded(tmp_path / "s", plan(), line, repeats=2), Asked())
    assert group.candidates[2].measures["energy_per_request"].u95 == pytest.approx(1.25)
    assert group.labels["provenance"] == "measured"


def test_points_without_energy_are_named(tmp_path: Path) -> None:
    def line(batch: int, power: str) -> dict[str, Any]:
        return told(batch, power) | ({"metrics": {"requests": 9.0}} if batch == 16 else {})

    (group,) = sweep_groups(recorded(tmp_path / "s", plan(), line), Asked())
    left = "batch=16 power=200W, batch=16 power=300W"
    assert f"Left out, as they tell no energy per request: {left}." in group.notes


def test_models_are_groups(tmp_path: Path) -> None:
    text = PLAN.replace('model = "m"\n', "").replace("[axes]", '[axes]\nmodel = ["a", "b"]')

    def line(model: str, batch: int, power: str) -> dict[str, Any]:
        return told(batch, power)

    groups = sweep_groups(recorded(tmp_path / "s", plan(text), line), Asked())
    assert [group.model for group in groups] == ["a", "b"]

    def other(batch: int, power: str) -> dict[str, Any]:
        return told(batch, power) | {"model": power}

    groups = sweep_groups(recorded(tmp_path / "t", plan(), other), Asked())
    assert [group.model for group in groups] == ["200W", "300W"]


PLAIN = """
command = ["work", "{n}", "{result}"]
[axes]
n = [1, 2]
[read]
work = "w"
unit = "item"
"""


def test_a_sweep_of_any_command_has_time_and_energy(tmp_path: Path) -> None:
    def line(n: int) -> dict[str, Any]:
        return {"metrics": {"work": 2.0}, "energy_j": 4.0 * n, "time_s": 1.0, "provenance": "none"}

    (group,) = sweep_groups(recorded(tmp_path / "s", plan(PLAIN), line), Asked())
    assert (group.time, group.energy, group.task) == ("time_s", "energy_per_item_j", "s")
    assert group.metrics["energy_per_item_j"].title == "energy per item"
    assert "measured once" in group.notes[1]
    searched = PLAIN.replace("[read]", '[read.metrics]\nq = "q"\n[read]').replace(
        "[axes]", "[axes]"
    )
    searched += '[search]\ntrials = 2\nobjectives = ["q", "energy_j"]\n'

    def quality(n: int) -> dict[str, Any]:
        return line(n) | {"metrics": {"work": 2.0, "q": 1.0 * n}}

    (group,) = sweep_groups(recorded(tmp_path / "t", plan(searched), quality), Asked())
    assert (group.time, group.energy) == ("q", "energy_j")


def test_a_command_that_tells_neither_must_be_asked_by_name(tmp_path: Path) -> None:
    def line(batch: int, power: str) -> dict[str, Any]:
        return {"metrics": {"a": 1.0, "b": 2.0}, "u95": {}}

    folder = recorded(tmp_path / "s", plan(), line)
    with pytest.raises(UsageError, match=r"what stands for time and energy\?.*there is a, b"):
        sweep_groups(folder, Asked())
    (group,) = sweep_groups(folder, Asked(x="a", y="b"))
    assert group.labels["provenance"] == "none"


def test_names_of_metrics() -> None:
    assert name_of("latency_s") == name_of("batch_latency_mean_s") == "latency"
    assert name_of("batch_latency_p99_s") == "latency_p99"
    assert metric_of("batch_latency_p99_s").title == "p99 batch latency"
    assert name_of("energy_per_good_request_j") == "energy_per_good_request_j"
    assert metric_of("energy_per_good_request_j").unit == "J/good request"
    assert metric_of("quality", more=["quality"]).more
    assert (metric_of("output_tokens_per_s").unit, metric_of("power_w").title) == ("", "mean power")


@pytest.mark.parametrize(
    ("name", "value", "command"),
    [
        ("gpu-clock", "1410MHz", "nvidia-smi -i 0 -lgc 1410"),
        ("gpu-memory-clock", "5GHz", "nvidia-smi -i 0 -lmc 5000"),
        ("cpu-governor", "powersave", "cpupower frequency-set -g powersave"),
        ("cpu-max-frequency", "2.4GHz", "cpupower frequency-set -u 2400MHz"),
        (
            "cpu-power-limit",
            "65W",
            "echo 65000000 | tee /sys/class/powercap/intel-rapl:?/constraint_0_power_limit_uw",
        ),
        ("other", "x", "# other: x"),
    ],
)
def test_knobs_as_commands(name: str, value: str, command: str) -> None:
    assert as_command(name, {}, value) == command


def test_a_record_without_its_plan_is_refused(tmp_path: Path) -> None:
    folder = recorded(tmp_path / "s", plan())
    head, *lines = (folder / RECORD).read_text().splitlines()
    (folder / RECORD).write_text(
        "\n".join([json.dumps({**json.loads(head), "plan": ""}), *lines, ""])
    )
    with pytest.raises(FormatError, match="there are no axes"):
        sweep_groups(folder, Asked())
