"""Compare, gate and rank through the command line, on run directories."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from joulemark.analysis.metrics import Metric
from joulemark.cli import main
from joulemark.cli.verbs.compare import share
from joulemark.core.channel import Accuracy
from joulemark.core.clock import NS, Anchor
from joulemark.core.errors import UsageError
from joulemark.core.run import Status, System
from joulemark.core.window import Role, Window, Work
from joulemark.store.writer import RunWriter
from tests.store.build import T0, channel, run, spool

LENGTH_S = 10


def made(
    store: Path,
    name: str,
    watts: Sequence[float],
    *,
    start_s: int = 0,
    unit: str = "sample",
    phases: Sequence[str] = ("train",),
) -> str:
    """Write a run: windows of 10 s, each of its own power, read by one counter of ±5 %."""
    begin = T0 + start_s * NS
    meter = channel(unit="J", scale=1.0, wrap=None, accuracy=Accuracy(gain=0.05), update_s=0.01)
    record = run(name, anchor=Anchor(begin, 0), system=System(host="box"), channels=(meter,))
    writer = RunWriter.create(store, record)
    rows, joules = [(begin, 0.0, 0)], 0.0
    for i, level in enumerate(watts):
        for step in range(1, 11):
            joules += level * LENGTH_S / 10
            rows.append((begin + (i * LENGTH_S + step) * NS, joules, 0))
    spool(writer.traces / "sampler.spool", rows, [meter])
    for i in range(len(watts)):
        first, last = begin + i * LENGTH_S * NS, begin + (i + 1) * LENGTH_S * NS
        phase = phases[i % len(phases)]
        number = writer.open_window(phase, Role.MEASURE, first, 1)
        work = Work(100, unit)
        done = Window(phase=phase, start=first, stop=last, work=work, process=1)
        writer.close_window(number, done)
    stopped = begin + len(watts) * LENGTH_S * NS
    writer.close(replace(record, status=Status.COMPLETE, stopped=stopped), compact=False)
    return name


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Return a store with two like runs, one of 20 % more, one noisy, and one of another unit."""
    folder = tmp_path / "runs"
    made(folder, "a", [10, 10.02, 9.98, 10.01])
    made(folder, "b", [10.01, 10, 9.99, 10.01], start_s=1000)
    made(folder, "more", [12, 12.024, 11.976, 12.012], start_s=2000)
    made(folder, "noisy", [9, 10.5, 11, 10], start_s=3000)
    made(folder, "tokens", [10, 10.02, 9.98], start_s=4000, unit="token")
    made(folder, "two", [10, 20, 10.01, 20.02, 9.99, 19.98], start_s=5000, phases=("fp32", "x"))
    made(folder, "single", [10], start_s=6000)
    return folder


def said(
    capsys: pytest.CaptureFixture[str], store: Path, *words: str, code: int = 0
) -> tuple[str, str]:
    capsys.readouterr()
    assert main(["compare", *words, "--store", str(store)]) == code
    captured = capsys.readouterr()
    return captured.out, captured.err


def answer(capsys: pytest.CaptureFixture[str], store: Path, *words: str, code: int = 0) -> Any:
    return json.loads(said(capsys, store, *words, "--json", code=code)[0])


GATE = ("--max-increase", "5%")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["a", "b", *GATE], 0),
        (["a", "more", *GATE], 1),
        (["a", "more", "--max-increase", "30%"], 0),
        (["a", "noisy", *GATE], 6),
        (["a", "noisy", *GATE, "--undecided", "pass"], 0),
        (["a", "noisy", *GATE, "--undecided", "fail"], 1),
        (["a", "tokens", *GATE], 7),
        (["a", "tokens", *GATE, "--undecided", "pass"], 7),
        (["a", "tokens", *GATE, "--metric", "power"], 0),
        (["a", "more", *GATE, "--metric", "time"], 0),
        (["a", "more", "--undecided", "fail"], 0),
        (["single", "single2", *GATE], 6),
    ],
)
def test_a_gate_answers_with_its_exit_code(
    words: list[str], code: int, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made(store, "single2", [10], start_s=7000)
    out, err = said(capsys, store, *words, code=code)
    assert err == ""
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize("metric", Metric)
def test_every_metric_can_be_asked_for(
    metric: Metric, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = answer(capsys, store, "a", "b", "--metric", metric.value)
    assert found["metric"] == metric.value


def test_the_verdict_comes_first_in_plain_words(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, _ = said(capsys, store, "a", "more", *GATE, code=1)
    assert out.startswith("The energy per sample rose by more than 5 %")
    out, _ = said(capsys, store, "a", "more")
    assert out.startswith("B's energy per sample is 20.00 % higher than A's")
    assert "Cancels: gain of rapl of box" in " ".join(out.split())
    out, _ = said(capsys, store, "a", "noisy")
    assert "cannot be told apart at this length" in out
    assert "more repeats of each (about" in out
    out, _ = said(capsys, store, "a", "tokens")
    assert "units of work differ (sample against token)" in " ".join(out.split())


def test_several_runs_a_side_and_json(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for i in range(3):
        made(store, f"x{i}", [10 + i, 10.1 + i], start_s=10_000 + 200 * i)
        made(store, f"y{i}", [11 + 1.1 * i, 11.1 + 1.1 * i], start_s=10_100 + 200 * i)
    found = answer(capsys, store, "x0", "x1", "x2", "--to", "y0", "y1", "y2")
    (one,) = found["comparisons"]
    assert one["repeats"]["level"] == "runs"
    assert one["repeats"]["paired"]
    assert one["verdict"] == "higher"
    assert one["interval"][0] <= one["ratio"] <= one["interval"][1]
    assert [run["id"] for run in found["b"]] == ["y0", "y1", "y2"]
    words = ("x0", "x1", "x2", "--to", "y0", "y1", "y2", "--pairs", "none")
    (one,) = answer(capsys, store, *words)["comparisons"]
    assert one["verdict"] == "undecided"


def test_a_kept_result_is_a_baseline(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", "a", "--json", "--store", str(store)]) == 0
    baseline = tmp_path / "baseline.json"
    baseline.write_text(capsys.readouterr().out)
    kept = answer(capsys, store, str(baseline), "more", *GATE, code=1)
    direct = answer(capsys, store, "a", "more", *GATE, code=1)
    assert kept["gate"] == {"max_increase": 0.05, "outcome": "exceeded"}
    assert kept["comparisons"][0]["interval"] == pytest.approx(
        direct["comparisons"][0]["interval"], rel=1e-9
    )
    assert kept["comparisons"][0]["cancels"] == direct["comparisons"][0]["cancels"]


def test_phases(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made(store, "again", [10, 20, 10.01, 20.02, 9.99, 19.98], start_s=8000, phases=("fp32", "x"))
    found = answer(capsys, store, "two", "again")
    assert [one["phase"] for one in found["comparisons"]] == ["fp32", "x"]
    (one,) = answer(capsys, store, "two", "again", "--phase", "x")["comparisons"]
    assert one["phase"] == "x"
    out, _ = said(capsys, store, "two", "two", "--phase", "fp32", "--to-phase", "x")
    assert "fp32 / x" in out
    assert "3 pairs of windows" in out, "windows of one run that alternate are pairs"
    out, _ = said(capsys, store, "two", "again", *GATE)
    assert max(map(len, out.splitlines())) <= 80


def test_ranking(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (found,) = answer(capsys, store, "--rank", "more", "a", "b")
    assert found["best"] is None
    assert [place["groups"] for place in found["places"]] == [[1], [1], [2]]
    (found,) = answer(capsys, store, "--rank", "more", "a")
    assert found["best"] == "a"
    out, _ = said(capsys, store, "--rank", "more", "a", "b")
    assert out.startswith("No best is named")
    assert max(map(len, out.splitlines())) <= 80
    (found,) = answer(capsys, store, "a", "b", "--to", "more", "--to", "noisy")
    assert [place["name"][0] for place in found["places"]] == ["A", "n", "m"]
    out, _ = said(capsys, store, "--rank", "more", "a", "--markdown")
    assert out.startswith("| place | run |")
    out, _ = said(capsys, store, "--rank", "more", "a", "--annotate")
    assert out == "::notice title=joulemark::Lowest energy in train: a, with 95 %25 confidence.\n"


def test_lines_for_github_and_for_documents(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, _ = said(capsys, store, "a", "more", *GATE, "--annotate", code=1)
    assert out.startswith("::error title=joulemark::The energy per sample rose by more than 5 %25")
    assert said(capsys, store, "a", "b", *GATE, "--annotate")[0].startswith("::notice")
    noisy = said(capsys, store, "a", "noisy", *GATE, "--annotate", code=6)[0]
    assert noisy.startswith("::warning")
    assert said(capsys, store, "a", "b", "--annotate")[0].count("\n") == 1
    out, _ = said(capsys, store, "a", "more", "--markdown")
    assert out.splitlines()[2].startswith("| train | energy per sample | 1.")


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["a"], 2, "two runs are compared, not 1"),
        (["a", "b", "more"], 2, "--to"),
        (["--rank", "a"], 2, "name a second run"),
        (["a", "a"], 2, "named twice"),
        (["a", "nothing"], 2, "no run is called 'nothing'"),
        (["a", "two"], 2, "no phase is in all runs"),
        (["a", "b", "--phase", "infer"], 2, "no phase 'infer'"),
        (["--rank", "a", "b", *GATE], 2, "a gate compares two sides"),
        (["a", "idle"], 2, "no phase was measured"),
        (["a", __file__], 4, "not JSON"),
    ],
)
def test_errors_are_one_clear_line(
    words: list[str], code: int, text: str, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    writer = RunWriter.create(store, run("idle"))
    writer.close(replace(run("idle"), status=Status.COMPLETE, stopped=T0 + NS), compact=False)
    out, err = said(capsys, store, *words, code=code)
    assert out == ""
    assert text in err
    assert len(err.strip().splitlines()) == 1


@pytest.mark.parametrize(("text", "value"), [("5%", 0.05), ("5 %", 0.05), ("0.05", 0.05)])
def test_shares(text: str, value: float) -> None:
    assert share(text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["", "%", "5", "-5%", "0%", "nan%", "inf", "2000%", "a%"])
def test_what_is_no_share(text: str) -> None:
    with pytest.raises(UsageError, match="is not a share"):
        share(text)
