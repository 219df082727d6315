"""A run of serving in the terminal, as JSON and as a table of requests."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.report.served import BASE_W, EVIL, PROMPT_J, TOKEN_J, served

from joulemark.core.request import Counted
from joulemark.procedures.results import results_of
from joulemark.procedures.serving.results import ServingResult, serving_of
from joulemark.report.serving import print_serving, serving_tables
from joulemark.report.serving_json import serving_json
from joulemark.report.serving_requests import request_records, requests_csv, requests_json
from joulemark.report.serving_words import COUNTERS
from joulemark.report.table import print_run


def printed(result: ServingResult, **more: Any) -> str:
    out = io.StringIO()
    print_serving(result, out, **more)
    text = out.getvalue()
    assert max(map(len, text.splitlines())) <= 80
    return text


def line(text: str, start: str) -> str:
    (found,) = (one for one in text.splitlines() if one.startswith(start))
    return " ".join(found.split())


def test_whoever_counted_has_a_name() -> None:
    assert set(COUNTERS) == set(Counted)


def test_a_load_at_a_glance(tmp_path: Path) -> None:
    text = printed(serving_of(served(tmp_path)))
    first = text.splitlines()[0]
    assert re.match(
        r"\d[\d.]* ± [\d.]+ J per output token \(measured\), a token 40\.\d ms, the", first
    )
    assert line(text, "server ") == "server tiny at http://127.0.0.1:8000 (chat, streamed)"
    assert line(text, "load ") == "load Poisson arrivals, 3/s, at most 8 run at once"
    assert line(text, "requests ").startswith("requests 170 answered")
    assert "counted by the server" in line(text, "answers ")
    assert line(text, "window ").startswith("window steady/1: ")
    assert line(text, "per output token").endswith("J energy-per-output-token/1")
    assert "measured" in text
    assert line(text, "of it idle power").endswith("% energy-idle/1")
    assert "energy-of-request/1" in text
    assert line(text, "long prompts, ≥")
    assert line(text, "time to first token").count("ms") >= 4
    assert "TTFT ≤ 400 ms, TPOT ≤ 60 ms" in text
    assert "tokens/J" in line(text, "efficiency")


def test_the_factors_are_those_of_the_server(tmp_path: Path) -> None:
    told = serving_json(serving_of(served(tmp_path)))
    factors = told["factors"]
    for name, true in (
        ("power-base/1", BASE_W),
        ("energy-per-prefill-token/1", PROMPT_J),
        ("energy-per-decode-token/1", TOKEN_J),
    ):
        assert abs(factors[name]["value"] - true) <= max(2 * factors[name]["u95"], 0.02 * true)
    assert told["idle_share_percent"]["value"] > 50
    assert told["request_energy"]["median"]["value"] > 0


def test_boards_and_host_have_columns_of_their_own(tmp_path: Path) -> None:
    text = printed(serving_of(served(tmp_path, boards=True, repeats=2)))
    heads = next(one for one in text.splitlines() if "accelerators" in one)
    assert heads.split() == ["all", "parts", "accelerators", "host"]
    assert line(text, "energy  ").split()[1:] == ["estimated", "measured", "estimated"]
    assert "Definitions, in this order: energy-per-output-token/1" in text
    assert re.search(r"window 2 steady/1: .* J/token, \d+\.\d tokens/s", line(text, "window 2"))


def test_failures_are_counted_and_their_words_do_nothing(tmp_path: Path) -> None:
    stored = served(tmp_path, failing=5, settings={"model": EVIL})
    text = printed(serving_of(stored))
    assert "34 dropped" in line(text, "requests ")
    assert "requests: dropped; 34 times: cut by <img src=x" in text.replace("\n", " ")
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_without_a_window_there_are_no_energies_but_times(tmp_path: Path) -> None:
    text = printed(serving_of(served(tmp_path, count=1)))
    assert "steady/1: none: " in text
    assert "per output token" not in text.replace("time per output token", "")
    assert "--rule whole/1" in text
    assert "times, whole load" in text


def test_without_meters_nothing_is_made_up(tmp_path: Path) -> None:
    text = printed(serving_of(served(tmp_path, metered=False)))
    assert "none: no energy was read" in text
    assert " J " not in text
    assert "times, whole load" in text


def test_a_killed_run_shows_what_it_has(tmp_path: Path) -> None:
    stored = served(tmp_path, repeats=2, killed=True)
    result = serving_of(stored)
    out = io.StringIO()
    print_run(stored.run, results_of(stored), tmp_path, first=serving_tables(result), file=out)
    assert "killed" in out.getvalue()
    assert printed(result)
    json.dumps(serving_json(result, requests=True), allow_nan=False)


def test_mlenergy_stands_beside_ours(tmp_path: Path) -> None:
    result = serving_of(served(tmp_path))
    assert "ML.ENERGY" not in printed(result)
    text = printed(result, mlenergy=True)
    assert "ML.ENERGY/energy-per-token/V3" in text
    assert "no interval is stated" in text
    assert "repeat 1: none: " in text


def test_the_phases_do_not_come_twice(tmp_path: Path) -> None:
    stored = served(tmp_path)
    out = io.StringIO()
    tables = serving_tables(serving_of(stored))
    print_run(stored.run, results_of(stored), tmp_path, first=tables, file=out)
    text = out.getvalue()
    assert "net J" not in text
    assert text.index("per output token") < text.index("Evidence") < text.index("Parts of load")


def test_every_request_has_its_energy(tmp_path: Path) -> None:
    stored = served(tmp_path, failing=10)
    result = serving_of(stored)
    records = list(request_records(result))
    assert len(records) == 170
    assert sum(record["outcome"] == "dropped" for record in records) == 17
    joules = sum(record["joules"] for record in records)
    (load,) = (one for one in results_of(stored) if one.phase == "load")
    assert load.total is not None
    assert 0.8 * load.total.joules.value < joules < load.total.joules.value
    assert {record["in_window"] for record in records} == {True, False}
    assert requests_json(result)["definition"] == "energy-of-request/1"


def test_requests_as_a_table(tmp_path: Path) -> None:
    result = serving_of(served(tmp_path, failing=10))
    rows = list(csv.DictReader(io.StringIO(requests_csv(result))))
    assert len(rows) == 170
    assert {row["good"] for row in rows} <= {"true", "false"}
    assert all(float(row["joules_u95"]) > 0 for row in rows)


@pytest.mark.parametrize("name", ["=1+1", "+x", "@x"])
def test_a_spreadsheet_computes_nothing(tmp_path: Path, name: str) -> None:
    stored = served(tmp_path, count=2)
    lines = (
        (tmp_path / "raw/serving/requests.jsonl").read_text().replace('"id":"1"', f'"id":"{name}"')
    )
    (tmp_path / "raw/serving/requests.jsonl").write_text(lines)
    (row,) = (
        r for r in csv.DictReader(io.StringIO(requests_csv(serving_of(stored)))) if name in r["id"]
    )
    assert row["id"] == f"'{name}"
