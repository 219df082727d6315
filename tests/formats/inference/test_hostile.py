"""Whatever bytes come: a result, its problems, or the format error; never anything else."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joulemark.core.errors import FormatError
from joulemark.formats.inference.console import read_console
from joulemark.formats.inference.loadgen import read_detail, read_summary
from joulemark.formats.inference.parsed import Problem, Source
from joulemark.formats.inference.power_log import read_power_log
from joulemark.formats.inference.rounds import guess_round
from joulemark.formats.inference.session import read_session
from joulemark.formats.inference.system import read_system
from joulemark.formats.inference.tables import read_analyzer_table, read_power_settings
from tests.formats.inference.samples import (
    CONSOLE,
    SUMMARY,
    analyzers,
    channels,
    detail,
    directory,
    power_log,
    reading,
    record,
    session,
)

Reader = Callable[[Source], object]
LOGS = b"\n".join(
    [
        power_log(3),
        channels(1, [1.0, 2.0]).encode(),
        analyzers([reading(0), channels(0, [1.0])], 0, 3.0).encode(),
    ]
)
SHORT_DETAIL = b"\n".join(
    record(key, value).encode()
    for key, value in (("power_begin", "07-31-2025 22:00:00.000"), ("result_query_count", 5))
)
TABLE = b"| Vendor | Model |\n|---|---|\n| a | b |\nVendor,Model\na,b\n<table><tr><td>x</td></tr>"
SEEDS: list[tuple[Reader, bytes]] = [
    (read_power_log, LOGS),
    (read_console, CONSOLE),
    (read_session, session(server=True)),
    (read_detail, SHORT_DETAIL),
    (read_summary, SUMMARY),
    (read_system, b'{"division": "closed",\n"number_of_nodes": "1", "is_network": "true"}'),
    (read_analyzer_table, TABLE),
    (read_power_settings, b"# a\nb\n== c\nd\n"),
]
PIECES = [
    b"\0", b"\xff", b"\r", b"\n", b"\r\n", b",", b"nan", b"1e999", b"-1", b"Time,", b"Mark,",
    b"Ch1,", b"Analyzer1,", b"12-31-9999 23:59:59.999", b": ", b"{", b"}", b"[", b'"', b"\\",
    b"\\ud800", b"9" * 400, b":::MLLOG ", b":::ENDPTS ", b'"is_error": true', b"|", b"<tr>",
    b"<!--", b"=", b"\xef\xbb\xbf", "٣".encode(), b"x" * 70_000,
]  # fmt: skip


def _check(read: Reader, data: bytes) -> None:
    found: object = None
    wrong: FormatError | None = None
    try:
        found = read(Source("name", data))
    except FormatError as error:
        wrong = error
    if wrong is not None:
        assert wrong.where.startswith("name")
        assert str(wrong).encode()
        return
    problems: tuple[Problem, ...] = getattr(found, "problems")  # noqa: B009
    assert len(problems) <= 1000
    lines = data.count(b"\n") + data.count(b"\r") + 1
    for problem in problems:
        assert 1 <= problem.line <= lines
        assert len(problem.what) < 600
        problem.what.encode()


def _mutated(data: bytes, seed: int) -> bytes:
    """Cut, double, replace and insert at random places."""
    dice = random.Random(seed)
    for _ in range(dice.randrange(1, 6)):
        i, j = sorted(dice.randrange(len(data) + 1) for _ in range(2))
        kind = dice.randrange(5)
        if kind == 0:
            data = data[:i] + data[j:]
        elif kind == 1:
            data = data[:j] + data[i:]
        elif kind == 2:
            data = data[:i] + dice.choice(PIECES) + data[i:]
        elif kind == 3:
            data = data[:i] + dice.choice(PIECES) + data[i + 1 :]
        else:
            data = data[:i] + bytes([dice.randrange(256)]) + data[i + 1 :]
    return data


@pytest.mark.parametrize(("read", "seed"), SEEDS, ids=lambda x: getattr(x, "__name__", ""))
@settings(max_examples=150, deadline=None)
@given(number=st.integers(0, 2**32))
def test_mutations_of_real_looking_files(read: Reader, seed: bytes, number: int) -> None:
    _check(read, _mutated(seed, number))


@pytest.mark.parametrize(("read", "seed"), SEEDS, ids=lambda x: getattr(x, "__name__", ""))
@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=400))
def test_junk(read: Reader, seed: bytes, data: bytes) -> None:
    _check(read, data)
    _check(read, seed + data)


@pytest.mark.parametrize(("read", "seed"), SEEDS, ids=lambda x: getattr(x, "__name__", ""))
def test_every_truncation(read: Reader, seed: bytes) -> None:
    for cut in range(0, len(seed), max(1, len(seed) // 200)):
        _check(read, seed[:cut])


MANY = power_log(1).rstrip() + b"".join(
    b",Ch%d,Watts,1,Volts,1,Amps,1,PF,1" % i for i in range(999)
)
BOMBS = {
    "line feeds": b"\n" * (1 << 18),
    "carriage returns": b"\r" * (1 << 20),
    "two letters a line": b"ab\n" * (80 << 10),
    "a label a line": b"Time,\n" * (20 << 10),
    "one line": b"x" * (4 << 20),
    "commas": b"," * (1 << 20),
    "brackets": b"[" * (1 << 20),
    "quotes": b'"' * (1 << 20),
    "escaped quotes": b'"' + b'\\"' * (1 << 20),
    "markers": b":::MLLOG " * 50_000,
    "opened records": b':::MLLOG {"key": "result_x", ' * 30_000,
    "beginnings": b"Time,01-01-2025 " * 50_000,
    "stamps": b"01-01-2025 00:00:00.000: " * 50_000,
    "keys": b"{" + b",".join(b'"a":%d' % i for i in range(50_000)) + b"}",
    "channels": MANY,
    "colons": b": " * (1 << 20),
    "tags": b"<!" * (100 << 10),
    "comments": b"<!--" * (50 << 10),
    "pipes": b"|" * (200 << 10),
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
@pytest.mark.parametrize(("read", "seed"), SEEDS, ids=lambda x: getattr(x, "__name__", ""))
def test_bombs_cost_neither_time_nor_memory(read: Reader, seed: bytes, bomb: bytes) -> None:
    tracemalloc.start()
    try:
        _check(read, bomb)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert seed
    assert peak < 60 * len(bomb) + (32 << 20)


@settings(max_examples=80, deadline=None)
@given(number=st.integers(0, 2**32))
def test_a_damaged_directory_can_be_guessed_at(number: int) -> None:
    server, log = _mutated(session(server=True), number), _mutated(detail()[-4000:], number)
    assert isinstance(guess_round(directory(server=server, detail=log)), str)
