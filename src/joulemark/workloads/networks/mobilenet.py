"""MobileNetV2 (Sandler et al., 2018) for 32x32 input.

The variant that is usual for CIFAR: stem and second stage keep the size, ReLU instead of ReLU6,
and a 1x1 shortcut where a block changes the number of planes at stride 1. The libraries' variant
has no such shortcut and 2 236 682 parameters.
"""

from __future__ import annotations

from torch import nn

from joulemark.workloads.networks.residual import Sum, convolution

_STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 1),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
"""Per stage: expansion, planes, blocks, stride of the first block."""


def mobilenet_v2(classes: int) -> nn.Sequential:
    """Return MobileNetV2: 17 inverted residual blocks, 2 296 922 parameters."""
    layers = [*convolution(3, 32, 3), nn.ReLU()]
    before = 32
    for expansion, planes, blocks, stride in _STAGES:
        for index in range(blocks):
            layers.append(_block(before, planes, expansion, stride if index == 0 else 1))
            before = planes
    layers += [*convolution(before, 1280, 1), nn.ReLU()]
    layers += [nn.AvgPool2d(4), nn.Flatten(), nn.Linear(1280, classes)]
    return nn.Sequential(*layers)


def _block(before: int, after: int, expansion: int, stride: int) -> nn.Module:
    wide = expansion * before
    branch = [
        *convolution(before, wide, 1),
        nn.ReLU(),
        *convolution(wide, wide, 3, stride=stride, groups=wide),
        nn.ReLU(),
        *convolution(wide, after, 1),
    ]
    if stride != 1:
        return nn.Sequential(*branch)
    return Sum(branch, [] if before == after else convolution(before, after, 1))
