"""Answers to show: of a small leaderboard, of a table with intervals, and of harmful names."""

from __future__ import annotations

import json
from typing import Any

from tests.formats.mlenergy import build

from joulemark.analysis.frontier.candidate import Candidate, Group, Measure, Metric
from joulemark.analysis.frontier.mlenergy import groups
from joulemark.analysis.frontier.recommend import Answer, Target, recommend
from joulemark.analysis.frontier.served import metric_of
from joulemark.analysis.frontier.targets import asked, settle
from joulemark.formats.mlenergy.reading import Reading, read_file

BATCHES = (8, 16, 64, 256, 512, 1024)


def served(bound: float | None = 0.1, **more: Any) -> Answer:
    """Return the answer of a language model's group, with a target on time."""
    rows = [build.v3_llm(n) for n in BATCHES]
    rows += [build.v3_llm(n, gpu_model="H100", avg_power_watts=640.0) for n in (8, 128)]
    data = json.dumps(build.v3("lm-arena-chat", rows)).encode()
    found = Reading()
    read_file(lambda: data, "tasks/lm-arena-chat.json", found)
    (group,) = groups(found.configurations, **more)
    wanted = [] if bound is None else [asked("itl", bound)]
    return recommend(group, settle(group, wanted).targets)


def rated(bound: float = 45.0, *, evil: str = "") -> Answer:
    """Return the answer of a group whose time is a rate, with intervals; names may mean harm."""
    points = [(100.0, 10.0), (50.0, 5.0), (49.0, 5.1), (10.0, 4.0), (9.0, 8.0)]
    metrics = {
        "rate": Metric("rate", "tokens/s", f"tokens a second{evil}", more=True),
        "e": Metric("e", "J/token", "energy per token"),
    }
    candidates = tuple(
        Candidate(
            name=f"c{number}{evil}",
            measures={"rate": Measure(rate, 2.0), "e": Measure(energy, 0.2)},
            labels={"gpu": f"GPU{number % 2}{evil}", "batch": number},
            source=f"t.csv:{number}{evil}",
            command=f"serve --batch {number}{evil}",
        )
        for number, (rate, energy) in enumerate(points)
    )
    group = Group(
        source=f"t.csv{evil}",
        task="chat",
        model=f"m{evil}",
        candidates=candidates,
        metrics=metrics,
        time="rate",
        energy="e",
        defaults={"": f"c0{evil}"},
        default_rule=f"the first{evil}",
        notes=(f"A note{evil}.",),
    )
    return recommend(group, [Target("rate", bound)])


def of_a_sweep() -> Answer:
    """Return the answer of a sweep of serving, whose numbers are from runs."""
    metrics = {
        metric.name: metric
        for metric in map(metric_of, ("tpot_mean_s", "tpot_p99_s", "goodput_requests_per_s",
                                      "energy_per_request_j", "energy_per_output_token_j"))
    }  # fmt: skip
    candidates = tuple(
        Candidate(
            name=f"batch={batch} rate={rate}",
            measures={
                "tpot_mean": Measure(0.01 * batch + rate / 1000, 0.001),
                "tpot_p99": Measure(0.02 * batch),
                "goodput_requests_per_s": Measure(batch + 1.0),
                "energy_per_request": Measure(40 / batch, 2 / batch),
                "energy_per_token": Measure(0.4 / batch),
            },
            labels={"batch": batch, "rate": rate},
            command=f"serve --cap {batch}\nload --rate {rate}",
            runs=(f"runs/r{batch}-{rate}",),
        )
        for batch in (1, 2, 10)
        for rate in (1, 2)
    )
    group = Group(
        source="s.sweep",
        task="serving",
        model="m",
        candidates=candidates,
        metrics=metrics,
        time="tpot_mean",
        energy="energy_per_request",
        labels={"provenance": "estimated"},
    )
    return recommend(group, [Target("tpot_mean", 0.05)])
