"""What one gets from ML.ENERGY's engines without choosing: the default that savings are told from.

Servers: the fewest GPUs of a kind that the model was measured on, and the engine's own cap of the
batch: 256 in vLLM 0.5.4 (V2), in vLLM 0.11.1 (V3) 1024 for its server on GPUs of 70 GiB and more
but the A100 (``EngineArgs._set_default_args`` and its kin). Where that batch was not measured, the
largest below it; where none is below it, the smallest. Pipelines: one prompt a call, on the fewest
GPUs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from joulemark.formats.mlenergy.configuration import REQUEST, V2, Configuration

V2_CAP, V3_CAP, A100_CAP = 256, 1024, 256
_PIPELINE = (
    "on the GPU of the recommendation: the fewest GPUs measured, one prompt a call (or the "
    "smallest batch measured)"
)
RULES: Mapping[tuple[str, str], str] = {
    ("V2", "serving"): (
        "on the GPU of the recommendation: the fewest GPUs measured, and the batch cap of vLLM "
        "0.5.4 (256 requests), or the largest measured below it"
    ),
    ("V3", "serving"): (
        "on the GPU of the recommendation: the fewest GPUs measured, and the batch cap of vLLM "
        "0.11.1 (1024 requests; 256 on A100), or the largest measured below it"
    ),
    ("V2", "pipeline"): _PIPELINE,
    ("V3", "pipeline"): _PIPELINE,
}


def defaults(members: Sequence[Configuration], names: Sequence[str]) -> dict[str, str]:
    """Return the name of the default on each GPU model.

    Args:
        members: configurations of one group.
        names: of each.
    """
    by_gpu: dict[str, list[int]] = {}
    for number, one in enumerate(members):
        by_gpu.setdefault(one.gpu, []).append(number)
    found = {}
    for gpu, numbers in by_gpu.items():
        fewest = min(members[number].gpus for number in numbers)
        small = [number for number in numbers if members[number].gpus == fewest]
        found[gpu] = names[min(small, key=lambda number: _distance(members[number]))]
    return found


def _distance(one: Configuration) -> tuple[int, int]:
    """Return how far a batch is from the default; a larger one is further than any smaller."""
    cap, batch = _cap(one), _batch(one)
    return (0, cap - batch) if batch <= cap else (1, batch - cap)


def _cap(one: Configuration) -> int:
    if one.unit != REQUEST:
        return 1
    if one.origin == V2:
        return V2_CAP
    return A100_CAP if "a100" in one.gpu.lower() else V3_CAP


def _batch(one: Configuration) -> int:
    value = one.settings.get("max_num_seqs" if one.unit == REQUEST else "batch_size")
    return value if isinstance(value, int) else 0
