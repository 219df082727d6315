"""What a run's record says of its conduct; what is not of its kind counts as not said."""

from __future__ import annotations

from typing import Any

import pytest

from joulemark.core.evidence import Conduct, Protocol
from joulemark.core.run import Sampler
from joulemark.procedures.conduct import conduct_of
from tests.report.build import run_of


def test_nothing_is_known_of_a_run_that_says_nothing() -> None:
    assert conduct_of(run_of()) == Conduct()


def test_the_sampler_says_how_many_samples_were_skipped() -> None:
    found = conduct_of(run_of(sampler=Sampler(ticks=95, skipped=5)))
    assert (found.ticks, found.skipped) == (100, 5)


def test_a_protocol_is_read_from_the_settings() -> None:
    said = {
        "name": "PTDaemon 1.11",
        "ranging": True,
        "testing": True,
        "clock_offset_s": 0.25,
        "files": {"spl.txt": "ab12", "number": 3},
        "calibrated": {"m/wall": "2026-03-02", "m/other": None},
    }
    assert conduct_of(run_of(settings={"protocol": said})).protocol == Protocol(
        name="PTDaemon 1.11",
        ranging=True,
        testing=True,
        clock_offset_s=0.25,
        files={"spl.txt": "ab12"},
        calibrated={"m/wall": "2026-03-02"},
    )


@pytest.mark.parametrize("said", [None, "PTDaemon", [], {}, {"name": ""}, {"name": 3}])
def test_what_names_no_protocol_is_none(said: Any) -> None:
    assert conduct_of(run_of(settings={"protocol": said})).protocol is None


@pytest.mark.parametrize("odd", ["yes", 1, None, [True]])
def test_only_true_is_true_and_only_a_number_is_a_time(odd: Any) -> None:
    said = {"name": "p", "ranging": odd, "testing": odd, "clock_offset_s": True, "files": odd}
    found = conduct_of(run_of(settings={"protocol": said})).protocol
    assert found == Protocol(name="p")
