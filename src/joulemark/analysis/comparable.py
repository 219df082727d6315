"""What stands against comparing runs, and in what else they differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from joulemark.accounting.finding import IMPOSSIBLE
from joulemark.analysis.metrics import Metric, figure, single
from joulemark.analysis.observed import Observation
from joulemark.core.caution import Code
from joulemark.core.channel import Domain
from joulemark.core.energy import WHOLE
from joulemark.core.units import digits


class Hindrance(StrEnum):
    """Reasons not to compare: a closed list, with its wording."""

    text: str

    def __new__(cls, code: str, text: str) -> Self:
        """Make a member whose value is its code and whose ``text`` explains it."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.text = text
        return member

    UNREAD = "unread", "the figure was not measured"
    NOT_POSITIVE = "not-positive", "the figure is not above zero beyond its uncertainty"
    UNIT = "unit", "the units of work differ"
    BOUNDARY = "boundary", "the totals hold different parts"
    DATA = "data", "the data sets differ"
    QUICK = "quick", "a quick run stands beside a full one"
    PROVENANCE = "provenance", "one figure is measured, estimated or declared, and another is not"
    INSTRUMENT = "instrument", "the kinds of meter differ"
    IMPOSSIBLE = "impossible", "the readings of a run cannot all be true"
    LOADGEN_INVALID = "loadgen-invalid", "LoadGen calls a result INVALID"
    FAILED = "failed", "the measured command failed"
    LOAD = "load", "the served loads differ; --any-load compares them all the same"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason not to compare, with what was seen.

    Attributes:
        reason: which one.
        detail: what was seen.
    """

    reason: Hindrance
    detail: str

    def __str__(self) -> str:
        """Return the reason and what was seen."""
        return f"{self.reason.text} ({self.detail})"


@dataclass(frozen=True, slots=True)
class Difference:
    """Something in which the sides differ and which does not hinder a comparison.

    Attributes:
        what: its name.
        a: what A has; several where its runs differ.
        b: what B has.
    """

    what: str
    a: tuple[str, ...]
    b: tuple[str, ...]


def refusals(
    observations: Sequence[Observation], metric: Metric, *, any_load: bool = False
) -> tuple[Refusal, ...]:
    """Return everything that stands against comparing these runs with each other.

    Args:
        observations: of all sides.
        metric: what is to be compared.
        any_load: whether runs of serving may differ in model, prompts and arrivals.
    """
    found = [refusal for one in observations for refusal in _own(one, metric)]
    for reason, aspect in _ASPECTS:
        seen: dict[str, str] = {}
        for one in observations:
            seen.setdefault(aspect(one), one.run)
        told = reason is Hindrance.LOAD and any_load
        if len(seen) > 1 and not told and not _beside_the_point(reason, metric):
            found.append(Refusal(reason, " against ".join(text or "none" for text in seen)))
    return tuple(dict.fromkeys(found))


def _beside_the_point(reason: Hindrance, metric: Metric) -> bool:
    """Return whether a figure does not depend on an aspect: time on no meter, power on no work."""
    if reason is Hindrance.UNIT:
        return not metric.of_work
    meters = (Hindrance.BOUNDARY, Hindrance.PROVENANCE, Hindrance.INSTRUMENT)
    return metric is Metric.TIME and reason in meters


def _own(one: Observation, metric: Metric) -> Iterator[Refusal]:
    if Code.LOADGEN_INVALID.value in one.codes:
        yield Refusal(Hindrance.LOADGEN_INVALID, one.run)
    if Code.COMMAND_FAILED.value in one.codes:
        yield Refusal(Hindrance.FAILED, one.run)
    wrong = sorted(one.codes & {code.value for code in IMPOSSIBLE})
    if wrong and metric is not Metric.TIME:
        yield Refusal(Hindrance.IMPOSSIBLE, f"{', '.join(wrong)} in {one.run}")
    value = figure(one, metric)
    each = [single(repeat, metric) for repeat in one.repeats]
    if value is None or None in each:
        idle = ", measure with --idle" if metric is Metric.NET and one.energy is not None else ""
        yield Refusal(Hindrance.UNREAD, f"{metric} of {one.phase} in {one.run}{idle}")
    elif not value.value > value.u95 or not all(x is not None and x > 0 for x in each):
        yield Refusal(Hindrance.NOT_POSITIVE, f"{value} in {one.run}")


def _boundary(one: Observation) -> str:
    """Return the kinds of parts that are added; GPUs and switches are a matter of the system."""
    optional = (Domain.GPU, Domain.SWITCH)
    held = sorted({c.domain.value for c in one.channels if c.domain not in optional})
    missing = "not every part was read; " if Code.MISSING_PART.value in one.codes else ""
    return f"{missing}{' + '.join(held) or 'GPUs only'}, without {', '.join(one.lacks)}"


def _data(one: Observation) -> str:
    workload = one.settings.get("workload")
    data = workload.get("data") if isinstance(workload, Mapping) else None
    return str(data.get("name", "")) if isinstance(data, Mapping) else ""


def _load(one: Observation) -> str:
    """Return what was asked of a server, and when; empty of other runs."""
    serving = one.settings.get("serving")
    if not isinstance(serving, Mapping):
        return ""
    prompts = _content(serving.get("prompts"), "prompts")
    words = [f"{name} {_text(serving.get(name))}" for name in ASKED]
    return "; ".join([*words, _text(prompts), f"arrivals {_text(_arrivals(serving))}"])


def _content(told: object, file: str) -> dict[str, Any]:
    """Return settings with the digest of a file instead of its name, where it is known."""
    kept = dict(told) if isinstance(told, Mapping) else {}
    if f"{file}_sha256" in kept:
        kept.pop(file, None)
    return kept


def _arrivals(serving: Mapping[str, Any]) -> dict[str, Any]:
    """Return when requests came; how many there were does not matter to a window within them."""
    kept = _content(serving.get("arrivals"), "trace")
    return {name: value for name, value in kept.items() if name not in ("requests", "lasting_s")}


def _quick(one: Observation) -> str:
    return "quick" if Code.QUICK.value in one.codes else "full"


def _provenance(one: Observation) -> str:
    return "" if one.provenance is None else one.provenance.value


def _instruments(one: Observation) -> str:
    return " + ".join(sorted({channel.instrument.value for channel in one.channels}))


_ASPECTS: tuple[tuple[Hindrance, Callable[[Observation], str]], ...] = (
    (Hindrance.UNIT, lambda one: one.unit),
    (Hindrance.BOUNDARY, _boundary),
    (Hindrance.DATA, _data),
    (Hindrance.LOAD, _load),
    (Hindrance.QUICK, _quick),
    (Hindrance.PROVENANCE, _provenance),
    (Hindrance.INSTRUMENT, _instruments),
)
"""What must be the same in all runs, and how it is seen."""

_SYSTEM = ("host", "os", "kernel", "machine", "cpu", "threads", "memory_bytes", "gpus", "virtual",
           "container")  # fmt: skip

ASKED = ("model", "rule")
"""What must be the same of two loads of servers, beside prompts and when they came."""
SERVED = ("engine", "endpoint", "stream", "extra", "prompts", "batch", "client_processes")
TOLD = ("command", "owned_by", "version", "build_info", "root", "max_model_len", "total_slots")
"""What else may explain a difference; the latter of what the server told of itself."""

_MODEL = ("name", "weights")
"""What a workload says of its model that no setting says."""


def differences(a: Sequence[Observation], b: Sequence[Observation]) -> tuple[Difference, ...]:
    """Return in what the runs of A differ from those of B, or among each other."""
    sides = [[_facts(one) for one in side] for side in (a, b)]
    names = dict.fromkeys(name for side in sides for facts in side for name in facts)
    found = []
    for name in names:
        of_a, of_b = (tuple(dict.fromkeys(f.get(name, "") for f in side)) for side in sides)
        if of_a != of_b or len(of_a) > 1:
            found.append(Difference(name, of_a, of_b))
    return tuple(found)


def _facts(one: Observation) -> dict[str, str]:
    """Return what may explain a difference, by name, as text."""
    system = {name: getattr(one.system, name) for name in _SYSTEM}
    workload = one.settings.get("workload")
    workload = workload if isinstance(workload, Mapping) else {}
    asked, model = workload.get("settings"), workload.get("model")
    git = one.environment.get("git")
    serving = one.settings.get("serving")
    serving = serving if isinstance(serving, Mapping) else {}
    facts: dict[str, Any] = {
        **({name: model.get(name) for name in _MODEL} if isinstance(model, Mapping) else {}),
        **(asked if isinstance(asked, Mapping) else {}),
        **{name: serving.get(name) for name in (*ASKED, *SERVED)},
        "arrivals": _arrivals(serving),
        **{f"server {k}": v for k, v in _content(serving.get("server"), "").items() if k in TOLD},
        "command": one.settings.get("command"),
        "scenario": one.settings.get("scenario"),
        "phase": one.phase,
        **system,
        "evidence": one.evidence,
        "coverage": "" if one.coverage >= WHOLE else f"{digits(100 * one.coverage, 3)} %",
        "meters": sorted({f"{c.meter} {c.quantity.value}" for c in one.channels}),
        "calibration": sorted({c.calibration for c in one.channels if c.calibration}),
        "period_s": one.settings.get("period_s"),
        "python": one.environment.get("python"),
        "packages": one.environment.get("packages"),
        "commit": git.get("commit") if isinstance(git, Mapping) else None,
        "joulemark": one.joulemark,
    }
    return {
        name: _text(value) for name, value in facts.items() if value not in (None, "", [], (), {})
    }


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {item}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return " ".join(map(str, value))
    return str(value)
