"""The workload ``vision`` on a graphics card; runs only where torch finds one."""

from __future__ import annotations

import pytest

from joulemark.workloads.networks import NAMES
from joulemark.workloads.vision import vision

torch = pytest.importorskip("torch")
if not torch.cuda.is_available():
    pytest.skip("torch finds no CUDA device", allow_module_level=True)


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
@pytest.mark.parametrize("mode", ["train", "infer"])
@pytest.mark.parametrize("model", NAMES)
def test_each_network_computes(model: str, mode: str, precision: str) -> None:
    work = vision(
        {"model": model, "mode": mode, "precision": precision, "device": "cuda", "crops": 600}
    )
    facts = work.prepare()["device"]
    assert facts["device"] == "cuda"
    assert facts["device_name"] == torch.cuda.get_device_name()
    done, measured = work.run(0.2)
    assert done.count >= 128 or mode == "train"
    assert measured["seconds_per_batch"] * measured["batches"] >= 0.2
    if mode == "infer":
        work.answer([0, 5, 99])
    work.close()


def test_first_loss_is_that_of_the_processor() -> None:
    first = {}
    for device in ("cpu", "cuda"):
        work = vision({"model": "ResNet18", "mode": "train", "device": device, "crops": 600})
        work.prepare()
        first[device] = work.run(0.0)[1]["loss"]
        work.close()
    assert first["cuda"] == pytest.approx(first["cpu"], rel=0.01)
