"""The driver loads once, runs the engine during a load only, and says what it is."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.workloads.hf_generation.engines import Engine, Loaded, Resolved, Words

from joulemark.core.errors import FormatError, UnavailableError, UsageError
from joulemark.core.request import Outcome, Prompt, Request
from joulemark.procedures.serving.driver import Driver
from joulemark.workloads.hf_generation.driver import Generation, resolved
from joulemark.workloads.hf_generation.settings import EngineSettings, engine_settings
from joulemark.workloads.hf_generation.sizes import config_of, sizes
from joulemark.workloads.hf_generation.tokens import encoded
from joulemark.workloads.openai.client import Load


class Clocked(Engine):
    """An engine whose times are those of this machine."""

    def get_result(self, request_id: str | None = None, timeout: float | None = None) -> Any:
        return super().get_result(request_id, 1.0)


def made(engine: Engine, **values: Any) -> tuple[Generation, list[Loaded]]:
    models: list[Loaded] = []

    def loader(settings: EngineSettings) -> Loaded:
        models.append(Loaded(settings, engine))
        return models[-1]

    return Generation(engine_settings({"model": "somewhere", **values}), loader), models


def load(count: int, text: str = "abc") -> Load:
    prompts = [Prompt(id=str(i), text=text, tokens_out=4) for i in range(count)]
    return Load(prompts=prompts, due_s=[0.0] * count)


def test_two_loads_on_one_model() -> None:
    engine = Clocked(batch=2)
    driver, models = made(engine)
    assert models == []
    assert driver.look(Path()) == {}
    for _ in range(2):
        kept: list[Request] = []
        driver.drive(load(5), lambda request, _: kept.append(request), 0)  # noqa: B023
        assert [one.outcome for one in kept] == [Outcome.OK] * 5
        assert {one.tokens_in for one in kept} == {4}
        assert not engine.is_running()
    assert len(models) == 1
    assert driver.look(Path()) == {"largest_batch": 2}
    driver.close()
    driver.close()
    assert models[0].closed == 1


def test_it_is_prepared_by_a_first_answer_that_counts_for_nothing() -> None:
    engine = Clocked()
    driver, models = made(engine)
    first = load(2)
    assert driver.prepare(first) == {}
    assert len(models) == 1
    assert engine.steps == 2
    assert driver.look(Path()) == {}
    kept: list[Request] = []
    driver.drive(first, lambda request, _: kept.append(request), 0)
    assert [one.outcome for one in kept] == [Outcome.OK] * 2
    protocol: Driver = driver
    protocol.close()


def test_an_engine_that_does_not_answer_is_told_before_anything_is_measured() -> None:
    def before(engine: Engine, step: int) -> None:
        engine.fail(engine.active[0], "no memory")

    def starting(engine: Engine, step: int) -> None:
        engine.before = before

    driver, _ = made(Clocked(before=starting))
    with pytest.raises(UnavailableError, match="the engine does not answer: no memory"):
        driver.prepare(load(1))


def test_what_is_said_of_the_engine() -> None:
    driver, _ = made(Engine(batch=3))
    facts = driver.facts()
    json.dumps(facts)
    assert facts["model"] == "somewhere"
    assert (facts["max_batch"], facts["kv_blocks"], facts["kv_tokens"]) == (3, 64, 1024)
    assert facts["cuda_graphs"] == [False, False]


def test_pages_had_another_name_before() -> None:
    before = Resolved(1)
    before.page_size = 0
    before.block_size = 32
    assert resolved(before)["page"] == 32


def test_answers_become_text_on_request() -> None:
    driver, _ = made(Clocked(), text=True)
    texts: list[str] = []
    driver.drive(load(1), lambda _, text: texts.append(text), 0)
    assert texts == ["abcd"]


def test_the_engine_stops_when_a_load_breaks_off() -> None:
    def keep(request: Request, text: str) -> None:
        raise KeyboardInterrupt

    engine = Clocked()
    driver, _ = made(engine)
    with pytest.raises(KeyboardInterrupt):
        driver.drive(load(3), keep, 0)
    assert not engine.is_running()


def test_a_model_whose_engine_is_refused_is_let_go() -> None:
    class Refused(Loaded):
        def engine(self) -> Engine:
            raise UsageError("no")

    models: list[Loaded] = []

    def loader(settings: EngineSettings) -> Loaded:
        models.append(Refused(settings, Engine()))
        return models[-1]

    driver = Generation(engine_settings({"model": "m"}), loader)
    with pytest.raises(UsageError, match="no"):
        driver.facts()
    assert models[0].closed == 1


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "name one model"),
        ({"model": "a", "random_config": "7M"}, "name one model"),
        ({"model": "a", "max_batch": 0}, "setting max_batch: 0 is not within 1"),
        ({"model": "a", "max_batch": 8, "batch_tokens": 4}, "setting batch_tokens: a batch of 8"),
        ({"model": "a", "dtype": "int4"}, "choose from auto, fp32, bf16, fp16"),
        ({"model": "a", "batch": 1}, "no setting is called 'batch'"),
    ],
)
def test_nonsense_is_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        engine_settings(values)


def test_sizes_and_files_of_configurations(tmp_path: Path) -> None:
    for size in sizes():
        config = config_of(size, 512)
        assert (config["model_type"], config["max_position_embeddings"]) == ("llama", 512)
    path = tmp_path / "config.json"
    path.write_text('{"model_type": "qwen2", "hidden_size": 8}')
    assert config_of(str(path), 512) == {"model_type": "qwen2", "hidden_size": 8}
    with pytest.raises(UsageError, match=r"'9T' is neither a size .* choose from 0.6M, 7M"):
        config_of("9T", 512)
    for text, message in (("[]", "no 'model_type'"), ("{", "no JSON")):
        path.write_text(text)
        with pytest.raises(FormatError, match=message):
            config_of(str(path), 512)


CHAT = Prompt(
    id="c",
    messages=({"role": "system", "content": "s"}, {"role": "user", "content": "u"}),
)


def test_prompts_without_a_tokenizer_are_words() -> None:
    prompts = [Prompt(id="a", text="one two  one"), CHAT, Prompt(id="e")]
    first, chat, empty = encoded(prompts, None, 100)
    assert len(first) == 3
    assert first[0] == first[2] != first[1]
    assert all(0 <= token < 100 for token in first)
    assert len(chat) == 2
    assert empty == []


def test_chats_are_written_as_the_model_wants_them() -> None:
    plain, template = Words(), Words()
    template.chat_template = "any"
    assert encoded([CHAT], plain, 0) == [[1, *map(ord, "s\nu")]]
    assert encoded([CHAT], template, 0) == [[*map(ord, "<system>s<user>u")]]


def test_pictures_are_refused() -> None:
    image = Prompt(id="p", messages=({"role": "user", "content": [{"type": "image_url"}]},))
    with pytest.raises(UsageError, match="prompt p: a turn holds something other than text"):
        encoded([image], None, 100)


def test_without_transformers_the_extra_is_named() -> None:
    code = """
import sys
sys.modules["transformers"] = sys.modules["torch"] = None
from joulemark.core.errors import MissingExtraError
from joulemark.workloads.hf_generation.driver import make
try:
    make({"random_config": "7M"})
except MissingExtraError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == (
        "the engine transformers needs the package 'torch'; pip install 'joulemark[transformers]'"
    )
