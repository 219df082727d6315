"""What the files of a training result say, in our words. Times are int64 ns of Unix time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joulemark.accounting.training_record import PowerRecord
from joulemark.formats.inference.parsed import Logged, Problem


@dataclass(frozen=True, slots=True, eq=False)
class PowerLog:
    """``node_<k>.txt`` or ``sw_<j>.txt``.

    Attributes:
        name: the file.
        record: readings, marks and factors, in the order of the file.
        hosts: the first thousand hosts that readings name in their metadata, where they do.
        problems: what could not be read, or not as the format wants it.
        sides: what ``conversion_eff`` says that was read: ``AC``, ``DC``.
        null_texts: marks whose value is the text "null".
    """

    name: str
    record: PowerRecord
    hosts: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    sides: tuple[str, ...] = ()
    null_texts: int = 0


@dataclass(frozen=True, slots=True)
class RunLog:
    """``result_*.txt``: what a run logged of itself.

    Attributes:
        name: the file.
        start: ns; None without ``run_start``.
        stop: ns; None without ``run_stop``.
        start_line: its line; 0 without.
        stop_line: likewise.
        status: what ``run_stop`` says: ``success``, ``aborted``; empty if it does not.
        values: the first value of each key that is known to matter.
        problems: what could not be read.
    """

    name: str
    start: int | None
    stop: int | None
    start_line: int
    stop_line: int
    status: str
    values: Mapping[str, Logged]
    problems: tuple[Problem, ...] = ()

    @property
    def converged(self) -> bool:
        """Whether the run ended and says that it succeeded."""
        return self.start is not None and self.stop is not None and self.status == "success"


@dataclass(frozen=True, slots=True)
class Scaling:
    """``scaling.json``.

    Attributes:
        name: the file; empty where there is none.
        factor: by which time and energy are multiplied; 1 where the file states none that is one.
        problems: why it does not.
    """

    name: str = ""
    factor: float = 1.0
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class System:
    """``systems/<system>.json``.

    Attributes:
        name: the file.
        document: as decoded; an object.
        lines: the line on which each field begins.
        submitter, division, status, system_name, cooling: texts; empty without.
        nodes: number of nodes; None if it cannot be read.
        accelerators: accelerators a node; None if it cannot be read.
        problems: fields of a wrong kind.
    """

    name: str
    document: Mapping[str, Any]
    lines: Mapping[str, int]
    submitter: str
    division: str
    status: str
    system_name: str
    cooling: str
    nodes: int | None
    accelerators: int | None
    problems: tuple[Problem, ...] = ()
