"""LeNet-5 (LeCun et al., 1998) with three input planes, ReLU and max pooling."""

from __future__ import annotations

from torch import nn


def lenet(classes: int) -> nn.Sequential:
    """Return LeNet: two convolutions of 5x5, three linear layers, 62 006 parameters."""
    return nn.Sequential(
        *_stage(3, 6),
        *_stage(6, 16),
        nn.Flatten(),
        nn.Linear(16 * 5 * 5, 120),
        nn.ReLU(),
        nn.Linear(120, 84),
        nn.ReLU(),
        nn.Linear(84, classes),
    )


def _stage(before: int, after: int) -> list[nn.Module]:
    return [nn.Conv2d(before, after, 5), nn.ReLU(), nn.MaxPool2d(2)]
