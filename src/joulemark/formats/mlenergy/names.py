"""Short names of configurations and GPUs, for tables."""

from __future__ import annotations

import re

from joulemark.formats.mlenergy.configuration import REQUEST, Configuration

_GPU = re.compile(r"\b(?:[ABHLV]\d{1,3}S?|GB\d{3}|MI\d{3}X?|RTX ?\d{4})\b")
_MOST = 24


def short_gpu(gpu: str) -> str:
    """Return a GPU's name without memory, vendor and socket: ``H100``; the whole one if unknown."""
    found = _GPU.search(gpu)
    return found[0] if found else gpu[:_MOST] or "GPU"


def short_name(one: Configuration, *, precise: bool = False) -> str:
    """Return a configuration's name: ``2×H100 batch 192 tp2``.

    Args:
        one: it.
        precise: whether the precision of the weights is part of it.
    """
    batch = one.settings.get("max_num_seqs" if one.unit == REQUEST else "batch_size")
    words = [f"{one.gpus}×{short_gpu(one.gpu)}"]
    words += [] if batch is None else [f"batch {batch}"]
    for name, short in (
        ("tensor_parallel", "tp"),
        ("pipeline_parallel", "pp"),
        ("expert_parallel", "ep"),
        ("data_parallel", "dp"),
        ("ulysses_degree", "u"),
        ("ring_degree", "r"),
    ):
        degree = one.settings.get(name, 1)
        words += [f"{short}{degree}"] if degree != 1 else []
    words += [one.precision] if precise and one.precision else []
    return " ".join(words)
