"""Results with what speaks for and against them: cross-checks, their warnings, and the evidence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from joulemark.accounting.balance import Reading
from joulemark.accounting.boundary import Part, PartEnergy, part_of
from joulemark.accounting.crosscheck import RunCheck, check_phase, check_run
from joulemark.accounting.curve import Curve
from joulemark.accounting.evidence import evidence
from joulemark.accounting.results import PhaseResult, WindowResult, over_windows
from joulemark.core.channel import Channel
from joulemark.core.energy import Energy
from joulemark.core.evidence import Conduct
from joulemark.core.trace import Trace


def trusted(
    results: Sequence[PhaseResult],
    curves: Sequence[Curve],
    traces: Iterable[Trace],
    conduct: Conduct,
    *,
    gpus: bool,
) -> list[PhaseResult]:
    """Return results with their cross-checks and their evidence.

    Args:
        results: of all phases of a run.
        curves: of its channels that carry energy.
        traces: everything that it recorded.
        conduct: how it was conducted.
        gpus: whether the system has accelerators.
    """
    parts: dict[Part, PartEnergy] = {}
    for part in (part for result in results for part in result.parts):
        parts.setdefault(part_of(part.channel), part)
    windows = [one.window for result in results for one in result.windows]
    run = check_run(list(parts.values()), curves, traces, windows, gpus=gpus)
    return [_trusted(result, run, conduct) for result in results]


def _trusted(result: PhaseResult, run: RunCheck, conduct: Conduct) -> PhaseResult:
    windows = [one.window for one in result.windows]
    checked = check_phase(result.parts, _readings(result.windows), windows, run)
    said = (replace(each.caution, phase=result.phase) for each in checked.findings)
    cautions = tuple(dict.fromkeys((*result.cautions, *said)))
    result = replace(result, crosscheck=checked, cautions=cautions)
    return replace(result, evidence=evidence(result, conduct, gpus=run.gpus))


def _readings(results: Sequence[WindowResult]) -> list[Reading]:
    """Add up each channel over the windows; one that is missing in a window is left out."""
    found: dict[str, tuple[Channel, list[Energy]]] = {}
    for result in results:
        for channel, energy in result.readings:
            found.setdefault(channel.name, (channel, []))[1].append(energy)
    windows = [result.window for result in results]
    return [
        (channel, over_windows(energies, windows))
        for channel, energies in found.values()
        if len(energies) == len(results)
    ]
