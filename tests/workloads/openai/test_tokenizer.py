"""A tokenizer of a model counts where a server does not, in one process and in several."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from joulemark.core.errors import FormatError, MissingExtraError, UsageError
from joulemark.core.request import Counted, Prompt, Request
from joulemark.procedures.serving.driver import HttpDriver
from joulemark.virtual.serving.instrument import Serving
from joulemark.virtual.serving.server import ScriptedServer
from joulemark.workloads.openai.client import Load
from joulemark.workloads.openai.target import Target
from joulemark.workloads.openai.tokenizer import tokenizer_of

LETTERS = {
    "version": "1.0",
    "added_tokens": [],
    "truncation": {
        "max_length": 2, "stride": 0, "strategy": "LongestFirst", "direction": "Right",
    },
    "pre_tokenizer": {"type": "Split", "pattern": {"String": ""}, "behavior": "Isolated",
                      "invert": False},
    "model": {"type": "WordLevel", "vocab": {"[UNK]": 0}, "unk_token": "[UNK]"},
}  # fmt: skip
"""Each character is a token, and texts are cut to two: what a model's file may well say."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pytest.importorskip("tokenizers", reason="needs the extra tokenizer")
    (tmp_path / "tokenizer.json").write_text(json.dumps(LETTERS))
    return tmp_path


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    made = Serving(first=0.0, step=0.0, least=3, most=3, fault=("no-usage",)).start()
    yield made.server
    made.close()


def test_a_file_or_its_folder(folder: Path) -> None:
    for path in (folder, folder / "tokenizer.json"):
        assert tokenizer_of(str(path))("many tokens") == 11
    assert tokenizer_of(str(folder))("") == 0


@pytest.mark.parametrize("processes", [1, 2])
def test_it_counts_what_the_server_does_not(
    folder: Path, server: ScriptedServer, processes: int
) -> None:
    target = Target(url=server.url, model="m", chat=False)
    driver = HttpDriver(target, processes=processes, tokenizer=str(folder))
    load = Load(prompts=[Prompt(id=str(i), text=f"ask {i}") for i in range(4)], due_s=[0.0] * 4)
    kept: list[Request] = []
    driver.drive(load, lambda request, _: kept.append(request), shift=0)
    assert {one.counted_out for one in kept} == {Counted.TOKENIZER}
    assert {one.tokens_out for one in kept} == {len(" tok") * 3}
    assert {one.tokens_in for one in kept} == {len("ask 0")}
    assert driver.facts()["tokenizer"] == str(folder)


def test_files_that_are_no_tokenizer_stop_it_before_anything_is_sent(
    folder: Path, server: ScriptedServer
) -> None:
    (folder / "other.json").write_text("{}")
    (folder / "bytes").write_bytes(b"\xff\xfe\x00")
    for name, error in (("none", UsageError), ("other.json", FormatError), ("bytes", FormatError)):
        driver = HttpDriver(
            Target(url=server.url, model="m"), processes=2, tokenizer=str(folder / name)
        )
        with pytest.raises(error, match=name):
            driver.drive(Load(prompts=[Prompt(id="0")], due_s=[0.0]), lambda *_: None, shift=0)
    assert not server.truths


def test_the_extra_is_named(tmp_path: Path) -> None:
    try:
        import tokenizers  # noqa: F401
    except ImportError:
        with pytest.raises(MissingExtraError, match="tokenizers"):
            tokenizer_of(str(tmp_path))
    else:
        pytest.skip("the package is installed here")
