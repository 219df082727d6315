"""A server's metrics beside a load: read at both edges, never in its way."""

from __future__ import annotations

import asyncio
import threading
import time
from itertools import count
from pathlib import Path

import pytest
from tests.llama_server import llama_served

from joulemark.accounting.serving_counters import Reading, ServerCounters, server_counters
from joulemark.core.request import Prompt, Request
from joulemark.workloads.openai.client import Client, Load
from joulemark.workloads.openai.get import Got
from joulemark.workloads.openai.scrape import Scraper
from joulemark.workloads.openai.target import Target

TARGET = Target(url="http://127.0.0.1:9/v1", model="m")
TEXT = """# HELP vllm:num_requests_running Running.
vllm:num_requests_running{engine="0"} 3.0
vllm:generation_tokens_total 70
vllm:cache_config_info{block_size="16"} 1.0
vllm:generation_tokens_total_odd 1
vllm:generation_tokens_total
process_cpu_seconds_total 12
"""


class Server:
    """Answers paths."""

    def __init__(self, **paths: Got) -> None:
        self.paths = {"/" + name.replace("_", "/"): got for name, got in paths.items()}
        self.asked: list[str] = []
        self.often = threading.Event()

    def __call__(self, path: str) -> Got:
        self.asked.append(path)
        if len(self.asked) > 4:
            self.often.set()
        return self.paths.get(path, Got(404))


def scraped(server: Server, every_s: float = 0.001) -> tuple[Scraper, list[tuple[int, str]]]:
    kept: list[tuple[int, str]] = []
    ticks = count(step=10)
    scraper = Scraper(
        TARGET,
        lambda time, text: kept.append((time, text)),
        lambda: next(ticks),
        every_s=every_s,
        ask=server,
    )
    return scraper, kept


def test_both_edges_are_whole_and_what_is_between_is_what_counts() -> None:
    server = Server(metrics=Got(200, TEXT.encode()))
    scraper, kept = scraped(server)
    with scraper:
        assert server.often.wait(10)
    assert kept[0] == (5, TEXT)  # in the middle of asking
    assert kept[-1][1] == TEXT
    lines = kept[1][1].splitlines()
    assert [line.split("{")[0].split(" ")[0] for line in lines] == [
        "vllm:num_requests_running",
        "vllm:generation_tokens_total",
    ]
    assert (scraper.readings, scraper.failures, scraper.said) == (len(kept), 0, "")
    assert [t for t, _ in kept] == sorted(t for t, _ in kept)


def test_a_server_without_metrics_is_asked_once_and_explained() -> None:
    server = Server()
    scraper, kept = scraped(server)
    with scraper:
        pass
    assert kept == []
    assert server.asked == ["/metrics", "/metrics/", "/prometheus/metrics"]
    assert scraper.said == "/prometheus/metrics: the server answers 404"


def test_other_metrics_than_of_servers_are_explained() -> None:
    scraper, kept = scraped(Server(metrics=Got(200, b"python_info 1\n")))
    with scraper:
        pass
    assert "the server answers 404" in scraper.said
    assert kept == []


def test_metrics_at_another_path_are_found() -> None:
    server = Server(
        metrics=Got(200, b'[{"iter": 1}]'),
        prometheus_metrics=Got(200, b"trtllm_num_requests_running 2\n"),
    )
    scraper, kept = scraped(server, every_s=60.0)
    with scraper:
        pass
    assert [text for _, text in kept] == ["trtllm_num_requests_running 2\n"] * 2
    assert (scraper.failures, scraper.said) == (0, "")


def test_a_failure_in_between_is_counted_and_told() -> None:
    server = Server(metrics=Got(200, TEXT.encode()))
    scraper, kept = scraped(server)
    with scraper:
        server.paths["/metrics"] = Got(0, error="no whole answer came within 5 s")
        assert server.often.wait(10)
    assert scraper.failures >= 3
    assert scraper.said == "/metrics: no whole answer came within 5 s"
    assert 1 <= len(kept) < len(server.asked)


def test_a_load_that_failed_is_not_asked_about_again() -> None:
    server = Server(metrics=Got(200, TEXT.encode()))
    scraper, kept = scraped(server, every_s=60.0)
    with pytest.raises(KeyboardInterrupt), scraper:
        raise KeyboardInterrupt
    assert len(kept) == 1


def test_what_llama_cpp_counts_is_what_the_client_counts(tmp_path: Path) -> None:
    requests: list[Request] = []
    readings: list[Reading] = []
    prompts = [
        Prompt(id=str(i), text=f"all of them begin with the same words {i}", tokens_out=16 + i % 5)
        for i in range(12)
    ]
    with llama_served(tmp_path, "--parallel", "4") as (url, _):
        target = Target(url=url, model="any", chat=False)
        client = Client(target, lambda request, _: requests.append(request))

        def keep(time: int, text: str) -> None:
            readings.append(Reading.of(time, text))

        for _ in range(2):  # what was before does not count
            readings.clear()
            requests.clear()
            with Scraper(target, keep, time.monotonic_ns, every_s=0.02):
                asyncio.run(client.drive(Load(prompts=prompts, due_s=[0.0] * 12, concurrency=4)))
    found = server_counters(readings, readings[0].time, readings[-1].time)
    assert isinstance(found, ServerCounters)
    assert found.server == "llama.cpp"
    assert found.counts["generated_tokens"] == sum(r.tokens_out or 0 for r in requests)
    assert found.counts["prompt_tokens"] == sum(r.tokens_in or 0 for r in requests)
    assert found.counts["cached_tokens"] == sum(r.cached_tokens or 0 for r in requests) > 0
    assert 0 < found.levels["running"].mean <= 4
    assert found.restarts == 0
