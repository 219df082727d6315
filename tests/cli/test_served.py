"""show and export of a run of serving, as a user types them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from joulemark.cli import main
from joulemark.procedures.serving.bench import bench_serving
from joulemark.procedures.serving.driver import HttpDriver
from joulemark.procedures.serving.load_plan import LoadPlan
from joulemark.procedures.serving.settings import ServingSettings
from joulemark.procedures.session import Options, Session
from joulemark.virtual.serving.script import Script
from joulemark.virtual.serving.server import ScriptedServer
from joulemark.virtual.serving.wrongs import Wrongs
from joulemark.workloads.openai.target import Target
from tests.procedures.fakes import Steady


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = tmp_path_factory.mktemp("store")
    plan = LoadPlan(kind="closed", requests=30, concurrency=4, tokens_in="20")
    kept = ServingSettings(repeats=1, max_repeats=1, rule="whole/1", declared=plan.record())
    server = ScriptedServer(Script(first_s=0.002, step_s=0.001, least=4, most=8), Wrongs(()))
    try:
        options = Options(store=store, objects=[Steady()], period_s=0.01, idle_s=0.05)
        driver = HttpDriver(Target(url=server.url, model="m"))
        return bench_serving(driver, plan.load, options, kept)
    finally:
        server.close()


def test_serving_comes_first(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", str(run)]) == 0
    text = capsys.readouterr().out
    assert text.index("30 answered") < text.index("energy-per-output") < text.index("Parts of load")
    assert max(map(len, text.splitlines())) <= 80


def test_budget_and_evidence_are_there_too(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", str(run), "--budget", "--evidence", "--mlenergy"]) == 0
    text = capsys.readouterr().out
    assert "gain" in text
    assert "By the rules of ML.ENERGY" in text


def test_another_rule(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", str(run), "--rule", "steady/1", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["serving"]
    assert told["rule"] == "steady/1"
    assert told["figures"] == {}
    assert main(["show", str(run), "--rule", "mine"]) == 2
    assert "steady/1" in capsys.readouterr().err


def test_a_page_by_a_rule(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "run.html"
    assert main(["report", str(run), "-o", str(page)]) == 0
    assert "energy-per-output-token/1" in page.read_text("utf-8")
    asked = ["report", str(run), "-o", str(page), "--force", "--rule"]
    assert main([*asked, "steady/1"]) == 0
    assert "No window, so no energies" in page.read_text("utf-8")
    assert main([*asked, "mine"]) == 2
    assert main(["report", "--tree", str(tmp_path), "--rule", "whole/1"]) == 2
    assert "steady/1" in capsys.readouterr().err


def test_every_request_as_json_only_when_asked(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", str(run), "--json"]) == 0
    assert "requests" not in json.loads(capsys.readouterr().out)["serving"]
    assert main(["show", str(run), "--json", "--requests"]) == 0
    told = json.loads(capsys.readouterr().out)["serving"]
    assert main(["show", str(run), "--requests"]) == 2
    assert "--json" in capsys.readouterr().err
    assert len(told["requests"]) == 30
    assert told["definition"] == "energy-of-request/1"


def test_requests_are_exported(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "r.csv"
    asked = ["export", str(run), "--requests", "--format", "csv", "-o", str(target)]
    assert main(asked) == 0
    assert capsys.readouterr().out.strip() == str(target)
    assert len(list(csv.DictReader(target.read_text("utf-8").splitlines()))) == 30
    assert main(asked) != 0
    assert main([*asked, "--force"]) == 0
    told = tmp_path / "r.json"
    assert main(["export", str(run), "--requests", "-o", str(told)]) == 0
    assert len(json.loads(told.read_text())["requests"]) == 30
    assert main(["export", str(run), "--requests", "--format", "parquet"]) == 2


def test_other_runs_have_no_requests(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = Options(store=tmp_path, objects=[Steady()], period_s=0.01, idle_s=0.02)
    with Session("measure", "x", options, {}) as session:
        session.idle(None)
    for words in (
        ["show", "--mlenergy"],
        ["export", "--requests"],
        ["report", "--rule", "whole/1"],
    ):
        assert main([words[0], str(session.path), *words[1:]]) == 2
        assert "not one of serving" in capsys.readouterr().err
