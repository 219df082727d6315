"""The workload ``vision``: every network learns and infers, and the same seed does the same."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from joulemark.core.caution import Code
from joulemark.core.clock import NS
from joulemark.core.errors import UnavailableError, UsageError
from joulemark.core.interfaces import Queries, Workload
from joulemark.workloads import WORKLOADS
from joulemark.workloads.images.export import export
from joulemark.workloads.images.photographs import photographs
from joulemark.workloads.networks import NAMES
from joulemark.workloads.settings import vision_settings
from joulemark.workloads.vision import Vision, vision

torch = pytest.importorskip("torch")

CROPS = 120
"""100 images to learn from, 20 to judge by."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    for name in ("skimage", "sklearn", "PIL"):
        pytest.importorskip(name)
    return str(export(photographs(CROPS), tmp_path_factory.mktemp("sets") / "photographs"))


@pytest.fixture
def made(data: str) -> Iterator[Any]:
    """Return a function that makes and prepares a workload, and close them all at the end."""
    workloads: list[Vision] = []

    def make(*, step_s: float = 1.0, compiler: Any = None, **values: Any) -> Vision:
        settings = {"data": data, "device": "cpu", "batch_size": 8, **values}
        ticks = count(0, int(step_s * NS))
        work = Vision(vision_settings(settings), clock=lambda: next(ticks), compiler=compiler)
        work.prepare()
        workloads.append(work)
        return work

    yield make
    for work in workloads:
        work.close()


def test_it_is_a_workload_that_answers_queries(data: str) -> None:
    work = WORKLOADS.load("vision")({"data": data})
    workload: Workload = work
    queries: Queries = work
    assert isinstance(queries, Queries)
    assert (workload.unit, workload.phase) == ("sample", "infer")


@pytest.mark.parametrize("model", NAMES)
@pytest.mark.parametrize("mode", ["train", "infer"])
def test_each_network_computes_a_batch(model: str, mode: str, made: Any) -> None:
    work = made(model=model, mode=mode, batch_size=2)
    done, facts = work.run(0.0)
    assert (done.count, done.unit) == (2, "sample")
    assert facts["batches"] == 1
    assert 0 <= facts["accuracy"] <= 1
    assert ("loss" in facts) == (mode == "train")
    assert work.name == f"{model} {mode} on photographs"


def test_what_is_said_of_a_run(data: str) -> None:
    work = vision({"data": data, "model": "vgg16", "seed": 3, "batch_size": 4, "device": "cpu"})
    facts = work.prepare()
    assert facts["model"]["name"] == "VGG16"
    assert facts["model"]["parameters"] == 14_728_266
    assert facts["model"]["weights"] == "random, seed 3; not trained"
    assert (facts["data"]["name"], facts["data"]["train_samples"]) == ("photographs", 100)
    assert len(facts["data"]["sha256"]) == 64
    assert facts["device"]["torch"] == torch.__version__
    assert facts["device"]["device"] == "cpu"
    assert facts["device"]["device_name"].startswith("CPU")
    assert facts["device"]["threads"] == torch.get_num_threads()
    assert (facts["batch_size"], facts["seed"], facts["device"]["precision"]) == (4, 3, "fp32")
    assert [(c.code, c.detail) for c in work.cautions] == [
        (Code.STAND_IN_DATA, "photographs, not CIFAR-10")
    ]
    assert work.sample_count == 20
    work.close()


def test_photographs_where_no_data_is_given() -> None:
    for name in ("skimage", "sklearn", "PIL"):
        pytest.importorskip(name)
    work = vision({"crops": 60, "device": "cpu"})
    assert work.name == "LeNet infer on photographs"
    assert work.prepare()["data"]["made"]["crops"] == 60
    assert work.cautions[0].code == Code.STAND_IN_DATA
    work.close()


def test_a_published_set_is_no_stand_in(
    files: dict[str, bytes], small: Any, tmp_path: Path, made: Any
) -> None:
    from joulemark.workloads.images.layout import read_images

    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    images = read_images(tmp_path, small)

    class Published(Vision):
        def _images(self) -> Any:
            return images

    work = Published(vision_settings({"device": "cpu"}))
    work.prepare()
    assert work.name == "LeNet infer on Small-10"
    assert not work.cautions
    work.close()


def losses(work: Vision, batches: int) -> list[float]:
    return [work.run(0.0)[1]["loss"] for _ in range(batches)]


def test_the_same_seed_gives_the_same_losses(made: Any) -> None:
    first, again, other = (losses(made(mode="train", seed=seed), 3) for seed in (0, 0, 1))
    assert first == again
    assert first != other


def test_torch_random_state_is_left_alone(made: Any) -> None:
    torch.manual_seed(99)
    before = torch.get_rng_state()
    made(mode="train").run(0.0)
    assert torch.equal(torch.get_rng_state(), before)


def test_it_works_for_as_long_as_asked(made: Any) -> None:
    work = made(step_s=0.5)
    done, facts = work.run(2.0)
    assert facts["batches"] == 4  # the clock moves half a second at each look
    assert done.count == 32
    assert facts["seconds_per_batch"] == pytest.approx(2.5 / 4)


def test_training_goes_on_over_epochs_and_calls(made: Any) -> None:
    work = made(mode="train", batch_size=30)
    counts = [work.run(seconds)[0].count for seconds in (1.0, 4.0, 2.0)]
    assert counts == [30, 30 + 30 + 10 + 30, 30 + 30]
    epochs = work.results()["epochs"]
    assert [(e["epoch"], e["samples"]) for e in epochs] == [(1, 100), (2, 90)]
    assert all(e["loss"] > 0 and 0 <= e["accuracy"] <= 1 for e in epochs)


def test_training_learns(made: Any) -> None:
    work = made(mode="train", batch_size=20, learning_rate=0.01, augment=False)
    before = work.evaluate()
    work.run(150.0)  # thirty epochs
    after = work.evaluate()
    assert before["samples"] == after["samples"] == 20
    assert after["loss"] != before["loss"]
    first, last = work.results()["epochs"][0], work.results()["epochs"][-1]
    assert last["loss"] < 0.7 * first["loss"]
    assert last["accuracy"] > 0.35 > first["accuracy"]


def test_judging_does_not_disturb_training(made: Any) -> None:
    plain, judged = (made(mode="train", model="MobileNetV2", batch_size=2) for _ in range(2))
    first = losses(judged, 1)
    judged.evaluate()
    assert losses(plain, 2) == first + losses(judged, 1)


def test_learning_rate_follows_a_cosine(made: Any) -> None:
    work = made(mode="train", batch_size=100, schedule_epochs=1, learning_rate=0.1, augment=False)
    first, second, third = losses(work, 3)
    assert first != second == pytest.approx(third, abs=1e-6)  # the second epoch's rate is zero


def test_a_loss_that_is_no_number_is_left_out(made: Any) -> None:
    work = made(mode="train", batch_size=100, learning_rate=1000.0)
    work.run(30.0)
    _, facts = work.run(0.0)
    assert "loss" not in facts
    assert work.results()["epochs"][-1]["loss"] is None


def test_inference_goes_round_the_test_images(made: Any) -> None:
    work = made(batch_size=8)
    whole = work.evaluate()["accuracy"]
    _, facts = work.run(5.0)  # five batches of eight are twice the twenty images
    assert facts["batches"] == 5
    assert facts["accuracy"] == pytest.approx(whole)
    assert work.results() == {}


def test_queries_are_answered_in_batches(made: Any) -> None:
    seen: list[int] = []

    def listening(network: Any) -> Any:
        network.register_forward_pre_hook(lambda _, inputs: seen.append(len(inputs[0])))
        return network

    work = made(compile=True, compiler=listening)
    seen.clear()
    work.answer([3])
    work.answer([19, 0, 0, 5, 7, 8, 2, 1])
    work.answer(list(range(20)))
    work.answer([])
    assert seen == [1, 8, 8, 8, 4, 0]


@pytest.mark.parametrize("indices", [[20], [-1], [0, 99]])
def test_queries_outside_the_set(indices: list[int], made: Any) -> None:
    with pytest.raises(UsageError, match="of 20 images"):
        made().answer(indices)


def test_training_answers_no_queries(made: Any) -> None:
    with pytest.raises(UsageError, match="choose the mode infer"):
        made(mode="train").answer([0])


def test_before_it_is_prepared_and_after_it_is_closed(made: Any, data: str) -> None:
    with pytest.raises(UsageError, match="call prepare"):
        vision({"data": data}).run(0.0)
    work = made()
    work.close()
    work.close()
    with pytest.raises(UsageError, match="call prepare"):
        work.run(0.0)


def test_threads_are_set_and_given_back(made: Any) -> None:
    before = torch.get_num_threads()
    work = made(threads=before + 1)
    assert torch.get_num_threads() == before + 1
    work.prepare()
    work.close()
    assert torch.get_num_threads() == before


@pytest.mark.parametrize("mode", ["train", "infer"])
@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_lower_precision_comes_near(mode: str, precision: str, made: Any) -> None:
    full, low = (made(mode=mode, precision=p).run(0.0)[1] for p in ("fp32", precision))
    assert low["accuracy"] == pytest.approx(full["accuracy"], abs=0.26)
    if mode == "train":
        assert low["loss"] == pytest.approx(full["loss"], rel=0.02)
        assert low["loss"] != full["loss"]


@pytest.mark.parametrize("mode", ["train", "infer"])
def test_compiling_is_over_before_work_counts(mode: str, made: Any) -> None:
    sizes: list[int] = []

    def compiler(network: Any) -> Any:
        network.register_forward_pre_hook(lambda _, inputs: sizes.append(len(inputs[0])))
        return network

    work = made(mode=mode, model="MobileNetV2", compile=True, compiler=compiler)
    assert sorted(sizes) == ([4, 8] if mode == "train" else [8])
    plain = made(mode=mode, model="MobileNetV2")
    assert work.run(0.0) == plain.run(0.0)  # the rehearsal left no trace


def test_compiling_that_fails(made: Any) -> None:
    def compiler(network: Any) -> Any:
        def fail(*_: object) -> None:
            raise RuntimeError("no C++ compiler\nmore")

        network.register_forward_pre_hook(fail)
        return network

    with pytest.raises(UnavailableError, match=r"torch.compile failed \(no C\+\+ compiler\); inst"):
        made(compile=True, compiler=compiler)


def test_no_cuda(data: str) -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has CUDA")
    with pytest.raises(UnavailableError, match="finds no CUDA device"):
        vision({"data": data, "device": "cuda"}).prepare()


def test_memory_that_does_not_suffice() -> None:
    from joulemark.workloads.device import enough_memory

    with pytest.raises(UnavailableError, match="batches of 9; choose a smaller"), enough_memory(9):
        torch.empty(2**55, dtype=torch.uint8)
    with pytest.raises(UnavailableError, match="not enough memory"), enough_memory(9):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory")
    with pytest.raises(RuntimeError, match="something else"), enough_memory(9):
        raise RuntimeError("something else")
