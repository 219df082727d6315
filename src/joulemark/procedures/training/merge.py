"""One run of all nodes of a training, on one clock."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import joulemark
from joulemark.accounting.training_in_run import EFFICIENCY, IDLE_SHARE
from joulemark.core.caution import Caution
from joulemark.core.channel import Accuracy, Channel, Domain, Provenance, Quantity
from joulemark.core.clock import NS, Anchor
from joulemark.core.run import Run, Status
from joulemark.core.trace import Trace
from joulemark.core.units import count_of, digits
from joulemark.core.window import Window, Work
from joulemark.procedures.training.gathered import Switch
from joulemark.procedures.training.together import Placed
from joulemark.store import duck
from joulemark.store.importing import write_imported
from joulemark.store.writer import new_run_id

PROCEDURE = "gather"
PHASE = "train"
_HALF_WIDTHS = 1.96 / 3**0.5
"""95 % half-widths of the half-width of a rectangle, as the accuracy of a channel is told."""


def factor_of(part: str, factors: Mapping[str, float]) -> float | None:
    """Return the conversion efficiency that is stated of a part, or of all parts of its kind."""
    return factors.get(part, factors.get(part.partition("_")[0]))


def merged_traces(
    placed: Sequence[Placed],
    switches: Sequence[Switch],
    factors: Mapping[str, float],
    run: tuple[int, int] | None,
) -> list[Trace]:
    """Return the traces of all parts, each channel under the name of its part."""
    traces = [
        replace(trace, channel=_channel(trace.channel, one, factor_of(one.part, factors)))
        for one in placed
        for trace in one.traces
    ]
    if run is not None:
        traces += [_declared(one, run) for one in switches if one.declared_w is not None]
    return traces


def _channel(channel: Channel, placed: Placed, factor: float | None) -> Channel:
    part = placed.part
    domain = channel.domain
    if placed.node.identity.switch and channel.carries_energy:
        domain = Domain.SWITCH
    more: dict[str, Any] = {"name": f"{part}/{channel.name}", "node": part, "domain": domain}
    more["note"] = "; ".join(filter(None, (placed.node.identity.host, channel.note)))
    if factor is not None and channel.carries_energy:
        accuracy = channel.accuracy
        more["scale"] = channel.scale * factor
        more["note"] += f"; times {factor:g}, the stated conversion efficiency"
        more["accuracy"] = replace(accuracy, model=math.hypot(accuracy.model, EFFICIENCY))
    return replace(channel, nodes=(), **more)


def _declared(switch: Switch, run: tuple[int, int]) -> Trace:
    """Return a switch of declared power: it uses that at most, and no less than half of it."""
    channel = Channel(
        name=f"{switch.name}/declared",
        meter="declared",
        part=switch.name,
        domain=Domain.SWITCH,
        quantity=Quantity.POWER,
        unit="W",
        node=switch.name,
        accuracy=Accuracy(
            model=(1 - IDLE_SHARE) * _HALF_WIDTHS, source="what a switch uses at least"
        ),
        provenance=Provenance.DECLARED,
        note=f"{digits(100 * switch.share)} % of its declared maximum of {switch.watts:g} W",
    )
    start, stop = run
    time = np.linspace(start - NS, stop + NS, 33).astype(np.int64)
    return Trace.of(channel, time, np.full(len(time), switch.declared_w))


def write_merged(
    store: Path,
    placed: Sequence[Placed],
    traces: Sequence[Trace],
    run: tuple[int, int] | None,
    told: Mapping[str, Any],
    raw: Mapping[str, bytes],
) -> Path:
    """Write the merged run, and return its directory.

    Args:
        store: directory of the runs.
        placed: the nodes.
        traces: what was recorded, merged.
        run: start and stop by its own log, ns; None without.
        told: settings to be kept: clocks, switches, efficiencies.
        raw: files to be kept with it, by name.

    Raises:
        StoreError: if it cannot be written.
    """
    channels = tuple(trace.channel for trace in traces)
    first = placed[0].node.stored.run
    record = Run(
        id=new_run_id(first.anchor.utc_ns, str(told.get("title", "")) or "training"),
        procedure=PROCEDURE,
        title=f"{told.get('title') or 'training'} on {_told_parts(placed)}",
        joulemark=joulemark.__version__,
        anchor=Anchor(first.anchor.utc_ns, first.anchor.monotonic_ns),
        system=replace(first.system, host="+".join(_hosts(placed))[:200]),
        settings=dict(told),
        environment=first.environment,
        channels=channels,
        status=Status.COMPLETE,
        stopped=max((int(t.time[-1]) for t in traces if len(t)), default=first.anchor.utc_ns),
        windows=() if run is None else (_window(run, placed),),
        cautions=tuple(_cautions(placed)),
    )
    with duck.connect() as database:
        write_imported(store, record, _rows(traces), database, raw)
    return store / record.id


def _told_parts(placed: Sequence[Placed]) -> str:
    switches = sum(bool(one.node.identity.switch) for one in placed)
    found = ((len(placed) - switches, "node"), (switches, "switch"))
    return " and ".join(count_of(count, what) for count, what in found if count)


def _hosts(placed: Sequence[Placed]) -> list[str]:
    return list(dict.fromkeys(one.node.identity.host for one in placed))


def _window(run: tuple[int, int], placed: Sequence[Placed]) -> Window:
    start, stop = run
    worst = max(one.half_s for one in placed)
    return Window(
        phase=PHASE,
        start=start,
        stop=stop,
        work=Work(1, "run"),
        edge_u_s=math.hypot(worst / math.sqrt(3), 0.001 / math.sqrt(12)),
    )


def _cautions(placed: Sequence[Placed]) -> list[Caution]:
    return [
        Caution(caution.code, f"{one.part}: {caution.detail}".removesuffix(": "), PHASE)
        for one in placed
        for caution in one.node.stored.run.cautions
    ]


def _rows(traces: Sequence[Trace]) -> dict[str, Any]:
    none_time, none_value = np.empty(0, np.int64), np.empty(0, np.float64)
    lengths = [len(trace) for trace in traces]
    return {
        "time": np.concatenate([none_time, *(trace.time for trace in traces)]),
        "value": np.concatenate([none_value, *(trace.value for trace in traces)]),
        "channel": np.repeat(np.arange(len(traces), dtype=np.uint32), lengths),
    }
