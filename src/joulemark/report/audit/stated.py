"""What tables that were imported state of results, to stand beside what their logs give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from joulemark.core.errors import FormatError
from joulemark.formats.inference.as_result import location_of
from joulemark.formats.results.declared import LOGS, WATTS
from joulemark.procedures.checked import Target
from joulemark.store.declared import FILE, read_declared, read_doubts

MOST = 12
"""Statements on one result."""
_MILLI = 1000.0
Key = tuple[str, str]
"""Round, and where a result lies in its repository."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What one table states of a result.

    Attributes:
        kind: of the table; ``logs`` for what was computed when the logs were imported.
        source: where it stands.
        value: of the power, W, or mJ of a stream or query; None where none is stated.
        unit: its unit.
        run: the stored run; empty for none.
        doubts: what is doubtful about it.
    """

    kind: str
    source: str
    value: float | None
    unit: str
    run: str = ""
    doubts: tuple[str, ...] = ()


def stated_in(store: Path, targets: Sequence[Target]) -> Mapping[Key, tuple[Stated, ...]]:
    """Return what a store knows of results; nothing where nothing was imported.

    Args:
        store: the directory of all runs.
        targets: the results.

    Raises:
        FormatError: if its table is damaged.
        StoreError: if it cannot be read.
    """
    if not (store / FILE).is_file():
        return {}
    wanted = {key_of(target) for target in targets}
    doubts = read_doubts(store)
    found: dict[Key, list[Stated]] = {}
    for row in read_declared(store):
        key = (row.round, row.location)
        if key not in wanted or len(found.get(key, ())) >= MOST:
            continue
        watts = row.power_unit == WATTS
        value = row.power if row.power is None or watts else _MILLI * row.power
        found.setdefault(key, []).append(
            Stated(
                kind=row.kind,
                source=row.sources[0] if row.sources else "",
                value=value,
                unit="W" if watts else "mJ",
                run=row.run,
                doubts=doubts.get(row.key, ()),
            )
        )
    return {key: tuple(each) for key, each in found.items()}


def key_of(target: Target) -> Key:
    """Return what names a result in a table."""
    return target.place.round, location_of(target.path)


def trees_in(store: Path) -> list[str]:
    """Return the trees whose logs were imported into a store, as they were named then.

    Raises:
        FormatError: if its table is damaged, or no logs were imported.
        StoreError: if it cannot be read.
    """
    rows = read_declared(store) if (store / FILE).is_file() else []
    found = sorted({row.tree for row in rows if row.kind == LOGS and row.tree})
    if not found:
        raise FormatError(
            "no power directory was imported",
            where=str(store),
            remedy="joulemark import PATH, or name a tree with --tree PATH",
        )
    return _outermost(found)


def _outermost(trees: Sequence[str]) -> list[str]:
    """Return trees without those that lie in another."""
    kept: list[str] = []
    for tree in trees:
        if not any(tree.startswith(f"{other}/") for other in kept):
            kept.append(tree)
    return kept
