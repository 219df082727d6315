"""The messages of a console against a plain reading of it, line by line."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.formats.inference import text as shared
from joulemark.formats.inference.console import read_console
from joulemark.formats.inference.messages import Messages
from joulemark.formats.inference.notices import interval, notices
from joulemark.formats.inference.parsed import Console, Source
from joulemark.formats.inference.stamps import stamp_ns
from tests.formats.inference.samples import CONSOLE, stamp

STAMP = re.compile(r"[0-9]{2}-[0-9]{2}-[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}: ")
LOOSE = re.compile(r".{2}-.{2}-.{13}\..{3}: ", re.DOTALL)
PIECES = [
    "\n", "\n", "\r\n", "\r", " ", "\t", "\x1c", "\u2028", "\xa0", "\x85", "\0", "é", "٣", "😀",
    "x", ": ",
    "ERROR:", "WARNING: y", "ERROR: a WARNING: b", "Completed test", "Go with mark 'a'",
    f"{stamp(1)}: ", f"{stamp(2)}: ", stamp(3), f"{stamp(4)}:", "02-30-2025 00:00:00.000: ",
    "ab-cd-efgh ij:kl:mn.opq: ", f"{stamp(5)}: Go with mark 'a'\n{stamp(6)}: Completed test\n",
]  # fmt: skip
Row = tuple[int, int | None, str]


def _plainly(text: str) -> list[Row]:
    rows: list[Row] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        starts = [found.start() for found in STAMP.finditer(line)]
        if LOOSE.match(line) and max(starts, default=0) == 0:
            rows.append((number, stamp_ns(line[:23]), line[25:].rstrip()))
        elif not starts:
            rows.append((number, None, line.rstrip()))
        else:
            if starts[0]:
                rows.append((number, None, line[: starts[0]].strip()))
            for begin, end in pairwise([*starts, len(line)]):
                stamped = line[begin : begin + 23]
                rows.append((number, stamp_ns(stamped), line[begin + 25 : end].strip()))
    return rows


def _read(text: str) -> Console:
    return read_console(Source("ptd_logs.txt", text.encode()))


@given(st.lists(st.sampled_from(PIECES), max_size=30))
def test_messages_are_those_of_a_plain_reading(pieces: list[str]) -> None:
    text = f"{stamp(0)}: begin\n" + "".join(pieces)
    rows = _plainly(text)
    console = _read(text)
    assert [tuple(line) for line in console.lines] == rows
    kinds = [re.search(r"(ERROR|WARNING):\s*(.*)", said) for _, _, said in rows]
    assert [tuple(notice) for notice in notices(console, 5)] == [
        (line, None if time is None else time + 5, found[1], found[2].strip())
        for (line, time, _), found in zip(rows, kinds, strict=True)
        if found is not None
    ]
    for words in ("Go", "a", ":", "Completed test"):
        places = [i for i, row in enumerate(rows) if words in row[2]]
        assert list(console.lines.holding(words)) == places
        assert list(console.lines.holding(words, 2)) == [i for i in places if i >= 2]


@given(st.lists(st.sampled_from(PIECES), max_size=30))
def test_a_measurement_is_that_of_a_plain_reading(pieces: list[str]) -> None:
    text = f"{stamp(0)}: begin\n" + "".join(pieces)
    begin: tuple[int, int] | None = None
    wanted = None
    for line, time, said in _plainly(text):
        if time is not None and begin is None and said == "Go with mark 'a'":
            begin = time, line
        elif time is not None and begin is not None and said == "Completed test":
            wanted = begin[0], time, begin[1], line
            break
    found = interval(_read(text), "a", 0)
    limits = found and (found.begin, found.end, found.begin_line, found.end_line)
    assert limits == wanted


def test_messages_are_a_sequence() -> None:
    lines = _read(CONSOLE.decode()).lines
    every = tuple(lines)
    assert len(every) == len(lines)
    assert lines[-1] == every[-1]
    assert lines[1:4] == every[1:4]
    assert lines == every
    assert lines != every[1:]
    assert lines != 1
    with pytest.raises(IndexError):
        _ = lines[len(lines)]


def test_words_are_sought_in_every_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "".join(f"{stamp(i)}: message é {i % 7}\n\n" for i in range(100))
    whole = _read(text).lines
    monkeypatch.setattr(shared, "CHUNK", 200)
    lines = _read(text).lines
    assert isinstance(lines, Messages)
    assert lines == whole
    assert list(lines.holding("é 3")) == list(range(3, 100, 7))
    assert list(lines.holding("nowhere")) == []
    assert list(lines.holding("é", 100)) == []
