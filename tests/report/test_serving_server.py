"""What a server told of itself, in words."""

from __future__ import annotations

from joulemark.accounting.serving_counters import Histogram, Level, ServerCounters
from joulemark.core.clock import NS
from joulemark.report.serving_server import server_rows

TOLD = ServerCounters(
    server="vLLM\x1b[31m",
    readings=30,
    start=0,
    stop=20 * NS,
    levels={"running": Level(11.26, 16.0), "kv_use": Level(0.34, 0.512)},
    counts={
        "generated_tokens": 12000.0,
        "preemptions": 0.0,
        "prefix_queries": 100.0,
        "prefix_hits": 25.0,
    },
    times={"ttft_s": Histogram(10.0, 1.13), "e2e_s": Histogram(0.0, 0.0)},
    restarts=0,
    at_end=False,
    remarks=("not read for 8 s",),
)


def test_levels_counts_and_times() -> None:
    rows = dict(server_rows(TOLD))
    assert rows["told by"].endswith(", 30 readings in 20.0 s")
    assert "\x1b" not in rows["told by"]
    assert rows["running"] == "11.3 on average, 16 at most"
    assert rows["KV cache in use"] == "34 % on average, 51 % at most"
    assert rows["generated tokens"] == "12 000 (600/s)"
    assert rows["put back to wait"] == "0"
    assert rows["prefix cache"] == "25 % of tokens were at hand"
    assert rows["to the first token"] == "113 ms on average, by its own clock"
    assert "whole request" not in rows
    assert rows[""] == "not read for 8 s"


def test_a_server_that_tells_nothing_has_no_rows() -> None:
    assert list(server_rows("the server told nothing of itself that is known")) == []
