"""Batches: picked, varied and normalised as a plain loop would do it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from joulemark.workloads.images.sets import Images, labels, pixels

torch = pytest.importorskip("torch")

MEAN, STD = (0.5, 0.4, 0.3), (0.2, 0.25, 0.3)


@pytest.fixture
def images() -> Images:
    random = np.random.default_rng(2)
    records = random.integers(0, 256, (40, 3073), dtype=np.uint8)
    records[:, 0] %= 10
    records.flags.writeable = False
    return Images(
        name="noise",
        train=records,
        test=records,
        classes=tuple("abcdefghij"),
        mean=MEAN,
        std=STD,
        checked="",
        origin="",
        stand_in=True,
    )


def normalised(values: NDArray[np.float64]) -> NDArray[np.float64]:
    mean, std = (np.array(figures).reshape(3, 1, 1) for figures in (MEAN, STD))
    return np.asarray((values / 255 - mean) / std)


def test_batch_is_normalised_and_in_order(images: Images) -> None:
    from joulemark.workloads.samples import Samples

    samples = Samples(images.train, images, torch.device("cpu"))
    places = [7, 3, 3, 39]
    batch, target = samples.batch(torch.tensor(places))
    assert len(samples) == 40
    assert (batch.dtype, tuple(batch.shape)) == (torch.float32, (4, 3, 32, 32))
    assert target.tolist() == labels(images.train)[places].tolist()
    for row, place in zip(batch, places, strict=True):
        expected = normalised(pixels(images.train)[place].astype(np.float64))
        np.testing.assert_allclose(row.numpy(), expected, atol=1e-5)


def test_augmentation_is_a_shift_with_black_edges_and_a_mirror(images: Images) -> None:
    from joulemark.workloads.samples import Samples

    samples = Samples(images.train, images, torch.device("cpu"))
    places = torch.arange(40)
    batch, target = samples.batch(places, torch.Generator().manual_seed(5))
    assert target.tolist() == labels(images.train).tolist()
    shifts, mirrors = set(), set()
    for row, original in zip(batch.numpy(), pixels(images.train), strict=True):
        padded = np.pad(original, ((0, 0), (4, 4), (4, 4))).astype(np.float64)
        found = [
            (down, right, mirror)
            for down in range(9)
            for right in range(9)
            for mirror in (1, -1)
            if np.allclose(
                row,
                normalised(padded[:, down : down + 32, right : right + 32][:, :, ::mirror]),
                atol=1e-5,
            )
        ]
        assert len(found) == 1
        shifts.add(found[0][:2])
        mirrors.add(found[0][2])
    assert len(shifts) > 20
    assert mirrors == {1, -1}


def test_augmentation_follows_its_generator(images: Images) -> None:
    from joulemark.workloads.samples import Samples

    samples = Samples(images.train, images, torch.device("cpu"))
    first, again, other = (
        samples.batch(torch.arange(40), torch.Generator().manual_seed(seed))[0]
        for seed in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
