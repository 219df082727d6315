"""One counter, read by the sampler and at the edges: stamps may come in the wrong order."""

from __future__ import annotations

import pytest

from joulemark.accounting.curve import curve_of
from joulemark.core.caution import Code
from joulemark.core.channel import Channel, Domain, Quantity
from joulemark.core.clock import NS
from joulemark.core.trace import Trace

GPU = Channel(
    name="nvml/gpu-0",
    meter="nvml",
    part="gpu-0",
    domain=Domain.GPU,
    quantity=Quantity.ENERGY,
    unit="mJ",
    scale=1e-3,
    resolution=1.0,
    update_s=0.1,
    max_power_w=1000.0,
)


def test_readings_stamped_in_the_wrong_order_are_no_reset() -> None:
    values = [0, 10_000, 20_000, 30_000, 25_000, 40_000, 50_000]
    times = [i * NS // 10 for i in range(len(values))]
    curve = curve_of(Trace.of(GPU, times, values))
    assert curve.joules[-1] == pytest.approx(50.0)
    assert curve.valid.all()
    assert curve.cautions(0, NS) == []


def test_a_driver_that_was_loaded_again_is_a_reset() -> None:
    values = [5_000_000, 5_010_000, 0, 10_000]
    curve = curve_of(Trace.of(GPU, [i * NS // 10 for i in range(4)], values))
    assert curve.joules[-1] == pytest.approx(20.0)
    assert [c.code for c in curve.cautions(0, NS)] == [Code.COUNTER_RESET]
