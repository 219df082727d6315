"""Rooms know each other by what they can do."""

from __future__ import annotations

import pytest

from joulemark.core.block import Block
from joulemark.core.channel import Channel
from joulemark.core.clock import Clock
from joulemark.core.errors import MeterError, UnavailableError
from joulemark.core.interfaces import EdgeMeter, FileMeter, Meter, NumberSource, Queries


class Plain:
    """The least that a meter is."""

    name = "plain"

    def __init__(self) -> None:
        self.channels: list[Channel] = []
        self.missing: list[UnavailableError] = []
        self.failures: list[MeterError] = []

    def open(self, clock: Clock) -> None:
        self.clock = clock

    def read(self) -> Block:
        return Block.of([(self.clock(), 1.0, 0)])

    def close(self) -> None:
        self.channels = []


class WithEdges(Plain):
    """One that is read at the edges of a window, too."""

    def read_edges(self) -> Block:
        return self.read()


class OfFiles(Plain):
    """One that may be nothing but files."""

    def number_files(self) -> list[NumberSource]:
        return []


@pytest.mark.parametrize(
    ("thing", "meter", "edges", "files"),
    [
        (Plain(), True, False, False),
        (WithEdges(), True, True, False),
        (OfFiles(), True, False, True),
        (1, False, False, False),
    ],
)
def test_a_meter_is_what_reads_like_one(
    thing: object, meter: bool, edges: bool, files: bool
) -> None:
    assert isinstance(thing, Meter) is meter
    assert isinstance(thing, EdgeMeter) is edges
    assert isinstance(thing, FileMeter) is files
    assert not isinstance(thing, Queries)
