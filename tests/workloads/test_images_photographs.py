"""The photographs: real, the same each time, and no pixel shared by training and test."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.core.errors import FormatError, MissingExtraError, UnavailableError, UsageError
from joulemark.workloads.images.photographs import (
    catalogue,
    cut,
    find_package,
    photographs,
)
from joulemark.workloads.images.sets import (
    Images,
    labels,
    mean_and_std,
    parse_records,
    pixels,
)

CROPS = 1200
WIDTH, HEIGHT = 300, 80


def need_packages() -> None:
    for name in ("skimage", "sklearn", "PIL"):
        if find_package(name) is None:
            pytest.skip(f"{name} is not installed")


@pytest.fixture(scope="module")
def made() -> Images:
    need_packages()
    return photographs(CROPS)


def test_sizes_and_classes(made: Images) -> None:
    assert (made.name, made.stand_in) == ("photographs", True)
    assert made.train.shape == (1000, 3073)
    assert made.test.shape == (200, 3073)
    assert np.bincount(labels(made.train)).tolist() == [100] * 10
    assert np.bincount(labels(made.test)).tolist() == [20] * 10
    assert made.classes[0] == "astronaut"
    assert len(set(made.classes)) == 10


def test_the_same_each_time_and_another_with_another_seed(made: Images) -> None:
    again, other = photographs(CROPS), photographs(CROPS, seed=1)
    assert again.sha256() == made.sha256() != other.sha256()
    assert again.facts() == made.facts()
    assert made.facts()["made"]["versions"].keys() == {
        "numpy",
        "pillow",
        "scikit-image",
        "scikit-learn",
    }


def test_images_are_real(made: Images) -> None:
    values = pixels(made.train).reshape(1000, 3, -1).astype(float)
    assert (np.ptp(values, axis=2).max(axis=1) >= 8).all()
    assert np.median(values.std(axis=2)) > 8
    assert len(np.unique(made.train, axis=0)) == 1000
    for label in range(10):  # neighbouring pixels of a photograph are alike, those of noise not
        mine = pixels(made.train)[labels(made.train) == label].astype(float)
        step = np.abs(np.diff(mine, axis=3)).mean()
        assert step < 0.8 * np.abs(mine - mine.mean()).mean()


def test_every_photograph_ships_and_is_credited(made: Images) -> None:
    facts = made.made["photographs"]
    assert [row["name"] for row in facts] == [shot.name for shot in catalogue()]
    assert all(row["licence"] and row["credit"] and len(row["sha256"]) == 64 for row in facts)


def coded(folder: Path) -> Path:
    """Write pictures whose pixels tell their own place and picture."""
    from PIL import Image

    for number, shot in enumerate(catalogue()):
        y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
        plane = np.stack([x % 256, x // 256 * 100 + number, y], axis=2).astype(np.uint8)
        path = folder / shot.package / shot.file
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(plane).save(path, format="PNG")
    return folder


def test_no_pixel_is_shared_by_training_and_test(tmp_path: Path) -> None:
    need_packages()
    folder = coded(tmp_path)
    images = photographs(600, find=lambda name: folder / name)
    seen = []
    for part in (images.train, images.test):
        red, green, blue = (pixels(part)[:, i].astype(int) for i in range(3))
        x = red + (green - labels(part)[:, None, None]) // 100 * 256
        assert (green % 100 == labels(part)[:, None, None]).all()
        assert (np.diff(x, axis=2) == 1).all()
        assert (np.diff(blue, axis=1) == 1).all()
        seen.append((x.min(), x.max()))
    (train_first, train_last), (test_first, test_last) = seen
    assert train_first >= 0
    assert train_last < 0.8 * WIDTH <= test_first
    assert test_last < WIDTH


@pytest.mark.parametrize("crops", [0, 59, 61, 60_060, -60])
def test_wrong_number_of_crops(crops: int) -> None:
    with pytest.raises(UsageError, match="multiple of 60"):
        photographs(crops)


@pytest.mark.parametrize("missing", ["skimage", "sklearn", "PIL"])
def test_missing_package(missing: str) -> None:
    need_packages()
    with pytest.raises(MissingExtraError, match=rf"'{missing}'.*joulemark\[photos\]"):
        photographs(60, find=lambda name: None if name == missing else find_package(name))


def test_package_without_its_photograph(tmp_path: Path) -> None:
    need_packages()
    with pytest.raises(UnavailableError, match=r"skimage does not ship data/astronaut\.png"):
        photographs(60, find=lambda name: tmp_path)


def test_package_that_is_not_installed() -> None:
    assert find_package("no_such_package") is None


def test_flat_and_small_areas_are_refused() -> None:
    random = np.random.default_rng(0)
    with pytest.raises(UsageError, match="only 0 different crops"):
        cut(np.full((3, 64, 64), 200, dtype=np.uint8), 1, random)
    area = random.integers(0, 256, (3, 33, 34), dtype=np.uint8)
    assert len(np.unique(cut(area, 6, random), axis=0)) == 6
    with pytest.raises(UsageError, match="only 6 different crops"):
        cut(area, 7, random)


@given(st.integers(1, 5000), st.integers(0, 2**32))
def test_mean_and_deviation_are_those_of_numpy(count: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    records = random.integers(0, random.integers(1, 257), (min(count, 40), 3073), dtype=np.uint8)
    values = pixels(records) / 255
    mean, std = mean_and_std(records)
    assert mean == pytest.approx(values.mean(axis=(0, 2, 3)).tolist(), abs=1e-6)
    assert std == pytest.approx(values.std(axis=(0, 2, 3)).tolist(), abs=1e-6)


@given(st.lists(st.integers(0, 12), max_size=4), st.sampled_from([0, 0, 0, 1, 3072]))
def test_bytes_are_records_or_an_error(marks: list[int], surplus: int) -> None:
    data = b"".join(bytes([mark]) + bytes(3072) for mark in marks) + bytes(surplus)
    if marks and not surplus and max(marks) < 10:
        assert labels(parse_records(data, "here")).tolist() == marks
    else:
        with pytest.raises(FormatError, match="here"):
            parse_records(data, "here")


def test_many_records_are_counted_in_parts() -> None:
    records = np.zeros((4100, 3073), dtype=np.uint8)
    records[4096:, 1:] = 255
    mean, _ = mean_and_std(records)
    assert mean[0] == pytest.approx(4 / 4100, abs=1e-6)
