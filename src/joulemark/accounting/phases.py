"""From windows and traces to what a person wants to know: energy by phase and per unit of work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from joulemark.accounting.boundary import Part, PartEnergy, choose, lacks, part_of, split
from joulemark.accounting.context import context, other_load
from joulemark.accounting.curve import Curve, curve_of
from joulemark.accounting.idle import Baseline, baseline, net
from joulemark.accounting.integrate import energy_between
from joulemark.accounting.repeats import with_repeats
from joulemark.accounting.results import PhaseResult, WindowResult
from joulemark.core.caution import Caution, Code
from joulemark.core.channel import Channel, Provenance
from joulemark.core.energy import Energy
from joulemark.core.trace import Trace
from joulemark.core.units import si
from joulemark.core.value import Value, total
from joulemark.core.window import Role, Window, Work

Curves = Mapping[str, Curve]
Idle = Mapping[Part, Baseline]


def phases(
    windows: Iterable[Window],
    traces: Iterable[Trace],
    *,
    gpus: bool = False,
    gap_s: float | None = None,
) -> list[PhaseResult]:
    """Return a result for each phase, in the order of its first window.

    Args:
        windows: of one run; one that was never closed ends at the last sample.
        traces: all traces of the run.
        gpus: whether the system has accelerators, so that a total without them says so.
        gap_s: see :func:`joulemark.accounting.curve.curve_of`.
    """
    traces = [trace for trace in traces if len(trace)]
    curves = {t.channel.name: curve_of(t, gap_s=gap_s) for t in traces if t.channel.carries_energy}
    last = max((int(trace.time[-1]) for trace in traces), default=0)
    named: dict[str, list[tuple[Window, bool]]] = {}
    for window in windows:
        closed = window if window.stop is not None else replace(window, stop=last)
        if closed.duration_s > 0:
            named.setdefault(window.phase, []).append((closed, window.stop is None))
    idle = _idle([w for group in named.values() for w, _ in group if w.role is Role.IDLE], curves)
    return [
        _phase([w for w, _ in group], curves, idle, traces, gpus=gpus, cut=any(o for _, o in group))
        for group in named.values()
    ]


def _energies(window: Window, curves: Curves) -> list[tuple[Channel, Energy]]:
    stop = window.start if window.stop is None else window.stop
    found = []
    for curve in curves.values():
        energy = energy_between(curve, window.start, stop, edge_u_s=window.edge_u_s)
        if energy.coverage > 0:
            found.append((curve.channel, energy))
    return found


def _idle(windows: list[Window], curves: Curves) -> Idle:
    levels: dict[Part, list[tuple[Energy, float]]] = {}
    for window in windows:
        for channel, energy in choose(_energies(window, curves)):
            covered = energy.coverage * window.duration_s
            levels.setdefault(part_of(channel), []).append((energy, covered))
    found = {part: baseline("/".join(part), levels[part]) for part in levels}
    return {part: idle for part, idle in found.items() if idle is not None}


def _window(window: Window, curves: Curves, idle: Idle) -> WindowResult:
    parts = tuple(split(choose(_energies(window, curves))))
    added = [part for part in parts if part.added]
    if not added:
        return WindowResult(window=window, total=None, net=None, parts=parts)
    above = None
    if window.role is Role.MEASURE and all(part_of(part.channel) in idle for part in added):
        above = total([_net(part, idle, window.duration_s) for part in added], "J")
    whole = Energy.sum_of([part.energy for part in added])
    return WindowResult(window=window, total=whole, net=above, parts=parts)


def _net(part: PartEnergy, idle: Idle, seconds: float) -> Value:
    covered = part.energy.coverage * seconds
    return net(part.energy.joules, idle[part_of(part.channel)], covered)


def _phase(
    group: list[Window],
    curves: Curves,
    idle: Idle,
    traces: list[Trace],
    *,
    gpus: bool,
    cut: bool,
) -> PhaseResult:
    results = tuple(_window(window, curves, idle) for window in group)
    gross = [result.total for result in results if result.total is not None]
    nets = [result.net for result in results if result.net is not None]
    complete = len(gross) == len(results)
    work = _work(group)
    result = PhaseResult(
        phase=group[0].phase,
        role=group[0].role,
        windows=results,
        duration_s=sum(window.duration_s for window in group),
        total=_total(gross, group) if complete else None,
        net=total(nets, "J") if complete and len(nets) == len(results) else None,
        power=_power(gross, group) if complete else None,
        work=work,
        per_unit=_per_unit([e.joules for e in gross], group, work) if complete else None,
        net_per_unit=_per_unit(nets, group, work),
        parts=_parts(results),
        context=context(group, traces),
    )
    added = [part.channel for part in result.parts if part.added]
    result = replace(result, lacks=lacks(added, gpus=gpus), units_per_joule=_inverse(result))
    return replace(result, cautions=_cautions(result, group, idle, traces, cut=cut))


def _covered(energies: list[Energy], group: list[Window]) -> float:
    return sum(e.coverage * w.duration_s for e, w in zip(energies, group, strict=True))


def _total(energies: list[Energy], group: list[Window]) -> Energy:
    length = sum(window.duration_s for window in group)
    return replace(Energy.sum_of(energies), coverage=_covered(energies, group) / length)


def _power(energies: list[Energy], group: list[Window]) -> Value:
    whole = total([energy.joules for energy in energies], "J")
    return whole.scaled(1 / _covered(energies, group), "W")


def _work(group: list[Window]) -> Work | None:
    done = [window.work for window in group if window.work is not None]
    if len(done) < len(group) or len({work.unit for work in done}) != 1:
        return None
    return Work(sum(work.count for work in done), done[0].unit)


def _per_unit(joules: list[Value], group: list[Window], work: Work | None) -> Value | None:
    """Return energy over work of all windows; the scatter of the windows is in its uncertainty."""
    if work is None or work.count <= 0 or len(joules) < len(group):
        return None
    counts = [window.work.count for window in group if window.work is not None]
    mean = total(joules, "J").scaled(1 / work.count, f"J/{work.unit}")
    single = [j.value / count for j, count in zip(joules, counts, strict=True) if count > 0]
    return with_repeats(mean, single, group[0].phase)


def _inverse(result: PhaseResult) -> Value | None:
    if result.per_unit is None or result.work is None or result.per_unit.value <= 0:
        return None
    return Value(1.0, result.work.unit).over(result.per_unit, f"{result.work.unit}/J")


def _parts(results: tuple[WindowResult, ...]) -> tuple[PartEnergy, ...]:
    """Add up each part over the windows; a part missing in one of them is left out."""
    found: dict[Part, list[PartEnergy]] = {}
    for result in results:
        for part in result.parts:
            found.setdefault(part_of(part.channel), []).append(part)
    whole = [group for group in found.values() if len(group) == len(results)]
    return tuple(
        PartEnergy(
            group[0].channel,
            Energy.sum_of([part.energy for part in group]),
            added=all(part.added for part in group),
        )
        for group in whole
    )


def _cautions(
    result: PhaseResult, group: list[Window], idle: Idle, traces: list[Trace], *, cut: bool
) -> tuple[Caution, ...]:
    found = list(result.total.cautions) if result.total is not None else []
    if cut:
        found.append(Caution(Code.WINDOW_OPEN))
    if result.total is None:
        lost = sum(1 for r in result.windows if r.total is None)
        found.append(Caution(Code.NOT_COVERED, f"{lost} of {len(group)} windows have no reading"))
    if result.role is Role.MEASURE:
        found += _measured_cautions(result, idle, other_load(group, traces))
    return tuple(dict.fromkeys(replace(caution, phase=result.phase) for caution in found))


def _measured_cautions(result: PhaseResult, idle: Idle, others: Caution | None) -> list[Caution]:
    found = [] if others is None else [others]
    if result.total is not None and result.total.provenance is Provenance.ESTIMATED:
        notes = dict.fromkeys(p.channel.note for p in result.parts if p.added and p.channel.note)
        found.append(Caution(Code.ESTIMATED, "; ".join(notes)))
    if result.total is not None and result.net is None:
        found.append(Caution(Code.NO_IDLE))
    if result.net is not None and result.net.value < 0:
        found.append(Caution(Code.IDLE_ABOVE_LOAD, f"net {si(result.net.value, 'J')}"))
    if len(result.windows) == 1:
        found.append(Caution(Code.ONE_WINDOW))
    if result.work is None or result.work.count <= 0:
        found.append(Caution(Code.NO_WORK))
    for part in result.parts:
        baseline_of = idle.get(part_of(part.channel))
        found += () if baseline_of is None else baseline_of.cautions
    return found
