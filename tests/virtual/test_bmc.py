"""The virtual controller packet by packet: who is let in, what is answered, what is dropped."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.virtual.ipmi_console import OWN_ID, Console, ask_outside, body, request

from joulemark.virtual.bmc import frames
from joulemark.virtual.bmc.ciphers import Aes
from joulemark.virtual.bmc.machine import VirtualBmc
from joulemark.virtual.bmc.session import Window
from joulemark.virtual.faults import Faults, faults

START_S = 1_700_000_000
NS = 1_000_000_000
READING = bytes([0xDC, 1, 0, 0])
GROUP, POWER = 0x2C, 0x02


class World:
    """A controller and the clock that it lives by."""

    def __init__(self, told: Faults | None = None, *, watts: float = 300.0, dcmi: bool = True):
        self.now = START_S * NS
        self.bmc = VirtualBmc(
            {"admin": "virtual"},
            lambda moment: watts + moment,
            lambda: self.now,
            faults=told,
            dcmi=dcmi,
        )

    def wait(self, seconds: float) -> None:
        self.now += round(seconds * NS)


def _power(answer: bytes) -> tuple[int, ...]:
    assert answer[:2] == b"\x00\xdc"
    return struct.unpack("<4H2IB", answer[2:])


# ---------------------------------------------------------------------------- outside


def test_a_ping_is_answered_with_what_we_are() -> None:
    ping = bytes.fromhex("0600ff06000011be80420000")
    answer = World().bmc.handle(ping)
    assert answer == bytes.fromhex("0600ff06000011be40420010000011be000000008100000000000000")
    assert World().bmc.handle(ping[:-1]) is None
    assert World().bmc.handle(ping.replace(b"\x80", b"\x81")) is None


def test_without_a_session_we_say_how_to_get_one() -> None:
    bmc = World().bmc
    assert ask_outside(bmc, 0x06, 0x38, b"\x8e\x04") == bytes([0, 1, 0x80, 4, 2, 0, 0, 0, 0])
    by_suite = ask_outside(bmc, 0x06, 0x54, b"\x0e\x00\x80")
    assert by_suite == bytes.fromhex("0001c003014181c011034481")
    assert ask_outside(bmc, 0x06, 0x54, b"\x0e\x00\x81") == b"\x00\x01"
    assert ask_outside(bmc, 0x06, 0x54, b"\x0e\x00\x00") == bytes.fromhex("00010103414481")
    assert len(ask_outside(bmc, 0x06, 0x37)) == 17
    assert ask_outside(bmc, GROUP, 0x01, b"\xdc\x01") == bytes.fromhex("00dc010502000101")


def test_without_a_session_there_is_no_power() -> None:
    assert ask_outside(World().bmc, GROUP, POWER, READING) == b"\xd4"
    assert ask_outside(World().bmc, 0x06, 0x01) == b"\xd4"


def test_a_new_header_is_answered_with_one() -> None:
    answer = World().bmc.handle(frames.pack(0, 0, 0, request(0x06, 0x38, b"\x8e\x04")))
    assert answer is not None
    assert answer[4] == 0x06


# -------------------------------------------------------------------------- handshake


@pytest.mark.parametrize("suite", [3, 17])
def test_a_console_logs_in_and_reads(suite: int) -> None:
    world = World()
    console = Console(world.bmc, suite).log_in()
    world.wait(2.5)
    reading = console.ask(GROUP, POWER, READING)
    assert _power(reading) == (302, 300, 302, 301, START_S + 2, 2000, 0x40)


def test_a_wrong_password_is_told_in_rakp_4() -> None:
    console = Console(World().bmc, password=b"wrong")
    console.open()
    assert console.third(console.first()) == bytes([9, 0x0F, 0, 0]) + struct.pack("<I", OWN_ID)
    assert not console.bmc.sessions


@pytest.mark.parametrize(
    ("name", "role", "status"), [(b"nobody", 0x14, 0x0D), (b"n" * 17, 0x14, 0x0C), (b"admin", 7, 9)]
)
def test_who_may_not_in_is_told_in_rakp_2(name: bytes, role: int, status: int) -> None:
    console = Console(World().bmc, name=name, role=role)
    console.open()
    assert console.first()[:2] == bytes([8, status])
    assert console.first()[:2] == bytes([8, 2])  # the session is gone


@pytest.mark.parametrize(
    ("place", "value", "status"),
    [(12, 0, 0x04), (20, 2, 0x05), (28, 2, 0x10), (20, 4, 0x11), (8, 1, 0x12), (1, 5, 0x09)],
)
def test_what_we_cannot_do_is_told_when_opening(place: int, value: int, status: int) -> None:
    console = Console(World().bmc, suite=3)
    wanted = bytearray(console.proposal())
    wanted[place] = value
    answer = body(console.bmc.handle(frames.pack(frames.OPEN_REQUEST, 0, 0, bytes(wanted))))
    assert answer == bytes([7, status, 0, 0]) + struct.pack("<I", OWN_ID)


def test_no_algorithm_is_ours_to_choose() -> None:
    console = Console(World().bmc)
    none = b"".join(struct.pack("<BHBB3x", kind, 0, 0, 0) for kind in range(3))
    told = console.proposal()[:8] + none
    answer = body(console.bmc.handle(frames.pack(frames.OPEN_REQUEST, 0, 0, told)))
    assert [answer[16], answer[24], answer[32]] == [3, 4, 1]


def test_sessions_run_out_and_come_back_when_idle() -> None:
    world = World()
    for _ in range(64):
        Console(world.bmc).open()
    wanted = frames.pack(frames.OPEN_REQUEST, 0, 0, Console(world.bmc).proposal())
    assert body(world.bmc.handle(wanted))[1] == 0x01
    world.wait(61)
    assert body(world.bmc.handle(wanted))[1] == 0x00


def test_a_console_that_gives_up_is_forgotten() -> None:
    console = Console(World().bmc)
    console.open()
    assert console.third(console.first(), status=0x0F) is None
    assert not console.bmc.sessions


def test_rakp_3_before_rakp_1_is_no_session() -> None:
    console = Console(World().bmc)
    console.open()
    said = bytes([9, 0, 0, 0]) + console.theirs + bytes(20)
    assert body(console.bmc.handle(frames.pack(frames.RAKP_3, 0, 0, said)))[1] == 0x02


# ------------------------------------------------------------------------- in session


def test_what_ipmitool_asks_besides() -> None:
    console = Console(World().bmc).log_in()
    assert console.ask(0x06, 0x3B, b"\x04") == b"\x00\x04"
    assert console.ask(0x06, 0x01)[5:6] == b"\x02"
    assert console.ask(0x00, 0x01) == b"\x00\x01\x00\x00"
    assert console.ask(GROUP, 0x03, b"\xdc\x00\x00") == b"\x80"
    assert console.ask(GROUP, 0x01, b"\xdc\x05") == bytes.fromhex("00dc01050200")


@pytest.mark.parametrize(
    ("function", "command", "data", "code"),
    [
        (0x06, 0x77, b"", 0xC1),
        (GROUP, POWER, b"\xdc", 0xC7),
        (GROUP, POWER, b"\xdc\x02\x00\x00", 0xCC),
        (GROUP, POWER, b"\x00\x01\x00\x00", 0xC1),
        (GROUP, 0x01, b"\xdc\x09", 0xCC),
        (GROUP, 0x01, b"\x00\x01", 0xC1),
        (GROUP, 0x09, b"\x00\x00\x01", 0xC1),
        (GROUP, 0x09, b"\xdc\x00\x11", 0xC9),
        (GROUP, 0x09, b"\xdc\x10\x10", 0xC9),
        (0x06, 0x3B, b"\x05", 0x81),
        (0x06, 0x3B, b"\x01", 0xCC),
        (0x06, 0x3C, bytes(4), 0x87),
        (0x0A, 0x49, bytes(4), 0xD4),
    ],
)
def test_senseless_requests_have_codes(function: int, command: int, data: bytes, code: int) -> None:
    assert Console(World().bmc).log_in().ask(function, command, data) == bytes([code])


def test_the_role_bounds_the_privilege() -> None:
    console = Console(World().bmc, role=0x12).log_in()
    assert console.ask(0x06, 0x3B, b"\x03") == b"\x81"
    assert console.ask(0x06, 0x3B, b"\x00") == b"\x00\x02"


def test_its_clock_can_be_wrong_and_be_set() -> None:
    world = World(faults(["clock:offset=18000"]))
    console = Console(world.bmc).log_in()
    assert struct.unpack("<I", console.ask(0x0A, 0x48)[1:]) == (START_S + 18000,)
    assert _power(console.ask(GROUP, POWER, READING))[4] == START_S + 18000
    console.ask(0x06, 0x3B, b"\x04")
    assert console.ask(0x0A, 0x49, struct.pack("<I", START_S)) == b"\x00"
    assert struct.unpack("<I", console.ask(0x0A, 0x48)[1:]) == (START_S,)


def test_without_dcmi_power_is_no_command() -> None:
    console = Console(World(dcmi=False).bmc).log_in()
    assert console.ask(GROUP, POWER, READING) == b"\xc1"
    assert console.ask(GROUP, 0x01, b"\xdc\x01") == b"\xc1"


def test_watts_beyond_its_digits_stop_there() -> None:
    console = Console(World(watts=1e9).bmc).log_in()
    assert _power(console.ask(GROUP, POWER, READING))[0] == 65535


def test_a_stalled_controller_is_silent_and_its_value_rests() -> None:
    world = World(faults(["stalls:after=5,lasting=60"]))
    console = Console(world.bmc).log_in()
    world.wait(6)
    assert world.bmc.handle(console.sealed(request(GROUP, POWER, READING), 1)) is None
    assert world.bmc.handle(bytes.fromhex("0600ff06000011be80420000")) is None


def test_a_lost_request_is_lost() -> None:
    world = World(faults(["drops:share=0.5"]))
    ping = bytes.fromhex("0600ff06000011be80420000")
    lost = [world.bmc.handle(ping) is None for _ in range(100)]
    assert sum(lost) == pytest.approx(50, abs=2)


def test_closing_ends_the_session() -> None:
    console = Console(World().bmc).log_in()
    assert console.ask(0x06, 0x3C, console.theirs) == b"\x00"
    assert not console.bmc.sessions


def test_an_idle_session_ends() -> None:
    world = World()
    console = Console(world.bmc).log_in()
    world.wait(59)
    assert console.ask(0x00, 0x01)[0] == 0
    world.wait(61)
    assert world.bmc.handle(console.sealed(request(0x00, 0x01), 2)) is None


def test_a_packet_counts_once() -> None:
    console = Console(World().bmc).log_in()
    packet = console.sealed(request(0x00, 0x01), 1)
    assert console.bmc.handle(packet) is not None
    assert console.bmc.handle(packet) is None


def test_a_spoilt_or_naked_packet_is_dropped() -> None:
    console = Console(World().bmc).log_in()
    message = request(0x00, 0x01)
    packet = console.sealed(message, 1)
    for place in range(4, len(packet)):
        spoilt = bytearray(packet)
        spoilt[place] ^= 0x10
        assert console.bmc.handle(bytes(spoilt)) is None, place
    (session,) = struct.unpack("<I", console.theirs)
    assert console.bmc.handle(frames.pack(0, session, 1, message)) is None
    assert console.bmc.handle(packet) is not None


@given(st.lists(st.integers(1, 60), max_size=60))
def test_a_window_admits_each_number_once_and_none_far_away(numbers: list[int]) -> None:
    window, admitted = Window(), list[int]()
    for number in numbers:
        highest = max(admitted, default=0)
        near = highest - 16 < number <= highest + 16
        assert window.admits(number) is (near and number not in admitted)
        if near and number not in admitted:
            admitted.append(number)


# ---------------------------------------------------------------------------- hostile


@settings(deadline=None)
@given(st.binary(max_size=80), st.sampled_from([b"", b"\x06\x00\xff\x07", b"\x06\x00\xff\x06"]))
def test_garbage_is_answered_or_dropped_and_never_fails(garbage: bytes, head: bytes) -> None:
    World().bmc.handle(head + garbage)


@settings(deadline=None)
@given(st.sampled_from([0x10, 0x12, 0x14]), st.binary(max_size=60), st.booleans())
def test_garbage_in_the_handshake_never_fails(kind: int, garbage: bytes, opened: bool) -> None:
    console = Console(World().bmc)
    console.open()
    theirs = console.theirs if opened else bytes(4)
    console.bmc.handle(frames.pack(kind, 0, 0, garbage[:4] + theirs + garbage[4:]))


@settings(deadline=None)
@given(st.integers(0, 63), st.integers(0, 255), st.binary(max_size=20))
def test_any_command_within_a_session_is_answered(function: int, command: int, data: bytes) -> None:
    console = Console(World().bmc).log_in()
    if function % 2 == 0:
        assert console.ask(function, command, data)
    else:  # an answer, not a request
        assert console.bmc.handle(console.sealed(request(function, command, data), 1)) is None


@given(st.binary(max_size=64))
def test_sealing_can_be_undone_and_nothing_else(payload: bytes) -> None:
    aes, key = Aes(), bytes(16)
    assert aes.unseal(key, aes.seal(key, payload)) == payload
    aes.unseal(key, payload)
