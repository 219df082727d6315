"""Every request of a run of serving as a row: for JSON, and for a table as CSV."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from typing import Any

from joulemark.accounting.serving_requests import NAME, Costs
from joulemark.accounting.serving_windows import Steady
from joulemark.core.clock import NS
from joulemark.core.request import Request
from joulemark.core.value import Value
from joulemark.loads.serving.latency import kept_by, per_request
from joulemark.procedures.serving.costs import requests_of
from joulemark.procedures.serving.repeat import Repeat
from joulemark.procedures.serving.results import ServingResult
from joulemark.procedures.serving.settings import slo_of
from joulemark.report.format import iso

COLUMNS = (
    *("repeat", "id", "outcome", "status", "sent", "sent_s", "ttft_s", "tpot_s", "e2e_s"),
    *("tokens_in", "cached_tokens", "tokens_out", "reasoning_tokens", "in_window", "good"),
    *("joules", "joules_u95", "error"),
)
"""Names of the columns; ``sent_s`` is by the first sending of its repeat."""
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def request_records(result: ServingResult) -> Iterator[dict[str, Any]]:
    """Yield every request, in the order of its end, with what is known of it; else None.

    ``joules`` is by the definition ``energy-of-request/1``, with its 95 % half-width.
    """
    for repeat, costs in zip(result.repeats, requests_of(result), strict=True):
        joules = _joules(costs) if isinstance(costs, Costs) else {}
        yield from _records(repeat, joules, result)


def _joules(costs: Costs) -> dict[int, Value]:
    """Return the energy of each request by the identity of its record."""
    return {id(one): value for one, value in zip(costs.requests, costs.each(), strict=True)}


def _records(
    repeat: Repeat, joules: dict[int, Value], result: ServingResult
) -> Iterator[dict[str, Any]]:
    slo, times = slo_of(result.settings), per_request(repeat.requests)
    good = None if slo is None else kept_by(repeat.requests, slo)
    origin = min((one.sent for one in repeat.requests if one.sent is not None), default=0)
    for place, one in enumerate(repeat.requests):
        value = joules.get(id(one))
        yield {
            "repeat": repeat.number + 1,
            "id": one.id,
            "outcome": one.outcome.value,
            "status": one.status,
            "sent": iso(one.sent),
            "sent_s": None if one.sent is None else (one.sent - origin) / NS,
            **{
                name: _number(float(times[key][place]))
                for name, key in (("ttft_s", "ttft"), ("tpot_s", "tpot"), ("e2e_s", "latency"))
            },
            "tokens_in": one.tokens_in,
            "cached_tokens": one.cached_tokens,
            "tokens_out": one.tokens_out,
            "reasoning_tokens": one.reasoning_tokens,
            "in_window": _inside(one, repeat),
            "good": None if good is None else good[place],
            "joules": None if value is None else value.value,
            "joules_u95": None if value is None else value.u95,
            "error": one.error or None,
        }


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def _inside(request: Request, repeat: Repeat) -> bool | None:
    """Return whether a request ended in the window; None where there is none."""
    window = repeat.window
    if not isinstance(window, Steady):
        return None
    return request.ended is not None and window.start < request.ended <= window.stop


def requests_csv(result: ServingResult) -> str:
    """Return all requests as a table with a line of names; what is unknown is empty.

    Text that a spreadsheet would take for a formula is led by an apostrophe.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for record in request_records(result):
        writer.writerow({name: _cell(value) for name, value in record.items()})
    return text.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        plain = value.replace("\0", "")
        return f"'{plain}" if plain.startswith(_FORMULAS) else plain
    return value


def requests_json(result: ServingResult) -> dict[str, Any]:
    """Return all requests as JSON values, and what their joules mean."""
    return {"definition": NAME, "requests": list(request_records(result))}
