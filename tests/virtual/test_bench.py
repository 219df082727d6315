"""The bench: repeatable, the same on any number of processes, and its cases hold."""

from __future__ import annotations

import math

import pytest

from joulemark.analysis.coverage import LEAST
from joulemark.core.errors import UsageError
from joulemark.virtual.bench import cores, validate
from joulemark.virtual.cases import Case, cases

DRAWS = 30
SURE = 1e-8
"""A hundred figures that hold in 93 % of cases all pass here but for one chance in a million."""


def least(draws: int, share: float) -> int:
    """Return the smallest count that a binomial of that share falls below with a chance of SURE."""
    below = 0.0
    for count in range(draws + 1):
        below += math.comb(draws, count) * share**count * (1 - share) ** (draws - count)
        if below > SURE:
            return count
    return draws


def test_the_bound_of_these_tests_by_hand() -> None:
    assert least(1, 0.93) == 0
    assert least(4, 1 - 1e-3) == 2  # two of four miss with 6e-6, three with 4e-9


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_no_case_is_far_from_what_it_must_be(case: Case) -> None:
    """The full bench is a command; here a fault of the order of a sensor's delay shows."""
    for row in validate([case], draws=DRAWS, seed=20260807, jobs=1):
        missed = row.draws - row.missed_unwarned
        assert missed >= least(DRAWS, LEAST), (row.quantity, row.held)
        assert 0 < row.half_width < 2, row.quantity


def test_a_seed_gives_the_same_on_any_number_of_processes() -> None:
    asked = cases(["rapl-short", "gpu-short"])
    alone = validate(asked, draws=60, seed=3, jobs=1)
    assert validate(asked, draws=60, seed=3, jobs=2) == alone
    assert validate(asked[1:], draws=60, seed=3, jobs=1) == alone[2:], "cases do not mix"
    assert validate(asked, draws=60, seed=4, jobs=1) != alone


def test_progress_is_told() -> None:
    told: list[tuple[str, int, int]] = []
    asked = cases(["rapl-wrap"])
    validate(asked, draws=60, seed=3, jobs=1, tell=lambda *each: told.append(each))
    assert told == [("rapl-wrap", 50, 60), ("rapl-wrap", 60, 60)]
    assert cores() >= 1


def test_cases_are_asked_for_by_name() -> None:
    assert [case.name for case in cases(["gpu-late", "rapl-wrap", "gpu-late"])] == [
        "gpu-late",
        "rapl-wrap",
    ]
    assert len({case.name for case in cases()}) == len(cases()) >= 40
    assert all(case.about.endswith(".") for case in cases())
    with pytest.raises(UsageError, match="no case 'rapl'"):
        cases(["rapl"])
