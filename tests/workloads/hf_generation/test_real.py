"""The engine with the real library and a small random model; ``make test-hf`` runs it."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.workloads.hf_generation.engines import Engine, Resolved

from joulemark.cli import main as cli
from joulemark.core.errors import UnavailableError, UsageError
from joulemark.core.request import Counted, Outcome, Prompt, Request
from joulemark.loads.serving.arrivals import poisson
from joulemark.store.requests import read_requests
from joulemark.workloads.hf_generation.answer import SET_BACK
from joulemark.workloads.hf_generation.driver import Generation, largest, make
from joulemark.workloads.hf_generation.engine import Manager
from joulemark.workloads.hf_generation.tokens import encoded
from joulemark.workloads.openai.client import Load

torch = pytest.importorskip("torch", reason="torch is not installed")
transformers = pytest.importorskip(
    "transformers", reason="transformers is not installed; make test-hf installs it"
)
pytestmark = pytest.mark.filterwarnings("ignore:::transformers", "ignore:::torch")

PAGES = ("page_size", "block_size")
"""Names of one setting, since 5.18 and before."""
SMALL = {"random_config": "0.6M", "device": "cpu", "threads": 1, "context": 256}


@pytest.fixture
def driver(request: pytest.FixtureRequest) -> Iterator[Generation]:
    made = make({**SMALL, "max_batch": 3, **getattr(request, "param", {})})
    yield made
    made.close()


def load(outs: list[int], due_s: list[float] | None = None, words: int = 5, **more: Any) -> Load:
    prompts = [
        Prompt(id=str(i), text=" ".join(f"w{i}x{k}" for k in range(words)), tokens_out=out)
        for i, out in enumerate(outs)
    ]
    return Load(prompts=prompts, due_s=due_s or [0.0] * len(outs), **more)


def drive(driver: Generation, asked: Load) -> list[Request]:
    kept: list[Request] = []
    driver.drive(asked, lambda request, _: kept.append(request), 0)
    return kept


def test_the_protocols_and_the_stand_in_are_those_of_the_library() -> None:
    module = transformers.generation.continuous_batching.continuous_api
    real = module.ContinuousBatchingManager
    for name in ("add_request", "cancel_request", "get_result", "is_running"):
        theirs = list(inspect.signature(getattr(real, name)).parameters)
        for kind in (Manager, Engine):
            ours = list(inspect.signature(getattr(kind, name)).parameters)
            assert ours == theirs[: len(ours)], f"{kind.__name__}.{name}"
    for name in ("start", "stop"):
        ours, theirs = (
            list(inspect.signature(getattr(kind, name)).parameters) for kind in (Engine, real)
        )
        assert ours == theirs
    output = inspect.signature(
        transformers.generation.continuous_batching.requests.GenerationOutput
    )
    assert {"request_id", "generated_tokens", "error", "timestamps", "lifespan"} <= set(
        output.parameters
    )
    config = transformers.generation.ContinuousBatchingConfig()
    for name in ("max_requests_per_batch", *vars(Resolved)):
        assert name.startswith("_") or name in PAGES or hasattr(config, name)
    assert any(hasattr(config, name) for name in PAGES)


def test_tokens_and_batch_are_exact(driver: Generation) -> None:
    outs = [4, 9, 1, 6] * 4
    for asked in (load(outs), load(outs, concurrency=2), load(outs, words=70)):
        kept = drive(driver, asked)
        assert len(kept) == len(outs)
        for one in kept:
            assert (one.outcome, one.error) == (Outcome.OK, "")
            assert one.tokens_out == one.asked_tokens == len(one.chunks) == outs[int(one.id)]
            assert (one.counted_in, one.counted_out) == (Counted.ENGINE, Counted.ENGINE)
            assert one.tokens_in == len(asked.prompts[0].text.split())
            assert one.finish == "length"
            times = [one.sent, *one.chunks, one.ended]
            assert times == sorted(times, key=lambda stamp: stamp or 0)
        spans = [(one.first_token or 0, one.ended or 0) for one in kept]
        assert largest(spans) == (asked.concurrency or 3)
    assert driver.look(Path()) == {"largest_batch": 3}


def test_arrivals_are_honoured(driver: Generation) -> None:
    due = poisson(8, 40.0, seed=1).due_s.tolist()
    kept = drive(driver, load([2] * 8, due))
    begin = min(one.planned for one in kept)
    for one in kept:
        assert one.sent is not None
        assert one.sent >= one.planned
        assert (one.planned - begin) / 1e9 == pytest.approx(due[int(one.id)], abs=1e-6)


@pytest.mark.parametrize("driver", [{"attention": "eager"}, {"dtype": "bf16"}], indirect=True)
def test_other_settings_compute_twice_in_a_row(driver: Generation) -> None:
    for _ in range(2):
        assert {one.outcome for one in drive(driver, load([3, 3]))} == {Outcome.OK}


def test_a_small_cache_sets_requests_back_and_loses_no_token() -> None:
    driver = make({**SMALL, "max_batch": 4, "page": 16, "kv_tokens": 128, "context": 120})
    kept = drive(driver, load([60] * 4, words=40))
    assert [one.tokens_out for one in kept] == [60] * 4
    assert {one.outcome for one in kept} == {Outcome.OK}
    assert all(list(one.chunks) == sorted(one.chunks) for one in kept)
    assert any(one.notes == (SET_BACK,) for one in kept)
    driver.close()


def test_a_load_that_is_cut_leaves_the_engine_fit_for_the_next(driver: Generation) -> None:
    kept = drive(driver, load([200] * 5, lasting_s=0.1))
    assert Outcome.CANCELLED in {one.outcome for one in kept}
    assert len(kept) == 5
    assert {one.outcome for one in drive(driver, load([3] * 4))} == {Outcome.OK}


def test_what_is_said_of_the_model(driver: Generation) -> None:
    facts = driver.facts()
    assert facts["shape"]["hidden_size"] == 64
    assert facts["parameters"] > 500_000
    assert (facts["dtype"], facts["device"]) == ("float32", "cpu")
    assert facts["attention"].endswith("sdpa")  # before 5.18 it is called paged|sdpa
    assert (facts["max_batch"], facts["context"]) == (3, 256)
    assert facts["transformers"] == transformers.__version__
    assert facts["weights"] == "random, seed 0"


def folder(path: Path) -> Path:
    config = transformers.LlamaConfig(
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        intermediate_size=64,
        vocab_size=300,
        max_position_embeddings=64,
        eos_token_id=None,
        bos_token_id=None,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        transformers.LlamaForCausalLM(config).save_pretrained(path)
    return path


def first_token(path: Path) -> int:
    """Return the first token that the model says to the prompt of ``load``."""
    network = transformers.LlamaForCausalLM.from_pretrained(path)
    ids = encoded(load([1]).prompts, None, 300)
    with torch.no_grad():
        return int(network(torch.tensor(ids)).logits[0, -1].argmax())


def test_a_folder_is_served_and_its_end_is_obeyed_or_not(tmp_path: Path) -> None:
    path = folder(tmp_path / "model")
    end = {"eos_token_id": first_token(path)}
    (path / "generation_config.json").write_text(json.dumps(end))
    for ignore, count, finish in ((False, 1, "stop"), (True, 6, "length")):
        driver = make({"model": str(path), "device": "cpu", "ignore_end": ignore, "threads": 1})
        (one,) = drive(driver, load([6]))
        assert (one.tokens_out, one.finish) == (count, finish)
        assert driver.facts()["context"] == 64
        driver.close()


def test_what_cannot_be_loaded_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no model"):
        make({"model": str(tmp_path)}).facts()
    (tmp_path / "config.json").write_text('{"model_type": "nothing"}')
    with pytest.raises(UsageError, match="it cannot be loaded"):
        make({"model": str(tmp_path)}).facts()
    with pytest.raises(UsageError, match="no such model can be made"):
        make({"random_config": str(tmp_path / "config.json")}).facts()
    with pytest.raises(UsageError, match="no such model can be made: FlashAttention3"):
        make({**SMALL, "attention": "flash_attention_3"}).facts()


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_device_that_is_not_there() -> None:
    with pytest.raises(UnavailableError, match="finds no CUDA device"):
        make({**SMALL, "device": "cuda"}).facts()


def test_the_whole_way_from_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = (
        "bench serving --engine transformers --random-config 0.6M --max-batch 2 --threads 1"
        " --concurrency 4 --requests 30 --input-lengths 8 --output-lengths 12 --rule whole/1"
        f" --repeats 1 --idle 0.3 --store {tmp_path}"
    )
    assert cli(words.split()) == 0
    assert cli(["show", "last", "--store", str(tmp_path)]) == 0
    capsys.readouterr()
    assert cli(["show", "last", "--json", "--store", str(tmp_path)]) == 0
    told = json.loads(capsys.readouterr().out)["serving"]
    metrics = told["metrics"]
    assert (metrics["requests"], metrics["failed"]) == (30, 0)
    assert metrics["energy_per_output_token_j"] > 0
    kept = read_requests(next(tmp_path.iterdir()))
    assert [entry.request.tokens_out for entry in kept] == [12] * 30
