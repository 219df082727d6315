"""The factors of the energy of a request, of a run of serving."""

from __future__ import annotations

from joulemark.accounting.serving_factors import Factors, Load, factors_of
from joulemark.accounting.serving_windows import Steady, Unknown
from joulemark.procedures.serving.figures import fewest_of
from joulemark.procedures.serving.results import ServingResult


def factors_of_run(result: ServingResult) -> Factors | Unknown:
    """Return the factors over the windows of all repeats, or why there are none.

    Args:
        result: of the run.
    """
    loads = [
        Load(work=one.work, supply=result.supply, window=one.window, split=one.split)
        for one in result.repeats
        if isinstance(one.window, Steady) and result.supply is not None
    ]
    if not loads and result.repeats and isinstance(result.repeats[0].window, Unknown):
        return result.repeats[0].window
    return factors_of(loads, fewest=fewest_of(result))
