"""How the source study comes to 1,841 measurements, from its own tables.

The study does not say how it counted. This is a count of rows, not of measurements, that gives its
number table by table; each step is taken from the tables and the record, none from the number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from joulemark.analysis.record.definitions import order
from joulemark.analysis.record.entry import Category, Entry
from joulemark.analysis.record.statements import PAGE, joined
from joulemark.formats.results.declared import DeclaredResult
from joulemark.rules.results.others import agrees, plain

STATED = 1841
"""Measurements that the study says it collected."""
TABLES = {
    "datacenter": "data_cleaned_inference_datacenter.csv",
    "edge": "data_cleaned_inference_edge.csv",
    "tiny": "data_cleaned_tiny.csv",
    "training": "data_cleaned_training.csv",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a count.

    Attributes:
        count: rows; negative where they are taken away.
        what: they are.
    """

    count: int
    what: str


@dataclass(frozen=True, slots=True)
class Table:
    """How many rows of one table count.

    Attributes:
        name: which.
        steps: how that comes about.
        results: entries of the record that stand behind its rows.
    """

    name: str
    steps: tuple[Step, ...]
    results: int

    @property
    def count(self) -> int:
        """The sum of the steps."""
        return sum(step.count for step in self.steps)


@dataclass(frozen=True, slots=True)
class Counted:
    """The count of all tables.

    Attributes:
        tables: in the order of :data:`TABLES`; those that were not imported are left out.
        latencies: rows among them that are neither a power nor an energy.
        results: entries of the record that stand behind them.
        missing: names of tables that were not imported.
    """

    tables: tuple[Table, ...] = ()
    latencies: int = 0
    results: int = 0
    missing: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """The sum of the tables."""
        return sum(table.count for table in self.tables)


def counted(rows: Iterable[DeclaredResult], entries: Sequence[Entry]) -> Counted:
    """Count the rows of the study's tables.

    Args:
        rows: stated results of a store, in which the tables were imported.
        entries: its record.
    """
    rows = list(rows)
    found: dict[str, list[DeclaredResult]] = {name: [] for name in TABLES}
    for row in rows:
        file = row.sources[0].rpartition(":")[0].rpartition("/")[2] if row.sources else ""
        for name in (name for name, table in TABLES.items() if table == file):
            found[name].append(row)
    steps = {
        "datacenter": _datacenter(found["datacenter"], _owners(rows)),
        "edge": _edge(found["edge"], found["datacenter"], entries),
        "tiny": _tiny(found["tiny"]),
        "training": _training(found["training"]),
    }
    keys = {name: {e.key for e in entries if _stands_in(e, file)} for name, file in TABLES.items()}
    tables = tuple(Table(name, steps[name], len(keys[name])) for name in TABLES if found[name])
    latencies = sum(_lines(row)[0] for row in found["tiny"])
    missing = tuple(TABLES[name] for name in TABLES if not found[name])
    return Counted(tables, latencies, len(set().union(*keys.values())), missing)


def _owners(rows: Iterable[DeclaredResult]) -> dict[tuple[str, str], set[str]]:
    """Return the systems that have a power by logs or a list, by round and figure."""
    found: dict[tuple[str, str], set[str]] = {}
    for said in joined(rows).results:
        if said.best.kind != PAGE:
            names = (row for row in said.rows if agrees(row.power, said.best.power))
            owners = found.setdefault(_figure(said.best), set())
            owners.update(plain(row.system_name) for row in names)
    return found


def _datacenter(
    rows: Sequence[DeclaredResult], owners: dict[tuple[str, str], set[str]]
) -> tuple[Step, ...]:
    power = sum(_lines(row)[1] for row in rows)
    others = [row for row in rows if _is_anothers(row, owners)]
    strange = sum(_lines(row)[1] for row in others)
    return (
        Step(power, "rows of a power"),
        Step(-strange, "of them under a system that it is not of"),
    )


def _edge(
    rows: Sequence[DeclaredResult], others: Sequence[DeclaredResult], entries: Sequence[Entry]
) -> tuple[Step, ...]:
    power = sum(_lines(row)[1] for row in rows)
    unreadable = sum(_lines(row)[1] for row in rows if row.power is None)
    had = {row.round for row in rows}
    later = {row.round for row in others} - had
    lacking = [e for e in entries if e.category is Category.EDGE and e.division == "closed"]
    lacking = [e for e in lacking if e.round in later]
    rounds = ", ".join(sorted(later, key=order)) or "later rounds"
    return (
        Step(power - unreadable, "rows of a power or an energy"),
        Step(unreadable, "rows that hold an address or a path in its place"),
        Step(len(lacking), f"results of {rounds}, which the table lacks"),
    )


def _tiny(rows: Sequence[DeclaredResult]) -> tuple[Step, ...]:
    energy = sum(_lines(row)[1] for row in rows)
    unreadable = sum(_lines(row)[1] for row in rows if row.power is None)
    return (
        Step(energy - unreadable, "rows of an energy"),
        Step(unreadable, "rows without a number in its place"),
        Step(sum(_lines(row)[0] for row in rows), "rows of a latency: no energy at all"),
    )


def _training(rows: Sequence[DeclaredResult]) -> tuple[Step, ...]:
    energy = sum(_lines(row)[1] for row in rows)
    runs = {(row.benchmark, row.nodes, row.accelerators) for row in rows}
    return (
        Step(energy, "rows of an energy"),
        Step(len(runs) - energy, "of them the same runs, by another sensor (AC and DC)"),
    )


def _lines(row: DeclaredResult) -> tuple[int, int]:
    """Return how many lines of a table state its performance, and how many its power."""
    if row.performance_unit and row.power_unit:
        return row.rows // 2, row.rows - row.rows // 2
    return (row.rows if row.performance_unit else 0), (row.rows if row.power_unit else 0)


def _figure(row: DeclaredResult) -> tuple[str, str]:
    return row.round, f"{row.power:.6e}"


def _is_anothers(row: DeclaredResult, owners: dict[tuple[str, str], set[str]]) -> bool:
    """Return whether logs or a list have a row's power, and of other systems only."""
    if row.power is None:
        return False
    of = owners.get(_figure(row), set())
    return bool(of) and plain(row.system_name) not in of


def _stands_in(entry: Entry, file: str) -> bool:
    return any(file in source for source in entry.sources)
