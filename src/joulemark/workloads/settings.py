"""Settings of the workload ``vision``; ``fields`` says how they are made and checked."""

from __future__ import annotations

from dataclasses import dataclass

from joulemark.core.interfaces import Settings
from joulemark.workloads.fields import setting, settings_of
from joulemark.workloads.images import MOST_IMAGES
from joulemark.workloads.networks import NAMES


@dataclass(frozen=True, slots=True, kw_only=True)
class VisionSettings:
    """What the workload ``vision`` can be asked for; the metadata of each field explains it."""

    model: str = setting("LeNet", "network", choices=NAMES)
    mode: str = setting("infer", "learn, or classify the test images", choices=("train", "infer"))
    batch_size: int = setting(128, "images per batch", least=1, most=MOST_IMAGES)
    precision: str = setting(
        "fp32", "number format; other than fp32 by autocast", choices=("fp32", "bf16", "fp16")
    )
    compile: bool = setting(default=False, text="compile the network with torch.compile")
    threads: int = setting(0, "processor threads; 0 leaves torch's choice", least=0, most=4096)
    device: str = setting("auto", "where to run", choices=("auto", "cpu", "cuda"))
    seed: int = setting(0, "seed of weights, order and augmentation", least=0, most=2**63 - 1)
    data: str = setting(
        "", "CIFAR-10 (binary) or exported set: folder or archive; else photographs"
    )
    crops: int = setting(
        MOST_IMAGES, "images cut out of the photographs", least=60, most=MOST_IMAGES
    )
    augment: bool = setting(default=True, text="random crop (pad 4) and flip while learning")
    learning_rate: float = setting(0.001, "at the start, for SGD", least=0.0, most=1000.0)
    momentum: float = setting(0.9, "of SGD", least=0.0, most=1.0)
    weight_decay: float = setting(5e-4, "of SGD", least=0.0, most=1.0)
    schedule_epochs: int = setting(
        200, "epochs until a cosine brings the learning rate to 0; 0 holds it", least=0, most=10**6
    )


def vision_settings(values: Settings) -> VisionSettings:
    """Return settings from JSON values; what is not named keeps its default.

    Raises:
        UsageError: if a name is unknown, or a value is of another kind or out of its bounds.
    """
    return settings_of(VisionSettings, values)
