"""An engine in this process is judged by what matters there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from joulemark.core.finding import Severity
from joulemark.procedures.serving.findings import findings_of_run
from joulemark.virtual.serving.wrongs import Wrongs
from joulemark.workloads.openai.lag import Lag
from tests.procedures.serving.helpers import measured, serving


@pytest.mark.parametrize(
    ("engine", "busy", "severity", "said"),
    [
        ("openai", 0.9, Severity.WARNING, "(--client-processes 2)"),
        ("openai", 0.04, Severity.WARNING, "4% of a core used; it had to wait for the processor"),
        ("transformers", 0.04, Severity.NOTE, "handed to the engine 50 ms late"),
    ],
)
def test_a_client_that_is_late(
    engine: str, busy: float, severity: Severity, said: str, tmp_path: Path
) -> None:
    with serving(Wrongs([])) as server:
        result = measured(server, tmp_path)
    lags = tuple(Lag(late_p99_s=0.05, busy=busy) for _ in result.lags)
    late = replace(result, lags=lags, settings={**result.settings, "engine": engine})
    told = [one.finding for one in findings_of_run(late) if one.finding.rule == "client-late"]
    assert len(told) == len(lags)
    assert {one.severity for one in told} == {severity}
    assert said in told[0].message
