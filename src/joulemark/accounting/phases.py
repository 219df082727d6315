"""From windows and traces to what a person wants to know: energy by phase and per unit of work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from joulemark.accounting.boundary import (
    Part,
    PartEnergy,
    choose,
    lacks,
    part_of,
    split,
    unread,
)
from joulemark.accounting.calibrated import Read, calibrate
from joulemark.accounting.context import (
    busy_share,
    clock_step,
    context,
    led_through,
    other_load,
)
from joulemark.accounting.curve import Curve, curve_of
from joulemark.accounting.idle import Baseline, baseline, net
from joulemark.accounting.integrate import energy_between
from joulemark.accounting.repeats import with_repeats
from joulemark.accounting.results import Application, PhaseResult, WindowResult, over_windows
from joulemark.accounting.trust import trusted
from joulemark.core.calibration import Calibration
from joulemark.core.caution import Caution, Code
from joulemark.core.channel import Channel, Provenance
from joulemark.core.energy import Energy
from joulemark.core.evidence import Conduct
from joulemark.core.trace import Trace
from joulemark.core.units import si
from joulemark.core.value import Value, total
from joulemark.core.window import Role, Window, Work

Curves = list[Curve]
_Key = tuple[Part, str]
"""A part, and the calibration that its energy went through."""
Idle = Mapping[_Key, Baseline]


def phases(
    windows: Iterable[Window],
    traces: Iterable[Trace],
    *,
    gpus: bool = False,
    gap_s: float | None = None,
    calibration: Calibration | None = None,
    fewest: int | None = None,
    conduct: Conduct | None = None,
) -> list[PhaseResult]:
    """Return a result for each phase, in the order of its first window.

    Args:
        windows: of one run; one that was never closed ends at the last sample. A window without
            length counts only where its phase has no other, so that no phase is lost.
        traces: all traces of the run.
        gpus: whether the system has accelerators, so that a total without them says so.
        gap_s: see :func:`joulemark.accounting.curve.curve_of`.
        calibration: what to apply to the energies; the traces stay as they are.
        fewest: windows of a phase after which it could have ended, depending on how they agreed;
            None where their number was settled beforehand.
        conduct: how the run was conducted, for its evidence; nothing is known of it if None.
    """
    windows, traces = [w for w in windows if w.role is not Role.DISTURBANCE], list(traces)
    curves = [curve_of(t, gap_s=gap_s) for t in traces if t.channel.carries_energy]
    last = max((int(trace.time[-1]) for trace in traces if len(trace)), default=0)
    cut = {window.phase for window in windows if window.stop is None}
    named: dict[str, list[Window]] = {}
    for window in windows:
        closed = window if window.stop is not None else replace(window, stop=last)
        named.setdefault(window.phase, []).append(closed)
    groups = [[w for w in group if w.duration_s > 0] or group[:1] for group in named.values()]
    known, taken = [curve.channel for curve in curves], []
    for group in groups:
        reads, applied = [_energies(window, curves, traces) for window in group], None
        if calibration is not None:
            reads, applied = calibrate(group, reads, traces, calibration)
        taken.append(_Taken(group, reads, applied, cut=group[0].phase in cut))
    idle = _idle(taken)
    found = [_phase(each, known, idle, traces, gpus=gpus) for each in taken]
    results = [_repeated(result, fewest) for result in found]
    return trusted(results, curves, traces, conduct or Conduct(), gpus=gpus)


@dataclass(frozen=True, slots=True)
class _Taken:
    """The windows of one phase, what was read in each, and whether one was never closed."""

    group: list[Window]
    reads: list[Read]
    applied: Application | None
    cut: bool


def _energies(window: Window, curves: Curves, traces: list[Trace]) -> list[tuple[Channel, Energy]]:
    stop, found = window.start if window.stop is None else window.stop, []
    for curve in curves if stop > window.start else []:
        busy = None
        if curve.power is not None and not led_through(window, curve.channel):
            busy = busy_share(window, curve.channel, traces)
        energy = energy_between(curve, window.start, stop, edge_u_s=window.edge_u_s, busy=busy)
        if energy.coverage > 0:
            found.append((curve.channel, energy))
    return found


def _idle(taken: list[_Taken]) -> Idle:
    levels: dict[_Key, list[tuple[Energy, float]]] = {}
    idle = [each for each in taken if each.group[0].role is Role.IDLE]
    for window, read in [
        pair for each in idle for pair in zip(each.group, each.reads, strict=True)
    ]:
        for channel, energy in choose(read):
            covered = energy.coverage * window.duration_s
            levels.setdefault(_key(channel), []).append((energy, covered))
    found = {key: baseline("/".join(key[0]), levels[key]) for key in levels}
    return {key: idle for key, idle in found.items() if idle is not None}


def _key(channel: Channel) -> _Key:
    return part_of(channel), channel.calibration


def _window(window: Window, read: Read, known: list[Channel], idle: Idle) -> WindowResult:
    chosen = choose(read)
    parts = tuple(split(chosen, known))
    added = [part for part in parts if part.added]
    if not added:
        return WindowResult(window=window, total=None, net=None, parts=parts)
    above = None
    if window.role is Role.MEASURE and all(_key(part.channel) in idle for part in added):
        above = total([_net(part, idle, window.duration_s) for part in added], "J")
    whole = Energy.sum_of([part.energy for part in added])
    lost = [
        Caution(Code.MISSING_PART, f"{channel.name}: no reading")
        for channel in unread([channel for channel, _ in chosen], known)
    ]
    whole = replace(whole, cautions=(*whole.cautions, *lost))
    return WindowResult(window=window, total=whole, net=above, parts=parts, readings=tuple(read))


def _net(part: PartEnergy, idle: Idle, seconds: float) -> Value:
    covered = part.energy.coverage * seconds
    return net(part.energy.joules, idle[_key(part.channel)], covered)


def _phase(
    taken: _Taken, known: list[Channel], idle: Idle, traces: list[Trace], *, gpus: bool
) -> PhaseResult:
    group = taken.group
    results = tuple(
        _window(window, read, known, idle) for window, read in zip(group, taken.reads, strict=True)
    )
    gross = [result.total for result in results if result.total is not None]
    nets = [result.net for result in results if result.net is not None]
    complete = len(gross) == len(results)
    work = _work(group)
    result = PhaseResult(
        phase=group[0].phase,
        role=group[0].role,
        windows=results,
        duration_s=sum(max(window.duration_s, 0.0) for window in group),
        total=over_windows(gross, group) if complete else None,
        net=total(nets, "J") if complete and len(nets) == len(results) else None,
        power=_power(results) if complete else None,
        work=work,
        parts=_parts(results),
        context=context(group, traces),
        calibration=taken.applied,
    )
    added = [part.channel for part in result.parts if part.added]
    result = replace(result, lacks=lacks(added, gpus=gpus))
    return replace(result, cautions=_cautions(result, group, idle, traces, cut=taken.cut))


def _power(results: tuple[WindowResult, ...]) -> Value:
    """Return mean power over the covered time, each part's over the time that it covers itself."""
    totals = [(r, r.total.coverage) for r in results if r.total is not None]
    whole = sum(coverage * r.window.duration_s for r, coverage in totals)
    return total(
        [
            part.energy.joules.scaled(coverage / (part.energy.coverage * whole), "W")
            for result, coverage in totals
            for part in result.parts
            if part.added
        ],
        "W",
    )


def _work(group: list[Window]) -> Work | None:
    done = [window.work for window in group if window.work is not None]
    if len(done) < len(group) or len({work.unit for work in done}) != 1:
        return None
    return Work(sum(work.count for work in done), done[0].unit)


def _repeated(result: PhaseResult, fewest: int | None) -> PhaseResult:
    """Return a phase with its energy per unit of work, the scatter of its windows in it."""
    gross = [None if each.total is None else each.total.joules for each in result.windows]
    per_unit = _per_unit(gross, result, fewest)
    net = _per_unit([each.net for each in result.windows], result, fewest)
    inverse = None
    if per_unit is not None and result.work is not None and per_unit.value > 0:
        unit = result.work.unit
        inverse = Value(1.0, unit).over(per_unit, f"{unit}/J")
    return replace(result, per_unit=per_unit, net_per_unit=net, units_per_joule=inverse)


def _per_unit(joules: list[Value | None], result: PhaseResult, fewest: int | None) -> Value | None:
    """Return energy over work of all windows."""
    known, work = [j for j in joules if j is not None], result.work
    if work is None or not work.count > 0 or len(known) < len(joules):
        return None
    counts = [each.window.work.count for each in result.windows if each.window.work is not None]
    mean = total(known, "J").scaled(1 / work.count, f"J/{work.unit}")
    single = [j.value / count for j, count in zip(known, counts, strict=True) if count > 0]
    return with_repeats(mean, single, result.phase, fewest=fewest)


def _parts(results: tuple[WindowResult, ...]) -> tuple[PartEnergy, ...]:
    """Add up each part over the windows; a part missing in one of them is left out."""
    found: dict[Part, list[PartEnergy]] = {}
    for result in results:
        for part in result.parts:
            found.setdefault(part_of(part.channel), []).append(part)
    windows = [result.window for result in results]
    return tuple(
        PartEnergy(
            group[0].channel,
            over_windows([part.energy for part in group], windows),
            added=all(part.added for part in group),
        )
        for group in found.values()
        if len(group) == len(results)
    )


def _cautions(
    result: PhaseResult, group: list[Window], idle: Idle, traces: list[Trace], *, cut: bool
) -> tuple[Caution, ...]:
    found = list(result.total.cautions) if result.total is not None else []
    stepped = clock_step(group, traces)
    found += () if stepped is None else (stepped,)
    if cut:
        found.append(Caution(Code.WINDOW_OPEN))
    if result.total is None:
        lost = sum(1 for r in result.windows if r.total is None)
        found.append(Caution(Code.NOT_COVERED, f"{lost} of {len(group)} windows have no reading"))
    if result.calibration is not None and result.calibration.refused:
        found.append(Caution(Code.CALIBRATION_REFUSED, result.calibration.refused))
    if result.role is Role.MEASURE:
        found += _measured_cautions(result, idle, other_load(group, traces))
    return tuple(dict.fromkeys(replace(caution, phase=result.phase) for caution in found))


def _measured_cautions(result: PhaseResult, idle: Idle, others: Caution | None) -> list[Caution]:
    found = [] if others is None else [others]
    added = [part for part in result.parts if part.added]
    models = [p.channel for p in added if p.channel.provenance is Provenance.ESTIMATED]
    models = [channel for channel in models if not channel.is_virtual]
    if models:
        notes = dict.fromkeys(channel.note for channel in models if channel.note)
        found.append(Caution(Code.ESTIMATED, "; ".join(notes)))
    if result.total is not None and result.net is None:
        mixed = bool({part.channel.calibration for part in added} - {key[1] for key in idle})
        found.append(Caution(Code.IDLE_UNCALIBRATED if idle and mixed else Code.NO_IDLE))
    if result.net is not None and result.net.value + result.net.u95 < 0:
        found.append(Caution(Code.IDLE_ABOVE_LOAD, f"net {si(result.net.value, 'J')}"))
    if len(result.windows) == 1:
        found.append(Caution(Code.ONE_WINDOW))
    if result.work is None or not result.work.count > 0:
        found.append(Caution(Code.NO_WORK))
    for part in added:
        baseline_of = idle.get(_key(part.channel))
        found += () if baseline_of is None else baseline_of.cautions
    return found
