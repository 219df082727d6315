"""``joulemark crosscheck``: what it prints, and that it fails on what is impossible."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from joulemark.cli import main
from joulemark.core.clock import NS
from joulemark.core.run import Status
from joulemark.store.writer import RunWriter
from tests.accounting.machine import WINDOWS, record, seconds, truth
from tests.store.build import run, spool

TRUTH = truth(seconds())


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Return a store with two runs of a metered server: honest meters, then one that doubles."""
    for name, factor in (("20261122-000001-good", 1.0), ("20261122-000002-bad", 2.2)):
        card = record("gpu-0", factor * TRUTH["gpu-0"])
        traces = [record("wall"), record("node"), card, record("gpu-1")]
        known = run(name, windows=tuple(WINDOWS))
        writer = RunWriter.create(tmp_path, known)
        rows = [
            (int(at), float(value), place)
            for place, trace in enumerate(traces)
            for at, value in zip(trace.time, trace.value, strict=True)
        ]
        spool(writer.traces / "sampler.spool", rows, [trace.channel for trace in traces])
        for window in WINDOWS:
            opened = writer.open_window(window.phase, window.role, window.start)
            writer.close_window(opened, window)
        stopped = int(traces[0].time[-1]) + NS
        writer.close(replace(known, status=Status.COMPLETE, stopped=stopped), compact=False)
    return tmp_path


def test_the_last_run_fails_by_its_finding(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["crosscheck", "--store", str(store)]) == 1
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= 80
    assert "impossible" in said
    assert "Balance of train" in said
    assert main(["crosscheck", "20261122-000001", "--store", str(store)]) == 0
    assert "Nothing impossible or doubtful" in capsys.readouterr().out


def test_several_runs_as_json(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ["20261122-000001", "20261122-000002"]
    assert main(["crosscheck", *names, "--json", "--store", str(store)]) == 1
    good, bad = json.loads(capsys.readouterr().out)
    assert (good["impossible"], bad["impossible"]) == (False, True)
    assert [phase["phase"] for phase in good["phases"]] == ["idle", "train"]
    assert good["phases"][1]["wholes"][0]["verdict"] == "rest"


def test_a_run_that_is_not_there_is_one_clear_line(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["crosscheck", "nothing", "--store", str(store)]) == 2
    said = capsys.readouterr().err
    assert "nothing" in said
    assert len(said.splitlines()) == 1


def test_show_evidence_and_an_export_with_results(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", "20261122-000001", "--evidence", "--store", str(store)]) == 0
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= 80
    assert "tier 5, accredited analyser under protocol: 6 of 14 fail" in said
    target = tmp_path / "out.json"
    assert main(["export", "20261122-000001", "-o", str(target), "--store", str(store)]) == 0
    exported = json.loads(target.read_text(encoding="utf-8"))
    assert list(exported) == ["run", "phases", "traces"]
    assert exported["phases"][1]["evidence"]["level"] == 3
