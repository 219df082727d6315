from __future__ import annotations

import json
import math
from typing import Any

import pytest
from tests.report.build import (
    Made,
    empty,
    estimated,
    hostile,
    killed,
    many_gpus,
    run_of,
    steady,
    unread,
)
from tests.report.demo import demo

from joulemark.core.caution import Caution, Code
from joulemark.report.plain import finite, run_json
from joulemark.report.words import DISCLAIMER


def shown(of: Made) -> dict[str, Any]:
    """What a reader of the JSON gets: the text must be strict JSON."""
    text = json.dumps(run_json(of.run, of.results, "/runs/x"), allow_nan=False)
    record: dict[str, Any] = json.loads(text)
    return record


def test_the_head_names_the_run() -> None:
    record = shown(steady(settings={"period_s": 0.1}, environment={"python": "3.11"}))
    assert record["schema"] == 1
    assert record["id"] == "20251009-085320-demo"
    assert record["path"] == "/runs/x"
    assert record["title"] == "demo"
    assert record["procedure"] == "bench"
    assert record["status"] == "complete"
    assert record["started"] == "2025-10-09T08:53:20.000Z"
    assert record["stopped"] == "2025-10-09T08:55:00.000Z"
    assert record["duration_s"] == 100.0
    assert record["joulemark"] == "0.1.0"
    assert record["system"]["threads"] == 8
    assert record["settings"] == {"period_s": 0.1}
    assert record["environment"] == {"python": "3.11"}
    assert record["sampler"] is None
    assert record["disclaimer"] is None
    assert record["channels"][0]["accuracy"]["gain"] == 0.05
    assert list(record) == sorted(record, key=list(record).index)


def test_a_phase_has_its_figures() -> None:
    phase = shown(steady())["phases"][1]
    assert phase["phase"] == "train"
    assert phase["role"] == "measure"
    assert phase["windows"] == 2
    assert phase["duration_s"] == 40.0
    assert phase["energy_j"]["value"] == pytest.approx(400.0)
    assert phase["energy_j"]["u95"] == pytest.approx(20.0, rel=0.01)
    assert phase["average_power_w"]["value"] == pytest.approx(10.0)
    assert phase["net_energy_j"]["value"] == pytest.approx(0.0, abs=1e-6)
    assert phase["work"] == {"count": 4000.0, "unit": "sample"}
    assert phase["energy_per_unit"]["value"] == pytest.approx(0.1)
    assert phase["energy_per_unit"]["unit"] == "J/sample"
    assert phase["units_per_joule"]["value"] == pytest.approx(10.0)
    assert phase["units_per_joule"]["unit"] == "sample/J"
    assert phase["net_energy_per_unit"]["unit"] == "J/sample"
    assert phase["provenance"] == "measured"
    assert phase["coverage"] == pytest.approx(1.0)
    assert phase["method"] == "counter"
    assert "memory" in phase["lacks"]


def test_repeats_have_their_own_figures() -> None:
    repeats = shown(steady())["phases"][1]["repeats"]
    assert [one["start"] for one in repeats] == [
        "2025-10-09T08:53:32.000Z", "2025-10-09T08:53:53.000Z",
    ]  # fmt: skip
    assert repeats[0]["stop"] == "2025-10-09T08:53:52.000Z"
    assert repeats[0]["energy_j"]["value"] == pytest.approx(200.0)
    assert repeats[0]["energy_per_unit"]["value"] == pytest.approx(0.1)
    assert shown(demo())["phases"][2]["repeats"][0]["facts"] == {"loss": 0.92}


def test_the_budget_adds_up() -> None:
    phase = shown(steady())["phases"][1]
    for budget in (phase["budget"], phase["budget_per_unit"]):
        assert sum(term["share"] for term in budget.values()) == pytest.approx(1.0)
    gain = phase["budget"]["gain"]
    assert gain["unit"] == "J"
    assert gain["standard_uncertainty"] == pytest.approx(400 * 0.05 / 1.96, rel=1e-3)


def test_parts_say_what_they_are_inside_of() -> None:
    parts = {part["part"]: part for part in shown(demo())["phases"][2]["parts"]}
    assert parts["core-0"]["inside"] == "package-0"
    assert not parts["core-0"]["added"]
    assert parts["gpu-1"]["inside"] is None
    assert parts["gpu-1"]["meter"] == "nvml"
    assert parts["gpu-1"]["source"].startswith("nvmlDeviceGetTotalEnergyConsumption")
    added = sum(p["energy_j"]["value"] for p in parts.values() if p["added"])
    assert added == pytest.approx(shown(demo())["phases"][2]["energy_j"]["value"])
    assert parts["gpu-0"]["average_power_w"] == pytest.approx(311, rel=0.02)


def test_states_have_units() -> None:
    context = shown(demo())["phases"][2]["context"]
    assert context["nvml/gpu-0/temperature"]["unit"] == "°C"
    assert context["host/cpu"]["unit"] == "hardware threads"
    assert context["nvml/gpu-0/utilisation"]["unit"] == "1"
    assert context["host/memory"]["unit"] == "B"
    assert 0.9 < context["nvml/gpu-0/utilisation"]["value"] <= 1.0


def test_what_was_not_read_is_null_and_says_why() -> None:
    phase = shown(unread())["phases"][0]
    for name in (
        "energy_j", "net_energy_j", "average_power_w", "energy_per_unit", "units_per_joule",
        "provenance", "coverage", "budget", "budget_per_unit", "method",
    ):  # fmt: skip
        assert phase[name] is None, name
    assert "not-covered" in [warning["code"] for warning in phase["warnings"]]
    assert phase["repeats"][0]["energy_j"] is None
    assert phase["parts"] == []


def test_warnings_stand_at_the_top_and_at_their_phase() -> None:
    made = steady(cautions=(Caution(Code.SPREAD, "±3 %", "train"), Caution(Code.QUICK)))
    record = shown(made)
    assert record["warnings"][0] == {
        "code": "spread",
        "text": Code.SPREAD.text,
        "detail": "±3 %",
        "phase": "train",
    }
    assert "spread" in [w["code"] for w in record["phases"][1]["warnings"]]
    assert "quick" not in [w["code"] for p in record["phases"] for w in p["warnings"]]
    seen = [tuple(w.items()) for w in record["warnings"]]
    assert len(set(seen)) == len(seen)


def test_a_run_with_loadgen_carries_the_disclaimer() -> None:
    record = shown(steady(results={"loadgen-1": {"valid": True}}))
    assert record["disclaimer"] == DISCLAIMER
    assert record["results"] == {"loadgen-1": {"valid": True}}


@pytest.mark.parametrize("make", [empty, killed, estimated, hostile, demo, lambda: many_gpus(4, 2)])
def test_every_run_gives_strict_json(make: Any) -> None:
    record = shown(make())
    assert record["phases"] == [] or record["phases"][0]["phase"]


def test_an_estimate_is_called_one() -> None:
    phase = shown(estimated())["phases"][0]
    assert phase["provenance"] == "estimated"
    assert phase["energy_j"]["u95"] / phase["energy_j"]["value"] == pytest.approx(0.5, rel=0.01)
    assert {part["provenance"] for part in phase["parts"]} == {"estimated"}


def test_a_run_that_was_never_closed_has_no_length() -> None:
    record = shown(killed())
    assert record["duration_s"] is None
    assert record["stopped"] is None
    assert record["status"] == "running"


def test_values_that_json_does_not_know() -> None:
    assert finite({"a": math.nan, 1: [math.inf, -0.5, (2,)], "s": {3}}) == {
        "a": None,
        "1": [None, -0.5, [2]],
        "s": [3],
    }
    assert finite(b"x") == "b'x'"
    assert finite(True) is True
    deep: object = 1
    for _ in range(100):
        deep = [deep]
    assert json.dumps(finite(deep)).count("[") == 40
    assert finite({"x": {}}, 1) == {"x": None}
    assert run_json(run_of(), [], "x")["phases"] == []
