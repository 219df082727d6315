"""Score the folder of a benchmark of MLPerf Training."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite

from joulemark.accounting.training_energy import (
    NOT_IN_RUN,
    NOT_PUBLISHED,
    LogEnergy,
    Part,
    RunEnergy,
)
from joulemark.accounting.training_in_run import Seen
from joulemark.accounting.training_official import Algorithm
from joulemark.accounting.training_record import Kind
from joulemark.core.value import Value, total
from joulemark.formats.training.directory import BenchmarkDirectory
from joulemark.formats.training.scored import Scored as Folder
from joulemark.formats.training.scored import See, score_directory
from joulemark.procedures.judging import measured
from joulemark.procedures.scored import Both, LogFigures, RunFigures, TrainingFigures

MOST_REASONS = 3
"""So many reasons of a missing figure are told; of the others, how many there are."""
NO_SWITCH = "there is no log of a switch"
READ_AS_NOTHING = "the official summarizer counts what was read of a switch as 0 J"
POINT = "the official summarizer states no uncertainty"


def score_training(
    directory: BenchmarkDirectory, algorithm: Algorithm | None, see: See
) -> tuple[TrainingFigures, Folder, dict[str, str]]:
    """Return the figures of a benchmark, what they were made of, and why some are missing.

    Args:
        directory: its folder.
        algorithm: version of the official summarizer; None: that of its round.
        see: told of each power log as it is read.

    Raises:
        UnavailableError: if the tree cannot be read.
    """
    folder = score_directory(directory, see, algorithm)
    score = folder.score
    counted = [run for run in folder.runs if run.name in score.runs]
    of_log: dict[str, list[LogEnergy]] = {}
    for run in counted:
        for log in run.logs:
            of_log.setdefault(log.name, []).append(log)
    inside = score.whole.in_run
    switches = any(log.kind is Kind.SWITCH for run in counted for log in run.logs)
    figures = TrainingFigures(
        algorithm=score.algorithm.value,
        scale=score.scale,
        ttt_s=score.seconds,
        whole=_both(score.whole),
        compute=_both(score.compute),
        interconnect=_both(score.interconnect) if switches else Both(),
        budget={} if inside is None else {t.value: u for t, u in inside.budget().items()},
        logs=tuple(_log(name, logs, score.logs[name]) for name, logs in of_log.items()),
        runs=tuple(_run(run, counted=run.name in score.runs) for run in folder.runs),
    )
    return figures, folder, _reasons(folder, figures, counted)


def _both(part: Part) -> Both:
    official = part.published
    finite = official is not None and isfinite(official)
    return Both(official if finite else None, measured(part.in_run))


def _log(name: str, logs: Sequence[LogEnergy], part: Part) -> LogFigures:
    seen = [log.seen for log in logs if log.seen is not None]
    return LogFigures(
        name=name,
        kind=logs[0].kind.value,
        energy=_both(part),
        readings=min((one.readings for one in seen), default=None),
        longest_gap_s=max((one.longest_gap_s for one in seen), default=None),
        coverage=min((one.coverage for one in seen), default=None),
        shift_s=_furthest(seen),
    )


def _furthest(seen: Iterable[Seen]) -> int:
    return max((one.shift_s for one in seen), key=abs, default=0)


def _run(run: RunEnergy, *, counted: bool) -> RunFigures:
    known = run.stop > run.start
    complete = bool(run.logs) and not run.lost
    return RunFigures(
        name=run.name,
        seconds=run.seconds if known else None,
        converged=run.converged,
        counted=counted,
        energy=Both(_official(run), measured(_inside(run))) if complete else Both(),
    )


def _official(run: RunEnergy) -> float | None:
    found = [log.published for log in run.logs if log.published is not None]
    return sum(found) if len(found) == len(run.logs) else None


def _inside(run: RunEnergy) -> Value | None:
    found = [log.in_run.joules for log in run.logs if log.in_run is not None]
    return total(found, "J") if len(found) == len(run.logs) else None


def _reasons(
    folder: Folder, figures: TrainingFigures, counted: Sequence[RunEnergy]
) -> dict[str, str]:
    """Return why figures are missing, or what is special about them, by their names."""
    reasons = {"official.u95": POINT}
    given = folder.score.reasons
    if figures.whole.official is None:
        reasons["official"] = _told([r for r in given if f": {NOT_IN_RUN}: " not in r])
        del reasons["official.u95"]
    if figures.whole.in_run is None:
        reasons["in_run"] = _told([r for r in given if f": {NOT_PUBLISHED}: " not in r])
    if figures.ttt_s is None:
        reasons["ttt_s"] = _told([r for r in given if ": " not in r] or list(given))
    switches = [log for run in counted for log in run.logs if log.kind is Kind.SWITCH]
    if counted and not switches:
        reasons["interconnect"] = NO_SWITCH
    elif any(log.seen is not None and log.published == 0 for log in switches):
        reasons["interconnect.official"] = READ_AS_NOTHING
    return reasons


def _told(reasons: Sequence[str]) -> str:
    """Return the first reasons as one text."""
    more = len(reasons) - MOST_REASONS
    said = "; ".join(reasons[:MOST_REASONS])
    return f"{said}; and {more} more" if more > 0 else said
