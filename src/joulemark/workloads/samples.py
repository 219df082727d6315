"""Images on the device: batches are picked, varied and normalised there.

The records stay bytes; a batch becomes floating point when it is used. This module imports torch;
it is imported when a workload is prepared, never before.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from joulemark.workloads.images.sets import SIDE, Images, Records

_PAD = 4


class Samples:
    """One part of a set of images.

    Args:
        records: shape (n, 3073), uint8.
        images: the set, for its mean and deviation.
        device: where the images are to lie.
    """

    def __init__(self, records: Records, images: Images, device: torch.device) -> None:
        """Copy the records to the device."""
        owned = torch.from_numpy(np.require(records, requirements=["C", "W"])).to(device)
        self._labels = owned[:, 0].long()
        self._pixels = owned[:, 1:].view(-1, 3, SIDE, SIDE)
        std = torch.tensor(images.std, device=device).view(1, 3, 1, 1)
        self._scale = 1 / (255 * std)
        self._shift = -torch.tensor(images.mean, device=device).view(1, 3, 1, 1) / std
        self._device = device

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self._labels)

    def batch(
        self, places: Tensor, generator: torch.Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return images and labels.

        Args:
            places: which ones, shape (b,), int64, on the CPU.
            generator: source of chance on the CPU; with it, each image is shifted by up to four
                pixels either way (black comes in at the edge) and mirrored half of the time.

        Returns:
            Normalised images, shape (b, 3, 32, 32), float32; labels, shape (b,), int64.
        """
        there = places.to(self._device)
        pixels = self._pixels.index_select(0, there)
        if generator is not None:
            pixels = _varied(pixels, generator)
        images = pixels.to(torch.float32).mul_(self._scale).add_(self._shift)
        return images, self._labels.index_select(0, there)


def _varied(pixels: Tensor, generator: torch.Generator) -> Tensor:
    count = len(pixels)
    chance = torch.randint(0, 2 * _PAD + 1, (2, count), generator=generator)
    mirror = torch.randint(0, 2, (count,), generator=generator)
    down, right = chance.to(pixels.device)
    padded = functional.pad(pixels, (_PAD, _PAD, _PAD, _PAD))
    windows = padded.unfold(2, SIDE, 1).unfold(3, SIDE, 1)
    shifted = windows[torch.arange(count, device=pixels.device), :, down, right]
    mirrored = mirror.bool().to(pixels.device)[:, None, None, None]
    return torch.where(mirrored, shifted.flip(3), shifted)
