"""Measure serving: idle, the load again and again until it repeats well enough, idle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from joulemark.accounting.serving_energy import another
from joulemark.accounting.serving_roles import refuse_unread
from joulemark.core.caution import Code
from joulemark.meters.journal import Journal
from joulemark.procedures.serving.driver import Driver
from joulemark.procedures.serving.keeping import Keeping, Metrics
from joulemark.procedures.serving.load_plan import arrivals_of
from joulemark.procedures.serving.progress import Tell, following, waiting
from joulemark.procedures.serving.results import PHASE, PROCEDURE, main_figure, serving_of
from joulemark.procedures.serving.settings import ServingSettings
from joulemark.procedures.session import Options, Session
from joulemark.store.reader import open_run
from joulemark.store.requests import REQUESTS, folder_of, journal
from joulemark.workloads.openai.client import Load

IDLE = "the server or engine is up, and nobody asks it anything"
"""What the idle windows are of."""
VAIN = 2
"""After so many loads without a window that counts there are no more."""
Loads = Callable[[int], Load]
"""The load of a repeat, from 0: each has prompts and times of its own, drawn by its own seed."""


def bench_serving(
    driver: Driver,
    loads: Loads,
    options: Options,
    settings: ServingSettings,
    *,
    title: str = "",
    tell: Tell | None = None,
    begun: Callable[[Path], None] | None = None,
) -> Path:
    """Measure and return the run directory. Each request is on the disk as soon as it has ended.

    Before anything is measured the driver is asked to prepare: what is wrong with the server or the
    prompts is told then, and leaves no run.

    Args:
        driver: what answers.
        loads: what is asked.
        options: how to measure.
        settings: how often, and what counts.
        title: what is measured; the model and its arrivals by default.
        tell: told of progress.
        begun: told of the run directory as soon as there is one.

    Raises:
        ServerError: if the server does not answer a first question.
        UnavailableError: if there is nothing to measure with.
        UsageError: if the load makes no sense.
        StoreError: if the run cannot be written.
    """
    first = loads(0)
    settings = _with_texts(settings, first)
    with waiting("getting ready", tell):
        told, facts = dict(driver.prepare(first)), dict(driver.facts())
    kept = {"serving": {"engine": driver.name, **facts, **told, **_record(settings)}}
    with Session(PROCEDURE, title or _title(kept["serving"]), options, kept) as session:
        if begun is not None:
            begun(session.path)
        refuse_unread(settings.roles, session.channels)
        if settings.quick:
            session.caution(Code.QUICK, f"windows from {settings.seconds:g} s")
        _phases(session, driver, lambda n: loads(n) if n else first, settings, tell)
    return session.path


def _phases(
    session: Session, driver: Driver, loads: Loads, settings: ServingSettings, tell: Tell | None
) -> None:
    session.idle(tell)
    with closing(journal(session.path, REQUESTS)) as lines:
        driver.look(folder_of(session.path))
        lost = _repeats(session, driver, loads, settings, lines, tell)
    if not lost:  # what idles without its server is not what was measured
        session.idle(tell)


def _title(serving: Mapping[str, Any]) -> str:
    """Return what is measured in a few words: the model, and when requests come."""
    model = str(serving.get("model") or "serving")
    name = Path(model).name if model.startswith(("/", ".")) else model
    return f"{name}, {arrivals_of(serving)}"


def _with_texts(settings: ServingSettings, load: Load) -> ServingSettings:
    """Return settings that keep the answers, if some of them are to be checked."""
    checked = any(prompt.check is not None for prompt in load.prompts)
    return replace(settings, keep_text=settings.keep_text or checked)


def _record(settings: ServingSettings) -> dict[str, Any]:
    plain = asdict(settings)
    return {**plain.pop("declared"), **plain, "idle": IDLE}


def _repeats(
    session: Session,
    driver: Driver,
    loads: Loads,
    settings: ServingSettings,
    lines: Journal,
    tell: Tell | None,
) -> bool:
    """Drive the loads; return whether the server was lost."""
    lags, figures = list[dict[str, Any] | None](), list[float]()
    for repeat in range(settings.max_repeats):
        load, name = loads(repeat), f"{PHASE} {repeat + 1}"
        with session.window(PHASE) as mark:
            keeping = Keeping(repeat, lines, mark, keep_text=settings.keep_text)
            metrics = Metrics(session.path, repeat)
            with (
                closing(metrics),
                driver.beside(metrics.keep, session.clock),
                following(session.path, name, load, keeping, tell),
            ):
                lag = driver.drive(load, keeping.keep, shift=session.shift_ns)
        lags.append(None if lag is None else asdict(lag))
        if metrics.failure is not None:
            session.caution(Code.INCOMPLETE, str(metrics.failure), PHASE)
        if keeping.failure is not None:
            raise keeping.failure
        state = driver.look(folder_of(session.path))
        session.result(PROCEDURE, {"lags": lags, **state})
        if keeping.lost or not keeping.good:
            return keeping.lost
        figures += main_figure(serving_of(open_run(session.path), only=repeat))
        if _enough(session, figures, repeat + 1, settings):
            break
    return False


def _enough(
    session: Session, figures: list[float], repeats: int, settings: ServingSettings
) -> bool:
    """Return whether no more loads are needed; those without a window do not count."""
    most, there = settings.max_repeats, len(figures)
    if not there:  # twice no steady state: a third load would have none either
        return repeats >= min(settings.repeats, VAIN)
    if there < settings.repeats or repeats == 1 == most:
        return repeats == most
    fewest = max(settings.repeats, 2)
    decision = another(figures, goal=settings.goal, fewest=fewest, most=most - repeats + there)
    if not decision.more and repeats == most > 1 and "are the most" in decision.reason:
        session.caution(Code.SPREAD, decision.reason, PHASE)
    return not decision.more
