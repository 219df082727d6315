"""Efficiency against something else, energy of an operation, trainings by size."""

from __future__ import annotations

from typing import Any

import pytest

from joulemark.analysis.record.entry import Category, Entry
from joulemark.analysis.trends.against import Against, against
from joulemark.analysis.trends.macs import energy_of_mac, macs_of, per_mac
from joulemark.analysis.trends.scaling import scaling
from tests.analysis.trends.entries import entry


def test_efficiency_that_rises_with_performance() -> None:
    entries = [entry(f"{n}", 10.0 * n, performance=100.0 * n, runs=(f"{n}",)) for n in range(1, 8)]
    (found,) = against([*entries, entry("copy", 10.0, performance=100.0, runs=("1",))],
                       Against.PERFORMANCE)  # fmt: skip
    assert found.correlation is not None
    assert (found.correlation.count, found.correlation.rank) == (7, 1)
    assert found.low is not None
    assert found.high is not None
    assert (found.low.least, found.low.most, found.low.median, found.low.count) == (100, 300, 20, 3)
    assert (found.high.least, found.high.most, found.high.median) == (500, 700, 60)


def test_equal_sizes_are_not_parted() -> None:
    sizes = (1, 1, 1, 1, 8, 8)
    (found,) = against(
        [entry(f"{n}", 10.0 + n, accelerators=float(size)) for n, size in enumerate(sizes)],
        Against.ACCELERATORS,
    )
    assert found.low is not None
    assert found.high is not None
    assert (found.low.count, found.high.count) == (4, 2)
    sizes = (1, 8, 8, 8, 8, 8)
    (found,) = against(
        [entry(f"{n}", 10.0 + n, accelerators=float(size)) for n, size in enumerate(sizes)],
        Against.ACCELERATORS,
    )
    assert found.low is not None
    assert found.high is not None
    assert (found.low.count, found.high.count) == (1, 5)


def test_too_few_or_all_alike_have_no_correlation() -> None:
    (few,) = against([entry("a"), entry("b", 2.0)], Against.PERFORMANCE)
    assert (few.correlation, few.low, few.high) == (None, None, None)
    (alike,) = against([entry(f"{n}", n + 1.0) for n in range(5)], Against.NODES)
    assert alike.correlation is None
    assert against([entry("a", nodes=None)], Against.NODES) == ()


def board(key: str, joules: float, **more: Any) -> Entry:
    of = {"suite": "tiny", "category": Category.TINY, "benchmark": "kws", "scenario": ""}
    return entry(key, 1 / joules, **{**of, "work": "inference", "round": "v1.0", **more})


def test_energy_of_an_operation() -> None:
    (found,) = per_mac([
        entry("a", 200.0), entry("b", 100.0), entry("c", 50.0), entry("copy", 50.0, runs=("x",)),
    ])  # fmt: skip
    assert found.macs.macs == 4_089_184_256
    assert found.least == pytest.approx(1 / 200 / 4.089184256e9)
    assert found.best.key == "a"
    (tiny,) = per_mac([board("a", 1820.454e-6)])
    assert tiny.least * 1e12 == pytest.approx(685, abs=1)


def test_tokens_become_samples_with_their_operations() -> None:
    made = energy_of_mac(
        entry("a", 2.74259, benchmark="gptj", target="99", work="token", round="v4.1")
    )
    assert made == pytest.approx(69 / 2.74259 / 5.3075e12)


def test_what_an_operation_takes_is_unknown_of_some() -> None:
    assert macs_of("inference", "3d-unet", "v1.1") is None
    assert macs_of("inference", "3d-unet", "v2.0") is not None
    assert macs_of("inference", "whisper", "v5.1") is None
    assert energy_of_mac(entry("a", scenario="MultiStream", work="query", round="v1.0")) is None
    assert energy_of_mac(entry("a", None)) is None
    assert per_mac([entry("a", benchmark="whisper"), board("b", 1e-3, target="W3A3")]) == ()
    assert per_mac([entry("a", None)]) == ()


def training(key: str, joules: float, seconds: float | None, size: float, **more: Any) -> Entry:
    of = {"suite": "training", "category": Category.TRAINING, "benchmark": "llama2_70b_lora"}
    run = {"scenario": "", "work": "run", "performance": None, "latency_s": seconds}
    return entry(key, 1 / joules, **{**of, **run, "accelerators": size, **more})


def test_trainings_by_size() -> None:
    entries = [
        training("large", 45.837e6, 120.89, 512.0),
        training("small", 11.770e6, 1746.04, 8.0),
        training("worse", 12.0e6, 1700.0, 8.0),
        training("middle", 20.382e6, None, 64.0),
        training("alone", 1e6, 10.0, 8.0, benchmark="bert"),
        entry("other"),
    ]
    (found,) = scaling(entries)
    assert [size.entry.key for size in found.sizes] == ["small", "middle", "large"]
    assert found.is_trend
    small, middle, large = found.sizes
    assert (small.energy, small.u95, small.parallel_efficiency) == (1, 0, 1)
    assert middle.faster is middle.parallel_efficiency is middle.power is None
    assert large.energy == pytest.approx(3.894, abs=1e-3)
    assert large.energy_efficiency == pytest.approx(0.2568, abs=1e-4)
    assert large.parallel_efficiency == pytest.approx(14.443 / 64, abs=1e-4)
    assert large.power == pytest.approx(56.25, abs=0.02)
    assert scaling(entries[::-1]) == (found,)
