"""Result tables in the form of MLCommons' results page: CSV, a row for each figure.

A result has two rows, performance and power, next to each other and in either order; the column
``Units`` tells which is which. Known oddities: whole rows repeated; rows with a path or an address
where a number belongs; the name of the processor in the column of the model; the variants 99 and
99.9 of a benchmark under one name, as two pairs; a figure under another system than it is of. None
of these is dropped or mended: what a row shows by itself becomes a remark, what only other results
show is the business of :mod:`joulemark.rules.results`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from joulemark.core.errors import FormatError
from joulemark.formats.inference.parsed import Source
from joulemark.formats.results import names
from joulemark.formats.results.declared import (
    DURATION,
    PER_INFERENCE,
    PER_RUN,
    RATES,
    DeclaredResult,
    joined,
)

KIND = "results-page"
MAX_LINE = 65536
MAX_ROWS = 1_000_000
MAX_CELL = 1000
"""Longer texts are cut."""

_MODEL = "Model MLC"
_RESULTS = ("Result", "Avg. Result at System Name")
_NEEDED = ("Public ID", "Units", _MODEL)
_TRAINING = "Avg. Result at System Name"
_TINY = "Tiny"
_OTHER_RATES: Mapping[str, tuple[str, float]] = {"latency (in minutes)": (DURATION, 60.0)}
_OTHER_POWERS: Mapping[str, tuple[str, float]] = {
    "kj": (PER_RUN, 1e3),
    "energy in uj": (PER_INFERENCE, 1e-6),
}

_Row = Mapping[str, str]
_Name = tuple[str, ...]


@dataclass(slots=True)
class _Figure:
    """One row: whether it is a performance or a power, and where it stands."""

    row: _Row
    line: int
    value: float | None
    unit: str
    power: bool
    remarks: tuple[str, ...] = ()


@dataclass(slots=True)
class _Pairs:
    """The rows of one name, as results."""

    open: _Figure | None = None
    found: list[list[_Figure]] = field(default_factory=list)

    def add(self, figure: _Figure) -> None:
        if self.open is not None and self.open.power != figure.power:
            self.found[-1].append(figure)
            self.open = None
        else:
            self.found.append([figure])
            self.open = figure


def looks_like(data: bytes) -> bool:
    """Return whether a file begins with the head of such a table."""
    head = data[:MAX_LINE].partition(b"\n")[0].decode("utf-8-sig", "replace")
    try:
        columns = next(csv.reader([head.strip("\r")]), [])
    except csv.Error:
        return False
    return all(name in columns for name in _NEEDED) and any(name in columns for name in _RESULTS)


def read_results_page(source: Source) -> list[DeclaredResult]:
    """Return the results of a table; repeated rows once, with how often they stand there.

    Raises:
        FormatError: if it is no such table, or a line of it is too long.
    """
    if not looks_like(source.data):
        what = f"no table of results: its head needs {', '.join(_NEEDED)} and a result"
        raise FormatError(what, where=source.name)
    groups: dict[_Name, _Pairs] = {}
    for line, row in _rows(source):
        groups.setdefault(_name(row), _Pairs()).add(_figure(row, line))
    found = [result for name, pairs in groups.items() for result in _results(name, pairs, source)]
    return sorted(found, key=lambda result: int(result.sources[0].rpartition(":")[2]))


def _rows(source: Source) -> Iterator[tuple[int, _Row]]:
    text = source.data.decode("utf-8-sig", "replace").replace("\0", "")
    reader = csv.reader(io.StringIO(text, newline=""))
    columns: list[str] = []
    try:
        for cells in reader:
            if not columns:
                columns = cells
                continue
            if reader.line_num > MAX_ROWS:
                raise FormatError(f"more than {MAX_ROWS} lines", where=source.name)
            row: dict[str, str] = {}
            for name, cell in zip(columns, cells, strict=False):
                row.setdefault(name, cell.strip()[:MAX_CELL])
            if any(row.values()):
                yield reader.line_num, row
    except csv.Error as error:
        raise FormatError(str(error), where=f"{source.name}:{reader.line_num}") from None


def _name(row: _Row) -> _Name:
    """Return what tells the results of a table apart, as far as the table says it."""
    keys = ("Public ID", "SystemType", "SystemName", "System Name", "Model", _MODEL, "Scenario")
    round_ = row.get("version", "")
    return (*(row.get(key, "") for key in keys), round_, row.get("accelerator_model_name", ""))


def _figure(row: _Row, line: int) -> _Figure:
    text = next((row[name] for name in _RESULTS if name in row), "")
    unit = row.get("Units", "")
    value, remarks = names.number(text), []
    if value is None:
        remarks.append(f"no number where the result belongs: {text[:80]!r}")
    plain = unit.strip().lower()
    for table, is_power in ((_OTHER_RATES, False), (_OTHER_POWERS, True)):
        if plain in table:
            name, factor = table[plain]
            scaled = None if value is None else value * factor
            return _Figure(row, line, scaled, name, is_power, tuple(remarks))
    rate, power = names.performance(value, unit), names.power(value, unit)
    if rate is None and power is None:
        remarks.append(f"unit {unit[:40]!r} is not known" if unit else "no unit")
        return _Figure(row, line, None, "", power=False, remarks=tuple(remarks))
    known = rate or power or (None, "")
    return _Figure(row, line, known[0], known[1], rate is None, tuple(remarks))


def _results(name: _Name, pairs: _Pairs, source: Source) -> list[DeclaredResult]:
    """Return the results of one name; equal ones once, each other one with a number of its own."""
    found: dict[tuple[object, ...], DeclaredResult] = {}
    for figures in pairs.found:
        figures.sort(key=lambda figure: figure.power)
        seen = tuple((f.value, f.unit, f.remarks) for f in figures)
        places = tuple(f"{source.name}:{figure.line}" for figure in figures)
        if seen in found:
            earlier = found[seen]
            sources = joined(earlier.sources, places)
            found[seen] = replace(earlier, sources=sources, rows=len(sources))
        else:
            found[seen] = _result((*name, str(len(found))), figures, places)
    return list(found.values())


def _result(
    identity: tuple[str, ...], figures: list[_Figure], places: tuple[str, ...]
) -> DeclaredResult:
    row = figures[0].row
    suite, round_ = _suite(row), row.get("version", "")
    bench, remarks = _benchmark(row, suite)
    rate = next((figure for figure in figures if not figure.power), None)
    power = next((figure for figure in figures if figure.power), None)
    unit = "" if rate is None else rate.unit
    if suite == "inference" and unit in RATES:
        unit, remark = names.rate_unit(unit, bench, round_)
        remarks += [remark] if remark else []
    for missing, what in ((rate, "performance"), (power, "power")):
        if missing is None and suite == "inference":
            remarks.append(f"no row of its {what}")
    return DeclaredResult(
        kind=KIND,
        identity="\0".join(identity),
        sources=places,
        rows=len(places),
        suite=suite,
        round=round_,
        division="",
        submitter=row.get("Organization", ""),
        system_name=row.get("SystemName") or row.get("System Name", ""),
        system_type=row.get("SystemType", ""),
        public_id=row.get("Public ID", ""),
        benchmark=bench,
        scenario=names.scenario(row.get("Scenario", "")),
        accelerator=row.get("accelerator_model_name") or row.get("Accelerator Model Name", ""),
        accelerators=names.number(row.get("Total Accelerators", "")),
        processor=row.get("host_processor_model_name") or row.get("Host Processor Model Name", ""),
        nodes=names.number(row.get("number_of_nodes") or row.get("Number Of Nodes", "")),
        software=row.get("Software", ""),
        performance=None if rate is None else rate.value,
        performance_unit=unit,
        power=None if power is None else power.value,
        power_unit="" if power is None else power.unit,
        remarks=joined((r for figure in figures for r in figure.remarks), remarks),
    )


def _suite(row: _Row) -> str:
    if _TRAINING in row:
        return "training"
    return "tiny" if row.get("vdate", "").startswith(_TINY) else "inference"


def _benchmark(row: _Row, suite: str) -> tuple[str, list[str]]:
    """Return the benchmark, and remarks; the column of the model may hold the processor's name."""
    written, other = row.get("Model", ""), row.get(_MODEL, "")
    if suite != "inference":
        return (other or written), []
    bench = names.benchmark(written) or names.benchmark(other)
    remarks = []
    if written and not names.benchmark(written) and bench:
        remarks.append(f"the column of the model holds {written[:60]!r}")
    if not bench:
        remarks.append(f"benchmark {(written or other)[:60]!r} is not known")
    return bench, remarks
