"""Settings of the workloads as frozen dataclasses, made from JSON values.

Each field carries ``help`` in its metadata, and ``choices``, ``least`` or ``most`` where they
apply, so that flags can be made from the fields and checked in one place.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields, replace
from typing import Any

from joulemark.core.errors import UsageError
from joulemark.core.interfaces import Settings
from joulemark.workloads.images import MOST_IMAGES
from joulemark.workloads.networks import NAMES


def _setting(default: Any, text: str, **bounds: Any) -> Any:
    return field(default=default, metadata={"help": text, **bounds})


@dataclass(frozen=True, slots=True, kw_only=True)
class VisionSettings:
    """What the workload ``vision`` can be asked for; the metadata of each field explains it."""

    model: str = _setting("LeNet", "network", choices=NAMES)
    mode: str = _setting("infer", "learn, or classify the test images", choices=("train", "infer"))
    batch_size: int = _setting(128, "images per batch", least=1, most=MOST_IMAGES)
    precision: str = _setting(
        "fp32", "number format; other than fp32 by autocast", choices=("fp32", "bf16", "fp16")
    )
    compile: bool = _setting(default=False, text="compile the network with torch.compile")
    threads: int = _setting(0, "processor threads; 0 leaves torch's choice", least=0, most=4096)
    device: str = _setting("auto", "where to run", choices=("auto", "cpu", "cuda"))
    seed: int = _setting(0, "seed of weights, order and augmentation", least=0, most=2**63 - 1)
    data: str = _setting(
        "", "CIFAR-10 (binary) or exported set: folder or archive; else photographs"
    )
    crops: int = _setting(
        MOST_IMAGES, "images cut out of the photographs", least=60, most=MOST_IMAGES
    )
    augment: bool = _setting(default=True, text="random crop (pad 4) and flip while learning")
    learning_rate: float = _setting(0.001, "at the start, for SGD", least=0.0, most=1000.0)
    momentum: float = _setting(0.9, "of SGD", least=0.0, most=1.0)
    weight_decay: float = _setting(5e-4, "of SGD", least=0.0, most=1.0)
    schedule_epochs: int = _setting(
        200, "epochs until a cosine brings the learning rate to 0; 0 holds it", least=0, most=10**6
    )


def vision_settings(values: Settings) -> VisionSettings:
    """Return settings from JSON values; what is not named keeps its default.

    Raises:
        UsageError: if a name is unknown, or a value is of another kind or out of its bounds.
    """
    known = {item.name: item for item in fields(VisionSettings)}
    for name in values:
        if name not in known:
            raise UsageError(
                f"no setting is called {name!r}", remedy=f"choose from {', '.join(known)}"
            )
    return replace(
        VisionSettings(), **{name: _checked(known[name], value) for name, value in values.items()}
    )


def _checked(item: Field[Any], value: Any) -> Any:
    where = f"setting {item.name}"
    kind: Any = type(item.default)
    if type(value) is not kind and (kind, type(value)) != (float, int):
        raise UsageError(f"{value!r} is not a {kind.__name__}", where=where)
    choices = item.metadata.get("choices")
    if choices:
        return _chosen(value, choices, where)
    if kind in (int, float):
        _check_bounds(value, item.metadata, where)
    return kind(value)


def _chosen(value: str, choices: tuple[str, ...], where: str) -> str:
    for choice in choices:
        if value.lower() == choice.lower():
            return choice
    raise UsageError(
        f"{value!r} is not known", where=where, remedy=f"choose from {', '.join(choices)}"
    )


def _check_bounds(value: float, bounds: Mapping[str, Any], where: str) -> None:
    least, most = bounds.get("least", -math.inf), bounds.get("most", math.inf)
    if not least <= value <= most:
        raise UsageError(f"{value} is not within {least} to {most}", where=where)
