"""The short way through a tick gives the rows that the meters give, and leaves them what is odd."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.meters.scripted import Scripted, World, power_channel
from tests.meters.test_sampler import run
from tests.meters.trees import Faults, Ticks, intel_laptop

from joulemark.core.block import Block
from joulemark.core.channel import Channel
from joulemark.core.interfaces import NumberSource
from joulemark.core.scope import ExitStack
from joulemark.meters._feeds import open_all
from joulemark.meters._files import Files
from joulemark.meters._polled import Polled, Sensor
from joulemark.meters._quick import Quick
from joulemark.meters.rapl import Rapl


class Counted(Rapl):
    """RAPL that counts how often it is asked itself."""

    asked = 0

    def read(self) -> Block:
        self.asked += 1
        return super().read()


def numbered(directory: Path, *texts: str) -> list[Path]:
    paths = [directory / f"n{place}" for place in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text)
    return paths


class OfFiles(Polled):
    """Sensors that each read one file."""

    name = "files"

    def __init__(
        self, paths: Sequence[Path], *, slow: bool = False, plain: bool = True, name: str = "p"
    ) -> None:
        super().__init__()
        self.names = [f"{name}{place}" for place in range(len(paths))]
        self.asked = 0
        self._paths, self._slow, self._simple = paths, slow, plain

    def _find(self, owned: ExitStack) -> list[Sensor]:
        files = [Files().open(path, owned) for path in self._paths]
        channels: list[Channel] = [power_channel(name) for name in self.names]
        return [
            Sensor(
                (channel,),
                file.value,
                channel.name,
                slow=self._slow and place == 0,
                file=file if self._simple or place else None,
            )
            for place, (channel, file) in enumerate(zip(channels, files, strict=True))
        ]

    def read(self) -> Block:
        self.asked += 1
        return super().read()


def test_its_rows_are_those_of_the_meters_each_with_its_own_time(tmp_path: Path) -> None:
    clock, kept = Ticks(), list[bytes]()
    meter = Rapl(intel_laptop(tmp_path).root)
    others = OfFiles(numbered(tmp_path, "12\n", "9007199254740993\n"))
    feeds = open_all([(meter, 1), (others, 1)], clock)
    quick = Quick(feeds.feeds, kept.append, clock)
    assert not quick.took(0)
    assert not kept
    quick.renew()
    since = clock.now
    assert quick.took(0)
    rows = Block(kept[0]).rows()
    assert [time - since for time, _, _ in rows] == [1500 + 1000 * n for n in range(7)]
    assert [place for _, _, place in rows] == list(range(7))
    values = [value for own in (meter, others) for _, value, _ in own.read().rows()]
    assert [value for _, value, _ in rows] == values
    assert len(kept) == 1
    feeds.close()


def test_the_meter_is_asked_first_and_last_and_when_another_is_due(tmp_path: Path) -> None:
    world, meter, seldom = World(ticks=7), Counted(intel_laptop(tmp_path).root), Scripted("seldom")
    feeds = open_all([(seldom, 3), (meter, 1)], world.clock)
    run(world, feeds)
    assert meter.asked == len(seldom.reads) == 4  # at 0, 3 and 6 s, and at the end
    assert [place for _, _, place in world.rows].count(1) == 8
    assert world.cautions == []
    feeds.close()


@pytest.mark.parametrize("every", [1, 2])
@pytest.mark.parametrize(("slow", "plain"), [(True, True), (False, False)])
def test_a_meter_that_is_more_than_files_is_asked_itself(
    tmp_path: Path, every: int, slow: bool, plain: bool
) -> None:
    world, meter = World(ticks=4), OfFiles(numbered(tmp_path, "1", "2"), slow=slow, plain=plain)
    feeds = open_all([(meter, every)], world.clock)
    run(world, feeds)
    assert meter.number_files() == ()
    assert meter.asked == 1 + 4 // every
    feeds.close()


def test_a_meter_that_is_due_seldom_is_asked_itself(tmp_path: Path) -> None:
    world, meter = World(ticks=4), OfFiles(numbered(tmp_path, "1", "2"))
    feeds = open_all([(meter, 2)], world.clock)
    run(world, feeds)
    assert len(meter.number_files()) == 2
    assert meter.asked == 3
    feeds.close()


class Spoiling(World):
    """Does something before the tick after so many waits."""

    def __init__(self, ticks: int) -> None:
        super().__init__(ticks)
        self.plan: dict[int, tuple[Path, str]] = {}

    def wait(self, until: int) -> int | None:
        if len(self.deadlines) in self.plan:
            path, text = self.plan[len(self.deadlines)]
            path.write_text(text)
        return super().wait(until)


@pytest.mark.parametrize("text", ["12x", "12_", "1_2\n", "+12\n", "12.", "", "1" * 64])
def test_a_file_that_holds_no_number_costs_nobody_else_and_is_told(
    tmp_path: Path, text: str
) -> None:
    world, paths = Spoiling(ticks=5), numbered(tmp_path, "1\n", "2\n")
    world.plan = {1: (paths[1], text), 2: (paths[1], "3\n")}
    meter = OfFiles(paths)
    feeds = open_all([(meter, 1)], world.clock)
    run(world, feeds)
    assert [value for _, value, place in world.rows if place == 0] == [1.0] * 6
    assert [value for _, value, place in world.rows if place == 1] == [2.0, 2.0, 3.0, 3.0, 3.0]
    assert meter.asked == 3  # the first, the spoilt, the last
    assert [code for code, _ in world.cautions] == ["meter-failed"]
    assert "no number but" in world.cautions[0][1]
    feeds.close()


def test_numbers_with_space_or_sign_are_read_by_the_meter(tmp_path: Path) -> None:
    world, meter = World(ticks=2), OfFiles(numbered(tmp_path, "-12\n", " 7 \n", "5"))
    feeds = open_all([(meter, 1)], world.clock)
    run(world, feeds)
    assert [value for _, value, _ in world.rows] == [-12.0, 7.0, 5.0] * 3
    assert meter.asked == 3
    assert world.cautions == []
    feeds.close()


def test_files_of_a_lost_meter_are_read_no_more_until_it_is_back(tmp_path: Path) -> None:
    faults, world = Faults(), World(ticks=8)
    meter = Counted(intel_laptop(tmp_path).root, files=faults.files)
    good = OfFiles(numbered(tmp_path, "1\n"))
    feeds = open_all([(meter, 1), (good, 1)], world.clock)
    (feed, _), quick = feeds.feeds, Quick(feeds.feeds, world.write, world.clock)
    assert len(feed.files()) == 5
    faults.errors["energy_uj"] = errno.ENODEV
    quick.renew()
    assert not quick.took(0)
    run(world, feeds)
    assert feed.files() == []
    assert world.cautions[0][0] == "meter-lost"
    assert [value for _, value, place in world.rows if place == 5] == [1.0] * 9
    feeds.close()


def test_it_goes_on_with_the_files_of_a_meter_that_is_back(tmp_path: Path) -> None:
    faults, asked = Faults(), list[int]()
    meter = Counted(intel_laptop(tmp_path).root, files=faults.files)

    class Returning(World):
        def wait(self, until: int) -> int | None:
            asked.append(meter.asked)
            faults.errors = {"energy_uj": errno.ENODEV} if len(self.deadlines) == 1 else {}
            return super().wait(until)

    world = Returning(ticks=6)
    feeds = open_all([(meter, 1)], world.clock)
    run(world, feeds)
    assert "read again" in world.cautions[5][1], "after the loss of each of five zones"
    assert asked == [1, 1, 2, 3, 3, 3]  # lost at 2 s, back at 3 s
    assert len(world.rows) == 5 * 6
    feeds.close()


def test_a_part_that_is_lost_leaves_the_rest_to_the_meter(tmp_path: Path) -> None:
    faults, world = Faults(), World(ticks=4)
    meter = Counted(intel_laptop(tmp_path).root, files=faults.files)
    feeds = open_all([(meter, 1)], world.clock)
    faults.errors["intel-rapl:0:0/energy_uj"] = errno.ENODEV
    run(world, feeds)
    assert meter.number_files() == ()
    assert meter.asked == 5
    assert len(world.rows) == 5 * 4
    feeds.close()


def test_a_channel_that_the_spool_does_not_know_is_left_to_the_meter(tmp_path: Path) -> None:
    clock, meter = Ticks(), OfFiles(numbered(tmp_path, "1\n", "2\n"))
    feeds = open_all([(meter, 1)], clock)
    (feed,) = feeds.feeds
    assert [place for _, _, place in feed.files()] == [0, 1]
    feed._place = [None, 1]
    assert feed.files() == []
    feeds.close()


def test_what_cannot_be_read_by_nature_is_never_tried() -> None:
    world, meter = World(ticks=2), Scripted("m")
    feeds = open_all([(meter, 1)], world.clock)
    quick = Quick(feeds.feeds, world.write, world.clock)
    quick.renew()
    assert not quick.took(0)
    assert world.blocks == 0


def test_files_are_pairs_of_a_reader_and_a_descriptor(tmp_path: Path) -> None:
    meter = OfFiles(numbered(tmp_path, "41\n"))
    meter.open(Ticks())
    found: Sequence[NumberSource] = meter.number_files()
    ((pread, descriptor),) = found
    assert pread(descriptor, 8, 0) == b"41\n"
    meter.close()
    assert meter.number_files() == ()
