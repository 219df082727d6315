"""Calls into LoadGen's Python module; ``loadgen`` says what was found of it."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from joulemark.core.errors import MissingExtraError, StoreError
from joulemark.loads.logs import DETAIL, SUMMARY
from joulemark.loads.scenario import Scenario
from joulemark.loads.settings import MOST_LOADED, LoadGenSettings
from joulemark.loads.sut import Sut

_FILES = (SUMMARY, DETAIL, "mlperf_log_accuracy.json", "mlperf_log_trace.json")


def load_library(name: str = "mlperf_loadgen") -> Any:
    """Return LoadGen's Python module.

    Raises:
        MissingExtraError: if it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingExtraError("a LoadGen test", name, "loadgen") from error


def prepare_folder(outdir: Path) -> tuple[Path, ...]:
    """Make the folder and LoadGen's four files in it, empty; return their paths.

    LoadGen must find them writable, or the process dies at the next test.

    Raises:
        StoreError: if that cannot be done, or one of them exists.
    """
    paths = tuple(outdir / name for name in _FILES)
    try:
        outdir.mkdir(parents=True, exist_ok=True)
        for path in paths:
            path.open("xb").close()
    except FileExistsError as error:
        raise StoreError(
            "holds a LoadGen log already", where=str(error.filename), remedy="name a new folder"
        ) from error
    except OSError as error:
        raise StoreError(
            f"LoadGen's logs cannot be written: {error.strerror}",
            where=str(error.filename),
            remedy="check the permissions and the free space",
        ) from error
    return paths


def completer(library: Any) -> Callable[..., None]:
    """Return the function that tells LoadGen of answered samples, by their ids."""
    complete, response = library.QuerySamplesComplete, library.QuerySampleResponse
    return lambda ids: complete([response(sample, 0, 0) for sample in ids])


def start_test(
    library: Any, settings: LoadGenSettings, sample_count: int, outdir: Path, sut: Sut
) -> None:
    """Make one test and return at its end; the logs are closed then.

    All answers are given in the calling thread. In Server LoadGen runs in a thread of its own, so
    that no answer holds up the next query; elsewhere it waits for the answer anyway, and a change
    of threads would only add to the latency.
    """
    server = settings.scenario is Scenario.SERVER
    issue, flush = (sut.enqueue, sut.flush) if server else (sut.issue, _nothing)
    loaded = settings.performance_sample_count or min(sample_count, MOST_LOADED)
    handle = library.ConstructFastSUT(issue, flush)
    samples = library.ConstructQSL(sample_count, loaded, _nothing, _nothing)
    arguments = (
        *(handle, samples, _test_settings(library, settings), _log_settings(library, outdir)),
        str(outdir / "audit.config"),  # absent: else read from the working directory
    )
    try:
        if server:
            _serve(library, arguments, sut)
        else:
            library.StartTestWithLogSettings(*arguments)
    finally:
        library.DestroyFastSUT(handle)
        library.DestroyQSL(samples)


def _serve(library: Any, arguments: tuple[Any, ...], sut: Sut) -> None:
    def test() -> None:
        with sut.failure:
            library.StartTestWithLogSettings(*arguments)
        sut.flush()

    thread = threading.Thread(target=test, name="loadgen")
    thread.start()
    sut.serve()
    thread.join()


def _test_settings(library: Any, settings: LoadGenSettings) -> Any:
    test = library.TestSettings()
    test.scenario = getattr(library.TestScenario, settings.scenario)
    test.mode = library.TestMode.PerformanceOnly
    for name, value in _values(settings).items():
        setattr(test, name, value)
    return test


def _values(settings: LoadGenSettings) -> Mapping[str, float]:
    values: dict[str, float] = {"min_duration_ms": round(settings.min_duration_s * 1000)}
    if settings.longest_s is not None:
        values["max_duration_ms"] = round(settings.longest_s * 1000)
    if settings.min_query_count is not None:
        values["min_query_count"] = settings.min_query_count
    expected_ns = (settings.expected_latency_s or 0.0) * 1e9
    rate = settings.target_qps or 0.0
    if settings.scenario is Scenario.SINGLE_STREAM:
        values["single_stream_expected_latency_ns"] = expected_ns
    elif settings.scenario is Scenario.MULTI_STREAM:
        values["multi_stream_expected_latency_ns"] = expected_ns
        values["multi_stream_samples_per_query"] = settings.samples_per_query
    elif settings.scenario is Scenario.SERVER:
        values["server_target_qps"] = rate
        values["server_target_latency_ns"] = round(settings.target_latency_s * 1e9)
        values["server_max_async_queries"] = settings.most_outstanding
    else:
        values["offline_expected_qps"] = rate
    return values


def _log_settings(library: Any, outdir: Path) -> Any:
    log = library.LogSettings()
    output = library.LogOutputSettings()
    output.outdir = str(outdir)
    output.copy_detail_to_stdout = output.copy_summary_to_stdout = False
    log.log_output = output
    log.enable_trace = False  # a record of every sample: hundreds of bytes each
    return log


def _nothing(*_: object) -> None:
    """Load, unload or flush nothing: the data set lies in memory as it is."""
