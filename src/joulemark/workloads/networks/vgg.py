"""VGG configuration D with batch normalisation (Simonyan, Zisserman, 2015; Ioffe, Szegedy, 2015).

The variant for 32x32 input: five poolings leave 1x1, and one linear layer replaces the three.
"""

from __future__ import annotations

from torch import nn

_WIDTHS = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
"""Per stage: planes, convolutions."""


def vgg16(classes: int) -> nn.Sequential:
    """Return VGG16: 13 convolutions and one linear layer, 14 728 266 parameters."""
    layers: list[nn.Module] = []
    before = 3
    for planes, repeats in _WIDTHS:
        for _ in range(repeats):
            layers += _convolution(before, planes)
            before = planes
        layers.append(nn.MaxPool2d(2))
    # a mean over 1x1 changes nothing; the usual variant has it, and it costs a pass over the data
    layers += [nn.AvgPool2d(1), nn.Flatten(), nn.Linear(before, classes)]
    return nn.Sequential(*layers)


def _convolution(before: int, after: int) -> list[nn.Module]:
    return [nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU()]
