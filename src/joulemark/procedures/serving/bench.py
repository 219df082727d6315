"""Measure serving: idle, the load again and again until it repeats well enough, idle."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from joulemark.accounting.serving_energy import another
from joulemark.core.caution import Code
from joulemark.core.request import Request
from joulemark.core.window import Work
from joulemark.meters.journal import Journal
from joulemark.procedures.live import Tell, following
from joulemark.procedures.serving.driver import Driver
from joulemark.procedures.serving.results import PHASE, PROCEDURE, main_figure, serving_of
from joulemark.procedures.serving.settings import ServingSettings
from joulemark.procedures.session import Mark, Options, Session
from joulemark.store.reader import open_run
from joulemark.store.requests import REQUESTS, Kept, journal, line_of
from joulemark.workloads.openai.client import Load

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
) -> Path:
    """Measure and return the run directory. Each request is on the disk as soon as it has ended.

    Args:
        driver: what answers.
        loads: what is asked.
        options: how to measure.
        settings: how often, and what counts.
        title: what is measured; the model by default.
        tell: told of progress.

    Raises:
        UnavailableError: if there is nothing to measure with.
        UsageError: if the load makes no sense.
        StoreError: if the run cannot be written.
    """
    facts = dict(driver.facts())
    kept = {"serving": {"engine": driver.name, **facts, **_record(settings)}}
    with Session(PROCEDURE, title or str(facts.get("model", "serving")), options, kept) as session:
        session.idle(tell)
        with closing(journal(session.path, REQUESTS)) as lines:
            _repeats(session, driver, loads, settings, lines, tell)
        session.idle(tell)
    return session.path


def _record(settings: ServingSettings) -> dict[str, Any]:
    plain = asdict(settings)
    return {**plain.pop("declared"), **plain}


def _repeats(
    session: Session,
    driver: Driver,
    loads: Loads,
    settings: ServingSettings,
    lines: Journal,
    tell: Tell | None,
) -> None:
    lags: list[dict[str, Any] | None] = []
    for repeat in range(settings.max_repeats):
        load, name = loads(repeat), f"{PHASE} {repeat + 1}"
        with session.window(PHASE) as mark, following(session.path, name, _length(load), tell):
            told = _Told(repeat, lines, mark, keep_text=settings.keep_text)
            lag = driver.drive(load, told.keep, shift=session.shift_ns)
        lags.append(None if lag is None else asdict(lag))
        session.result("serving", {"lags": lags})
        figures = main_figure(serving_of(open_run(session.path)))
        if told.useless or _enough(session, figures, repeat + 1, settings):
            return


def _enough(
    session: Session, figures: list[float], repeats: int, settings: ServingSettings
) -> bool:
    if repeats < settings.repeats:
        return False
    if len(figures) < repeats:  # a repeat without steady state: no more of the same
        return True
    if repeats == 1 == settings.max_repeats:
        return True
    fewest, most = max(settings.repeats, 2), settings.max_repeats
    decision = another(figures, goal=settings.goal, fewest=fewest, most=most)
    if not decision.more and repeats == most > 1 and "are the most" in decision.reason:
        session.caution(Code.SPREAD, decision.reason, PHASE)
    return not decision.more


class _Told:
    """Keeps requests as they end, and counts what was done."""

    def __init__(self, repeat: int, lines: Journal, mark: Mark, *, keep_text: bool) -> None:
        self._repeat, self._lines, self._mark = repeat, lines, mark
        self._keep_text = keep_text
        self._tokens = self._good = 0

    def keep(self, request: Request, text: str) -> None:
        self._lines.add(line_of(Kept(self._repeat, request, text if self._keep_text else "")))
        self._tokens += request.tokens_out or len(request.chunks)
        self._good += request.ok
        self._mark.work = Work(float(self._tokens), "token") if self._tokens else None

    @property
    def useless(self) -> bool:
        """Whether no request was answered at all."""
        return not self._good


def _length(load: Load) -> float:
    """Return how long a load takes at least, s: for a progress bar."""
    last = float(load.due_s[-1]) if len(load.due_s) else 0.0
    return max(last, load.lasting_s or 0.0, 1.0)
