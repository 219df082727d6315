"""What sets a point of a sweep up, as commands that a person types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from shlex import join

from joulemark.tune.knobs.words import as_command
from joulemark.tune.sweep_fields import Label
from joulemark.tune.sweep_plan import Plan
from joulemark.tune.sweep_serving import HEAD, load_words, server_words


def setting_up(plan: Plan, point: Mapping[str, Label]) -> Iterator[str]:
    """Yield the commands that set a point up: its knobs, its server, and what was measured.

    Args:
        plan: of the sweep.
        point: value of each axis.
    """
    for axis in plan.axes:
        if axis.knob is not None:
            yield as_command(*axis.knob, point[axis.name])
    words = plan.words(point)
    if tuple(words[: len(HEAD)]) != HEAD:
        yield join(words)
        return
    server = server_words(words)
    if server:
        yield join(server)
    yield join(load_words(words))
