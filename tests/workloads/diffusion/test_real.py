"""The workload with the real library and small random pipelines; ``make test-hf`` runs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from joulemark.cli import main as cli
from joulemark.core.errors import UnavailableError, UsageError
from joulemark.workloads.diffusion.pipeline import Pipeline
from joulemark.workloads.diffusion.settings import diffusion_settings
from joulemark.workloads.diffusion.workload import diffusion

torch = pytest.importorskip("torch", reason="torch is not installed")
for name in ("transformers", "diffusers"):
    pytest.importorskip(name, reason=f"{name} is not installed; make test-hf installs it")
pytestmark = pytest.mark.filterwarnings("ignore:::diffusers", "ignore:::transformers")

SMALL = {"random_model": "0.8M", "device": "cpu", "threads": 1, "size": 32, "steps": 2}


def pipeline(**values: Any) -> Pipeline:
    return Pipeline(diffusion_settings({**SMALL, **values}))


def loaded(folder: Path, **values: Any) -> Pipeline:
    small = {key: value for key, value in SMALL.items() if key != "random_model"}
    return Pipeline(diffusion_settings({**small, "model": str(folder), **values}))


@pytest.mark.parametrize(
    "values",
    [{}, {"output": "pt"}, {"guidance": 1.0}, {"dtype": "bf16"}, {"frames": 4, "size": 16}],
    ids=str,
)
def test_a_batch_is_made(values: dict[str, Any]) -> None:
    work = diffusion({**SMALL, "batch_size": 3, **values})
    facts = work.prepare()
    done, numbers = work.run(0.0)
    assert done.count == 3
    assert numbers["seconds_per_batch"] > 0
    assert facts["model"]["weights"] == "random, seed 0"
    work.close()


def test_steps_size_and_seed_are_what_was_asked_for() -> None:
    pipe = pipeline(output="pt", size=40, steps=5, batch_size=2)
    seen: list[Any] = []
    steps: list[int] = []
    call, step = pipe.pipe, pipe.pipe.scheduler.step

    def spy(**words: Any) -> Any:
        seen.append(call(**words))
        return seen[-1]

    def counted(*given: Any, **words: Any) -> Any:
        steps.append(1)
        return step(*given, **words)

    call.scheduler.step = counted
    pipe.pipe = spy
    for number in (0, 0, 1):
        assert pipe.make(number) == 2
    first, again, other = (output.images for output in seen)
    assert tuple(first.shape) == (2, 3, 40, 40)
    assert len(steps) == 15
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_a_folder_is_loaded(tmp_path: Path) -> None:
    made = pipeline()
    made.pipe.save_pretrained(tmp_path / "pipe")
    stored = loaded(tmp_path / "pipe")
    assert stored.facts()["parts"] == made.facts()["parts"]
    assert stored.facts()["weights"] == "as stored"
    assert stored.make(0) == 1
    with pytest.raises(UsageError, match="StableDiffusionPipeline makes images"):
        loaded(tmp_path / "pipe", frames=4)


def test_a_pipeline_without_prompts_is_refused(tmp_path: Path) -> None:
    import diffusers

    unet = diffusers.UNet2DModel(
        sample_size=8,
        block_out_channels=(32, 32),
        down_block_types=("DownBlock2D",) * 2,
        up_block_types=("UpBlock2D",) * 2,
    )
    diffusers.DDPMPipeline(unet, diffusers.DDPMScheduler()).save_pretrained(tmp_path / "pipe")
    with pytest.raises(UsageError, match="DDPMPipeline makes nothing from a prompt"):
        loaded(tmp_path / "pipe")


def test_what_cannot_be_loaded_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no pipeline"):
        loaded(tmp_path)
    (tmp_path / "model_index.json").write_text('{"_class_name": "NoSuchPipeline"}')
    with pytest.raises(UsageError, match="it cannot be loaded"):
        loaded(tmp_path)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_device_that_is_not_there() -> None:
    with pytest.raises(UnavailableError, match="finds no CUDA device"):
        pipeline(device="cuda")


def test_the_whole_way_from_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = (
        "bench diffusion --random-model 0.8M --size 32 --steps 2 --batch-size 4 --threads 1"
        " --device cpu --quick --window 0.5 --warm-up 0 --repeats 1 --max-repeats 1 --idle 0.3"
        f" --json --store {tmp_path}"
    )
    assert cli(words.split()) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["figures"]["energy-per-image/1"]["provenance"] == "estimated"
    assert told["metrics"]["energy_per_image_j"] > 0
    run = json.loads(next(tmp_path.glob("*/run.json")).read_text())
    assert run["settings"]["workload"]["definition"] == "energy-per-image/1"
