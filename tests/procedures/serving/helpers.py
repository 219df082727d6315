"""A scripted server that goes wrong when it is told to, and a bench of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from joulemark.procedures.serving.bench import bench_serving
from joulemark.procedures.serving.driver import HttpDriver
from joulemark.procedures.serving.load_plan import LoadPlan
from joulemark.procedures.serving.results import ServingResult, serving_of
from joulemark.procedures.serving.settings import ServingSettings
from joulemark.procedures.session import Options
from joulemark.store.reader import open_run
from joulemark.virtual.serving.script import Script
from joulemark.virtual.serving.server import ScriptedServer
from joulemark.virtual.serving.wrongs import Wrongs
from joulemark.workloads.openai.client import Bounds
from joulemark.workloads.openai.target import Target
from tests.procedures.fakes import Steady

SCRIPT = Script(first_s=0.002, step_s=0.001, least=4, most=8)
REQUESTS = 24


class When(Wrongs):
    """What is wrong with requests by a rule of their number, from 1."""

    def __init__(self, name: str, rule: Callable[[int], bool]) -> None:
        super().__init__([name])
        self._name, self._rule = name, rule

    def of(self, number: int) -> frozenset[str]:
        return frozenset([self._name] if self._rule(number) else [])


@contextmanager
def serving(wrongs: Wrongs | None = None, script: Script = SCRIPT) -> Iterator[ScriptedServer]:
    server = ScriptedServer(script, wrongs or Wrongs(()))
    try:
        yield server
    finally:
        server.close()


def measured(
    server: ScriptedServer,
    store: Path,
    plan: LoadPlan | None = None,
    *,
    silence_s: float = 0.3,
    retries: int = 0,
    tell: Any = None,
    idle_s: float = 0.02,
    **settings: Any,
) -> ServingResult:
    plan = plan or LoadPlan(kind="closed", requests=REQUESTS, concurrency=4, tokens_in="20")
    given = {"repeats": 2, "max_repeats": 2, "rule": "whole/1", **settings}
    kept = ServingSettings(declared=plan.record(), **given)
    driver = HttpDriver(
        Target(url=server.url, model="m"), Bounds(silence_s=silence_s, retries=retries)
    )
    options = Options(store=store, objects=[Steady()], period_s=0.01, idle_s=idle_s)
    return serving_of(open_run(bench_serving(driver, plan.load, options, kept, tell=tell)))
