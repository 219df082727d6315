"""What must hold between the numbers of a configuration."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from joulemark.formats.mlenergy.configuration import Configuration
from joulemark.formats.mlenergy.reading import Reading, read_file, read_tree
from joulemark.formats.trees.opening import open_tree
from joulemark.rules.mlenergy.identities import findings, rules
from tests.formats.mlenergy import build

REAL = Path(__file__).parents[3].parent / "shared" / "data" / "mlenergy"


def one(value: dict[str, Any]) -> Configuration:
    """Return the configuration of a file."""
    found = Reading()
    read_file(lambda: json.dumps(value).encode(), "data/x.json", found)
    return found.configurations[0]


@pytest.mark.parametrize(
    "value",
    [
        build.v2_llm(),
        build.v2_image(),
        build.v3("t", [build.v3_llm()]),
        build.v3("t", [build.v3_video(2)]),
        build.run(),
        build.pipeline(),
        build.v3("t", [build.v3_llm(num_gpus=8, expert_parallel=8)]),
    ],
)
def test_right_numbers_are_right(value: dict[str, Any]) -> None:
    assert findings(one(value)) == []


@pytest.mark.parametrize(
    ("value", "rule", "said"),
    [
        (build.v3("t", [build.v3_llm(avg_power_watts=601.0)]), "identity", "J/token × tokens/s"),
        (
            build.v3("t", [build.v3_llm(energy_per_request_joules=9.0)]),
            "identity",
            "J/token × mean output tokens",
        ),
        (
            build.v3("t", [build.v3_video(throughput_videos_per_sec=0.2)]),
            "identity",
            "batch ÷ latency",
        ),
        (build.run(steady_state_energy=120001.0), "identity", "the sum over its GPUs"),
        (build.v2_image() | {"Energy/image (J)": 6e5}, "power", "for each of 1 GPUs"),
        (build.v3("t", [build.v3_llm(num_gpus=2)]), "degrees", "make 1"),
        (build.v3("t", [build.v3_llm(avg_batch_size=9.0)]), "batch", "at most 8 are let in"),
        (build.v3("t", [build.v3_llm(p90_itl_ms=1.0)]), "quantiles", "itl_p50"),
        (build.v2_llm() | {"Avg TPOT (s)": 1.0}, "flight", "requests in flight"),
        (build.run(steady_state_duration=10.0), "steady-state", "30 s are asked for"),
        (build.run(num_gpus=4), "steady-state", "energy of 2 GPUs; 4 were used"),
        (build.v3("t", [build.v3_llm(nickname=4)]), "row", "nickname is no text"),
    ],
)
def test_wrong_numbers_are_found(value: dict[str, Any], rule: str, said: str) -> None:
    found = [f for f in findings(one(value)) if f.rule == f"mlenergy/{rule}"]
    assert any(said in f.message for f in found), findings(one(value))
    assert found[0].file == "data/x.json"


def test_rules_say_what_they_demand() -> None:
    assert all(rule.demands and rule.source and rule.advice for rule in rules())
    assert len({rule.id for rule in rules()}) == len(rules())


@pytest.mark.skipif(not REAL.is_dir(), reason="needs ../shared/data/mlenergy")
def test_all_identities_hold_in_the_published_files() -> None:
    found = Reading()
    read_tree(open_tree(str(REAL)), found)
    seen = [each.rule for one in found.configurations for each in findings(one)]
    assert set(seen) == {"mlenergy/row"}
    assert len(seen) == 3  # configurations that are stated twice
