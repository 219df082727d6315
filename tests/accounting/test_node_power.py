"""The power of a node over the steps of a grid."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.accounting.node_power import node_power
from joulemark.core.channel import Channel, Domain, Provenance, Quantity
from joulemark.core.clock import NS
from joulemark.core.trace import Trace

T0 = 1_700_000_000 * NS


def channel(part: str, domain: Domain, quantity: Quantity, **more: object) -> Channel:
    unit = "W" if quantity is Quantity.POWER else "J"
    return Channel(
        name=f"m/{part}/{quantity}", meter="m", part=part, domain=domain, quantity=quantity,
        unit=unit, **more,  # type: ignore[arg-type]
    )  # fmt: skip


def trace(of: Channel, seconds: list[float], values: list[float]) -> Trace:
    return Trace.of(of, [T0 + round(s * NS) for s in seconds], values)


def grid(stop: float, step: float = 0.5) -> Any:
    return T0 + np.rint(np.arange(0, stop + step / 2, step) * NS).astype(np.int64)


POWER = channel("node", Domain.NODE, Quantity.POWER)


def test_nothing_read_is_nothing() -> None:
    assert node_power([], grid(1)) is None
    beside = trace(channel("host", Domain.HOST, Quantity.TEMPERATURE), [0, 1], [1, 1])
    early = trace(POWER, [-9, -8, -7], [5, 5, 5])
    assert node_power([beside, early], grid(1)) is None


def test_parts_are_added_and_what_is_inside_another_is_not() -> None:
    at = [0.1 * k for k in range(41)]
    counter = channel("package-0", Domain.PACKAGE, Quantity.ENERGY, update_s=0.001)
    parts = [
        trace(counter, at, [10 * s for s in at]),
        trace(channel("gpu-0", Domain.GPU, Quantity.POWER), at, [30.0] * len(at)),
    ]
    alone = node_power(parts, grid(4))
    assert alone is not None
    assert not alone.whole
    assert alone.watts == pytest.approx([40.0] * 8)
    with_node = node_power([*parts, trace(POWER, at, [100.0] * len(at))], grid(4))
    assert with_node is not None
    assert with_node.whole
    assert [c.part for c in with_node.channels] == ["node"]
    assert with_node.watts == pytest.approx([100.0] * 8)


def test_a_stalled_part_leaves_steps_without_a_reading() -> None:
    at = [0.25 * k for k in range(9)] + [8 + 0.25 * k for k in range(9)]
    found = node_power([trace(POWER, at, [50.0] * len(at))], grid(10))
    assert found is not None
    lost = np.isnan(found.watts)
    assert lost[4:16].all()
    assert not lost[:4].any()
    assert not lost[16:].any()


def test_a_slow_counter_gives_way_to_the_power_of_its_part() -> None:
    at = [0.25 * k for k in range(41)]
    slow = channel("node", Domain.NODE, Quantity.ENERGY, update_s=1.0)
    counter = trace(slow, at, [60.0 * int(s) for s in at])
    alone = node_power([counter], grid(8))
    assert alone is not None
    assert alone.watts.max() > 100, "it jumps once a second"
    both = node_power([counter, trace(POWER, at, [60.0] * len(at))], grid(8))
    assert both is not None
    assert both.watts == pytest.approx([60.0] * 16)
    quick = channel("node", Domain.NODE, Quantity.ENERGY, update_s=0.001)
    line = trace(quick, at, [60.0 * s for s in at])
    best = node_power([line, trace(POWER, at, [59.0] * len(at))], grid(8))
    assert best is not None
    assert best.channels == (quick,)


def test_a_sum_is_as_good_as_its_weakest_part() -> None:
    at = [0.1 * k for k in range(21)]
    model = channel("package-0", Domain.PACKAGE, Quantity.POWER, provenance=Provenance.ESTIMATED)
    gpu = channel("gpu-0", Domain.GPU, Quantity.POWER)
    both = [trace(one, at, [1.0] * len(at)) for one in (model, gpu)]
    found = node_power(both, grid(2))
    assert found is not None
    assert found.provenance is Provenance.ESTIMATED


@given(st.lists(st.floats(0.1, 1e4), min_size=3, max_size=30), st.sampled_from([0.25, 0.5, 1.0]))
def test_readings_add_up_to_the_energy(watts: list[float], step: float) -> None:
    at = [float(k) for k in range(len(watts))]
    found = node_power([trace(POWER, at, watts)], grid(at[-1], step))
    assert found is not None
    lines = [(a + b) / 2 for a, b in pairwise(watts)]
    if not np.isnan(found.watts).any():
        assert found.watts.sum() * step == pytest.approx(sum(lines), abs=1e-6)
