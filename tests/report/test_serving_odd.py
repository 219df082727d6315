"""Runs of serving whose requests hold what no server should give: a page and tables for all."""

from __future__ import annotations

import io
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.report import served as made
from tests.report.reader import Reader

from joulemark.core.request import Outcome, Request
from joulemark.procedures.results import results_of
from joulemark.procedures.serving.results import serving_of
from joulemark.report.page import run_page
from joulemark.report.serving import print_serving
from joulemark.report.serving_json import serving_json
from joulemark.report.serving_requests import requests_csv
from joulemark.store.requests import REQUESTS, Kept, folder_of, line_of, read_requests

SETTINGS: tuple[dict[str, Any], ...] = (
    {},
    {"arrivals": {"kind": "closed", "concurrency": 4}},
    {"arrivals": {"kind": "saturation"}},
    {"arrivals": 7, "slo": "x", "batch": "y", "rule": "mine", "roles": {"a": 5}},
    {"rule": "whole/1", "roles": {"a": 5, "b": [7]}},
)
UNCOUNTED: dict[str, Any] = {"counted_in": None, "counted_out": None}
ODD: tuple[dict[str, Any], ...] = (
    {**UNCOUNTED, "tokens_in": None, "tokens_out": None},
    {"tokens_in": 0, "tokens_out": 0},
    {"tokens_in": 10**6, "tokens_out": 10**6},
    {"chunks": (), "first_token": None, "first_byte": None},
    {"outcome": Outcome.FAILED, "status": 500, "error": made.EVIL},
    {"outcome": Outcome.CANCELLED, "sent": None, "ended": None, "chunks": (), "first_token": None},
    {"outcome": Outcome.STALLED, "ended": None},
    {"cached_tokens": 10**7, "reasoning_tokens": 3},
)


def odd(request: Request, chance: random.Random, share: float) -> Request:
    for change in ODD:
        if chance.random() < share:
            request = replace(request, **change)
    if chance.random() < share and request.sent is not None:
        request = replace(request, ended=request.sent - 5)
    return request


@pytest.mark.parametrize("seed", range(10))
def test_whatever_requests_hold_there_is_a_page(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    stored = made.served(
        tmp_path,
        repeats=chance.choice([1, 2]),
        count=chance.choice([1, 2, 9, 60]),
        metered=chance.random() < 0.8,
        killed=chance.random() < 0.3,
        tells=chance.random() < 0.5,
        settings=SETTINGS[seed % len(SETTINGS)],
    )
    share = chance.choice([0.05, 0.3, 1.0])
    kept = [Kept(k.repeat, odd(k.request, chance, share)) for k in read_requests(tmp_path)]
    (folder_of(tmp_path) / REQUESTS).write_bytes(b"".join(map(line_of, kept)))
    result, out = serving_of(stored), io.StringIO()
    text = run_page(stored.run, stored.traces(), results_of(stored), path="/x", serving=result)
    assert Reader(text).open == []
    print_serving(result, out, mlenergy=True)
    assert max(map(len, out.getvalue().splitlines())) <= 80
    json.dumps(serving_json(result, requests=True), allow_nan=False)
    assert requests_csv(result).count("\n") >= len(kept)
