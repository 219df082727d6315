"""A real server with a small random model, for tests: llama.cpp, of the package xllamacpp."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

from joulemark.workloads.random_model.bpe import Tokenizer, documentation, learn
from joulemark.workloads.random_model.gguf import write_gguf
from joulemark.workloads.random_model.shape import SHAPES

SHAPE = SHAPES["0.6M"]


@cache
def tokenizer() -> Tokenizer:
    return learn(documentation(), SHAPE.vocabulary)


def llama_command(folder: Path, *words: str) -> list[str]:
    """Make a model in a folder; return the command that serves it on any free port."""
    for package in ("xllamacpp", "gguf"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed (the extra 'llama')")
    model = folder / "model.gguf"
    write_gguf(model, SHAPE, tokenizer(), 1)
    module = "joulemark.workloads.llama_cpp"
    return [sys.executable, "-m", module, str(model), "--port", "0", *words]


@contextmanager
def llama_served(folder: Path, *words: str) -> Iterator[tuple[str, int]]:
    """Serve a model; yield the address and the id of the process."""
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            llama_command(folder, *words), stdout=subprocess.PIPE, stderr=log, text=True
        )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()  # comes when it listens
        assert line, (folder / "server.log").read_text()
        yield line.split()[-1], process.pid
    finally:
        process.terminate()
        assert process.wait(20) == 0
        process.stdout.close()
