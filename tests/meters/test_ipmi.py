"""The meter ``ipmi``: what it asks, what it makes of the answers, what it will not have."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.meters.ipmi_ways import START, Script, silent, told
from tests.meters.trees import Ticks

from joulemark.core.channel import Domain, Instrument, Provenance, Quantity, as_it_is
from joulemark.core.errors import JoulemarkError, MeterError, UnavailableError, UsageError
from joulemark.core.interfaces import Meter
from joulemark.meters import _dcmi
from joulemark.meters.ipmi import LATE_S, LONGEST_HOLD_S, Ipmi, ipmi

DEVICE = bytes([0x20, 1, 0x03, 0x45, 0x02, 0x84, 0x57, 0x01, 0x00, 0x34, 0x12, 0, 0, 0, 0])
OTHERS = {
    (0x06, 0x01): (0, DEVICE),
    (0x2C, 0x01): (0, bytes.fromhex("dc010502000101")),
    (0x0A, 0x48): (0, (START + 18000).to_bytes(4, "little")),
}


class Bench:
    """A meter on a written way, with a clock that only tests move."""

    def __init__(self, answers: Callable[[int], Any], **more: Any) -> None:
        self.now = 0.0
        self.way = Script(answers, more.pop("others", OTHERS))
        self.meter = Ipmi(
            lambda: self.way,
            watch_s=more.pop("watch_s", 0.0),
            background=False,
            wait=self.wait,
            monotonic=lambda: self.now,
            utc=lambda: START + self.now,
            **more,
        )

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def open(self) -> Ipmi:
        self.meter.open(Ticks())
        return self.meter

    def watts(self) -> list[float]:
        return [value for _, value, _ in self.meter.read().rows()]


# ------------------------------------------------------------------------------- open


def test_the_channel_says_what_the_numbers_are() -> None:
    meter = Bench(lambda n: told(300 + n, START + n), node="n1").open()
    (channel,) = meter.channels
    assert isinstance(meter, Meter)
    assert channel.name == "ipmi/node@n1/power"
    assert (channel.domain, channel.quantity, channel.unit) == (
        Domain.NODE, Quantity.POWER, "W",
    )  # fmt: skip
    assert (channel.resolution, channel.node, channel.part) == (1.0, "n1", "node")
    assert channel.provenance is Provenance.MEASURED
    assert channel.instrument is Instrument.PLATFORM
    assert "ENERGY STAR" in channel.accuracy.source
    assert "its clock is 18000 s ahead of ours and is not used" in channel.note


def test_what_the_controller_is_goes_into_the_record() -> None:
    facts = Bench(lambda n: told(300, START + n)).open().facts
    assert facts["manufacturer"] == 343
    assert facts["product"] == 0x1234
    assert facts["firmware"] == "3.45"
    assert facts["ipmi"] == "2.0"
    assert facts["dcmi"] == "1.5"
    assert facts["power_management"] is True
    assert facts["clock_ahead_s"] == pytest.approx(18000, abs=1)
    assert facts["stamped"] is True
    assert facts["period_s"] == 1.0


def test_a_pace_is_found_by_watching() -> None:
    bench = Bench(lambda n: told(300, START + n // 10), watch_s=8.0)
    (channel,) = bench.open().channels
    assert channel.update_s == pytest.approx(2.0)
    still = Bench(lambda n: told(300), watch_s=2.0).open().channels[0]
    assert still.update_s is None
    assert "pace is not known" in still.note


def test_a_controller_that_tells_little_is_read_all_the_same() -> None:
    bench = Bench(lambda n: told(300, 0), others={})
    (channel,) = bench.open().channels
    assert "stamps no readings" in channel.note
    assert "clock" not in channel.note
    assert bench.watts() == [300.0]
    assert bench.watts() == [300.0]  # held or not, nobody knows


@pytest.mark.parametrize("code", [0xC1, 0xC9, 0xCC])
def test_no_dcmi_is_an_explained_fact(code: int) -> None:
    bench = Bench(lambda n: (code, b""))
    with pytest.raises(UnavailableError, match="no power readings of DCMI") as caught:
        bench.open()
    assert f"{code:02X}h" in caught.value.what
    assert "redfish" in caught.value.remedy
    assert bench.way.closed == 1


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ((0xC0, b""), "busy"),
        ((0xD4, b""), "right"),
        ((0x99, b""), "its maker"),
        ((0, b""), "but ''"),
        ((0, b"\x00" * 18), "no power reading of DCMI"),
        (told(300, state=0), "not active"),
        (told(0xFFFE), ""),
    ],
)
def test_answers_that_are_no_power(answer: tuple[int, bytes], what: str) -> None:
    bench = Bench(lambda n: answer)
    if not what:
        bench.open()
        return
    with pytest.raises(UnavailableError, match=what):
        bench.open()


class Named:
    """Answers Get Management Controller Identifier String, whole or in its own way."""

    def __init__(self, name: bytes) -> None:
        self.name = name
        self.counts: list[int] = []

    def __call__(self, function: int, command: int, data: bytes) -> tuple[int, bytes]:
        assert (function, command, data[0]) == (0x2C, 0x09, 0xDC)
        first, count = data[1], data[2]
        self.counts.append(count)
        if first + count > len(self.name):
            return 0xC9, b""
        return 0, bytes([0xDC, len(self.name)]) + self.name[first : first + count]


class Naming(Script):
    """A way to a controller in software."""

    def ask(self, function: int, command: int, data: bytes) -> tuple[int, bytes]:
        if (function, command) == (0x2C, 0x09):
            return Named(b"joulemark virtual")(function, command, data)
        return super().ask(function, command, data)


@pytest.mark.parametrize(
    ("name", "shown", "counts"),
    [
        (b"r", "r", [1]),
        (b"bmc-7 rack 12\0", "bmc-7 rack 12", [1, 13]),
        (b"joulemark virtual BMC", "joulemark virtual BMC", [1, 16, 4]),
        (b"x" * 200, "x" * 64, [1, 16, 16, 16, 15]),
        (b"a\x1b[31m\xff", "a?[31m\ufffd", [1, 6]),
    ],
)
def test_a_controller_names_itself_in_pieces(name: bytes, shown: str, counts: list[int]) -> None:
    asked = Named(name)
    assert _dcmi.identifier(asked) == {"identifier": shown}
    assert asked.counts == counts


def test_a_controller_in_software_is_no_measurement() -> None:
    bench = Bench(lambda n: told(300))
    bench.way = Naming(bench.way.answers, OTHERS)
    (channel,) = bench.open().channels
    assert channel.is_virtual
    assert as_it_is(channel).provenance is Provenance.ESTIMATED
    assert as_it_is(channel).instrument is Instrument.MODEL


def test_ffff_is_no_power() -> None:
    nothing = 0, bytes.fromhex("dcffff000000000000000000000000000000")[:17] + b"\x40"
    with pytest.raises(MeterError, match="FFFFh"):
        _dcmi.power(*nothing, "BMC")


@given(st.integers(0, 255), st.binary(max_size=40))
def test_any_answer_is_a_reading_or_an_error(code: int, data: bytes) -> None:
    for parse in (_dcmi.device, _dcmi.capabilities, _dcmi.sel_time):
        parse(code, data)
    _dcmi.identifier(lambda function, command, asked: (code, data))
    with suppress(JoulemarkError):
        assert 0 <= _dcmi.power(code, data, "BMC").watts < 65535


# ------------------------------------------------------------------------------- read


def test_a_held_value_is_repeated_for_two_paces_and_then_no_more() -> None:
    bench = Bench(lambda n: told(300, START + min(n // 10, 5)), watch_s=8.0)  # every 2 s, then dead
    meter = bench.open()
    seen = []
    for _ in range(20):
        bench.wait(0.5)
        seen.append(bench.watts())
    assert 6 <= seen.count([300.0]) <= 20
    assert seen[-3:] == [[], [], []]
    assert [failure.what for failure in meter.failures] == [
        "it holds its value and its stamp for more than 4 s"
    ]
    bench.way.answers = lambda n: told(300, START + 99)
    assert bench.watts() == [300.0]


def test_an_unknown_pace_has_long_to_hold() -> None:
    bench = Bench(lambda n: told(300, START + min(n, 3)))
    bench.open()
    assert [bench.watts(), bench.watts()] == [[300], [300]]
    bench.wait(LONGEST_HOLD_S - 1)
    assert bench.watts() == [300]
    bench.wait(2)
    assert bench.watts() == []


def test_a_stamp_that_never_moved_tells_nothing() -> None:
    bench = Bench(lambda n: told(300))
    bench.open()
    for _ in range(5):
        bench.wait(LONGEST_HOLD_S)
        assert bench.watts() == [300]


def test_silence_is_a_failure_and_no_sample() -> None:
    bench = Bench(lambda n: silent(n) if n == 3 else told(300 + n, START + n))
    meter = bench.open()
    assert bench.watts() == [302]
    assert bench.watts() == []
    assert [failure.what for failure in meter.failures] == ["no answer"]
    assert bench.watts() == [304]


def test_a_late_answer_is_of_no_known_moment() -> None:
    bench = Bench(lambda n: told(300 + n, START + n))
    meter = bench.open()
    answers = bench.way.answers

    def slow(number: int) -> Any:
        bench.wait(LATE_S * 1.1)
        return answers(number)

    bench.way.answers = slow
    assert bench.watts() == []
    assert "more than 1 s" in meter.failures[0].what


def test_it_closes_twice_and_reads_no_more() -> None:
    bench = Bench(lambda n: told(300 + n, START + n))
    meter = bench.open()
    meter.close()
    meter.close()
    assert bench.way.closed == 1
    with pytest.raises(MeterError, match="closed"):
        meter.read()


# --------------------------------------------------------------------------- settings


def test_without_a_name_there_is_nothing_and_it_says_how() -> None:
    with pytest.raises(UnavailableError, match="no baseboard controller is named") as caught:
        ipmi({}).open(Ticks())
    assert "JOULEMARK_BMC_PASSWORD" in caught.value.remedy


@pytest.mark.parametrize(
    "settings",
    [
        {"host": "bmc", "password": "s3cret"},
        {"host": "bmc", "device": "/dev/ipmi0"},
        {"node": "n1"},
        {"host": "user:s3cret@bmc"},
        {"host": 5},
        {"host": "bmc", "port": 0},
        {"host": "bmc", "port": True},
        {"host": "bmc", "pace_s": -1},
        {"host": "bmc", "user": ["a"]},
        {"device": "a\nb"},
    ],
)
def test_senseless_settings_are_refused_without_telling_secrets(settings: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        ipmi(settings)
    assert "s3cret" not in str(caught.value)


def test_a_driver_that_is_missing_is_told_with_the_remedy() -> None:
    with pytest.raises(UnavailableError, match="no driver") as caught:
        ipmi({"device": "/nowhere/ipmi0"}).open(Ticks())
    assert "modprobe" in caught.value.remedy


def test_credentials_that_are_missing_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("USER", "PASSWORD"):
        monkeypatch.delenv(f"JOULEMARK_BMC_{name}", raising=False)
    with pytest.raises(UnavailableError, match="no name and password"):
        ipmi({"host": "bmc.invalid"}).open(Ticks())
