"""Small image networks for 3x32x32 input and 10 classes, in plain torch.

Parameters, buffers, multiply-accumulates and activation traffic equal those of the networks of the
study "Computing Within Limits" (Mavromatis, Katsaros, Khan, 2024), that is, of the CIFAR variants
that are usual in PyTorch; ``tests/workloads/test_networks.py`` holds the figures. Each network has
a file of its own, which imports torch and is itself imported by :func:`build` alone.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from joulemark.core.errors import UsageError

if TYPE_CHECKING:
    from torch import nn

_FACTORIES = {
    "LeNet": "lenet:lenet",
    "ResNet18": "resnet:resnet18",
    "MobileNetV2": "mobilenet:mobilenet_v2",
    "VGG16": "vgg:vgg16",
}

NAMES = tuple(_FACTORIES)
"""The networks that :func:`build` knows."""


def build(name: str, classes: int = 10) -> nn.Module:
    """Return a new network on the CPU, weights drawn from torch's global generator.

    Args:
        name: one of :data:`NAMES`.
        classes: number of outputs.

    Raises:
        UsageError: if the name is unknown.
    """
    if name not in _FACTORIES:
        raise UsageError(f"no network is called {name!r}", remedy=f"choose from {', '.join(NAMES)}")
    module, _, factory = _FACTORIES[name].partition(":")
    return getattr(importlib.import_module(f"{__name__}.{module}"), factory)(classes)
