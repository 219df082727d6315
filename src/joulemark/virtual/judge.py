"""What a measurement said beside what was true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from joulemark.accounting.phases import phases
from joulemark.accounting.results import PhaseResult
from joulemark.analysis.coverage import Held
from joulemark.core.value import Value
from joulemark.virtual.schedule import Observed
from joulemark.virtual.truth import Truth, spent


@dataclass(frozen=True, slots=True)
class Check:
    """One interval held against the truth.

    Attributes:
        quantity: what it is of: gross, net, per unit …
        held: what was said beside what was so.
    """

    quantity: str
    held: Held


class NothingSaidError(Exception):
    """The product gave no figure where the case wants one."""


def check(quantity: str, said: Value | None, truth: float) -> Check:
    """Return a figure beside the truth.

    Raises:
        NothingSaidError: if there is no figure.
    """
    if said is None:
        raise NothingSaidError(quantity)
    return Check(quantity, Held(said.value, said.u95, truth))


def results(observed: Observed, *, fewest: int | None = None) -> dict[str, PhaseResult]:
    """Return what accounting makes of a measurement, by phase; ``fewest`` as it has it."""
    found = phases(observed.windows, observed.traces, gpus=True, fewest=fewest)
    return {result.phase: result for result in found}


def gross(result: PhaseResult) -> Value | None:
    """Return the gross energy of a phase, J."""
    return None if result.total is None else result.total.joules


def used(truth: Truth, observed: Observed, phase: str) -> float:
    """Return the true energy of a phase, J."""
    return sum(spent(truth, start, stop) for start, stop in observed.of(phase))


def energies(
    observed: Observed, whole: Truth, extra: Truth | None = None, phase: str = "run"
) -> Sequence[Check]:
    """Return gross and mean power of a phase, and net where the truth above idle is given."""
    result = results(observed)[phase]
    truth = used(whole, observed, phase)
    length = sum(stop - start for start, stop in observed.of(phase))
    checks = [check("gross", gross(result), truth)]
    if extra is not None:
        checks.append(check("net", result.net, used(extra, observed, phase)))
    else:
        checks.append(check("power", result.power, truth / length))
    return checks
