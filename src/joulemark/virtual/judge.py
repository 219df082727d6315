"""What a measurement said beside what was true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from joulemark.accounting.phases import phases
from joulemark.accounting.results import PhaseResult
from joulemark.analysis.coverage import Held
from joulemark.core.caution import Code
from joulemark.core.errors import JoulemarkError
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


class NothingSaidError(JoulemarkError):
    """The product gave no figure where the case wants one."""


def check(quantity: str, said: Value | None, truth: float, *, warned: bool = False) -> Check:
    """Return a figure beside the truth.

    Args:
        quantity: what it is of.
        said: the figure.
        truth: what was so.
        warned: whether the product said that this interval may not hold.

    Raises:
        NothingSaidError: if there is no figure.
    """
    if said is None:
        raise NothingSaidError(f"no figure was given for {quantity}")
    return Check(quantity, Held(said.value, said.u95, truth, warned))


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
    observed: Observed,
    whole: Truth,
    extra: Truth | None = None,
    *,
    phase: str = "run",
    caution: Code | None = None,
) -> Sequence[Check]:
    """Return gross energy of a phase, and net energy (else mean power) beside the truth.

    Args:
        observed: the measurement.
        whole: what was truly used.
        extra: what of it lay above idle; None where that is not asked.
        phase: which.
        caution: the warning that the interval may not hold, where there is one for the case.
    """
    result = results(observed)[phase]
    warned = caution is not None and any(each.code is caution for each in result.cautions)
    truth = used(whole, observed, phase)
    length = sum(stop - start for start, stop in observed.of(phase))
    checks = [check("gross", gross(result), truth, warned=warned)]
    if extra is not None:
        net = used(extra, observed, phase)
        checks.append(check("net", result.net, net, warned=warned))
    else:
        checks.append(check("power", result.power, truth / length))
    return checks
