"""What columns of a sweep are as metrics: times and energies of serving by their usual names.

``tpot_p99_s`` is the metric ``tpot_p99`` in seconds, ``energy_per_output_token_j`` is
``energy_per_token`` in J/token, so that the same targets are asked of sweeps and of published
results. Other columns keep their names; their endings are their units.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from joulemark.accounting.serving_energy import PER_OUTPUT, PER_REQUEST, definition
from joulemark.analysis.frontier.candidate import Metric
from joulemark.analysis.frontier.titles import title_of

PER_TOKEN = "energy_per_token"  # noqa: S105 # no password
ENERGIES = ("energy_per_request", "energy_per_image", "energy_per_video", PER_TOKEN)
"""What stands for energy, the first that there is."""
TIMES = ("tpot_mean", "itl_p50", "latency", "e2e_p50", "e2e_mean", "ttft_p50", "ttft_mean")
"""What stands for time, the first that there is."""
GOODPUT = "goodput_requests_per_s"
_TIME = re.compile(r"((?:tpot|itl|ttft|e2e)_(?:mean|p\d{1,2}(?:\.\d+)?))_s")
_BATCH = re.compile(r"(?:batch_)?latency(?:_mean|(_p\d{1,2}(?:\.\d+)?))?_s")
_ENERGY = re.compile(r"energy_per_([a-z][a-z_]*)_j")
_SHORT = {"output_token": "token"}
_UNITS = {"s": "s", "j": "J", "w": "W"}
_DEFINED = {PER_TOKEN: PER_OUTPUT, "energy_per_request": PER_REQUEST}
_MORE = ("tokens_per_joule",)


def name_of(column: str) -> str:
    """Return the name of the metric that a column of a sweep is.

    >>> name_of("tpot_p99_s"), name_of("energy_per_output_token_j"), name_of("power_w")
    ('tpot_p99', 'energy_per_token', 'power_w')
    """
    time, energy = _TIME.fullmatch(column), _ENERGY.fullmatch(column)
    batch = _BATCH.fullmatch(column)
    if time is not None:
        return time[1]
    if batch is not None:
        return f"latency{batch[1] or ''}"
    if energy is not None:
        of = _SHORT.get(energy[1], energy[1])
        name = f"energy_per_{of}"
        return name if name in ENERGIES else column
    return column


def metric_of(column: str, *, more: Iterable[str] = (), served: bool = False) -> Metric:
    """Return the metric that a column of a sweep is.

    Args:
        column: its name.
        more: columns or metrics of which more is better, beside those that are known to be so.
        served: whether energies are those of joulemark's own definitions.
    """
    name = name_of(column)
    what, _, end = column.rpartition("_")
    rate = what.endswith("_per") and end == "s"
    unit = "" if rate else _UNITS.get(end, "")
    energy = _ENERGY.fullmatch(column)
    if energy is not None:
        unit = f"J/{_SHORT.get(energy[1], energy[1]).replace('_', ' ')}"
    title = title_of(name) if not unit or name != column else title_of(what)
    better = name in _MORE or rate or bool({name, column} & set(more))
    if served and name in _DEFINED:
        meant = definition(_DEFINED[name])
        return Metric(name, unit, title, meant.name, meant.text, more=better)
    return Metric(name, unit, title, more=better)


def usual(metrics: Mapping[str, Metric]) -> tuple[str, str]:
    """Return the metrics that stand for time and energy of what is served; empty for none."""
    time = next((name for name in TIMES if name in metrics), "")
    energy = next((name for name in ENERGIES if name in metrics), "")
    return time, energy
