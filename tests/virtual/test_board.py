"""The virtual board answers as firmware does, in its own time, and its truth is the rail's."""

from __future__ import annotations

import time

import pytest

from joulemark.core.errors import BoardError, UsageError
from joulemark.virtual.board import FAULTS, NETWORKS, Kind, VirtualBoard, VirtualIoManager
from joulemark.virtual.rail import Rail
from joulemark.virtual.served_bench import Paced, TinyBenchSettings
from joulemark.virtual.served_board import TinyBoardSettings
from joulemark.virtual.tiny import Wire
from joulemark.workloads.tiny.dialogue import Dialogue
from joulemark.workloads.tiny.dut import Dut
from joulemark.workloads.tiny.line import BAUD, SerialLine
from joulemark.workloads.tiny.links import Direct, IoManager


def powered(kind: Kind, fault: str = "") -> tuple[VirtualBoard, Dut]:
    rail = Rail()
    board = VirtualBoard(rail, kind, fault)
    dut = Dut(Direct(Dialogue(Wire(board), rail.clock, slice_s=0.5)), energy=kind.energy)
    rail.switch(1.8)
    dut.boot()
    return board, dut


@pytest.mark.parametrize("model", NETWORKS)
def test_what_it_draws_is_what_it_says(model: str) -> None:
    board, dut = powered(Kind(model))
    dut.infer(20, 2, 60.0)
    (one,) = board.stretches
    joules, watts = NETWORKS[model]
    assert one.joules / one.count == pytest.approx(joules, rel=1e-3)
    assert (one.stop - one.start) / 1e9 == pytest.approx(20 * joules / watts, rel=1e-3)
    assert board.rail.joules(one.start, one.stop) == pytest.approx(one.joules)


def test_it_sleeps_when_it_has_nothing_to_do() -> None:
    board, dut = powered(Kind(sleep_w=3e-6))
    dut.link.dialogue.pause(1.0)
    begun = board.rail.clock()
    dut.link.dialogue.pause(5.0)
    assert board.rail.mean(begun, board.rail.clock()) == pytest.approx(3e-6)
    assert dut.name() == "joulemark virtual board"


def test_its_line_takes_the_time_of_its_baud() -> None:
    for kind, seconds in ((Kind(), 0.010), (Kind(energy=False), 0.0008)):
        board, dut = powered(kind)
        begun = board.rail.clock()
        with pytest.raises(BoardError, match="Unknown command: x"):
            dut.ask("x")
        assert (board.rail.clock() - begun) / 1e9 > seconds


def test_performance_firmware_stamps_with_its_own_clock() -> None:
    _, dut = powered(Kind("ic01", energy=False))
    laps = dut.infer(10, 0, 60.0).laps_us
    joules, watts = NETWORKS["ic01"]
    assert (laps[1] - laps[0]) / 1e6 == pytest.approx(10 * joules / watts, rel=5e-3)


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("db load 0", "must be >0"),
        ("db load 999999", "exceeds maximum"),
        ("db 0", "Insufficent number of hex digits"),
        ("db", None),
        ("infer 0", "must be >0"),
        ("results", "m-results-"),
        ("timestamp", None),
    ],
)
def test_it_answers_as_the_firmware_does(command: str, answer: str | None) -> None:
    _, dut = powered(Kind())
    dut.link.say(command)
    said = []
    while (line := dut.link.hear(5.0)) is not None:
        said.append(line.text)
    assert said.pop() == "m-ready"
    assert (answer in said[0]) if answer else not said


def test_without_power_it_is_deaf_and_loses_what_it_knew() -> None:
    board, dut = powered(Kind())
    board.rail.switch(0.0)
    assert not dut.alive()
    board.rail.switch(1.8)
    dut.boot()
    assert dut.alive()


def test_fed_by_its_pins_it_lives_without_a_supply() -> None:
    rail = Rail()
    board = VirtualBoard(rail, Kind(), "parasitic")
    dut = Dut(Direct(Dialogue(Wire(board), rail.clock, slice_s=0.5)), energy=True)
    assert dut.alive()
    dut.infer(20, 0, 60.0)
    assert rail.joules(board.stretches[0].start, board.stretches[0].stop) == 0
    assert board.stretches[0].joules > 0


def test_a_relay_marks_its_lines() -> None:
    rail = Rail()
    relay = VirtualIoManager(VirtualBoard(rail, Kind()))
    link = IoManager(Dialogue(Wire(relay), rail.clock, slice_s=0.5))
    link.prepare()
    rail.switch(1.8)
    dut = Dut(link, energy=True)
    dut.boot()
    assert dut.profile()[1] == "kws01"
    with pytest.raises(BoardError, match="Unknown command: nonsense"):
        link.ask("nonsense")


def test_a_board_on_a_pseudo_terminal_is_talked_to_through_pyserial() -> None:
    served = TinyBoardSettings(model="ad01").start()
    line = SerialLine(served.path, BAUD)
    try:
        ticks = iter(range(10**9))
        dialogue = Dialogue(line, lambda: next(ticks) * 10**6)
        dut = Dut(Direct(dialogue), energy=False)
        assert dut.alive(60.0)
        assert dut.profile()[1] == "ad01"
        dut.load(bytes(2560))
        found = dut.infer(100, 1, 60.0)
        assert (found.laps_us[1] - found.laps_us[0]) / 1e6 == pytest.approx(0.5255, rel=1e-2)
        assert found.results == (0.0,)
        assert served.path in served.says[0]
    finally:
        line.close()
        served.close()


def test_a_board_that_there_is_not_is_refused() -> None:
    with pytest.raises(UsageError, match="no board runs 'gpt3'"):
        TinyBoardSettings(model="gpt3").start()
    with pytest.raises(UsageError, match="no fault is called 'tired'"):
        TinyBoardSettings(fault="tired").start()
    assert all(FAULTS.values())


def test_a_bench_in_real_time_answers_on_two_terminals() -> None:
    served = TinyBenchSettings().start()
    line = SerialLine(served.relay, BAUD)
    try:
        assert served.monitor in served.says[1]
        served.board.rail.switch(1.8)
        dut = Dut(IoManager(Dialogue(line, time.monotonic_ns)), energy=True)
        dut.boot(60.0)
        assert dut.mode == "energy"
    finally:
        line.close()
        served.close()
    with pytest.raises(UsageError, match="there is no 'tired'"):
        TinyBenchSettings(fault="tired").start()


def test_the_time_of_a_paced_board_is_the_hosts() -> None:
    rail, now = Rail(), [0]
    board = VirtualBoard(rail, Kind())
    paced = Paced(board, rail, lambda: now[0])
    woken: list[int] = []
    paced.woken(lambda: woken.append(now[0]))
    begun = rail.clock()
    rail.switch(1.8)
    for _ in range(40):
        now[0] += 5_000_000
        paced.tick()
    assert rail.clock() - begun == 200_000_000
    assert paced.say().endswith(b"m-ready\r\n")
    paced.hear(b"name%")
    assert not paced.say()
    now[0] += 100_000_000
    paced.tick()
    assert paced.say() == b"m-name-dut-[joulemark virtual board]\r\nm-ready\r\n"
    assert woken
