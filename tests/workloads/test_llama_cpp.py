"""llama.cpp's server with a random model, driven by our client over loopback."""

from __future__ import annotations

import asyncio
import sys
import urllib.request
from pathlib import Path

import pytest
from tests.llama_server import llama_served

from joulemark.core.request import Counted, Outcome, Prompt, Request
from joulemark.workloads.llama_cpp import main
from joulemark.workloads.openai.client import Client, Load
from joulemark.workloads.openai.target import Target


def _driven(url: str, *, chat: bool) -> list[Request]:
    kept: list[Request] = []
    prompts = [
        Prompt(id=str(i), text=f"question {i} " + "word " * i, tokens_out=20 + i) for i in range(8)
    ]
    client = Client(
        Target(url=url, model="any", chat=chat), lambda request, _: kept.append(request)
    )
    asyncio.run(client.drive(Load(prompts=prompts, due_s=[0.0] * 8, concurrency=4)))
    return sorted(kept, key=lambda request: int(request.id))


def test_answers_are_as_long_as_they_may_be_and_each_token_is_an_event(tmp_path: Path) -> None:
    with llama_served(tmp_path, "--parallel", "4", "--no-prompt-cache") as (url, _):
        kept = _driven(url, chat=True) + _driven(url, chat=False)
        with urllib.request.urlopen(url + "/metrics", timeout=10) as answer:
            metrics = answer.read().decode()
    for i, request in enumerate(kept):
        assert request.outcome is Outcome.OK, request.error
        assert (request.tokens_out, request.finish) == (20 + i % 8, "length")
        assert request.counted_out is Counted.USAGE
        assert len(request.chunks) == request.tokens_out
    told = dict(line.rsplit(" ", 1) for line in metrics.splitlines() if line[0] != "#")
    assert int(told["llamacpp:tokens_predicted_total"]) == sum(one.tokens_out or 0 for one in kept)
    assert int(told["llamacpp:prompt_tokens_total"]) == sum(one.tokens_in or 0 for one in kept)


def test_a_missing_model_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "none.gguf")]) == 2
    assert "none.gguf: there is no such file; make one with" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--parallel", "0"], ["--port", "70000"], ["--threads", "-1"]])
def test_a_bad_number_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    (tmp_path / "model.gguf").write_text("")
    assert main([str(tmp_path / "model.gguf"), *words]) == 2
    assert f"{words[0]}: it is " in capsys.readouterr().err


def test_a_missing_package_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "model.gguf").write_text("")
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    assert main([str(tmp_path / "model.gguf")]) == 3
    assert "joulemark[llama]" in capsys.readouterr().err


def test_what_is_no_model_is_said(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("xllamacpp", reason="xllamacpp is not installed (the extra 'llama')")
    (tmp_path / "model.gguf").write_text("no model")
    assert main([str(tmp_path / "model.gguf"), "--port", "0"]) == 3
    assert "llama.cpp did not start" in capfd.readouterr().err
