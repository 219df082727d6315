"""Names of benchmarks in the record: the benchmark itself, and the variant that was run."""

from __future__ import annotations

import re
from collections.abc import Mapping

_ACCURACY = re.compile(r"(?P<name>.+)-(?P<variant>99(?:\.9)?)")
_TINY: Mapping[str, str] = {
    "DSCNN": "kws",
    "FC AutoEncoder": "ad",
    "MobileNetV1 (0.25x)": "vww",
    "ResNet-V1": "ic",
    "1D DS-CNN": "sww",
}
"""The benchmark by the model that the results page names."""
_TINY_KINDS = ("ad", "ic", "kws", "vww", "sww")


def split(benchmark: str, suite: str) -> tuple[str, str]:
    """Return a benchmark, and its accuracy or model variant; empty without one.

    Args:
        benchmark: as stated: ``bert-99.9``, ``DSCNN``, ``ic-RN07``.
        suite: which.
    """
    if suite == "tiny":
        plain = _TINY.get(benchmark, benchmark)
        kind, _, variant = plain.partition("-")
        return (kind, variant) if kind in _TINY_KINDS else (plain, "")
    match = _ACCURACY.fullmatch(benchmark) if suite == "inference" else None
    return (match["name"], match["variant"]) if match else (benchmark, "")


def round_of(round_: str, public_id: str) -> str:
    """Return a round, where need be from the public number: ``4.0-0090`` is of v4.0."""
    number = public_id.partition("-")[0]
    return round_ or (f"v{number}" if re.fullmatch(r"\d+\.\d+", number) else "")
