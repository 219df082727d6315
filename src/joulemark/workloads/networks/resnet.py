"""ResNet-18 with basic blocks (He et al., 2016), stem of 3x3 and stride 1 for 32x32 input."""

from __future__ import annotations

from torch import nn

from joulemark.workloads.networks.residual import Sum, convolution

_STAGES = ((64, 1), (128, 2), (256, 2), (512, 2))
"""Per stage of two blocks: planes, stride of the first block."""


def resnet18(classes: int) -> nn.Sequential:
    """Return ResNet-18: 20 convolutions and one linear layer, 11 173 962 parameters."""
    layers = [*convolution(3, 64, 3), nn.ReLU()]
    before = 64
    for planes, stride in _STAGES:
        layers += [_block(before, planes, stride), _block(planes, planes, 1)]
        before = planes
    layers += [nn.AvgPool2d(4), nn.Flatten(), nn.Linear(before, classes)]
    return nn.Sequential(*layers)


def _block(before: int, after: int, stride: int) -> nn.Module:
    branch = [
        *convolution(before, after, 3, stride=stride),
        nn.ReLU(),
        *convolution(after, after, 3),
    ]
    same = before == after and stride == 1
    shortcut = [] if same else convolution(before, after, 1, stride=stride)
    return Sum(branch, shortcut, nn.ReLU())
