"""A session in EnergyRunner's layout: log, results, script, trace and stamps."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

import numpy as np

from joulemark.accounting.tiny_energy import Window, median_uj
from joulemark.formats.tiny.trace import HEAD, MAGIC
from joulemark.formats.tiny.written import RATE, LogLine, Written

RULER = "---------------------------------------------------------"
LONG_ENOUGH_S, FEWEST = 10.0, 10
CODE = "ulp-ml"


def energyrunner_files(session: Written) -> dict[str, bytes]:
    """Return the files by name.

    An energy session has a trace and its stamps; the others have not.
    """
    results = list(results_lines(session))
    begin = session.lines[0].time_s if session.lines else 0.0
    end = session.lines[-1].time_s if session.lines else 0.0
    notes = [LogLine(begin, "session", note) for note in session.notes]
    log = [*notes, *session.lines, *(LogLine(end, CODE, text) for text in results)]
    files = {
        "log.txt": _text(map(str, log)),
        "results.txt": _text(str(LogLine(end, CODE, text)) for text in results)
        + _text(map(str, notes)),
        "script.async": script_text(session).encode(),
    }
    if session.mode == "energy":
        files["trace1-energy.bin"] = trace_bytes(session)
        files["trace1-timestamps.json"] = stamps_bytes(session)
    return files


def trace_bytes(session: Written) -> bytes:
    """Return the trace: 0xF1, the rate, and µJ of each sample, float32 little endian."""
    return HEAD.pack(MAGIC, RATE) + np.asarray(session.samples_uj, "<f4").tobytes()


def stamps_bytes(session: Written) -> bytes:
    """Return the stamps: s since the begin of the trace, on whole ms."""
    body = ",\n\t".join(f"{stamp:.3f}".rstrip("0").rstrip(".") for stamp in session.stamps_s)
    return f"[\n\t{body}\n]".encode()


def results_lines(session: Written) -> Iterator[str]:
    """Yield what EnergyRunner prints at the end, without time and source."""
    if session.mode == "energy":
        yield from _energy(session)
    if session.mode != "accuracy":
        yield from _performance(session)
    for name, value in session.metrics:
        yield f"Top-1: {value:.1f}%" if name == "top1" else f"AUC: {value:.3f}"


def _energy(session: Written) -> Iterator[str]:
    windows = session.windows()
    measured = [trial for trial in session.trials if trial.stamps is not None]
    for trial, window in zip(measured, windows, strict=True):
        last = trial.stamps[1] if trial.stamps else 0
        yield (
            f"Energy data for window {last} at time {window.begin_s:.2f} "
            f"for {window.seconds:.2f} sec.:"
        )
        yield f"  Energy       : {window.published_uj:12.3f} uJ"
        yield f"  Power        : {_microwatts(window):12.3f} uW"
        yield f"  Energy/Inf.  : {window.per_inference_uj:12.3f} uJ/inf."
    if windows:
        yield RULER
        yield f"Median energy cost is {median_uj(windows):.3f} uJ/inf."
        yield RULER


def _performance(session: Written) -> Iterator[str]:
    rates: list[float] = []
    for index, count, seconds in stretches(session):
        rates.append(count / seconds)
        yield f"Performance results for window {index}:"
        yield f"  # Inferences : {count:12d}"
        yield f"  Runtime      : {seconds:12.3f} sec."
        yield f"  Throughput   : {rates[-1]:12.3f} inf./sec."
        if seconds >= LONG_ENOUGH_S and count >= FEWEST:
            yield "Runtime requirements have been met."
        else:
            yield "ERROR: The run must take at least 10 seconds and 10 iterations."
    if rates:
        yield RULER
        yield f"Median throughput is {statistics.median(rates):.3f} inf./sec."
        yield RULER


def stretches(session: Written) -> list[tuple[int, int, float]]:
    """Return index, inferences and length (s) of everything that was timed."""
    if session.mode == "energy":
        timed = [trial for trial in session.trials if trial.stamps is not None]
        return [
            (trial.stamps[1] if trial.stamps else 0, trial.iterations, window.seconds)
            for trial, window in zip(timed, session.windows(), strict=True)
            if window.seconds > 0
        ]
    return [
        (2 * at, trial.iterations, us / 1e6)
        for at, trial in enumerate(session.trials, 1)
        if (us := trial.elapsed_us)
    ]


def _microwatts(window: Window) -> float:
    return window.published_uj / window.seconds if window.seconds > 0 else 0.0


def script_text(session: Written) -> str:
    """Return the commands of the session, as EnergyRunner keeps them."""
    head = "\n".join(f"// {note}" for note in session.notes)
    body = ",\n".join(f"    {{\n        cmd: '{command}'\n    }}" for command in commands(session))
    return f"{head}\n[\n{body}\n]\n"


def commands(session: Written) -> Iterator[str]:
    """Yield what EnergyRunner would be told for the same."""
    to_board = "io dut" if session.relayed else "dut"
    energy = session.mode == "energy"
    if energy and session.volts is not None:
        yield f"emon voltage {round(session.volts * 1000)}"
        yield "emon power on"
    yield f"{to_board} profile"
    if energy:
        yield from ("emon timer on", "emon trace on trace1")
    yield f"{to_board} timestamp"
    for trial in session.trials:
        yield f'bloadp "{trial.file}"'
        yield f"{to_board} infer {trial.iterations} {trial.warmups}"
    if energy:
        yield from ("emon trace off", "emon timer off", "emon voltage", "emon power off")


def _text(lines: Iterator[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
