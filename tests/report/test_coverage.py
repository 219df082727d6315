"""How often intervals held, as a table, as Markdown and as JSON."""

from __future__ import annotations

import io
import json

import pytest

from joulemark.analysis.coverage import Coverage, Held, coverage
from joulemark.report.coverage import coverage_json, coverage_markdown, print_coverage


def row(case: str, held: int, of: int = 1000, *, warned: bool = False) -> Coverage:
    said = [Held(10.0, 0.5, 10.0)] * held + [Held(11.0, 0.5, 10.0, warned)] * (of - held)
    return coverage(case, "net per unit", said)


ROWS = [row("gpu-window-25-own-pace", 950), row("low", 900), row("seen", 900, warned=True)]
NOTES = {"low": "a reason | with a bar"}


def printed(rows: list[Coverage]) -> str:
    file = io.StringIO()
    print_coverage(rows, NOTES, file)
    return file.getvalue()


def test_the_table_fits_and_says_what_failed() -> None:
    text = printed(ROWS)
    assert max(map(len, text.splitlines())) <= 80
    assert "gpu-window-25-own-pace  net per unit  95.0 %" in text
    assert "93.5–96.2 %" in text
    assert "±5.0 %" in text
    assert "+1.00 %" in text
    assert "! low, net per unit: at most 92 %, wanted 93 %" in text
    assert "! seen" not in text, "every miss was warned of"
    assert "low: a reason | with a bar" in text


def test_shares_at_the_ends_are_short() -> None:
    text = printed([row("none", 0), row("all", 1000)])
    assert "0.0 %     0.0–0.4 %" in text
    assert "100.0 %  99.6–100.0 %" in text


def test_markdown() -> None:
    lines = coverage_markdown(ROWS, NOTES).splitlines()
    assert lines[0] == "| case | of | held | interval | bias | width |"
    assert lines[1] == "| --- | --- | ---: | ---: | ---: | ---: |"
    assert lines[3] == "| low | net per unit | 90.0 % | 88.0–91.7 % | +1.00 % | ±5.0 % |"
    assert lines[-1] == "* `low`: a reason | with a bar"
    assert coverage_markdown(ROWS, {}).endswith("truth.\n")


def test_json() -> None:
    told = json.loads(json.dumps(coverage_json(ROWS, NOTES), allow_nan=False))
    assert (told["least"], told["most"]) == (0.93, 0.97)
    first, second, third = told["cases"]
    assert first["share"] == pytest.approx(0.95)
    assert first["share_low"] < 0.95 < first["share_high"]
    assert [each["failed"] for each in (first, second, third)] == [False, True, False]
    assert (second["missed_unwarned"], third["missed_unwarned"]) == (100, 0)
    assert (second["note"], third["note"]) == (NOTES["low"], None)
