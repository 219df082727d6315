"""Whatever bytes come: a result, its problems, or the format error; never anything else."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joulemark.accounting.training_energy import log_energy
from joulemark.accounting.training_official import Algorithm
from joulemark.core.errors import FormatError
from joulemark.formats.inference.parsed import Problem, Source
from joulemark.formats.training.power_log import read_power_log
from joulemark.formats.training.run_log import read_run_log
from joulemark.formats.training.small import read_scaling, read_system
from tests.formats.training.samples import T0, node, reading, result, switch

MS = 1_000_000
READERS: list[tuple[Callable[[Source], object], bytes]] = [
    (read_power_log, node(5, factor=0.9) + switch() + ("0: " + reading(1.5, 3.5)).encode()),
    (read_run_log, result()),
    (read_scaling, b'{"scaling_factor": 1.01}'),
    (read_system, b'{"number_of_nodes": "8", "accelerators_per_node": 8, "status": "cloud"}'),
]


def _named(error: FormatError) -> None:
    assert error.where.startswith("file")


def check(reader: Callable[[Source], object], data: bytes) -> object:
    try:
        found = reader(Source("file", data))
    except FormatError as error:
        _named(error)
        return None
    lines = data.count(b"\n") + data.count(b"\r") + 1
    problems: tuple[Problem, ...] = found.problems  # type: ignore[attr-defined]
    assert len(problems) <= 1000
    for problem in problems:
        assert 1 <= problem.line <= lines
        problem.what.encode()
    return found


def mutated(data: bytes, seed: int) -> bytes:
    chance = random.Random(seed)
    changed = bytearray(data)
    tokens = [b"null", b"NaN", b"-1", b"1e999", b'"', b"}", b":::MLLOG ", b"\0", b"\\ud800", b"\n"]
    for _ in range(chance.randint(1, 5)):
        at = chance.randrange(len(changed))
        until = at + chance.choice([0, 1, 1, 8])
        changed[at:until] = chance.choice([b"", chance.choice(tokens), chance.randbytes(2)])
        if not changed:
            break
    return bytes(changed)


@pytest.mark.parametrize(("reader", "data"), READERS)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=150, deadline=None)
def test_a_file_that_was_changed(
    reader: Callable[[Source], object], data: bytes, seed: int
) -> None:
    found = check(reader, mutated(data, seed))
    if reader is read_power_log and found is not None:
        for algorithm in Algorithm:
            log_energy(found.record, T0 * MS, (T0 + 5000) * MS, algorithm)  # type: ignore[attr-defined]


@pytest.mark.parametrize("reader", [reader for reader, _ in READERS])
@given(data=st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_bytes(reader: Callable[[Source], object], data: bytes) -> None:
    check(reader, data)
    check(reader, b":::MLLOG " + data)


@pytest.mark.parametrize(
    "data",
    [
        b":::MLLOG " * 100_000,
        b":::MLLOG {" + b'"a":{' * 10_000,
        b" " * 300_000 + b":::MLLOG",
        b'"key":"run_start"' * 20_000 + b":::MLLOG",
        (b"0" * 39 + b"\n") * 20_000 + b":::MLLOG {}",
        reading(1, 2).encode()[:-2] + b"{" * 100_000,
    ],
)
def test_large_nonsense_ends_soon(data: bytes) -> None:
    for reader, _ in READERS[:2]:
        check(reader, data)


@given(
    st.lists(
        st.tuples(
            st.integers(-100_000, 100_000),
            st.integers(0, 99_999) | st.floats(0, 1e6).map(lambda w: round(w, 3)),
            st.booleans(),
        ),
        min_size=1,
        max_size=40,
    )
)
@settings(deadline=None)
def test_the_quick_way_and_the_careful_one_agree(rows: list[tuple[int, float, bool]]) -> None:
    usual = [reading(s / 1000, w, {"host": "0"}) for s, w, _ in rows]
    odd = [
        text.replace('"namespace": "", ', "") if careful else text
        for text, (*_, careful) in zip(usual, rows, strict=True)
    ]
    first, second = (
        read_power_log(Source("node_0.txt", "\n".join(lines).encode())).record
        for lines in (usual, odd)
    )
    for name in ("time", "watts", "line"):
        assert getattr(first, name).tolist() == getattr(second, name).tolist()
    assert first.watts.tolist() == [float(w) for _, w, _ in rows]
