"""``bench serving --engine`` chooses what answers; settings reach the engine they are for."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import asdict

import pytest

from joulemark.cli import engines
from joulemark.cli.engines import engine_arguments, engine_driver, largest_batch
from joulemark.core.errors import UsageError
from joulemark.workloads.hf_generation import driver
from joulemark.workloads.hf_generation.driver import Generation
from joulemark.workloads.hf_generation.settings import EngineSettings


def parsed(*words: str, **more: object) -> Namespace:
    parser = ArgumentParser()
    engine_arguments(parser)
    others = Namespace(model="", url=None, server=[], batch=None, keep_text=False, silence=9.0)
    vars(others).update(more)
    return parser.parse_args(words, others)


def made(args: Namespace, monkeypatch: pytest.MonkeyPatch) -> EngineSettings:
    monkeypatch.setattr(driver, "packages", lambda: None)
    found = engine_driver(args)
    assert isinstance(found, Generation)
    return found.settings


def test_a_server_is_asked_unless_an_engine_is_named() -> None:
    assert engine_driver(parsed()) is None
    assert largest_batch(parsed()) is None
    assert largest_batch(parsed(batch=5)) == 5


def test_settings_reach_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    args = parsed(
        *("--engine", "transformers", "--max-batch", "3", "--dtype", "bf16", "--ignore-end"),
        model="folder",
        keep_text=True,
    )
    expected = EngineSettings(
        model="folder", max_batch=3, dtype="bf16", ignore_end=True, text=True, silence_s=9.0
    )
    assert asdict(made(args, monkeypatch)) == asdict(expected)
    assert largest_batch(args) == 3
    bare = parsed("--engine", "transformers", "--random-config", "7M")
    assert largest_batch(bare) == made(bare, monkeypatch).max_batch == 8
    told = parsed("--engine", "transformers", "--random-config", "7M", batch=5)
    assert largest_batch(told) == made(told, monkeypatch).max_batch == 5


@pytest.mark.parametrize(
    ("words", "more", "message"),
    [
        (["--max-batch", "3"], {}, "--max-batch is a setting of an engine in this process"),
        (["--engine", "transformers"], {"url": "http://x"}, "has no server"),
        (["--engine", "transformers"], {"server": ["vllm"]}, "has no server"),
        (["--engine", "transformers"], {}, "name one model"),
        (["--engine", "transformers", "--max-batch", "3"], {"batch": 4}, "--max-batch differ"),
    ],
)
def test_nonsense_is_refused(words: list[str], more: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        engine_driver(parsed(*words, **more))


def test_every_shared_setting_is_one() -> None:
    assert set(engines._SHARED) <= set(asdict(EngineSettings()))
