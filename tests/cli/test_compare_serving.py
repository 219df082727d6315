"""Runs of serving against each other: by the windows that count, if their loads are alike."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from joulemark.cli import main
from joulemark.procedures.serving.counted import BY_REQUEST
from joulemark.procedures.serving.figures import figures_of
from joulemark.procedures.serving.load_plan import LoadPlan
from joulemark.procedures.serving.results import serving_of
from joulemark.store.reader import open_run
from tests.procedures.serving.helpers import measured, serving


def plan(concurrency: int = 4, **more: Any) -> LoadPlan:
    given: dict[str, Any] = {"kind": "closed", "requests": 24, "tokens_in": "20"}
    return LoadPlan(concurrency=concurrency, **(given | more))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store with the runs a and b alike, c at another concurrency, none without window."""
    found = tmp_path_factory.mktemp("runs")
    plans = {"a": plan(), "b": plan(requests=30), "c": plan(2)}
    with serving() as server:
        for name, one in plans.items():
            measured(server, found / "made", one, idle_s=0.1)
            (path,) = (found / "made").iterdir()
            path.rename(found / name)
        measured(server, found / "made", rule="steady/1")
        (path,) = (found / "made").iterdir()
        path.rename(found / "none")
    (found / "made").rmdir()
    return found


def compared(store: Path, capfd: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    assert main(["compare", *words, "--store", str(store), "--json"]) == 0
    told = json.loads(capfd.readouterr().out)
    comparisons: list[dict[str, Any]] = told["comparisons"] if isinstance(told, dict) else told
    return comparisons


def test_the_window_that_counts_is_compared(store: Path, capfd: pytest.CaptureFixture[str]) -> None:
    tokens, requests = compared(store, capfd, str(store / "a"), str(store / "b"))
    assert (tokens["phase"], requests["phase"]) == ("load", BY_REQUEST)
    result = serving_of(open_run(store / "a"))
    figures = figures_of(result)
    assert tokens["a"]["value"] == pytest.approx(
        figures["energy-per-output-token/1"].value, rel=0.1
    )
    assert requests["a"]["value"] == pytest.approx(figures["energy-per-request/1"].value, rel=0.1)
    assert tokens["verdict"] != "not-comparable"


def test_another_load_is_refused_unless_told(
    store: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    paths = [str(store / "a"), str(store / "c")]
    (one, _) = compared(store, capfd, *paths)
    assert one["verdict"] == "not-comparable"
    assert "--any-load" in json.dumps(one)
    (one, _) = compared(store, capfd, *paths, "--any-load")
    assert one["verdict"] != "not-comparable"
    assert "arrivals" in json.dumps(one["differences"])


def test_a_run_without_a_window_has_nothing_to_compare(
    store: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", str(store / "a"), str(store / "none")]) == 2
    assert "no window of it counts: " in capfd.readouterr().err


def test_a_baseline_kept_as_json(
    store: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", str(store / "a"), "--json"]) == 0
    kept = tmp_path / "baseline.json"
    kept.write_text(capfd.readouterr().out)
    (from_file, _) = compared(store, capfd, str(kept), str(store / "b"))
    (from_run, _) = compared(store, capfd, str(store / "a"), str(store / "b"))
    assert from_file["ratio"] == from_run["ratio"]


def test_prompts_are_the_same_by_what_is_in_them(tmp_path: Path) -> None:
    for name in ("one.jsonl", "two.jsonl"):
        (tmp_path / name).write_text('{"prompt": "How long?"}\n')
    first, second = (plan(prompts=tmp_path / name).record() for name in ("one.jsonl", "two.jsonl"))
    assert first["prompts"]["prompts_sha256"] == second["prompts"]["prompts_sha256"]
    assert "tokens_in" not in first["prompts"]
    assert "prompts_sha256" not in plan(prompts=tmp_path / "none").record()["prompts"]
