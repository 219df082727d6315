"""Recordings of GPU_Power_Benchmark: a board's own readings beside a shunt meter.

A folder holds ``gpudata.csv`` (a log of nvidia-smi), ``timestamps.csv`` (when kernels began and
ended, µs UTC, by the clock of the same host) and, where a shunt meter was there, ``PMD_data.bin``
and ``PMD_start_ts.txt``. As the public repository of that name documents them (arXiv 2312.02741).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from joulemark.core.channel import Quantity
from joulemark.core.errors import FormatError, UnavailableError
from joulemark.core.trace import Trace
from joulemark.core.window import Window
from joulemark.formats.files import microseconds, numbered_lines, wrong
from joulemark.formats.nvidia_smi import smi_traces
from joulemark.formats.pmd import pmd_trace

READINGS, STAMPS = "gpudata.csv", "timestamps.csv"
RECORDS, START = "PMD_data.bin", "PMD_start_ts.txt"
KERNEL = "kernel"
MAX_STAMPS = 10_000_000
MAX_FOLDERS = 10_000


@dataclass(frozen=True, slots=True)
class Recording:
    """One folder.

    Attributes:
        path: the folder.
        readings: power by the board's own sensor, one trace for each field and board; time stamps
            are local, as they were written.
        reference: power by the shunt meter; its clock is not yet fitted.
        kernels: when work was done, UTC.
    """

    path: Path
    readings: tuple[Trace, ...]
    reference: Trace
    kernels: tuple[Window, ...]


def recordings(paths: Iterable[Path]) -> list[Path]:
    """Return the folders at or below some paths that hold a whole recording, sorted.

    Raises:
        UnavailableError: if a path is no folder, or nothing is there.
    """
    found: set[Path] = set()
    paths = list(paths)
    for path in paths:
        if not path.is_dir():
            raise UnavailableError("not a folder", where=str(path), remedy="check the path")
        for data in path.rglob(RECORDS):
            if all((data.parent / name).exists() for name in (READINGS, STAMPS, START)):
                found.add(data.parent)
            if len(found) > MAX_FOLDERS:
                raise UnavailableError(
                    f"more than {MAX_FOLDERS} recordings", where=str(path), remedy="name fewer"
                )
    if not found:
        raise UnavailableError(
            f"no folder with {READINGS}, {STAMPS}, {RECORDS} and {START}",
            where=", ".join(map(str, paths)),
            remedy="name the folder of a recording, or one above it",
        )
    return sorted(found)


def recording(path: Path) -> Recording:
    """Read one folder.

    Raises:
        UnavailableError: if a file cannot be opened.
        FormatError: naming file and line of what is wrong.
    """
    traces = smi_traces(path / READINGS)
    return Recording(
        path=path,
        readings=tuple(t for t in traces if t.channel.quantity is Quantity.POWER),
        reference=pmd_trace(path / RECORDS, path / START),
        kernels=kernels(path / STAMPS),
    )


def kernels(path: Path) -> tuple[Window, ...]:
    """Return when work was done.

    The file holds begin and end of each kernel in turn, each stamp once or twice, and at its end
    perhaps one more: the end of the last pause.

    Raises:
        UnavailableError: if the file cannot be opened.
        FormatError: naming file and line of what is wrong.
    """
    stamps: list[int] = []
    for number, line in numbered_lines(path):
        cell = line.split(",")[0].strip()
        if not stamps and number == 1 and not cell.isdigit():
            continue
        stamp = microseconds(cell, path, number)
        if stamps and stamp < stamps[-1]:
            raise wrong("time goes back", path, number)
        if len(stamps) == MAX_STAMPS:
            raise wrong(f"more than {MAX_STAMPS} stamps", path, number)
        stamps.append(stamp)
    if len(stamps) > 1 and len(stamps) % 2 == 0 and stamps[::2] == stamps[1::2]:
        stamps = stamps[::2]
    pairs = [pair for pair in zip(stamps[::2], stamps[1::2], strict=False) if pair[0] < pair[1]]
    if not pairs:
        raise FormatError("no kernel begins and ends", where=str(path))
    return tuple(
        Window(phase=KERNEL, start=start * 1000, stop=stop * 1000) for start, stop in pairs
    )
