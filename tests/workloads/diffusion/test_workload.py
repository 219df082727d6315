"""Batches follow each other for as long as asked; what they took is told."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields
from typing import Any

import pytest

from joulemark.core.clock import NS
from joulemark.core.errors import UsageError
from joulemark.core.interfaces import Queries, Workload
from joulemark.workloads import SETTINGS, WORKLOADS
from joulemark.workloads.diffusion.made import vocabulary
from joulemark.workloads.diffusion.pipeline import Pipeline
from joulemark.workloads.diffusion.settings import DiffusionSettings, diffusion_settings
from joulemark.workloads.diffusion.sizes import SIZES, shape_of
from joulemark.workloads.diffusion.workload import Diffusion, diffusion


class Stand(Pipeline):
    """A pipeline whose batches take 1, 2, 3 … s."""

    def __init__(self, settings: DiffusionSettings) -> None:
        self.settings = settings
        self.now = 0
        self.numbers: list[int] = []
        self.synchronised = 0
        self.closed = 0

    def clock(self) -> int:
        return self.now

    def make(self, number: int) -> int:
        self.numbers.append(number)
        self.now += (number + 1) * NS
        return self.settings.batch_size

    def synchronise(self) -> None:
        self.synchronised += 1

    def facts(self) -> dict[str, Any]:
        return {"name": "stand-in"}

    def close(self) -> None:
        self.closed += 1


def made(**values: Any) -> tuple[Diffusion, Stand]:
    settings = diffusion_settings({"random_model": SIZES[0], **values})
    stand = Stand(settings)
    return Diffusion(settings, lambda _: stand, stand.clock), stand


def test_it_is_a_workload() -> None:
    work, _ = made()
    workload: Workload = work
    assert (workload.unit, workload.phase, list(workload.cautions)) == ("image", "generate", [])
    assert not isinstance(workload, Queries)
    assert made(frames=8)[0].unit == "video"
    assert WORKLOADS.load("diffusion") is diffusion
    assert SETTINGS.load("diffusion") is DiffusionSettings


def test_batches_until_the_time_is_over() -> None:
    work, stand = made(batch_size=4, steps=7, size=64)
    facts = work.prepare()
    assert work.name == "stand-in 64x64, batch 4, 7 steps"
    assert (facts["batch_size"], facts["definition"]) == (4, "energy-per-image/1")
    done, numbers = work.run(0.0)
    assert (done.count, done.unit, numbers["batches"]) == (4, "image", 1)
    done, numbers = work.run(8.0)  # 2, 3 and 4 s
    assert done.count == 12
    assert numbers == {
        "batches": 3,
        "seconds_per_batch": 3.0,
        "batch_p50_s": 3.0,
        "batch_p90_s": pytest.approx(3.8),
        "batch_p99_s": pytest.approx(3.98),
        "images_per_s": pytest.approx(12 / 9),
    }
    assert stand.numbers == [0, 1, 2, 3]
    assert stand.synchronised == 2


def test_the_first_run_warms_up_and_is_not_in_the_results() -> None:
    work, _ = made()
    assert work.results() == {}
    work.prepare()
    work.run(0.0)
    assert work.results()["diffusion"]["mean_s"] == 1.0
    work.run(0.0)
    work.run(0.0)
    found = work.results()["diffusion"]
    assert (found["batches"], found["mean_s"], found["steps"]) == (2, 2.5, 20)


def test_videos_are_counted_as_videos() -> None:
    work, _ = made(frames=16, batch_size=2)
    assert work.prepare()["definition"] == "energy-per-video/1"
    assert "x16 frames" in work.name
    done, numbers = work.run(0.0)
    assert (done.count, done.unit) == (2, "video")
    assert numbers["videos_per_s"] == 2.0


def test_it_is_let_go_once_and_prepared_anew() -> None:
    work, stand = made()
    with pytest.raises(UsageError, match="is not prepared"):
        work.run(0.0)
    work.prepare()
    work.prepare()
    assert stand.closed == 1
    work.close()
    work.close()
    assert stand.closed == 2


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "name one pipeline"),
        ({"model": "a", "random_model": "0.8M"}, "name one pipeline"),
        ({"random_model": "9T"}, "choose from 0.8M"),
        ({"model": "a", "size": 100}, "setting size: pipelines make images in steps of 8"),
        ({"model": "a", "steps": 0}, "setting steps: 0 is not within 1"),
        ({"model": "a", "width": 8}, "no setting is called 'width'"),
    ],
)
def test_nonsense_is_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        diffusion_settings(values)


def test_every_field_explains_itself() -> None:
    for item in fields(DiffusionSettings):
        assert item.metadata["help"]
        assert type(item.default) in (str, int, float, bool)


def test_shapes_fit_together() -> None:
    for size in SIZES:
        shape = shape_of(size)
        assert all(channels % shape.heads == 0 for channels in shape.blocks)
        assert shape.text % shape.text_heads == 0
        assert len(shape.decoder) == 4, "an image is eight times as wide"


def test_each_byte_is_a_token_alone_and_at_the_end_of_a_word() -> None:
    words = vocabulary()
    assert len(words) == 514
    assert list(words.values()) == list(range(514))
    assert {"a", "a</w>", "<|startoftext|>", "<|endoftext|>"} <= set(words)


def test_without_diffusers_the_extra_is_named() -> None:
    code = """
import sys
sys.modules["torch"] = sys.modules["diffusers"] = None
from joulemark.core.errors import MissingExtraError
from joulemark.workloads import WORKLOADS
try:
    WORKLOADS.load("diffusion")({"random_model": "0.8M"})
except MissingExtraError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == (
        "the workload diffusion needs the package 'torch'; pip install 'joulemark[diffusion]'"
    )
