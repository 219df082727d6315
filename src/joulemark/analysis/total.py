"""Energy of tables of telemetry by any of their columns, streaming."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from joulemark.accounting.curve import Times
from joulemark.accounting.rows import Rows
from joulemark.accounting.stream import Stream
from joulemark.accounting.tally import Tally, tally
from joulemark.core.caution import Caution, Code
from joulemark.core.channel import Channel, Quantity
from joulemark.core.energy import WHOLE
from joulemark.core.units import digits
from joulemark.store.telemetry import PHASE, Codebook, Columns, Table, guess_columns, open_table

if TYPE_CHECKING:
    from joulemark.store.telemetry_sort import NamedWindows

Tell = Callable[[float, float], None]
"""Told of progress: rows done, rows in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of a table.

    Attributes:
        channel: what the readings mean.
        columns: names of columns that are given, by their role in ``guess_columns``.
        by: columns to tell apart in the answer; all that tell series apart, and the phase, if None.
        windows: a file of windows; the phases of the table if None.
        gap_s: longest step between two power samples that counts, s; the usual rule if None.
        sort: sort the table first.
        engine: ``arrow`` or ``duckdb``; the fastest that there is if None.
    """

    channel: Channel
    columns: Mapping[str, Any] = field(default_factory=dict)
    by: tuple[str, ...] | None = None
    windows: Path | None = None
    gap_s: float | None = None
    sort: bool = False
    engine: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Totals:
    """An answer.

    Attributes:
        by: what the groups are told apart by.
        labels: for each of ``by`` its value in each group.
        groups: what each group came to.
        whole: all groups that are added, as one group; empty if there is no group.
        added: which groups the whole holds; those inside others and idle ones are left out.
        provenance: of each group.
        about: how it came about, JSON values.
        cautions: warnings.
    """

    by: tuple[str, ...]
    labels: tuple[Sequence[Any], ...]
    groups: Tally
    whole: Tally
    added: NDArray[np.bool_]
    provenance: Sequence[str]
    about: Mapping[str, Any]
    cautions: tuple[Caution, ...]


def total(paths: Sequence[Path], question: Question, tell: Tell | None = None) -> Totals:
    """Return the energy of tables by group, in memory that does not grow with them.

    Args:
        paths: Parquet files and folders of them.
        question: what is asked.
        tell: told of progress.

    Raises:
        UsageError: if a column is not there, or there is no file.
        FormatError: if a file is damaged, or time goes back within a series.
        StoreError: if a file cannot be read.
        MissingExtraError: if Arrow was asked for and is not installed.
    """
    table = open_table(paths, question.engine)
    asked = {**question.columns}
    if question.windows is None:
        asked["by"] = question.by
    else:
        by = None if question.by is None else [name for name in question.by if name != PHASE]
        asked |= {"by": by, "label": ""}
    columns = guess_columns(table.names, **asked)
    with tempfile.TemporaryDirectory(prefix="joulemark-") as folder:
        if question.sort:
            from joulemark.store.telemetry_sort import sorted_copy

            target = sorted_copy(table.files, columns, Path(folder))
            table = open_table([target], question.engine)
        return _answer(table, columns, question, tell)


def _answer(table: Table, columns: Columns, question: Question, tell: Tell | None) -> Totals:
    books = table.books(columns)
    named = _windows(question, columns, books)
    stream = Stream(
        question.channel,
        gap_s=question.gap_s,
        windows=None if named is None else named.windows,
    )
    done = 0
    for count in _overlapping(stream, table.blocks(columns, books)):
        done += count
        if tell is not None:
            tell(done, table.rows)
    texts = {name: book.texts() for name, book in books.items()}
    values = _values(stream, columns, texts, named)
    by = question.by if question.by is not None else tuple(values)
    group, labels = grouped([values[name] for name in by], len(stream.ledger.series))
    length = None if named is None else _lengths(named)[stream.ledger.label]
    channel, ledger = question.channel, stream.ledger
    groups = tally(ledger, channel, group, length_ns=length)
    whole = tally(ledger, channel, np.zeros_like(group), length_ns=length)
    about = {
        "decoded_by": table.engine,
        "files": len(table.files),
        "rows": done,
        "series": len(stream.register),
        "columns": {"time": columns.time, "value": columns.value, "series": columns.series}
        | {"phase": columns.label if named is None else str(question.windows)},
        "gap_s": question.gap_s,
    }
    return Totals(
        by=by,
        labels=labels,
        groups=groups,
        whole=whole,
        added=np.ones(len(groups.joules), dtype=bool),
        provenance=[channel.provenance.value] * len(groups.joules),
        about=about,
        cautions=cautions(whole, stream.repeated, channel),
    )


def _windows(
    question: Question, columns: Columns, books: dict[str, Codebook]
) -> NamedWindows | None:
    if question.windows is None:
        return None
    from joulemark.store.telemetry_sort import read_windows

    return read_windows(question.windows, columns, books)


def _overlapping(stream: Stream, blocks: Iterator[Rows]) -> Iterator[int]:
    """Add blocks while the next is decoded; return their numbers of rows."""
    with ThreadPoolExecutor(1) as worker:
        pending: Future[None] | None = None
        count = 0
        for rows in blocks:
            if pending is not None:
                pending.result()
                yield count
            pending, count = worker.submit(stream.add, rows), len(rows)
            del rows
        if pending is not None:
            pending.result()
            yield count


def _values(
    stream: Stream, columns: Columns, texts: Mapping[str, list[str]], named: NamedWindows | None
) -> dict[str, list[Any]]:
    """Return, for each column that groups may be told apart by, its value in the ledger."""
    ledger = stream.ledger
    found: dict[str, list[Any]] = {}
    keys = stream.register.codes(len(columns.series))
    for name, key in zip(columns.series, keys, strict=True):
        found[name] = _named(key[ledger.series], texts.get(name))
    if named is not None:
        found[PHASE] = [named.phases[window] for window in ledger.label.tolist()]
    elif columns.label is not None:
        found[columns.label] = _named(ledger.label, texts.get(columns.label))
    return found


def _named(codes: Times, texts: list[str] | None) -> list[Any]:
    return codes.tolist() if texts is None else [texts[code] for code in codes.tolist()]


def _lengths(named: NamedWindows) -> Times:
    return named.windows.stop - named.windows.start


def grouped(values: Sequence[Sequence[Any]], count: int) -> tuple[Times, tuple[list[Any], ...]]:
    """Return the group of each of some items, and the values of each group, in their order.

    Args:
        values: for each thing that tells groups apart its value in every item.
        count: number of items.
    """
    code = np.zeros(count, dtype=np.int64)
    distinct: list[list[Any]] = []
    for one in values:
        known = sorted(set(one))
        rank = {value: place for place, value in enumerate(known)}
        code = code * max(len(known), 1) + np.array([rank[v] for v in one], dtype=np.int64)
        distinct.append(known)
    codes, group = np.unique(code, return_inverse=True)
    labels = []
    for known in reversed(distinct):
        codes, place = np.divmod(codes, max(len(known), 1))
        labels.append([known[i] for i in place.tolist()])
    return group, tuple(reversed(labels))


def cautions(whole: Tally, repeated: int, channel: Channel) -> tuple[Caution, ...]:
    """Return the warnings that a sum over everything calls for."""
    refused = Code.GAP if channel.quantity is Quantity.POWER else Code.COUNTER_RESET
    counts = {
        refused: whole.gaps.sum(),
        Code.INVALID_SAMPLE: whole.invalid.sum(),
        Code.DUPLICATE_TIME: repeated,
    }
    found = [Caution(code, f"{count:.0f} times") for code, count in counts.items() if count]
    if len(whole.joules) and whole.coverage[0] < WHOLE:
        found.append(Caution(Code.NOT_COVERED, f"{digits(100 * whole.coverage[0], 3)} % covered"))
    return tuple(found)
