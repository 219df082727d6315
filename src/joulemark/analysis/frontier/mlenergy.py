"""Configurations of ML.ENERGY as groups of candidates.

A group is one generation, task and model, across GPU, parallelism, precision and batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from joulemark.analysis.frontier.candidate import Candidate, Group, Label, Measure, Metric, assuming
from joulemark.analysis.frontier.defaults import RULES, defaults
from joulemark.analysis.frontier.titles import title_of
from joulemark.core.units import digits
from joulemark.formats.mlenergy.configuration import REQUEST, Configuration, Figure
from joulemark.formats.mlenergy.definitions import meaning
from joulemark.formats.mlenergy.launch import launch
from joulemark.formats.mlenergy.names import short_name
from joulemark.rules.mlenergy.identities import findings

TIMES = ("tpot_mean", "itl_p50", "latency", "e2e_p50")
"""What stands for time, the first that a group has: V2, V3, diffusion."""
PER_TOKEN = "energy_per_token"  # noqa: S105 # no password
_WORK = (
    *("inference_steps", "num_frames", "fps"),
    *("image_height", "image_width", "video_height", "video_width"),
)
"""Settings that change what is made, not how."""
_MOST_NOTES = 5

Key = tuple[str, str, str]


def groups(configurations: Iterable[Configuration], assume: float | None = None) -> list[Group]:
    """Return the groups of comparable configurations, in the order of their names.

    Args:
        configurations: of any generations, tasks and models.
        assume: half-width of the 95 % interval, relative, that is assumed of numbers without one.
    """
    found: dict[Key, list[Configuration]] = {}
    for one in configurations:
        found.setdefault((one.origin, one.task, one.model), []).append(one)
    return [_group(key, found[key], assume) for key in sorted(found)]


def _group(key: Key, members: Sequence[Configuration], assume: float | None) -> Group:
    names = _names(members)
    unit = members[0].unit
    metrics = dict(_metrics(members))
    time = next((name for name in TIMES if name in metrics), "")
    if not time:  # nothing can be recommended then, and the answer says why
        time = TIMES[0] if unit == REQUEST else "latency"
        metrics[time] = Metric(time, "s", title_of(time))
    kind = "serving" if unit == REQUEST else "pipeline"
    return Group(
        source=key[0],
        task=key[1],
        model=key[2],
        candidates=tuple(
            _candidate(one, name, assume) for one, name in zip(members, names, strict=True)
        ),
        metrics=metrics,
        time=time,
        energy=members[0].energy,
        defaults=defaults(members, names),
        default_rule=RULES[members[0].generation, kind],
        labels={
            "generation": members[0].generation,
            "nickname": next((one.nickname for one in members if one.nickname), ""),
            "unit": unit,
        },
        notes=(*_lacking(members, time), *_notes(members, names, assume)),
    )


def _lacking(members: Sequence[Configuration], time: str) -> Iterator[str]:
    lacking = sum(time not in one.figures for one in members)
    if lacking:
        yield f"{lacking} of {len(members)} state no {title_of(time)}, and are left out."


def _names(members: Sequence[Configuration]) -> list[str]:
    """Return a short name for each, unique."""
    precise = len({one.precision for one in members}) > 1
    seen: dict[str, int] = {}
    found = []
    for one in members:
        name = short_name(one, precise=precise)
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name} #{seen[name]}")
    return found


def _metrics(members: Sequence[Configuration]) -> Iterator[tuple[str, Metric]]:
    for one in members:
        for name, figure in one.figures.items():
            rate = name.endswith("_per_second")
            yield (
                name,
                Metric(
                    name,
                    figure.unit,
                    title_of(name),
                    f"ML.ENERGY/{figure.definition}" if figure.definition else "",
                    meaning(figure.definition),
                    more=rate,
                ),
            )


def _candidate(one: Configuration, name: str, assume: float | None) -> Candidate:
    labels: dict[str, Label] = {"gpu": one.gpu, "gpus": one.gpus, **one.settings}
    if one.precision:
        labels["precision"] = one.precision
    return Candidate(
        name=name,
        measures={key: _measure(key, figure, assume) for key, figure in one.figures.items()},
        labels=labels,
        source=one.source,
        command=launch(one),
    )


def _measure(name: str, figure: Figure, assume: float | None) -> Measure:
    measure = Measure(figure.value, figure.u95)
    counted = name in ("gpus_measured", "calls")
    return measure if counted else assuming(measure, assume)


def _notes(
    members: Sequence[Configuration], names: Sequence[str], assume: float | None
) -> Iterator[str]:
    """Yield what a reader of the group must know."""
    repeated = any(figure.u95 is not None for one in members for figure in one.figures.values())
    if assume is not None:
        yield f"An interval of ±{100 * assume:g} % was assumed where the data give none."
    elif not repeated:
        yield "One run a configuration: the data give no uncertainty, numbers are taken as exact."
    yield from _twice(members, names)
    for setting in _WORK:
        values = sorted({str(one.settings.get(setting, "not said")) for one in members})
        if len(values) > 1:
            yield f"Not the same work: {setting} is {', '.join(values)}."
    told = [finding for one in members for finding in findings(one)]
    yield from (
        f"{finding.rule}: {finding.message} ({finding.where})" for finding in told[:_MOST_NOTES]
    )
    if len(told) > _MOST_NOTES:
        yield f"… and {len(told) - _MOST_NOTES} more findings."


def _twice(members: Sequence[Configuration], names: Sequence[str]) -> Iterator[str]:
    """Yield how far apart the numbers of configurations are that are stated more than once."""
    alike: dict[object, list[int]] = {}
    for number, one in enumerate(members):
        alike.setdefault(one.identity, []).append(number)
    for numbers in alike.values():
        values = [members[number].figures[members[number].energy].value for number in numbers]
        if len(values) > 1:
            listed = " and ".join(f"{digits(value, 3)} J" for value in values)
            apart = 100 * (max(values) / min(values) - 1)
            yield (
                f"{names[numbers[0]]} is stated {len(values)} times: {listed}, "
                f"{apart:.0f} % apart; nothing else tells how well runs repeat."
            )
