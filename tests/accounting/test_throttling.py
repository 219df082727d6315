"""Why clocks were held down, and for how much of a window."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from joulemark.accounting.throttling import POWER_CAP, UNTOLD, HeldDown, held_down
from joulemark.core.channel import Channel, Domain, Quantity
from joulemark.core.clock import NS
from joulemark.core.trace import Trace

FLAGS = Channel(
    name="nvml/gpu-0/throttle_reasons",
    meter="nvml",
    part="gpu-0",
    domain=Domain.GPU,
    quantity=Quantity.FLAGS,
    unit="1",
)


def flags(*values: float, channel: Channel = FLAGS) -> Trace:
    return Trace.of(channel, np.arange(len(values)) * NS, values)


def test_each_reason_by_its_share_of_the_readings() -> None:
    found = held_down(0, 9 * NS, [flags(1, 4, 4, 0x44, np.nan, 2, 0, 0, 0, 0, 0xFF)])
    part = f"{FLAGS.node}/gpu-0"
    assert found == [
        HeldDown(part, POWER_CAP, 3 / 9),
        HeldDown(part, "heat, by the hardware", 1 / 9),
    ]
    assert [one.usual for one in found] == [True, False]


def test_what_is_rare_or_outside_or_no_flag_is_left_out() -> None:
    assert held_down(0, 199 * NS, [flags(8, *[0.0] * 199)]) == []
    assert held_down(5 * NS, 9 * NS, [flags(8, 8)]) == []
    power = replace(FLAGS, quantity=Quantity.POWER, unit="W")
    assert held_down(0, 9 * NS, [flags(8, 8, channel=power)]) == []


def test_makers_that_tell_no_reason() -> None:
    other = replace(FLAGS, name="amdsmi/gpu-0/throttled", meter="amdsmi")
    (found,) = held_down(0, 9 * NS, [flags(0, 0, 1, 64, channel=other)])
    assert (found.reason, found.share) == (UNTOLD, 0.5)
