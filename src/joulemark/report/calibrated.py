"""What became of a calibration that was asked for, in words."""

from __future__ import annotations

from collections.abc import Sequence

from joulemark.accounting.results import PhaseResult
from joulemark.core.channel import Channel
from joulemark.report.format import clean
from joulemark.report.words import listed

Row = tuple[str, str]


def calibration_rows(results: Sequence[PhaseResult]) -> list[Row]:
    """Return which calibration was asked for, what it does and what it was applied to."""
    asked = [(r.phase, r.calibration) for r in results if r.calibration is not None]
    if not asked:
        return []
    calibration = asked[0][1].calibration
    beside = [r.phase for r in results if r.calibration is not None and not _in_total(r)]
    applied = [clean(phase, 40) for phase, one in asked if not one.refused]
    refused = [clean(phase, 40) for phase, one in asked if one.refused]
    said = f"applied to {listed(applied)}" if applied else "applied to nothing"
    if applied and len(beside) == len(asked):
        said += ", shown beside the reading of the same part, which is the total"
    if refused:
        said += f"; refused for {listed(refused)} (see the warnings)"
    return [
        ("calibration", clean(calibration)),
        ("", f"W = {clean(calibration.formula)}; {said}"),
    ]


def part_name(channel: Channel) -> str:
    """Return the name of a part, and that it is calibrated where it is."""
    named = not channel.calibration or channel.part.endswith("(calibrated)")
    return channel.part if named else f"{channel.part} (calibrated)"


def _in_total(result: PhaseResult) -> bool:
    return any(part.added and part.channel.calibration for part in result.parts)
