"""What the rules of MLPerf Training ask for, as data, and what a machine can draw.

Sources: ``power_measurement.adoc`` and ``training_rules.adoc`` of mlcommons/training_policies
(d73e20f, 2026), ``benchmark_meta.py`` of mlcommons/logging (4.1.59). Days of publication: of v5.0
and v5.1 MLCommons' announcements; those of v4.0 and v4.1 are assumed, and a rule on years bears a
few days. Powers of accelerators are their makers' round figures, assumed and not looked up one by
one: the limits made of them are a factor of several wide.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

RUNS: Mapping[str, int] = {
    "bert": 10,
    "deepseekv3_671b": 3,
    "dlrm": 5,
    "dlrm_dcnv2": 10,
    "flux1": 10,
    "gnmt": 10,
    "gnn": 10,
    "gpt3": 3,
    "gpt_oss_20b": 10,
    "llama2_70b_lora": 10,
    "llama31_405b": 3,
    "llama31_8b": 10,
    "maskrcnn": 5,
    "minigo": 10,
    "ncf": 10,
    "qwen35_397b_grpo": 3,
    "resnet": 5,
    "retinanet": 5,
    "rgat": 10,
    "rnnt": 10,
    "ssd": 5,
    "stable_diffusion": 10,
    "transformer": 10,
    "unet3d": 40,
}
"""How many runs a result has."""
FORGIVEN: Mapping[str, int] = {"unet3d": 4}
"""How many runs may fail to converge, where that is not one."""

PUBLISHED: Mapping[str, str] = {
    "v4.0": "2024-06-12",
    "v4.1": "2024-11-13",
    "v5.0": "2025-06-04",
    "v5.1": "2025-11-12",
}
"""The day on which the results of a round were published."""
OLDEST_DAYS = 365
"""No run is older than this when it is published; of the published ones none is half of it."""

RATE, RATE_ERROR = 0.995, 0.9
"""Readings a second that a loop of one a second reaches; fewer than the second are no accident."""
GAP_S = 3.0
"""A longer hole is none that whole-second stamps make."""
SAMPLES = 60
EDGE_S = 2.0
"""What may be missing at an edge of a run: stamps have steps of a second."""
BESIDE = 0.1
"""A fraction of the run that is no longer small."""
TARGET = 0.05
"""Accuracy that the policy aims at."""

EFFICIENCY = (0.80, 0.98)
"""From the least of 80 Plus to more than its best class has at any load (0.965)."""
SCALING = (1.0, 1.5)
"""Scaling normalises runs that needed too few samples; the published factors reach 1.07."""

_ACCELERATORS: tuple[tuple[str, float], ...] = (
    ("gb300", 1400),
    ("gb200", 1200),
    ("b300", 1400),
    ("b200", 1000),
    ("gh200", 1000),
    ("h200", 700),
    ("h100", 700),
    ("a100", 400),
    ("l40s", 350),
    ("mi355", 1400),
    ("mi350", 1000),
    ("mi325", 1000),
    ("mi300", 750),
    ("mi250", 560),
    ("gaudi3", 900),
    ("gaudi2", 600),
)
"""Words in the name of an accelerator, and its power, W; the first that is found holds."""
UNKNOWN_W = (50.0, 3000.0)
"""An accelerator that is not in the list draws no less and no more."""
LEAST, MOST = 0.15, 2.0
"""Shares of the accelerators' power that a node in training draws at least, and at most …"""
HOST_W = (3.0, 3000.0)
"""… where this is added: what a host without accelerators draws."""
SOME_W = (30.0, 200_000.0)
"""A node of which nothing is known draws no less and no more."""
_OF_ACCELERATORS = (*(word for word, _ in _ACCELERATORS), "nvidia", "amd", "tpu", "gpu")
_NODES = re.compile(r"([0-9]{1,5})x([A-Za-z].*)", re.DOTALL)
_PUNCTUATION = re.compile(r"[^a-z0-9]")


def nodes_named(name: str) -> int | None:
    """Return how many nodes the name of a system says (``8xBOX``); None if it does not.

    A number before the name of an accelerator counts those.
    """
    match = _NODES.match(name)
    if match is None or _PUNCTUATION.sub("", match[2].casefold()).startswith(_OF_ACCELERATORS):
        return None
    return int(match[1])


def node_limits_w(accelerators: int | None, model: str) -> tuple[float, float]:
    """Return the least and the most mean power of a node in training, W.

    Args:
        accelerators: in the node; None if not known.
        model: name of the accelerator.
    """
    if accelerators is None:
        return SOME_W
    name = _PUNCTUATION.sub("", model.casefold())
    power = next((watts for word, watts in _ACCELERATORS if word in name), None)
    each = UNKNOWN_W if power is None else (LEAST * power, MOST * power)
    return max(HOST_W[0], accelerators * each[0]), accelerators * each[1] + HOST_W[1]
