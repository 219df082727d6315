"""Figures 2, 6, 7, 9 and 11a from the record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from joulemark.analysis.figures.scales import power_scales
from joulemark.analysis.figures.software import one_system
from joulemark.analysis.figures.stored import Parts, Stored, stored
from joulemark.analysis.figures.targets import quantization
from joulemark.analysis.figures.training import training_energy
from joulemark.analysis.figures.workloads import energy_of_inferences, workloads
from joulemark.analysis.record.definitions import definitions
from joulemark.analysis.record.entry import Category, Entry, Evidence
from joulemark.formats.tiny.networks import networks
from tests.analysis.figures.entries import entry, tiny, y

KNOWN = definitions()


def test_scales_name_whose_and_leave_out_what_cannot_be() -> None:
    wrong = ("results/other-system: the power of another",)
    results = [
        entry("a", "v1.0", 1, power_w=300.0),
        entry("b", "v1.1", 1, power_w=900.0, u95=None),
        entry("c", "v1.1", 1, power_w=200.0, division="open", submitter="Krai"),
        entry("d", "v1.1", 1, power_w=100.0, doubts=wrong),
        entry("e", "v1.1", 1, power_w=9e6),
        tiny("f", "v1.1", 1e-4, latency_s=1e-2),
        tiny("g", "v1.2", 1e-4, latency_s=1e-2, power_w=0.04),
    ]
    figure = power_scales(results)
    assert y(figure) == [0.01, 300]
    assert y(figure, 1) == [0.04, 900]
    assert figure is not None
    least = figure.series[0].points
    assert "energy by latency" in least[0].note
    assert "200.0 W in the open division (v1.1 Krai" in least[1].note
    assert least[1].u95 == pytest.approx(3.3)
    assert least[1].label == "1.0-a"
    assert power_scales([]) is None


def _training(key: str, size: float, number: str, **more: Any) -> Entry:
    known: dict[str, Any] = {
        "suite": "training",
        "category": Category.TRAINING,
        "scenario": "",
        "submitter": "smc-dc-power",
        "benchmark": "llama2_70b_lora",
        "accelerators": size,
        "runs": (key,),
        "public_id": number,
    }
    return entry(key, "v4.0", 1e-7, **{**known, **more})


def _trainings() -> list[Entry]:
    return [
        _training("large", 512.0, "4.0-0095", energy_j=45.837e6, latency_s=120.9),
        _training("small", 8.0, "", system="1xSMC-H100-SXM-80GB",
                  energy_j=11.77e6, latency_s=1746.0),
        _training("other", 64.0, "4.0-0092", latency_s=300.0),
        _training("silent", 64.0, "4.0-0096"),
    ]  # fmt: skip


def test_training_stands_on_its_parts() -> None:
    parts = {"small": Parts(1746.0, 11.77e6, 0.0), "large": Parts(120.9, 38.636e6, 7.2014e6)}
    figure = training_energy(_trainings(), parts)
    assert figure is not None
    assert [one.name for one in figure.series] == ["Compute", "Interconnect", "Time to train"]
    assert [p.x for p in figure.series[0].points] == ["8", "512"]
    assert y(figure) == pytest.approx([11.77, 38.636])
    assert y(figure, 1) == pytest.approx([0, 7.2014])
    assert y(figure, 2) == pytest.approx([29.1, 2.015])
    assert "64.0 times the accelerators take 3.89 times the energy and 1 / 14.4" in figure.notes[1]


def test_training_without_its_runs_is_one_bar() -> None:
    figure = training_energy(_trainings(), {})
    assert figure is not None
    assert [one.name for one in figure.series] == ["Compute and interconnect", "Time to train"]
    assert y(figure) == pytest.approx([11.77, 45.837])
    alone = training_energy(_trainings()[:1], {})
    assert alone is not None
    assert len(alone.notes) == 1
    assert training_energy([], {}) is None


def test_workloads_are_in_samples_and_sorted() -> None:
    named = {"public_id": "4.0-0063", "round": "v4.0"}
    results = [
        entry("a", "v4.0", 100.0, **named),
        entry("b", "v4.0", 3.0, benchmark="llama2-70b", target="99.9", work="token", **named),
        entry("c", "v4.0", 9.0, benchmark="llama2-70b", target="99.9", work="token"),
        entry("d", "v4.0", 9.0, scenario="Server", **named),
        tiny("e", "v1.2", 1e-3, public_id="", submitter="STMicroelectronics",
             system="NUCLEO_L4R5ZI", u95=0.02),
        tiny("f", "v1.2", 1e-3, public_id="1.2-0001"),
    ]  # fmt: skip
    figure = energy_of_inferences(results, KNOWN)
    assert figure is not None
    assert [p.x for p in figure.series[0].points] == ["Llama2-70B-99.9", "ResNet-50"]
    assert y(figure) == pytest.approx([292 / 3, 0.01])
    assert y(figure, 1) == pytest.approx([1e-3])
    assert figure.series[1].points[0].u95 == pytest.approx(2e-5)
    assert [p.x for p in figure.series[2].points] == ["Llama2-70B-99.9", "ResNet-50", "DS-CNN"]
    assert "pJ a multiply-accumulate" in figure.series[1].points[0].note
    assert energy_of_inferences([], KNOWN) is None


def test_counts_of_tiny_networks_are_those_of_the_networks() -> None:
    known = {one.model: one.macs for one in networks()}
    of = {one.benchmark: one.macs for one in workloads() if one.category == "tiny"}
    assert of == {name: known[f"{name}01"] for name in ("ad", "ic", "kws", "vww")}


def test_a_target_is_a_part_of_the_other() -> None:
    known: dict[str, Any] = {"benchmark": "bert", "system": "DGX-A100_A100-SXM-80GBx8_TRT_MaxQ"}
    results = [
        entry("a", "v1.0", 6.8, target="99", public_id="1.0-73", **known),
        entry("b", "v1.0", 3.4, target="99.9", public_id="1.0-73", **known),
        entry("c", "v1.1", 6.0, target="99", public_id="", **known),
        entry("d", "v1.1", 3.0, target="99.9", public_id="", u95=None, **known),
        entry("e", "v2.0", 6.0, target="99", public_id="2.0-095", **known),
        entry("f", "v2.1", 6.0, target="99", public_id="2.1-1", **known),
    ]
    figure = quantization(results)
    assert y(figure) == [1, 1]
    assert y(figure, 1) == pytest.approx([0.5, 0.5])
    assert figure is not None
    assert figure.series[1].points[0].absolute == pytest.approx(3.4)
    assert figure.series[1].points[0].keys == ("a", "b")
    assert "NVIDIA A100-SXM-80GB: v1.0, v1.1" in figure.notes
    assert quantization([]) is None


def test_one_system_is_told_where_its_hardware_changes() -> None:
    known: dict[str, Any] = {"category": Category.EDGE, "submitter": "Qualcomm", "public_id": ""}
    results = [
        entry("a", "v1.1", 170.0, system="r282_z93_q5-qaic-v1.5.6-aic100", **known),
        entry("b", "v2.0", 200.0, system="r282_z93_q5e-qaic-v1.6", accelerator="Pro", **known),
        entry("c", "v3.1", 204.0, system="r282_z93_q5e", accelerator="Pro",
              evidence=Evidence.PAGE, **known),
    ]  # fmt: skip
    figure = one_system(results)
    assert y(figure) == pytest.approx([1, 200 / 170, 204 / 170])
    assert y(figure, 2) == [1, 1, 1]
    assert figure is not None
    assert "becomes Pro: not software alone" in figure.notes[0]
    assert figure.series[0].points[2].note == "from a table, not from logs"
    assert one_system(results[:1]) is None


def test_stored_runs_say_parts_and_windows(tmp_path: Path) -> None:
    training = {"result": {"seconds": 60.0, "compute_published_j": 5.0,
                           "interconnect_published_j": 1.0}}  # fmt: skip
    _run(tmp_path, "20260101-000000-a-0", {"training": training})
    _run(tmp_path, "20260101-000000-b-0", {"tiny": {"windows_s": [12.0, 9.5, 11.0]}})
    _run(tmp_path, "20260101-000000-c-0", {"tiny": {"windows_s": "soon"}})
    results = [
        _training("a", 8.0, "", runs=("20260101-000000-a-0",)),
        tiny("b", "v1.0", 1.0, runs=("20260101-000000-b-0",)),
        tiny("c", "v1.0", 1.0, runs=("20260101-000000-c-0", "20260101-000000-none-0")),
        entry("d", "v1.0", 1.0, runs=("20260101-000000-b-0",)),
    ]
    found = stored(tmp_path, results)
    assert found == Stored(
        {"20260101-000000-a-0": Parts(60.0, 5.0, 1.0)}, {"20260101-000000-b-0": 9.5}
    )


_SYSTEM: dict[str, Any] = {
    "host": "box", "os": "", "kernel": "", "machine": "", "cpu": "", "sockets": None,
    "cores": None, "threads": 0, "memory_bytes": 0, "gpus": [], "virtual": "", "container": "",
}  # fmt: skip


def _run(store: Path, name: str, results: dict[str, Any]) -> None:
    record = {
        "id": name, "procedure": "mlperf", "schema": 1, "joulemark": "0.1.0", "title": name,
        "anchor": {"utc_ns": 0, "monotonic_ns": 0}, "system": _SYSTEM, "settings": {},
        "environment": {}, "meters": [], "channels": [], "status": "complete", "stopped": 0,
        "windows": [], "results": results,
    }  # fmt: skip
    (store / name).mkdir()
    (store / name / "run.json").write_text(json.dumps(record))
