"""What is assumed of the power that a baseboard controller tells, where it does not say."""

from __future__ import annotations

from joulemark.core.channel import Accuracy

ASSUMED = Accuracy(
    gain=0.05,
    offset_w=10.0,
    source="assumed ±(5 % + 10 W): the controller does not say; ENERGY STAR for Computer Servers "
    "asks of input power as reported ±5 %, and never better than ±10 W for each supply",
)
"""IPMI, DCMI and Redfish state no accuracy of their own; no such reading is accredited."""
