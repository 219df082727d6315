"""Entries for tests of trends."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from joulemark.analysis.record.entry import Category, Entry, Evidence

_PLAIN = Entry(
    key="0",
    suite="inference",
    category=Category.DATACENTER,
    round="v4.0",
    date="2024-03-27",
    division="closed",
    submitter="NVIDIA",
    system="dgx",
    system_name="DGX A100",
    public_id="",
    benchmark="resnet50",
    target="",
    scenario="Offline",
    processor="EPYC",
    accelerator="NVIDIA A100-SXM-80GB",
    accelerators=8.0,
    nodes=1.0,
    software="TensorRT",
    work="sample",
    performance=None,
    latency_s=None,
    power_w=None,
    energy_j=None,
    u95=0.011,
    evidence=Evidence.LOGS,
)


def entry(key: str = "0", per_joule: float | None = 100.0, **more: Any) -> Entry:
    """Return a result of ResNet-50 at 1000 W with some of its attributes."""
    energy = None if per_joule is None else 1 / per_joule
    rate = None if per_joule is None else 1000.0 * per_joule
    figures = {"energy_j": energy, "performance": rate, "power_w": 1000.0}
    return replace(_PLAIN, key=key, **{**figures, **more})
