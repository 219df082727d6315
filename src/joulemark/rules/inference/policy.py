"""What differs from round to round in the rules on power."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from joulemark.core.finding import Severity

_TABLE = "data/rounds.json"


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of a round.

    Attributes:
        round: ``v1.0`` …
        models: names of the analysers that are accepted.
        device_types: PTDaemon's numbers of them.
        range_factors: by one of these the largest current of ranging becomes the range of the test.
        without: ids of the rules that the round does not have.
        severity: of rules that are more or less to the round than usual.
    """

    round: str
    models: frozenset[str]
    device_types: frozenset[int]
    range_factors: tuple[float, ...]
    without: frozenset[str]
    severity: Mapping[str, Severity]


@cache
def policy_of(round_: str) -> Policy:
    """Return the rules of a round; of an unknown one those of the newest."""
    table = _table()
    known = round_ if round_ in table else max(table, key=_number)
    found = table[known]
    return Policy(
        round=known,
        models=frozenset(found["models"]),
        device_types=frozenset(found["device_types"]),
        range_factors=tuple(found["range_factors"]),
        without=frozenset(found["without"]),
        severity={name: Severity(value) for name, value in found["severity"].items()},
    )


def rounds() -> tuple[str, ...]:
    """Return the rounds whose rules are known, oldest first."""
    return tuple(sorted(_table(), key=_number))


def _number(round_: str) -> tuple[int, ...]:
    return tuple(int(part) for part in round_.removeprefix("v").split("."))


@cache
def _table() -> Mapping[str, Any]:
    table: Mapping[str, Any] = json.loads(files(__package__).joinpath(_TABLE).read_bytes())
    return table
