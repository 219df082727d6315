"""Lines that are alike give what each of them gives by itself."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.formats.inference.parsed import Source
from joulemark.formats.training.alike import LEAST, runs_alike
from joulemark.formats.training.columns import decimals
from joulemark.formats.training.power_log import _LINE, read_power_log
from tests.formats.training.samples import line, node, reading

NUMBERS = st.one_of(
    st.integers(-(10**6), 10**12).map(str),
    st.decimals(-(10**6), 10**9, places=3, allow_nan=False).map(str),
    st.from_regex(r"\A-?(0|[1-9][0-9]{0,11})(\.[0-9]{1,12})?\Z"),
)


@given(st.lists(NUMBERS, min_size=1, max_size=40))
def test_numbers_are_those_of_python(texts: list[str]) -> None:
    whole = " ".join(texts).encode()
    ends = np.cumsum([len(text) + 1 for text in texts]) - 1
    begins = ends - [len(text) for text in texts]
    read = decimals(np.frombuffer(whole, np.uint8), begins, ends)
    assert read.tolist() == [float(text) for text in texts]


ODD = (
    "",
    "no line of a log",
    reading(50, 1e5, {"host": "7"}),
    reading(50, -3.5),
    reading(50, "12"),
    reading(50, 1e30),
    "0: " + reading(51, 480),
    reading(52, 480) + " ",
    "x " + reading(52, 480)[9:],
    ":::MLLOG " + reading(53, 480),
    line("conversion_eff", 0.9, 40),
    line("power_measurement_start", None, 41),
    reading(10_000_000_000, 500),
    reading(54, 500).replace(": 1", ":1"),
    "1745000000000, 12.0",
)


def read_slowly(data: bytes) -> tuple[object, ...]:
    """Read a log a few lines at a time, too few to be taken together."""
    every = data.split(b"\n")
    pieces = [b"\n".join(every[at : at + LEAST - 1]) for at in range(0, len(every), LEAST - 1)]
    parts = [read_power_log(Source("node_0.txt", piece + b"\n" + SEED)) for piece in pieces]
    time, watts, number = [], [], []
    for at, part in enumerate(parts):
        record = part.record
        keep = record.line <= len(pieces[at].split(b"\n"))
        time += record.time[keep].tolist()
        watts += record.watts[keep].tolist()
        number += (record.line[keep] + at * (LEAST - 1)).tolist()
    return time, watts, number


SEED = line("seed", 1, 0).encode()  # a piece without a line of a log is refused


@pytest.mark.parametrize("seed", range(30))
def test_odd_lines_among_many(seed: int) -> None:
    draw = random.Random(seed)  # no secret
    lines = [reading(s, draw.randint(0, 20_000) / 10, {"host": "0"}) for s in range(300)]
    for _ in range(draw.randint(0, 8)):
        lines.insert(draw.randint(0, len(lines)), draw.choice(ODD))
    data = "\n".join(lines).encode() + draw.choice([b"", b"\n", b"\r\n"])
    record = read_power_log(Source("node_0.txt", data)).record
    fast = (record.time.tolist(), record.watts.tolist(), record.line.tolist())
    slow = read_slowly(data)
    assert np.array_equal(np.array(fast[1]), np.array(slow[1]), equal_nan=True)
    assert (fast[0], fast[2]) == (slow[0], slow[2])
    assert record.line.tolist() == sorted(record.line.tolist())


def test_runs_tell_where_they_lie() -> None:
    first = "\n".join(reading(s, 100) for s in range(LEAST + 2))
    second = "\n".join(reading(s, 200) for s in range(20))
    piece = f"{SEED.decode()}\n{first}\nodd\n{second}\n".encode()
    one, two = runs_alike(piece, _LINE)
    assert (one.line, len(one.time)) == (1, LEAST + 1), "one beside an odd line is left"
    assert (two.line, len(two.time)) == (LEAST + 5, 19)
    assert piece[one.begin : one.end].decode() == first.rpartition("\n")[0] + "\n"
    assert piece[two.begin : two.end].decode() == second.partition("\n")[2] + "\n"
    assert two.tail == b', "metadata": ""}'
    assert two.watts.tolist() == [200.0] * 19


def test_a_log_of_a_node_is_one_run() -> None:
    (run,) = runs_alike(node(100), _LINE)
    assert len(run.time) == 99, "all but the first, which stands beside another line"


@pytest.mark.parametrize(
    "piece",
    [
        b"",
        b"\n" * 100,
        (reading(1, 2) + "\n").encode() * 30 + b"\x00\n",
        (reading(1, 2) + "\n").encode() * 30 + b"\x01\n",
        b"x\n" * 100 + (reading(1, 2) + "\n").encode() * 30,
        (reading(1, 2, ":::MLLOG ") + "\n").encode() * 30,
    ],
)
def test_what_is_left_to_the_careful_way(piece: bytes) -> None:
    assert list(runs_alike(piece, _LINE)) == []


def test_a_line_without_its_beginning_is_no_reading() -> None:
    good = reading(1, 100)
    bare = good[good.index("17") :]
    lines = [good] * 20 + [bare] * 20 + [good] * 20
    record = read_power_log(Source("node_0.txt", "\n".join(lines).encode())).record
    assert record.line.tolist() == [*range(1, 21), *range(41, 61)]


def test_hosts_are_those_of_the_readings() -> None:
    lines = [reading(s, 1, {"host": "a"}) for s in range(30)]
    lines += [reading(s, 1, {"host": "b"}) for s in range(3)]
    log = read_power_log(Source("node_0.txt", "\n".join(lines).encode()))
    assert log.hosts == ("a", "b")
