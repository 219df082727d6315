"""A configuration as a row of the table of stated results: suite ``ml.energy``.

Its power is the energy of a request, image or video, of the GPUs alone; its performance what they
make of these a second. The model and the task are its benchmark; what was set is its system.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from joulemark.formats.mlenergy.configuration import REQUEST, Configuration
from joulemark.formats.mlenergy.names import short_name
from joulemark.formats.results.declared import MLENERGY, DeclaredResult

_SOFTWARE: Mapping[tuple[str, bool], str] = {
    ("V2", True): "vLLM 0.5.4",
    ("V3", True): "vLLM 0.11.1",
    ("V2", False): "diffusers",
    ("V3", False): "xDiT 0.4.5",
}
"""What the benchmark of each generation runs; no file states it."""


def as_declared(one: Configuration, remarks: Iterable[str] = ()) -> DeclaredResult:
    """Return a configuration as a stated result.

    Args:
        one: it.
        remarks: what is odd in it.
    """
    rate = _rate(one)
    return DeclaredResult(
        kind=MLENERGY,
        identity="\0".join(one.identity),
        sources=(one.source,),
        suite=MLENERGY,
        round=one.generation,
        submitter="ML.ENERGY",
        system=short_name(one),
        system_name=f"{short_name(one, precise=True)}: {one.model}",
        benchmark=" ".join(filter(None, (one.model.rpartition("/")[2], one.task))),
        accelerator=one.gpu,
        accelerators=float(one.gpus),
        software=_SOFTWARE[one.generation, one.unit == REQUEST],
        performance=rate,
        performance_unit="" if rate is None else f"{one.unit}s/s",
        power=one.value(one.energy),
        power_unit=f"J/{one.unit}",
        remarks=tuple(remarks),
    )


def _rate(one: Configuration) -> float | None:
    """Return requests, images or videos a second."""
    stated = one.value(f"{one.unit}s_per_second")
    if stated is not None:
        return stated
    if one.unit == REQUEST:
        tokens, length = one.value("tokens_per_second"), one.value("output_tokens")
        return tokens / length if tokens is not None and length is not None else None
    batch, latency = one.settings.get("batch_size"), one.value("latency")
    return batch / latency if isinstance(batch, int) and latency is not None else None
