"""Files of both generations and of runs, and files that mean harm."""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joulemark.core.student import student_975
from joulemark.formats.mlenergy.configuration import V2, V3, V3_RUN
from joulemark.formats.mlenergy.definitions import DEFINITIONS, meaning
from joulemark.formats.mlenergy.launch import launch
from joulemark.formats.mlenergy.names import short_gpu, short_name
from joulemark.formats.mlenergy.reading import Reading, is_result_name, read_file, read_tree
from joulemark.formats.trees.opening import open_tree
from tests.formats.mlenergy import build

REAL = Path(__file__).parents[3].parent / "shared" / "data" / "mlenergy"


def read(value: Any, name: str = "x.json") -> Reading:
    """Return what a file with this content comes to."""
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    found = Reading()
    read_file(lambda: data, name, found)
    return found


def test_a_whole_tree(tmp_path: Path) -> None:
    found = Reading()
    read_tree(open_tree(str(build.whole(tmp_path))), found)
    assert Counter(one.origin for one in found.configurations) == {V2: 8, V3: 7, V3_RUN: 2}
    assert {one.task for one in found.configurations} == {
        "chat",
        "text-to-image",
        "lm-arena-chat",
        "text-to-video",
    }
    assert (found.refused, found.legacy, found.repeated) == ([], 1, 0)


def test_a_folder_of_files_under_any_name(tmp_path: Path) -> None:
    whole = build.whole(tmp_path)
    tasks, found = whole / "public" / "data" / "tasks", Reading()
    (tasks / "of-mine").mkdir()
    (tasks / "text-to-video.json").rename(tasks / "of-mine" / "films.json")
    read_tree(open_tree(str(tasks)), found)
    assert {one.task for one in found.configurations} == {"lm-arena-chat", "text-to-video"}


def test_v2_keeps_what_the_file_states() -> None:
    (one,) = read(build.v2_llm(32), f"data/{build.V2_LLM.format(32)}").configurations
    assert (one.generation, one.task, one.model, one.gpus) == ("V2", "chat", "org/small", 1)
    assert one.settings == {"tensor_parallel": 1, "pipeline_parallel": 1, "max_num_seqs": 32}
    assert one.figures["tpot_mean"].definition == "tpot-mean/V2"
    each = one.figures["energy_per_token"]
    assert each.value == pytest.approx(one.figures["energy_per_request"].value / 200)
    assert each.derived
    assert not one.figures["energy_per_request"].derived


def test_the_task_of_v2_is_in_the_path_alone() -> None:
    assert read(build.v2_llm(), "bs8.json").configurations[0].task == ""
    name = "mllm_text_generation/chat/H100/org/m/bs8.json"
    assert read(build.v2_llm(), name).configurations[0].task == "visual-chat"
    video = build.v2_image() | {"Energy/video (J)": 5.0, "Frames": 16}
    del video["Energy/image (J)"]
    (one,) = read(video, "diffusion/image-to-video/H100/org/m/bs1.json").configurations
    assert (one.task, one.unit, one.settings["num_frames"]) == ("image-to-video", "video", 16)


def test_v3_in_both_of_its_files_is_one_configuration() -> None:
    flat = build.v3_llm()
    degrees = {k: flat.pop(k) for k in ("tensor_parallel", "expert_parallel", "data_parallel")}
    inner = {**flat, "parallelization": degrees}
    common = {"model_id": flat["model_id"], "weight_precision": "bfloat16"}
    del inner["model_id"], inner["weight_precision"], inner["nickname"]
    found = Reading()
    for value in (
        {**common, "task": "t", "configurations": [inner]},
        build.v3("t", [{**flat, **degrees}]),
    ):
        read_file(lambda value=value: json.dumps(value).encode(), "x.json", found)  # type: ignore[misc]
    (one,) = found.configurations
    assert found.repeated == 1
    assert one.nickname == "Small"
    assert one.figures["itl_p99"].value == pytest.approx(2 * one.figures["itl_p50"].value)


def test_a_configuration_that_is_stated_with_other_figures_stays() -> None:
    rows = [build.v3_llm(), build.v3_llm(), build.v3_llm(median_itl_ms=10.0)]
    found = read(build.v3("t", rows))
    assert len(found.configurations) == 2
    assert found.repeated == 1
    assert found.configurations[1].remarks == ("x.json:1 states other figures of it",)


def test_a_run_against_a_server(tmp_path: Path) -> None:
    name = "run/llm/gpqa/results/org/small/H100/max_num_seqs+64/results.json"
    (one,) = read(build.run(), name).configurations
    assert (one.origin, one.generation, one.task, one.gpus) == (V3_RUN, "V3", "gpqa", 2)
    assert one.value("output_tokens") == 200
    assert one.value("energy_per_request") == pytest.approx(120.0)
    assert one.value("power") == 1200
    assert one.value("steady_energy_of_gpus") == 120000
    assert one.value("ttft_p99") == pytest.approx(1.8)
    assert one.value("tokens_per_second") == pytest.approx(2000)
    assert one.figures["itl_p50"].definition == "itl/V3-run"


def test_what_failed_in_a_run_is_a_remark() -> None:
    (one,) = read(build.run(completed=1000, max_num_seqs=600)).configurations
    assert one.remarks == (
        "24 of 1024 requests failed",
        "a batch of 600 leaves little steady state of 1024 requests",
    )


def test_calls_of_a_pipeline_are_repeats() -> None:
    name = "diffusion/h100/current/run/diffusion/text-to-image/org/paint/batch-4/results.json"
    (one,) = read(build.pipeline(), name).configurations
    assert (one.task, one.gpu, one.gpus, one.unit) == ("text-to-image", "H100", 2, "image")
    each = one.figures["energy_per_image"]
    assert each.value == 1000
    assert each.u95 == pytest.approx(student_975(2) * 100 / math.sqrt(3) / 4)
    assert one.figures["latency"].value == pytest.approx(4.0)
    assert (one.settings["image_height"], one.settings["image_width"]) == (1024, 768)


def test_a_single_call_gives_no_interval_and_a_broken_one_counts_nothing() -> None:
    calls = build.pipeline()["iteration_energy_measurements"]
    (one,) = read(build.pipeline(iteration_energy_measurements=[calls[0], 7])).configurations
    assert one.figures["energy_per_image"].u95 is None
    assert one.remarks[0] == "call 2 states no energy or no time"
    (film,) = read(build.pipeline(num_frames=16, fps=8)).configurations
    assert film.unit == "video"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\xff", "not UTF-8"),
        (b"[1]", "not a JSON object"),
        (b"{", "no JSON"),
        (b"[" * 100_000, "beyond all bounds"),
        (b'{"a": ' + b"9" * 5000 + b"}", "beyond all bounds"),
        (json.dumps(build.v2_llm(Model="")).encode(), "Model is empty"),
        (json.dumps(build.v2_llm() | {"Energy/req (J)": "12"}).encode(), "is no number"),
        (
            json.dumps(build.v2_llm() | {"Energy/req (J)": math.nan}).encode(),
            "no number above zero",
        ),
        (json.dumps(build.v2_llm() | {"Energy/req (J)": -1}).encode(), "no number above zero"),
        (json.dumps(build.v2_llm() | {"Energy/req (J)": 10**400}).encode(), "beyond all bounds"),
        (json.dumps(build.run(completed=None)).encode(), "needs total_output_tokens"),
        (json.dumps(build.run(model_id=5)).encode(), "model_id is no text"),
        (json.dumps(build.pipeline(batch_size=0)).encode(), "no number above zero"),
    ],
)
def test_what_cannot_be_read_says_why(data: bytes, why: str) -> None:
    found = read(data)
    assert found.configurations == []
    ((_, said),) = found.refused
    assert why in said


def test_rows_that_mean_harm_are_refused_one_by_one() -> None:
    rows = [7, {}, build.v3_llm(energy_per_request_joules=True), build.v3_llm(num_gpus=1.5)]
    found = read(build.v3("t", rows))
    assert [where for where, _ in found.refused] == ["x.json:1", "x.json:2", "x.json:3"]
    (one,) = found.configurations
    assert one.remarks == ("num_gpus is 1.5, no count", "num_gpus is not said: 1 is taken")


def test_other_files_are_none(tmp_path: Path) -> None:
    assert read({"a": 1}).other == 1
    found = Reading()

    def gone() -> bytes:
        raise FileNotFoundError

    read_file(gone, "x.json", found)
    assert found.refused[0][0] == "x.json"
    assert is_result_name("a/tasks/x.json")
    assert is_result_name("a/bs8+tp1.json")
    assert not is_result_name("a/bsx.json")
    assert not is_result_name("a/tasks/x.csv")


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
KEYS = sorted({*build.v2_llm(), *build.v3_video(), *build.run(), *build.pipeline()})


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([build.v2_llm, build.v2_image, build.run, build.pipeline]),
    st.dictionaries(
        st.sampled_from(KEYS),
        st.recursive(
            scalars, lambda s: st.lists(s, max_size=3) | st.dictionaries(st.text(max_size=3), s)
        ),
        max_size=6,
    ),
)
def test_nothing_breaks_the_reader(make: Any, changed: dict[str, Any]) -> None:
    for value in (make() | changed, build.v3("t", [build.v3_llm() | changed])):
        for one in read(value).configurations:
            assert all(0 < f.value < math.inf for f in one.figures.values())
            launch(one)
            short_name(one)


def test_every_definition_is_written_down() -> None:
    for value in (build.v2_llm(), build.v2_image(), build.run(), build.pipeline()):
        (one,) = read(value).configurations
        assert {f.definition for f in one.figures.values()} - {""} <= DEFINITIONS.keys()
    assert meaning("nothing") == ""


def test_commands() -> None:
    (one,) = read(build.v2_llm(192, PP=2, TP=8)).configurations
    assert launch(one) == (
        "python -m vllm.entrypoints.openai.api_server --model org/small --tensor-parallel-size 8 "
        "--pipeline-parallel-size 2 --max-num-seqs 192 --gpu-memory-utilization 0.95 "
        "--enable-chunked-prefill False --max-model-len 4096"
    )
    spread = build.v3_llm(512, num_gpus=8, expert_parallel=8, model_id="a b; rm")
    (one,) = read(build.v3("t", [spread])).configurations
    assert launch(one).startswith(
        "vllm serve 'a b; rm' --tensor-parallel-size 8 --enable-expert-parallel --max-num-seqs 512"
    )
    (one,) = read(
        build.v3("t", [spread | {"data_parallel": 8, "weight_precision": "fp8"}])
    ).configurations
    assert "--data-parallel-size 8 --enable-expert-parallel --max-num-seqs 64" in launch(one)
    assert "--dtype" not in launch(one)
    (one,) = read(build.v3("t", [build.v3_video(2)])).configurations
    assert launch(one) == (
        "torchrun --nproc_per_node 2 mlenergy/benchmark/diffusion/benchmark.py workload:t "
        "--workload.model_id org/film --workload.batch_size 2 "
        "--workload.ulysses_degree 2 --workload.ring_degree 1"
    )
    (one,) = read(build.v2_image(8)).configurations
    assert launch(one) == (
        "DiffusionPipeline.from_pretrained('org/paint').to('cuda')"
        "([prompt] * 8, num_inference_steps=25)"
    )
    for value in (build.v2_image() | {"Batch size": None}, build.v2_llm() | {"Max BS (reqs)": 0}):
        assert launch(read(value).configurations[0]) == ""


def test_names() -> None:
    assert short_gpu("NVIDIA A100-SXM4-40GB") == "A100"
    assert short_gpu("AMD Instinct MI300X") == "MI300X"
    assert short_gpu("") == "GPU"
    (one,) = read(build.v3("t", [build.v3_llm(8, num_gpus=2, tensor_parallel=2)])).configurations
    assert short_name(one, precise=True) == "2×B200 batch 8 tp2 bfloat16"


@pytest.mark.skipif(not REAL.is_dir(), reason="needs ../shared/data/mlenergy")
def test_the_published_files() -> None:
    found = Reading()
    read_tree(open_tree(str(REAL)), found)
    counts = Counter((one.origin, one.task) for one in found.configurations)
    assert counts[V3, "lm-arena-chat"] == 328
    assert counts[V3, "gpqa"] == 187
    assert counts[V3, "text-to-image"] == 638
    assert counts[V2, "chat"] == 191
    assert counts[V2, "text-to-image"] == 86
    assert not found.refused
