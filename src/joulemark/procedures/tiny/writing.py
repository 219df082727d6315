"""What was taken, as files in both runners' layouts, and what our own checker says of them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

import joulemark
from joulemark.accounting.tiny_accuracy import area_under_curve, top1
from joulemark.core.clock import NS
from joulemark.core.finding import Finding, Severity
from joulemark.formats.tiny.session import TinySession
from joulemark.formats.tiny.sessions import sessions
from joulemark.formats.tiny.write_energyrunner import energyrunner_files
from joulemark.formats.tiny.write_runner import runner_files
from joulemark.formats.tiny.written import RATE, LogLine, Written, WrittenTrial, resampled
from joulemark.formats.trees.opening import open_tree
from joulemark.procedures.tiny.settings import ACCURACY, ENERGY
from joulemark.procedures.tiny.taken import Taken, Trial
from joulemark.rules.tiny.register import review

LAYOUTS: dict[str, Callable[[Written], dict[str, bytes]]] = {
    "energyrunner": energyrunner_files,
    "python-runner": runner_files,
}
REHEARSAL = "tiny/virtual"
"""What the table says anyway."""
FOLDERS = {"ic02": "ic2"}
"""Folders of models that are not named after their benchmark (submission checker, v1.4)."""


def written(taken: Taken, lines: list[LogLine], *, monitor: str, relayed: bool) -> Written:
    """Return what was taken as a session that can be written."""
    began = taken.trials[0].inferred.began if taken.trials else 0
    session = Written(
        by=f"joulemark {joulemark.__version__}",
        session=stamp_of(began),
        mode=taken.settings.mode,
        model=taken.model,
        profile=taken.profile,
        name=taken.name,
        monitor=monitor,
        volts=taken.settings.volts if taken.settings.mode == ENERGY else None,
        virtual=taken.settings.virtual,
        relayed=relayed,
        lines=lines,
        trials=[_trial(taken, trial) for trial in taken.trials],
        metrics=_metrics(taken),
    )
    trace = taken.trace
    if trace is None:
        return session
    stamps = [round((edge - trace.begun) * RATE / NS) / RATE for edge in trace.edges]
    samples = resampled(trace.power(), trace.rate_hz)
    return replace(session, samples_uj=samples, stamps_s=stamps, lost=trace.lost)


def _trial(taken: Taken, trial: Trial) -> WrittenTrial:
    places, laps = taken.edges(trial), trial.inferred.laps_us
    return WrittenTrial(
        file=trial.source.file,
        label=trial.source.label,
        classes=trial.source.classes,
        iterations=trial.count,
        warmups=trial.warmups,
        results=trial.inferred.results,
        stamps=(places[-2], places[-1]) if len(places) >= 2 else None,
        laps_us=(laps[0], laps[1]) if len(laps) == 2 else None,
        when=_when(trial.inferred.began, "%m%d.%H%M%S"),
        segment=trial.segment,
    )


def stamp_of(time_ns: int) -> str:
    """Return the id of a session that began then."""
    return _when(time_ns, "%Y%m%d%H%M%S")


def _when(time_ns: int, form: str) -> str:
    return datetime.fromtimestamp(time_ns // NS, UTC).strftime(form)


def _metrics(taken: Taken) -> tuple[tuple[str, float], ...]:
    """Return the accuracy of an accuracy run: per file, over the mean of its pieces."""
    if taken.settings.mode != ACCURACY:
        return ()
    labels: dict[str, int] = {}
    answers: dict[str, list[tuple[float, ...]]] = {}
    for trial in taken.trials:
        if trial.source.label is not None:
            labels[trial.source.file] = trial.source.label
            answers.setdefault(trial.source.file, []).append(trial.inferred.results)
    means = [np.mean(np.array(answers[file]), axis=0) for file in labels]
    if not means:
        return ()
    if taken.model.startswith("ad"):
        anomalous = [label == 1 for label in labels.values()]
        return (("auc", area_under_curve(anomalous, [float(mean[0]) for mean in means])),)
    right = top1(list(labels.values()), [tuple(mean) for mean in means])
    return (("top1", 100 * right),)


def place_of(session: Written) -> str:
    """Return the folder of a session within a result: benchmark and mode."""
    return f"{FOLDERS.get(session.model, session.benchmark)}/{session.mode}"


def write(session: Written, root: Path) -> dict[str, Path]:
    """Write a session in both layouts; return the folder of each."""
    folders = {}
    for name, make in LAYOUTS.items():
        folder = root / name / place_of(session)
        folder.mkdir(parents=True, exist_ok=True)
        for file, data in make(session).items():
            (folder / file).write_bytes(data)
        folders[name] = folder
    return folders


def copied(folders: dict[str, Path], output: Path, place: str) -> dict[str, Path]:
    """Copy written sessions to where a person wants them."""
    copies = {}
    for name, folder in folders.items():
        copies[name] = output / name / place
        shutil.copytree(folder, copies[name], dirs_exist_ok=True)
    return copies


def read_back(root: Path, layout: str) -> TinySession:
    """Return the session of a layout as our reader finds it."""
    (found,) = sessions(open_tree(str(root / layout)))
    return found


def reviewed(root: Path) -> list[Finding]:
    """Return what our checker finds in what was written, each rule of each file once."""
    return [
        replace(finding, file=f"{layout}/{finding.file}")
        for layout in LAYOUTS
        for finding in review(read_back(root, layout))
        if finding.severity is not Severity.NOTE and finding.rule != REHEARSAL
    ]
