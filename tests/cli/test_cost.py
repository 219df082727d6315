"""joulemark cost, and declared factors of recommend and frontier: wiring, output, refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from joulemark.cli import main
from joulemark.core.clock import NS
from tests.cli.test_compare import made
from tests.formats.mlenergy import build
from tests.store.build import T0

START = T0 // NS


@pytest.fixture
def store(tmp_path: Path) -> str:
    """Return a store with one run: 10 s at 100 W, then 10 s at 300 W; 100 samples in each."""
    made(tmp_path / "runs", "20261122-224512-a", [100.0, 300.0])
    return str(tmp_path / "runs")


def told(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    """Return what a command prints."""
    capsys.readouterr()
    assert main(list(words)) == code
    return capsys.readouterr().out


def refused(capsys: pytest.CaptureFixture[str], *words: str, code: int = 2) -> str:
    """Return why a command refuses."""
    assert main(list(words)) == code
    caught = capsys.readouterr()
    assert caught.out == ""
    assert "Traceback" not in caught.err
    return caught.err


def of(found: dict[str, Any], what: str) -> dict[str, Any]:
    """Return one line of the declared block of the first phase."""
    lines: list[dict[str, Any]] = found["phases"][0]["declared"]["of"]
    return next(line for line in lines if line["of"] == what)


DECLARED = ("--region", "DE", "--price", "0.30 EUR/kWh", "--pue", "1.2")


def test_the_table_says_declared_and_by_whom(
    store: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = told(capsys, "cost", "--store", store, *DECLARED, "--price-by", "contract 7")
    assert "Declared, not measured" in text
    assert "Germany (DE), 2024: Ember" in text
    assert "contract 7" in text
    assert "facility energy" in text
    assert "CC BY 4.0" in text
    assert "Embodied carbon" in text
    assert "location-based" in text
    assert max(map(len, text.splitlines())) <= 80


def test_figures_and_their_interval(store: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(told(capsys, "cost", "--store", store, *DECLARED, "--json"))
    phase = found["phases"][0]
    energy = phase["energy"]
    assert energy["value"] == pytest.approx(4000, rel=1e-3)
    whole, each = of(found, "whole phase"), of(found, "sample")
    kwh = energy["value"] * 1.2 / 3.6e6
    assert whole["facility_energy"]["value"] == pytest.approx(kwh)
    assert whole["emissions"]["value"] == pytest.approx(kwh * 0.34206)
    assert whole["money"] == {
        "value": pytest.approx(kwh * 0.3),
        "u95": pytest.approx(kwh * 0.3 * energy["u95"] / energy["value"]),
        "unit": "EUR",
    }
    assert (whole["provenance"], whole["emissions"]["unit"]) == ("declared", "kgCO2e")
    assert each["money"]["value"] == pytest.approx(whole["money"]["value"] / 200)
    assert found["declared"]["grid"]["region"] == "DE"
    assert found["declared"]["pue"] == {"pue": 1.2, "by": "command line"}
    assert phase["declared"]["g_per_kwh"] == 342.06


def test_the_joules_of_a_run_stay_as_they_are(
    store: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = told(capsys, "show", "--store", store, "--json")
    told(capsys, "cost", "--store", store, *DECLARED)
    after = told(capsys, "show", "--store", store, "--json")
    assert before == after
    assert "CO2e" not in after


def test_what_was_not_declared_is_null(store: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(told(capsys, "cost", "--store", store, "--grid", "0.35 kg/kWh", "--json"))
    whole = of(found, "whole phase")
    assert (whole["money"], whole["facility_energy"]) == (None, None)
    assert found["declared"]["price"] is None
    assert found["declared"]["grid"]["basis"].startswith("not said")
    text = told(capsys, "cost", "--store", store, "--price", "0.1", "--currency", "USD")
    assert "No PUE was declared" in text
    assert "CO2e" not in text


def test_a_series_is_weighed_by_when_energy_was_used(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    series = tmp_path / "steps.csv"
    series.write_text(f"time,g_per_kwh\n{START},100\n{START + 10},500\n{START + 20},9\n")
    found = json.loads(told(capsys, "cost", "--store", store, "--grid", str(series), "--json"))
    phase = found["phases"][0]
    assert phase["declared"]["g_per_kwh"] == pytest.approx(0.25 * 100 + 0.75 * 500, rel=2e-3)
    whole = of(found, "whole phase")
    grams = phase["energy"]["value"] / 3.6e6 * phase["declared"]["g_per_kwh"]
    assert whole["emissions"]["value"] == pytest.approx(grams / 1000)
    grid = found["declared"]["grid"]
    assert (grid["lowest"], grid["highest"], grid["g_per_kwh"]) == (9, 500, None)
    text = told(
        capsys, "cost", "--store", store, "--grid", str(series), "--grid-by", "the operator"
    )
    assert "gCO2e/kWh as its energy was used" in text
    assert "steps.csv: the operator" in text


def test_windows_are_cut_where_the_intensity_changes(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    series = tmp_path / "steps.csv"
    held = (100, 500, 500, 300)
    series.write_text("t,g\n" + "".join(f"{START + 5 * i},{g}\n" for i, g in enumerate(held)))
    found = json.loads(told(capsys, "cost", "--store", store, "--grid", str(series), "--json"))
    mean = (500 * 100 + 500 * 500 + 1500 * 500 + 1500 * 300) / 4000
    assert found["phases"][0]["declared"]["g_per_kwh"] == pytest.approx(mean, rel=2e-3)


def test_a_run_that_was_killed_has_an_intensity_too(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (events,) = (Path(store) / "20261122-224512-a" / "events").glob("*.jsonl")
    *lines, _ = events.read_text().splitlines(keepends=True)
    events.write_text("".join(lines))  # the second window was never closed
    series = tmp_path / "steps.csv"
    series.write_text(f"t,g\n{START},100\n{START + 10},500\n{START + 20},9\n")
    found = json.loads(told(capsys, "cost", "--store", store, "--grid", str(series), "--json"))
    assert found["phases"][0]["declared"]["g_per_kwh"] == pytest.approx(400, rel=2e-3)


def test_a_constant_series_is_that_number(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    series = tmp_path / "steps.csv"
    series.write_text("".join(["t,g\n", *(f"{START + i},350\n" for i in range(21))]))
    held = json.loads(told(capsys, "cost", "--store", store, "--grid", str(series), "--json"))
    flat = json.loads(told(capsys, "cost", "--store", store, "--grid", "350", "--json"))
    assert of(held, "sample")["emissions"]["value"] == pytest.approx(
        of(flat, "sample")["emissions"]["value"]
    )


def test_a_series_that_does_not_cover_the_run(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    series = tmp_path / "steps.csv"
    series.write_text(f"time,g_per_kwh\n{START + 5},100\n{START + 10},500\n")
    assert "does not cover the run" in refused(
        capsys, "cost", "--store", store, "--grid", str(series)
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "nothing is declared"),
        (("--region", "Germny"), "closest are DE (Germany)"),
        (("--pue", "0.9"), "below 1"),
        (("--price", "-0.3 EUR/kWh"), "below zero"),
        (("--price", "0.3"), "names no currency"),
        (("--region", "DE", "--grid", "350"), "give one of them"),
        (("--region", "DE", "--currency", "EUR"), "without a --price"),
        (("--region", "DE", "--pue-by", "me"), "--pue-by without --pue"),
    ],
)
def test_refusals(
    store: str, words: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    joined = [f"{a}={b}" for a, b in zip(words[::2], words[1::2], strict=True)]
    assert says in refused(capsys, "cost", "--store", store, *joined)


def test_a_missing_series(store: str, capsys: pytest.CaptureFixture[str]) -> None:
    refused(capsys, "cost", "--store", store, "--grid", "nowhere.csv", code=4)


def test_a_series_of_an_unknown_kind(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "hours.txt").write_text("x")
    words = ("cost", "--store", store, "--grid", str(tmp_path / "hours.txt"))
    assert "not a table that is known" in refused(capsys, *words)


def test_the_regions(capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "cost", "--regions")
    assert "US-CAMX" in text
    assert "eGRID2022" in text
    rows = json.loads(told(capsys, "cost", "--regions", "--json"))
    assert {"code", "g_per_kwh", "year", "licence", "url", "retrieved"} <= set(rows[0])


def test_recommendations_have_it_beside_their_energy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = str(build.whole(tmp_path / "results"))
    words = ("recommend", tree, "--tpot", "100ms")
    plain = json.loads(told(capsys, *words, "--json"))
    answers = json.loads(told(capsys, *words, *DECLARED, "--json"))
    for answer, without in zip(answers, plain, strict=True):
        declared = answer.pop("declared")
        assert answer == without  # the joules are what they were
        for point in answer["frontier"]:
            found = declared["points"][point["name"]]
            kwh = point["energy"] * 1.2 / 3.6e6
            assert found["money"]["value"] == pytest.approx(0.3 * kwh)
            assert found["emissions"]["value"] == pytest.approx(0.34206 * kwh)
    text = told(capsys, *words, *DECLARED)
    assert "CO2e/request" in text
    assert "EUR/request" in text


def test_frontiers_of_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "sweep.csv"
    table.write_text("batch,p99_s,energy_wh,energy_wh_u95,watts\n1,0.1,10,1,9\n8,0.2,5,1,8\n")
    words = ("frontier", str(table), "--x", "p99_s", "--y", "energy_wh", "--grid", "400")
    assert "Declared, not measured" in told(capsys, *words)
    (answer,) = json.loads(told(capsys, *words, "--json"))
    first = answer["declared"]["points"]["batch 1"]["emissions"]
    assert first == {
        "value": pytest.approx(0.004), "u95": pytest.approx(0.0004), "unit": "kgCO2e",
    }  # fmt: skip
    watts = ("frontier", str(table), "--x", "p99_s", "--y", "watts", "--grid", "400")
    assert "is no energy that is known" in refused(capsys, *watts)
    steps = tmp_path / "steps.csv"
    steps.write_text("t,g\n1,2\n")
    assert "have none" in refused(capsys, *words[:-1], str(steps))
