"""What boards and relays say is understood, and what goes wrong is told."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.workloads.tiny.written import dialogue

from joulemark.core.errors import BoardError
from joulemark.workloads.tiny.dialogue import Dialogue, Said
from joulemark.workloads.tiny.dut import Dut
from joulemark.workloads.tiny.links import Direct, IoManager

BOOT = "m-timestamp-mode-energy\nm-init-done\nm-ready\n"
INFER = (
    "m-warmup-start-1\nm-warmup-done\nm-infer-start-20\nm-infer-done\n"
    "m-results-[0.000,0.996,0.004]\nm-ready\n"
)


def board(*entries: tuple[str, str], energy: bool = True) -> Dut:
    return Dut(Direct(dialogue(*entries)[0]), energy=energy)


def test_a_board_boots_and_says_who_it_is() -> None:
    dut = board(
        ("", BOOT),
        ("name%", "m-name-dut-[STMicroelectronics]\nm-ready\n"),
        ("profile%", "m-profile-[ULPMark for tinyML Firmware V0.0.1]\nm-model-[ic01]\nm-ready\n"),
    )
    dut.boot()
    assert dut.mode == "energy"
    assert dut.name() == "STMicroelectronics"
    assert dut.profile() == ("ULPMark for tinyML Firmware V0.0.1", "ic01")


def test_an_input_is_sent_in_pieces_that_fit() -> None:
    """26 bytes in energy mode, 31 else: with ``db`` and a relay's ``dut`` below 80 characters."""
    for energy, size in ((True, 26), (False, 31)):
        data = bytes(range(size + 3))
        dut = board(
            (f"db load {len(data)}%", f"m-[Expecting {len(data)} bytes]\nm-ready\n"),
            (f"db {data[:size].hex()}%", "m-ready\n"),
            (f"db {data[size:].hex()}%", "m-load-done\nm-ready\n"),
            energy=energy,
        )
        dut.load(data)
        assert len(f"dut db {data[:26].hex()}") <= 80


def test_an_inference_gives_results_and_stamps() -> None:
    laps = "m-infer-start-20\nm-lap-us-1000\nm-lap-us-9000\nm-infer-done\n"
    text = INFER.replace("m-infer-start-20\nm-infer-done\n", laps)
    found = board(("infer 20 1%", text), energy=False).infer(20, 1, 10.0)
    assert found.results == (0.0, 0.996, 0.004)
    assert found.laps_us == (1000, 9000)
    assert board(("timestamp%", "m-lap-us-7\nm-ready\n")).timestamp() == 7
    assert board(("timestamp%", "m-ready\n")).timestamp() is None


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ("e-[Inference failed]\nm-ready\n", "answers 'e-\\[Inference failed\\]'"),
        ("e-?er 20\nm-ready\n", "answers 'e-\\?er 20'"),
        (INFER.replace("start-20", "start-21"), "says 'm-infer-start-21'"),
        (INFER.replace("start-1\n", "start-3\n"), "says 'm-warmup-start-3'"),
        (INFER.replace("m-infer-done\n", ""), "did not say when done was"),
        (INFER.replace("m-results-[0.000,0.996,0.004]\n", ""), "gives no results"),
        (INFER.replace("0.996", "nan"), "are no numbers"),
        (INFER.replace("0.996", "x"), "are no numbers"),
        (BOOT, "started anew"),
        (
            "m-warmup-start-1\n",
            "does not answer 'infer 20 1' within 10 s, after 'm-warmup-start-1'",
        ),
        ("", "within 10 s, at all"),
    ],
)
def test_what_is_wrong_with_an_inference_is_told(answer: str, what: str) -> None:
    with pytest.raises(BoardError, match=what):
        board(("infer 20 1%", answer)).infer(20, 1, 10.0)


@pytest.mark.parametrize(
    ("entries", "what"),
    [
        ([("db load 2%", "Supplied buffer size 2 exceeds maximum of 1\nm-ready\n")], "takes no"),
        (
            [
                ("db load 2%", "m-[Expecting 2 bytes]\nm-ready\n"),
                ("db 0000%", "m-ready\n"),
            ],
            "does not say that 2 bytes are loaded",
        ),
    ],
)
def test_an_input_that_is_not_taken_is_told(entries: list[tuple[str, str]], what: str) -> None:
    with pytest.raises(BoardError, match=what):
        board(*entries).load(bytes(2))


def test_a_board_without_a_model_is_refused() -> None:
    with pytest.raises(BoardError, match="names no model"):
        board(("profile%", "m-profile-[x]\nm-ready\n")).profile()


def test_a_board_that_starts_when_its_port_is_opened_is_waited_for() -> None:
    dut = board(("name%", BOOT + "m-name-dut-[x]\nm-ready\n"))
    assert dut.alive()
    assert dut.mode == "energy"
    assert not board(("name%", "")).alive()


def test_chatter_is_noted_and_does_no_harm() -> None:
    dut = board(
        ("name%", "heap 12 kB\nm-name-dut-[x]\nm-ready\n"),
        ("", "idle again\n"),
        ("name%", "m-name-dut-[x]\nm-ready\n"),
    )
    assert dut.name() == "x"
    dut.link.dialogue.pause(0.1)
    assert dut.name() == "x"
    assert dut.manners.chatter == ["heap 12 kB"]
    assert dut.manners.late == ["idle again"]


def test_a_relay_passes_on_and_marks_the_boards_lines() -> None:
    """As in the published logs; the relay's own ``m-ready`` comes before the board's answer."""
    spoken, line = dialogue(
        ("tm 0%", "m-timestmp-mode-FALLING\nm-[Timer disabled after mode change]\nm-ready\n"),
        ("enable-timer%", "m-timer-enabled\nm-ready\n"),
        (
            "dut profile%",
            (
                "m-dut-passthrough(profile)\n[dut]: m-profile-[x]\nm-ready\n"
                "[dut]: m-model-[kws01]\nio chatter\n[dut]: m-ready\n"
            ),
        ),
        ("disable-timer%", "m-timer-disabled\nm-ready\n"),
    )
    link = IoManager(spoken)
    link.prepare()
    assert Dut(link, energy=True).profile() == ("x", "kws01")
    link.release()
    assert line.over


def test_a_relay_of_st_is_told_the_rate() -> None:
    spoken, line = dialogue(
        ("setbaud 9600%", "m-ready\n"), ("tm 0%", "m-ready\n"), ("enable-timer%", "m-ready\n")
    )
    IoManager(spoken).prepare(9600)
    assert line.over


def test_a_relay_that_starts_anew_when_its_port_is_opened_is_asked_again() -> None:
    spoken, line = dialogue(
        ("tm 0%", ""), ("tm 0%", "m-ready\n"), ("enable-timer%", "m-timer-enabled\nm-ready\n")
    )
    IoManager(spoken).prepare()
    assert line.over


@given(st.text(max_size=300), st.sampled_from(["infer", "profile", "name", "load", "relay"]))
def test_whatever_comes_is_an_answer_or_an_error_of_the_board(text: str, what: str) -> None:
    class Babble:
        def __init__(self) -> None:
            self.now, self.rest = 0, text.encode("utf-8", "replace") + b"\r\nm-ready\r\n"

        def write(self, data: bytes) -> None:
            pass

        def read(self, seconds: float) -> bytes:
            self.now += round(seconds * 1e9) + 10**6
            found, self.rest = self.rest[:50], self.rest[50:]
            return found

        def close(self) -> None:
            pass

    line = Babble()
    spoken = Dialogue(line, lambda: line.now)
    dut = Dut(IoManager(spoken) if what == "relay" else Direct(spoken), energy=True)
    with suppress(BoardError):
        if what == "infer":
            dut.infer(20, 1, 5.0)
        elif what == "load":
            dut.load(bytes(100))
        elif what == "profile":
            dut.profile()
        else:
            dut.name()


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ("m-ready\n", "did not pass 'name' on"),
        ("e-[Unknown command: dut]\nm-ready\n", "the IO manager says"),
        ("", "the IO manager does not answer"),
    ],
)
def test_a_relay_that_fails_is_told_from_a_board(answer: str, what: str) -> None:
    with pytest.raises(BoardError, match=what):
        IoManager(dialogue(("dut name%", answer))[0]).say("name")


def test_lines_of_a_relayed_board_that_come_unasked_are_found() -> None:
    spoken, _ = dialogue(("", "[dut]: late\nrelay says so\n"))
    link = IoManager(spoken)
    spoken.pause(1.0)
    assert [said.text for said in link.drain()] == ["late"]
    assert link.hear(0.1) is None


def test_everything_said_is_noted_and_others_work_meanwhile() -> None:
    spoken, line = dialogue(("name%", "m-name-dut-[x]\nm-ready\n"))
    noted: list[Said] = []
    ticks: list[int] = []
    noting = Dialogue(line, line.clock, noted.append, lambda: ticks.append(1))
    Dut(Direct(noting), energy=True).name()
    assert [(said.text, said.heard) for said in noted] == [
        ("name", False),
        ("m-name-dut-[x]", True),
        ("m-ready", True),
    ]
    assert ticks
    noting.close()
    assert line.closed
    assert spoken.drain() == []


def test_a_line_without_end_and_a_command_too_long_are_refused() -> None:
    spoken, _ = dialogue(("", "x" * (1 << 17)))
    with pytest.raises(BoardError, match="without an end of line"):
        spoken.hear(1e6)
    with pytest.raises(BoardError, match="a command of 81 characters"):
        spoken.say("x" * 81)
