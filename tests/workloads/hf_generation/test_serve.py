"""``transformers serve`` with a random model made here, asked by our client over loopback."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import socket
import sys
from pathlib import Path

import pytest
from tests.llama_server import SHAPE, tokenizer

from joulemark.core.request import Counted, Prompt, Request
from joulemark.procedures.serving.ready import is_up
from joulemark.procedures.serving.server import StartedServer
from joulemark.workloads.openai.client import Client, Load
from joulemark.workloads.openai.get import get
from joulemark.workloads.openai.target import Target
from joulemark.workloads.random_model.hugging import write_folder

OFFLINE = {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}


@pytest.mark.timeout(300)
def test_its_continuous_batching_answers_all_in_full(tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("transformers")
    if importlib.util.find_spec("fastapi") is None or not program.exists():
        pytest.skip("transformers[serving] is not installed")
    model = tmp_path / "model"
    write_folder(model, SHAPE, tokenizer(), 1)
    with socket.create_server(("127.0.0.1", 0)) as line:
        port = line.getsockname()[1]
    words = "--continuous-batching --attn-implementation sdpa --device cpu --host 127.0.0.1"
    sizes = "--cb-num-blocks 64 --cb-block-size 16 --cb-max-batch-tokens 128"
    command = [
        str(program),
        "serve",
        str(model),
        *words.split(),
        *sizes.split(),
        "--port",
        f"{port}",
    ]
    target = Target(url=f"http://127.0.0.1:{port}", model=str(model))
    kept: list[Request] = []
    prompts = [Prompt(id=str(i), text=f"question {i}", tokens_out=20) for i in range(8)]
    with StartedServer(
        command, target, wait_s=240, environment={**os.environ, **OFFLINE}
    ) as server:
        assert is_up(target)
        assert get(target, "/metrics").status == 404
        client = Client(target, lambda request, _: kept.append(request))
        asyncio.run(client.drive(Load(prompts=prompts, due_s=[0.0] * 8, concurrency=4)))
        assert server.alive
    assert [one.error for one in kept] == [""] * 8
    assert {(one.tokens_out, one.counted_out, one.finish) for one in kept} == {
        (20, Counted.USAGE, "length")
    }
    assert {len(one.chunks) for one in kept} == {20}  # a token is an event
