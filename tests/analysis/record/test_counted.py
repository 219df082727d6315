"""How the source study comes to its number, on small tables of the same kinds."""

from __future__ import annotations

from io import StringIO
from typing import Any

from joulemark.analysis.record.counted import TABLES, Counted, Table, counted
from joulemark.formats.results.declared import DeclaredResult
from joulemark.report.record import counted_notes, print_counted
from tests.analysis.record.rows import PLACE, recorded, row


def page(table: str, line: int, rows: int = 2, **more: Any) -> DeclaredResult:
    """Return a row of one of the study's tables, which stands in some lines."""
    sources = tuple(f"{TABLES[table]}:{line + k}" for k in range(rows))
    return row("results-page", f"{table} {line}", sources=sources, rows=rows, **more)


def steps(found: Counted, name: str) -> list[int]:
    """Return the counts of a table."""
    return [step.count for table in found.tables if table.name == name for step in table.steps]


def test_each_table_is_counted_in_its_own_way() -> None:
    other = {"location": PLACE.replace("box", "crate"), "system_name": "Crate", "run": "run-2"}
    edge = {"system_type": "edge", "location": PLACE.replace("box", "nano"), "system_name": "Nano"}
    silent: dict[str, Any] = {"power": None, "performance": None, "performance_unit": ""}
    tiny: dict[str, Any] = {"suite": "tiny", "scenario": "", "power_unit": "J/inference"}
    slow = {**tiny, "performance": 0.1, "performance_unit": "s/query"}
    train: dict[str, Any] = {"suite": "training", "scenario": "", "power_unit": "J/run", "nodes": 1}
    train |= {"performance": 300.0, "performance_unit": "s", "round": ""}
    every = [
        row("logs"),
        row("logs", "o", power=700.123456, performance=9.0, **other),
        row("logs", "e", round="v4.1", power=7.125, run="run-3", **edge),
        page("datacenter", 2, rows=4),
        page("datacenter", 8, power=700.123456),
        page("datacenter", 10, round="v4.1", system_name="Other", power=3.0),
        page("edge", 2, round="v4.0", power=2.5, system_name="Nano", system_type="edge"),
        page("edge", 4, rows=1, **silent),
        page("tiny", 2, power=0.001, benchmark="DSCNN", **slow),
        page("tiny", 4, rows=1, **{**slow, "power": None, "power_unit": ""}),
        page("tiny", 5, rows=1, **{**tiny, **silent}),
        page("training", 2, power=1e6, system_name="AC", **train),
        page("training", 4, power=9e5, system_name="DC", **train),
    ]
    found = counted(every, recorded(*every).entries)
    assert steps(found, "datacenter") == [4, -1]
    assert steps(found, "edge") == [1, 1, 1]
    assert steps(found, "tiny") == [1, 1, 2]
    assert steps(found, "training") == [2, -1]
    assert found.count == 3 + 3 + 4 + 1
    assert found.latencies == 2
    assert not found.missing
    text = StringIO()
    print_counted(found, text)
    assert max(map(len, text.getvalue().splitlines())) <= 80
    assert "11 rows: not 1,841." in text.getvalue()


def test_the_number_of_the_study() -> None:
    every = Counted((Table("tiny", (), 3),), latencies=307, results=1490)
    assert any("not 1,841" in line for line in counted_notes(every))
    assert counted([], []).missing == tuple(TABLES.values())
