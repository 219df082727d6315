"""Make a performance test with the real LoadGen.

What was found of LoadGen 6.0.17 (source and trials) and decides how it is called:

* ``StartTestWithLogSettings`` blocks until the end and releases the interpreter lock. Python runs
  signal handlers only when LoadGen calls back, so a Ctrl-C would wait, in Offline to the end.
* An exception that leaves a callback unwinds LoadGen with its log thread running: the process dies.
  So does the process at the next test if a log file could not be opened. Both are prevented here.
* It can be called any number of times in a process, but only once at a time.
* There is no call that ends a test. An interrupted one is brought to its end: Offline at once;
  SingleStream and MultiStream complete each further query without work, some µs each, until the
  time is over or the generated queries are used up; Server completes nothing more, until LoadGen
  gives up because too much is outstanding or its time is over. LoadGen may still write VALID then;
  a file ``stopped.txt`` beside its logs says otherwise.
* It reads settings from a file ``audit.config`` in the working directory if there is one, unless
  it is told another name.
* It prints nothing, except of files that it cannot open, and with ``copy_summary_to_stdout``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from joulemark.core.clock import Clock
from joulemark.core.errors import JoulemarkError, StoreError, UsageError
from joulemark.core.interfaces import Queries
from joulemark.core.window import Work
from joulemark.loads.interrupts import HeldSignals
from joulemark.loads.library import completer, load_library, prepare_folder, start_test
from joulemark.loads.logs import STAMP_U_S, STOPPED, Latencies, LoadLog, read_logs
from joulemark.loads.settings import LoadGenSettings
from joulemark.loads.sut import Sut

__all__ = ["LoadGenSettings", "LoadResult", "run_loadgen"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadResult:
    """What came of a test.

    Attributes:
        valid: whether LoadGen calls it VALID, and it was not interrupted.
        invalid_reasons: why not, one text each.
        work: what was answered between ``begin_utc_ns`` and ``end_utc_ns``.
        log: all that LoadGen's logs say.
        first_issue: when the first query came, ns of the monotonic clock that was given; a check
            of ``begin_utc_ns`` without its rounding.
        last_answer: when the last answer was ready, likewise.
        paths: the logs.
    """

    valid: bool
    invalid_reasons: tuple[str, ...]
    work: Work
    log: LoadLog
    first_issue: int
    last_answer: int
    paths: tuple[Path, ...]

    @property
    def begin_utc_ns(self) -> int:
        """``power_begin``, ns UTC by the system clock."""
        return self.log.begin_utc_ns

    @property
    def end_utc_ns(self) -> int:
        """``power_end``, ns UTC by the system clock."""
        return self.log.end_utc_ns

    @property
    def edge_u_s(self) -> float:
        """Standard uncertainty of both, s."""
        return STAMP_U_S

    @property
    def latencies(self) -> Latencies:
        """Latencies as LoadGen reports them."""
        return self.log.latencies

    @property
    def samples_per_s(self) -> float | None:
        """Samples/s as LoadGen reports them; None in MultiStream."""
        return self.log.samples_per_s

    @property
    def summary(self) -> str:
        """Text of LoadGen's summary."""
        return self.log.summary


def run_loadgen(
    queries: Queries,
    settings: LoadGenSettings,
    outdir: Path,
    monotonic: Clock,
    *,
    unit: str = "sample",
) -> LoadResult:
    """Make one test and return its result, VALID or not.

    ``queries.answer`` is always called in the thread that calls this. SIGINT and SIGTERM end the
    test early; the handlers from before get them when the logs are closed, and if these do not
    raise, the result is returned as not valid.

    Args:
        queries: what does the work.
        settings: the test; :func:`joulemark.loads.calibrate.calibrated` fills in what is missing.
        outdir: folder for LoadGen's four files; made if need be, must hold none of them yet.
        monotonic: a monotonic clock, ns.
        unit: name of what is counted.

    Raises:
        UsageError: if the settings lack what the scenario needs, or the data set is empty.
        MissingExtraError: if LoadGen is not installed.
        StoreError: if the logs cannot be written there.
        FormatError: if LoadGen left logs that cannot be read (a full disk).
        JoulemarkError: if ``answer`` raised: its own error if it is one of ours, else one that
            names it. The test is brought to its end before, and its logs stay.
    """
    _check(settings, queries)
    library = load_library()
    paths = prepare_folder(outdir)
    sut = Sut(queries, completer(library), settings.batch, monotonic)
    with HeldSignals(sut.stop) as held:
        start_test(library, settings, queries.sample_count, outdir, sut)
    _note_stop(outdir / STOPPED, held, sut)
    held.deliver()
    _raise_failure(sut, settings)
    return _result(sut, read_logs(outdir), unit, paths)


def _result(sut: Sut, log: LoadLog, unit: str, paths: tuple[Path, ...]) -> LoadResult:
    reasons = list(log.invalid_reasons)
    if sut.answered != log.samples:
        reasons.append(f"{sut.answered} samples were answered, LoadGen counted {log.samples}")
    return LoadResult(
        valid=not reasons and log.valid,
        invalid_reasons=tuple(reasons),
        work=Work(sut.answered, unit),
        log=log,
        first_issue=sut.first_issue or 0,
        last_answer=sut.last_answer or sut.first_issue or 0,
        paths=paths,
    )


def _check(settings: LoadGenSettings, queries: Queries) -> None:
    if getattr(settings, settings.needs) is None:
        raise UsageError(
            f"{settings.scenario} needs a value",
            where=settings.needs,
            remedy="give one, or fill it in with joulemark.loads.calibrate.calibrated",
        )
    wanted = settings.performance_sample_count or 1
    if queries.sample_count < wanted:
        raise UsageError(
            f"{wanted} samples are to be drawn from, the data set has {queries.sample_count}",
            where="performance_sample_count",
        )


def _note_stop(path: Path, held: HeldSignals, sut: Sut) -> None:
    if not sut.ending:
        return
    cause = f"stopped by {held.caught[0].name}" if held.caught else "the workload failed"
    text = f"{cause} after {sut.answered} samples; the rest was completed without work\n"
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StoreError(f"cannot be written: {error.strerror}", where=str(path)) from error


def _raise_failure(sut: Sut, settings: LoadGenSettings) -> None:
    error = sut.failure.error
    if error is None:
        return
    if isinstance(error, JoulemarkError) or not isinstance(error, Exception):
        raise error
    raise JoulemarkError(
        f"the workload failed after {sut.answered} samples: {type(error).__name__}: {error}",
        where=f"LoadGen {settings.scenario}",
        remedy="the logs of the broken test were kept",
    ) from error
