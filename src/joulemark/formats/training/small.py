"""``scaling.json`` and ``systems/<system>.json``."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from joulemark.formats.inference.jsontext import load_object
from joulemark.formats.inference.parsed import Source
from joulemark.formats.inference.text import Problems, shown
from joulemark.formats.training.parsed import Scaling, System

FACTOR = "scaling_factor"
_COUNT = re.compile(r"\s*([0-9]{1,9})\s*")
_TEXTS = ("submitter", "division", "status", "system_name", "cooling")


def read_scaling(source: Source) -> Scaling:
    """Return the factor that the review set.

    Raises:
        FormatError: if the file is no JSON object.
    """
    problems = Problems()
    document, lines = load_object(source, problems)
    value, line = document.get(FACTOR), lines.get(FACTOR, 1)
    factor = 1.0
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < math.inf:
        try:
            factor = float(value)
        except OverflowError:
            problems.add(line, f"{FACTOR} is too large")
    else:
        problems.add(line, f"{FACTOR} {shown(repr(value))} is no factor; 1 is taken")
    return Scaling(source.name, factor, problems.all())


def read_system(source: Source) -> System:
    """Return a system description.

    Raises:
        FormatError: if the file is no JSON object.
    """
    problems = Problems()
    document, lines = load_object(source, problems)
    texts = {key: _text(document, key, lines, problems) for key in _TEXTS}
    return System(
        name=source.name,
        document=document,
        lines=lines,
        nodes=_count(document, "number_of_nodes", lines, problems),
        accelerators=_count(document, "accelerators_per_node", lines, problems),
        problems=problems.all(),
        **texts,
    )


def _text(
    document: Mapping[str, Any], key: str, lines: Mapping[str, int], problems: Problems
) -> str:
    value = document.get(key, "")
    if isinstance(value, str):
        return value.strip()
    problems.add(lines.get(key, 1), f"{key} is no text: {shown(repr(value))}")
    return ""


def _count(
    document: Mapping[str, Any], key: str, lines: Mapping[str, int], problems: Problems
) -> int | None:
    """Return a count, which is a text in most descriptions and a number in some."""
    value = document.get(key)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9:
        return value
    match = _COUNT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        problems.add(lines.get(key, 1), f"{key} {shown(repr(value))} is no count")
        return None
    return int(match[1])
