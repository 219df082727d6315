"""joulemark cost of a run of serving: per request and per thousand tokens of its window."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from joulemark.cli import main
from joulemark.loads.serving.latency import Target as Slo
from joulemark.procedures.serving.figures import figures_of
from joulemark.virtual.serving.script import Script
from joulemark.virtual.serving.server import ScriptedServer
from joulemark.virtual.serving.wrongs import Wrongs
from tests.procedures.serving.test_bench_serving import measured


def test_per_request_and_token(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    server = ScriptedServer(Script(first_s=0.002, step_s=0.001, least=4, most=8), Wrongs(()))
    try:
        figures = figures_of(measured(server, tmp_path, slo=Slo(latency_s=60.0)))
    finally:
        server.close()
    capsys.readouterr()
    assert main(["cost", "--store", str(tmp_path), "--grid", "360", "--json"]) == 0
    (phase,) = json.loads(capsys.readouterr().out)["phases"]
    grams = {
        line["of"]: 1000 * line["emissions"]["value"] for line in phase["declared"]["of"]
    }  # 360 g/kWh is 0.1 mg/J
    assert set(grams) == {
        *("whole phase", "request", "good request"),
        *("1 000 output tokens", "1 000 000 output tokens"),
    }
    assert grams["request"] == pytest.approx(1e-4 * figures["energy-per-request/1"].value)
    each = figures["energy-per-output-token/1"].value
    assert grams["1 000 output tokens"] == pytest.approx(1e-4 * 1000 * each)
