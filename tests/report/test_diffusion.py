"""What a bench of diffusion tells sweeps, and that other runs tell nothing of it."""

from __future__ import annotations

import io
from typing import Any

import pytest
from tests.report.build import Made, channel, counter, made, run_of, unread, window

from joulemark.core.channel import Domain
from joulemark.core.window import Role, Work
from joulemark.report.diffusion import batch_rows, diffusion_json
from joulemark.report.plain import run_json
from joulemark.report.table import print_run
from joulemark.tune.sweep_reads import Reads
from joulemark.tune.sweep_told import told_by

FACTS = {"batch_size": 4, "definition": "energy-per-image/1"}
TOLD = {
    "batches": 5,
    "steps": 20,
    "mean_s": 2.0,
    "batch_p50_s": 1.9,
    "batch_p90_s": 2.4,
    "batch_p99_s": 2.5,
}


def generated(**more: Any) -> Made:
    """10 W, 20 s, 40 images."""
    windows = [
        window("warm-up", 0, 5, Role.WARM_UP, Work(4, "image")),
        window("generate", 5, 15, work=Work(20, "image")),
        window("generate", 15, 25, work=Work(20, "image")),
    ]
    kept = {"settings": {"workload": FACTS}, "results": {"diffusion": TOLD}, **more}
    return made(run_of(windows, **kept), [counter(channel("package-0", Domain.PACKAGE), 30)])


def test_figures_carry_their_definition_and_metrics_are_plain() -> None:
    of = generated()
    told = diffusion_json(of.run, of.results)
    figure = told["figures"]["energy-per-image/1"]
    assert figure["value"] == pytest.approx(5.0)
    assert (figure["unit"], figure["provenance"]) == ("J/image", "measured")
    assert figure["u95"] > 0
    assert told["metrics"] == {
        "batch_latency_mean_s": 2.0,
        "batch_latency_p50_s": 1.9,
        "batch_latency_p90_s": 2.4,
        "batch_latency_p99_s": 2.5,
        "power_w": pytest.approx(10.0),
        "images": 40,
        "images_per_s": pytest.approx(2.0),
        "energy_per_image_j": pytest.approx(5.0),
    }


def test_a_sweep_reads_energy_with_its_interval() -> None:
    of = generated()
    told = told_by(run_json(of.run, of.results, "/runs/x"), Reads(), "here")
    assert told.metrics["energy_per_image_j"] == pytest.approx(5.0)
    assert told.u95["energy_per_image_j"] > 0
    assert told.metrics["batch_latency_p50_s"] == 1.9
    assert told.provenance == "measured"


def test_runs_of_other_kinds_tell_nothing() -> None:
    others: list[dict[str, Any]] = [
        {"results": {}},
        {"settings": {}},
        {"settings": {"workload": {}}},
    ]
    for more in others:
        of = generated(**more)
        assert diffusion_json(of.run, of.results) == {}
        assert "metrics" not in run_json(of.run, of.results, "/runs/x")


def test_energy_that_was_not_read_is_left_out() -> None:
    of = unread()
    of.run.settings["workload"], of.run.results["diffusion"] = FACTS, TOLD
    told = diffusion_json(of.run, of.results)
    assert told["figures"] == {}
    assert "energy_per_image_j" not in told["metrics"]
    assert told["metrics"]["batch_latency_p99_s"] == 2.5


def test_times_of_a_batch_are_shown() -> None:
    assert batch_rows({"diffusion": TOLD}) == [("5 batches", "p50 1.90 s, p90 2.40 s, p99 2.50 s")]
    of = generated()
    out = io.StringIO()
    print_run(of.run, of.results, "/runs/x", file=out)
    assert "5 batches" in out.getvalue()


@pytest.mark.parametrize(
    "damaged",
    [None, [], {}, {"batches": 5}, {"batches": True, "batch_p50_s": 1.0}, {"batch_p50_s": 1.0}],
)
def test_damaged_results_show_nothing(damaged: Any) -> None:
    assert batch_rows({"diffusion": damaged}) == []
