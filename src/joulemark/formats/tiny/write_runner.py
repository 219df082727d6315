"""A session in the layout of MLCommons' Python runner: log.txt, results.txt, results.json.

The runner cuts its samples where it takes them out of a queue, after each ``infer``; here every
trial has the samples from the end of the one before to 100 ms after its own window.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from joulemark.formats.tiny.write_energyrunner import LONG_ENOUGH_S, RULER, stretches
from joulemark.formats.tiny.written import MICRO, MODES, RATE, Written, WrittenTrial

AFTER = 100
"""Samples after a window that belong to its trial."""
COUNTERS = 100
"""The monitor numbers its edges with two digits."""


def runner_files(session: Written) -> dict[str, bytes]:
    """Return the files by name."""
    trials = list(_trials(session))
    results = "".join(f"{line}\n" for line in _results(session, trials))
    log = "".join(f"{line.strip()}\n" for line in (*_log(session, trials), *results.splitlines()))
    notes = "".join(f"{note}\n" for note in session.notes)
    end = f"Session logged in file {session.session}/log.txt\n"
    return {
        "log.txt": (notes + log + end).encode(),
        "results.txt": (results + notes).encode(),
        "results.json": json.dumps(trials).encode(),
    }


def _trials(session: Written) -> Iterator[dict[str, Any]]:
    cut = 0
    for trial in session.trials:
        one: dict[str, Any] = {
            "file": trial.file,
            "classes": _told(trial.classes),
            "class": _told(trial.label),
            "bytes_to_send": None,
            "stride": None,
            "total_length": None,
            "infer": _infer(session, trial),
        }
        if session.mode == "energy":
            one["power"], cut = _power(session, trial, cut)
        one["mode"] = MODES[session.mode]
        one["written_by"] = session.by
        one["virtual"] = session.virtual
        yield one


def _told(number: int | None) -> str | None:
    return None if number is None else str(number)


def _infer(session: Written, trial: WrittenTrial) -> dict[str, Any]:
    infer: dict[str, Any] = {"results": list(trial.results), "total_inferences": 1}
    if trial.laps_us is not None and trial.elapsed_us:
        infer |= {"start_time": trial.laps_us[0], "end_time": trial.laps_us[1]}
        infer["elapsed_time"] = trial.elapsed_us
        if session.mode == "performance":
            infer["throughput"] = trial.iterations * MICRO / trial.elapsed_us
    return infer | {"iterations": trial.iterations, "warmups": trial.warmups}


def _power(session: Written, trial: WrittenTrial, cut: int) -> tuple[dict[str, Any], int]:
    """Return samples and edges of a trial, and where the next one's samples begin."""
    places = [round(stamp * RATE) for stamp in session.stamps_s]
    end = len(session.samples_uj)
    if trial.stamps is not None:
        end = min(places[trial.stamps[1]] + AFTER, end)
    samples = joules(session.samples_uj[cut:end])
    stamps = [
        [f"{at % COUNTERS:02d}", place - cut]
        for at, place in enumerate(places)
        if cut <= place < end
    ]
    power = {
        "samples": samples.tolist(),
        "timestamps": stamps,
        "extracted_power": None,
        "voltage": session.volts,
    }
    return power, end


def joules(samples_uj: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return samples in J, rounded to what a float32 holds, so that text keeps them."""
    exact = np.asarray(samples_uj, np.float64) / MICRO
    return np.array([float(f"{value:.9g}") for value in exact])


def _log(session: Written, trials: list[dict[str, Any]]) -> Iterator[str]:
    yield f"Session {session.session} ({session.monitor or 'no monitor'})"
    for key, value in (
        ("name", session.name),
        ("profile", session.profile),
        ("model", session.model),
    ):
        yield f"Device {key} retrieved: {value}"
    for trial, one in zip(session.trials, trials, strict=True):
        yield f"{trial.when} ulp-mlperf: Loading file {trial.file} segment {trial.segment}"
        yield f"{trial.when} ulp-mlperf: Load complete."
        counts = f"{trial.warmups}/{trial.iterations}"
        yield f"Running inference with {counts} (warmup/measured) iterations ..."
        yield "done"
        if "power" in one:
            power = one["power"]
            counts = f"{len(power['samples'])} timestamps:{len(power['timestamps'])}"
            yield f"Captured samples:{counts}"


def _results(session: Written, trials: list[dict[str, Any]]) -> Iterator[str]:
    when = session.trials[-1].when if session.trials else "0101.000000"
    if session.mode == "energy":
        yield "Power Edition Output"
        yield from _energy(trials)
    elif session.mode == "performance":
        yield from _performance(session, when)
    for name, value in session.metrics:
        shown = f"Top 1% = {value:2.1f}" if name == "top1" else f"AUC = {value:.3f}"
        yield f"{when} ulp-mlperf: {shown}"


def _energy(trials: list[dict[str, Any]]) -> Iterator[str]:
    costs = []
    for number, one in enumerate(trials):
        stamps = [place for _, place in one["power"]["timestamps"]]
        if len(stamps) < 2:
            continue
        first, last = stamps[-2:]
        count = one["infer"]["iterations"]
        energy = float(np.sum(np.array(one["power"]["samples"][first:last])))
        seconds = last / RATE - first / RATE
        costs.append(energy / count * MICRO)
        yield f"Energy data for trial {number}"
        short = "" if seconds >= LONG_ENOUGH_S else "  <<<< below minimum duration"
        yield f"  Elapsed time  : {seconds}{short}"
        yield f"  Inferences    : {count}"
        yield f"  Power         : {1e3 * energy / seconds:5.4f} mW."
        yield f"  Total Energy  : {energy * MICRO:.3f} uJ"
        yield f"  Energy/Inf    : {costs[-1]:.3f} uJ/inf"
    if costs:
        yield RULER
        yield f"Median energy cost is {statistics.median(costs):5.4f} uJ/inf."
        yield RULER


def _performance(session: Written, when: str) -> Iterator[str]:
    rates = []
    for number, (_, count, seconds) in enumerate(stretches(session), 1):
        rates.append(count / seconds)
        yield f"Performance results for window {number}"
        yield f"    # Inferences : {count}"
        yield f"    Runtime: {seconds} sec."
        yield f"    Throughput: {rates[-1]} inf./sec."
        if seconds > LONG_ENOUGH_S:
            yield "    Runtime requirements have been met."
    if rates:
        yield f"{when} ulp-mlperf: {RULER}"
        yield f"{when} ulp-mlperf: Median throughput is {statistics.median(rates):>10.3f} inf./sec."
        yield f"{when} ulp-mlperf: {RULER}"
