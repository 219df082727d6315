"""What is assumed of the power that a baseboard controller tells, where it does not say."""

from __future__ import annotations

from joulemark.core.channel import Accuracy

ASSUMED = Accuracy(
    gain=0.05,
    offset_w=10.0,
    source="assumed ±(5 % + 10 W): the controller does not say; of the order that ENERGY STAR asks "
    "of servers' own readings",
)
"""IPMI, DCMI and Redfish state no accuracy of their own; no such reading is accredited.

The figures are an assumption. The programme requirements of ENERGY STAR for computer servers demand
an accuracy of input power as reported; their wording was not at hand to be quoted."""
