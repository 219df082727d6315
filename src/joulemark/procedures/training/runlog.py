"""The training's own log, and the node whose clock it goes by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from joulemark.core.errors import FormatError
from joulemark.core.finding import Finding, Severity
from joulemark.formats.inference.parsed import Source
from joulemark.formats.training.parsed import RunLog
from joulemark.formats.training.run_log import read_run_log
from joulemark.formats.training.writing import fits
from joulemark.procedures.training.lacking import finding
from joulemark.procedures.training.nodes import RUN_LOG, NodeRun
from joulemark.procedures.training.together import on_run_clock
from joulemark.store.files import RAW, reading

MOST = 256 << 20
"""Largest log that is read, bytes."""
FIRST = "node_0"
"""The node that writes the log, if nobody says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingLog:
    """The log of a run.

    Attributes:
        name: of the file, as the training named it.
        data: its bytes.
        read: what it says.
        node: by whose clock; None for the gatherer's.
    """

    name: str
    data: bytes
    read: RunLog
    node: NodeRun | None

    @property
    def bounds(self) -> tuple[int, int] | None:
        """Start and stop of the run by the clock of that node, ns; None if it does not say."""
        start, stop = self.read.start, self.read.stop
        if start is None or stop is None or stop <= start:
            return None
        if self.node is None:
            return start, stop
        return on_run_clock(self.node, start), on_run_clock(self.node, stop)


def training_log(parts: Mapping[str, NodeRun], named: Path | None) -> TrainingLog | None:
    """Return the log that was named, else the first that a node brings; None without.

    Args:
        parts: the nodes by name.
        named: path of the log, if it lies here.

    Raises:
        FormatError: if it is none, or far too large.
        StoreError: if it cannot be read.
    """
    if named is not None:
        return _read(named, parts.get(FIRST), named.name)
    for node in parts.values():
        path = node.stored.path / RAW / RUN_LOG
        if path.is_file():
            asked = str(node.stored.run.settings.get("run_log", ""))
            return _read(path, node, asked.rpartition("/")[2])
    return None


def _read(path: Path, node: NodeRun | None, name: str) -> TrainingLog:
    with reading(path) as file:
        data = file.read(MOST + 1)
    if len(data) > MOST:
        raise FormatError(f"larger than {MOST >> 20} MiB", where=str(path))
    said = read_run_log(Source(str(path), data))
    return TrainingLog(name=name, data=data, read=said, node=node)


def of_log(log: TrainingLog | None) -> list[Finding]:
    """Return what is wrong with the log of a run."""
    if log is None:
        what = "no log of the run: nothing is cut or scored; name one by --run-log"
        return [finding("no-log", Severity.ERROR, what)]
    if log.bounds is None:
        what = "the log of the run has no start and stop: nothing is cut or scored"
        return [finding("no-run", Severity.ERROR, what)]
    if not log.read.converged:
        what = f"the run did not converge: its log says {log.read.status or 'nothing'!r}"
        return [finding("not-converged", Severity.WARNING, what)]
    return []


def benchmark_of(log: TrainingLog | None) -> str:
    """Return the benchmark that a log names, if that can be the name of a folder."""
    said = None if log is None else log.read.values.get("submission_benchmark")
    name = str(said.value) if said is not None else ""
    return name if fits(name) else "training"
