"""Groups of ML.ENERGY's configurations, their targets, and what is known of the published data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from joulemark.analysis.frontier.candidate import Group
from joulemark.analysis.frontier.mlenergy import groups
from joulemark.analysis.frontier.recommend import Answer, recommend
from joulemark.analysis.frontier.targets import Asked, asked, is_target, settle
from joulemark.core.errors import UsageError
from joulemark.formats.mlenergy.reading import Reading, read_file, read_tree
from joulemark.formats.trees.opening import open_tree
from tests.formats.mlenergy import build

REAL = Path(__file__).parents[3].parent / "shared" / "data" / "mlenergy"


def of(*files: tuple[str, Any], assume: float | None = None) -> list[Group]:
    """Return the groups of some files."""
    found = Reading()
    for name, value in files:
        read_file(lambda value=value: json.dumps(value).encode(), name, found)  # type: ignore[misc]
    return groups(found.configurations, assume)


def answer(group: Group, *wanted: Asked) -> Answer:
    """Return the recommendation of a group."""
    settled = settle(group, wanted)
    return recommend(group, settled.targets, refused=settled.refused)


def test_groups_of_a_whole_tree(tmp_path: Path) -> None:
    found = Reading()
    read_tree(open_tree(str(build.whole(tmp_path))), found)
    named = {group.name: group for group in groups(found.configurations)}
    assert {name: (len(g.candidates), g.time, g.energy) for name, g in named.items()} == {
        "ML.ENERGY V2/chat/org/small": (5, "tpot_mean", "energy_per_request"),
        "ML.ENERGY V2/text-to-image/org/paint": (3, "latency", "energy_per_image"),
        "ML.ENERGY V3/lm-arena-chat/org/small": (5, "itl_p50", "energy_per_request"),
        "ML.ENERGY V3/text-to-video/org/film": (2, "latency", "energy_per_video"),
        "ML.ENERGY V3 run/lm-arena-chat/org/small": (1, "tpot_mean", "energy_per_request"),
        "ML.ENERGY V3 run/text-to-image/org/paint": (1, "latency", "energy_per_image"),
    }
    served = named["ML.ENERGY V3/lm-arena-chat/org/small"]
    assert served.defaults == {"B200": "1×B200 batch 1024"}
    assert served.labels["nickname"] == "Small"
    assert served.metrics["itl_p50"].definition == "ML.ENERGY/itl/V3"
    assert "no uncertainty" in served.notes[0]
    calls = named["ML.ENERGY V3 run/text-to-image/org/paint"]
    assert calls.candidates[0].measures["latency"].u95
    assert calls.notes == ()


def test_defaults() -> None:
    rows = [build.v3_llm(n, gpu_model="A100") for n in (8, 128, 512)]
    rows += [build.v3_llm(n, num_gpus=2, tensor_parallel=2) for n in (2048, 4096)]
    (group,) = of(("x.json", build.v3("t", rows)))
    assert group.defaults == {"A100": "1×A100 batch 128", "B200": "2×B200 batch 2048 tp2"}
    (film,) = of(("x.json", build.v3("t", [build.v3_video(4), build.v3_video(1)])))
    assert film.defaults == {"H100": "2×H100 batch 1 u2"}
    assert "one prompt a call" in film.default_rule


def test_what_is_stated_twice_and_what_is_other_work_is_told() -> None:
    rows = [build.v3_video(), build.v3_video(inference_steps=50)]
    (film,) = of(("x.json", build.v3("t", rows)))
    assert "Not the same work: inference_steps is 30, 50." in film.notes
    assert [one.name for one in film.candidates] == ["2×H100 batch 1 u2", "2×H100 batch 1 u2 #2"]
    (served,) = of(
        ("x.json", build.v3("t", [build.v3_llm(), build.v3_llm(energy_per_request_joules=600.0)])),
        assume=0.03,
    )
    assert served.notes[0] == "An interval of ±3 % was assumed where the data give none."
    assert served.notes[1].startswith(
        "1×B200 batch 8 is stated 2 times: 544 J and 600 J, 10 % apart"
    )
    assert served.candidates[0].measures["power"].assumed


def test_a_group_without_a_time_says_so() -> None:
    row = {k: v for k, v in build.v3_llm().items() if not k.endswith("_itl_ms")}
    (group,) = of(("x.json", build.v3("t", [row])))
    assert group.notes[0] == "1 of 1 state no mean time per output token, and are left out."
    assert answer(group).reason == "no configuration states both numbers"
    assert answer(group, asked("itl", 1.0)).reason == (
        "median time between tokens is not in the data; it has no time at all"
    )


def test_findings_are_notes_of_the_group() -> None:
    rows = [build.v3_llm(n, p90_itl_ms=0.1) for n in range(8, 16)]
    (group,) = of(("x.json", build.v3("t", rows)))
    assert "(x.json:1)" in group.notes[1]
    assert group.notes[-1] == "… and 3 more findings."


def test_targets() -> None:
    assert asked("tpot-p99", 0.1) == Asked("tpot", "p99", 0.1)
    assert asked("itl-median", 0.1).names == ("itl_p50",)
    assert asked("ttft-p99.9", 1.0).names == ("ttft_p99.9",)
    assert asked("e2e", 1.0).names == ("e2e_p50",)
    assert is_target("latency")
    assert not is_target("budget")
    with pytest.raises(UsageError, match=r"there is no target 'tbt'.*tpot, itl, ttft"):
        asked("tbt", 1.0)


def test_a_target_on_what_the_data_lack_is_refused_with_what_is_there(tmp_path: Path) -> None:
    files = (("chat/bs8.json", build.v2_llm()), ("bs1.json", build.v2_image()))
    chat, paint = of(*files)
    if chat.time == "latency":
        chat, paint = paint, chat
    said = settle(chat, [asked("tpot-p99", 0.1)]).refused
    assert said == (
        "p99 time per output token is not in the data; "
        "there is mean time per output token (--tpot-mean)"
    )
    assert settle(paint, [asked("tpot", 0.1)]).refused == (
        "--tpot is no time of this group; there is batch latency (--latency)"
    )
    both = [asked("tpot", 0.1), asked("latency", 5.0)]
    assert [t.metric for t in settle(chat, both).targets] == ["tpot_mean"]
    assert [t.metric for t in settle(paint, both).targets] == ["latency"]
    assert settle(paint, ()).targets == ()


def test_a_time_per_token_is_the_median_between_tokens_where_there_is_no_mean() -> None:
    (group,) = of(("x.json", build.v3("t", [build.v3_llm()])))
    assert [t.metric for t in settle(group, [asked("tpot", 0.1)]).targets] == ["itl_p50"]


@pytest.fixture(scope="module")
def published() -> dict[str, Group]:
    """Return the groups of the published files."""
    if not REAL.is_dir():
        pytest.skip("needs ../shared/data/mlenergy")
    found = Reading()
    read_tree(open_tree(str(REAL)), found)
    return {group.name.removeprefix("ML.ENERGY "): group for group in groups(found.configurations)}


KNOWN = [
    # name, points, frontier, time, energy, saving
    ("V2/chat/meta-llama/Meta-Llama-3.1-8B-Instruct", 14, 8, 0.0700, 57.4, 0.44),
    ("V2/text-to-image/stabilityai/stable-diffusion-2-1", 13, 7, 3.63, 305.0, 0.21),
    ("V3/lm-arena-chat/Qwen/Qwen3-8B", 19, 9, 0.0912, 34.4, 0.87),
    ("V3/lm-arena-chat/Qwen/Qwen3-32B", 22, 9, 0.0502, 89.3, 0.91),
    ("V3/lm-arena-chat/meta-llama/Llama-3.1-8B-Instruct", 20, 13, 0.0871, 21.7, 0.86),
    ("V3/lm-arena-chat/meta-llama/Llama-3.1-405B-Instruct-FP8", 15, 7, 0.0982, 435.3, 0.91),
    ("V3/gpqa/openai/gpt-oss-120b", 39, 14, 0.0474, 79.0, 0.92),
    ("V3/gpqa/deepseek-ai/DeepSeek-R1-0528", 5, 5, 0.0448, 26.8e3, 0.77),
    ("V3/text-to-image/black-forest-labs/FLUX.1-dev", 104, 3, 7.75, 6678.8, 0.31),
]


@pytest.mark.parametrize(("name", "points", "on", "seconds", "joules", "saving"), KNOWN)
def test_known_recommendations(
    published: dict[str, Group],
    name: str,
    points: int,
    on: int,
    seconds: float,
    joules: float,
    saving: float,
) -> None:
    batch = 5.0 if name.startswith("V2") else 30.0
    found = answer(published[name], asked("tpot", 0.1), asked("latency", batch))
    assert found.recommended is not None
    assert len(found.group.candidates) == points
    assert len(found.frontier.points) == on
    measures = found.recommended.measures
    assert measures[found.time.name].value == pytest.approx(seconds, rel=2e-3)
    assert measures[found.energy.name].value == pytest.approx(joules, rel=2e-3)
    assert found.saving_vs_fastest == pytest.approx(saving, abs=6e-3)


def test_every_published_group_has_a_frontier(published: dict[str, Group]) -> None:
    assert len(published) == 59
    for group in published.values():
        found = answer(group)
        assert found.recommended is not None
        assert found.recommended in found.frontier.points
        assert found.fastest in found.frontier.points
        assert found.default is not None
