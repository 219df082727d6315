"""The LPM01A: what it says is understood in any pieces, and what goes wrong is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.meters.ports import Direct, Written, pieces

from joulemark.core.clock import NS
from joulemark.core.errors import MeterError, MeterLostError, UnavailableError, UsageError
from joulemark.core.interfaces import EnergyMonitor
from joulemark.meters._powershield import Decoder
from joulemark.meters.lpm01a import Lpm01a, lpm01a
from joulemark.virtual._powershield import Coder
from joulemark.virtual.lpm01a import FAULTS, VirtualLpm01a
from joulemark.virtual.rail import BEGINS_NS, Rail

if TYPE_CHECKING:
    from joulemark.meters._powershield import Said

STREAM = (
    b"PowerShield > ack start\r\n\r\nTimeStamp: 000s 000ms, buff 00%\r\n"
    b"6409-07\r\n0023-10 0008-10\r\n\r\nevent 01 ris\r\n1958+00\r\n"
    b"\r\nTimeStamp: 001s 000ms, buff 07%\r\n\r\nerror voltage drop\r\n\r\nend\r\n"
    b"summary beg\r\n0001-09\r\n2041-09\r\nsummary end\r\nPowerShield > "
)
SAID: list[Said] = [
    ("ack", "start"),
    ("stamp", (0, 0)),
    ("sample", 640.9e-6),  # the example of UM2269 §4.4.1
    ("sample", 2.3e-9),
    ("sample", 8e-10),
    ("edge", "ris"),
    ("sample", 1958.0),
    ("stamp", (1000, 7)),
    ("refused", "voltage drop"),
    ("end", ""),
]
BINARY = (
    b"PowerShield > ack start\r\n\r\n"
    b"\xf0\xf3\x00\x00\x00\x00\x00\xff\xff"
    b"\x52\xa0\x31\x45\x52\xf0"  # the examples of UM2269 §4.4.2, and one that ends like a tag
    b"\xf0\xf2event 01 ris\r\n\xff\xff"
    b"\xf0\xf3\x00\x00\x00\x03\x07\xff\xff"
    b"\xf0\xf5\xff\xff\xf0\xf4\xff\xff"
    b"\r\nsummary beg\r\n0001-09\r\n2041-09\r\nsummary end\r\nPowerShield > ack hrc\r\n"
)
BINARY_SAID: list[Said] = [
    ("ack", "start"),
    ("stamp", (0, 0)),
    ("sample", 672 / 16**5),
    ("sample", 325 / 16**3),
    ("sample", 752 / 16**5),
    ("edge", "ris"),
    ("stamp", (3, 7)),
    ("over", "overcurrent"),
    ("end", ""),
    ("ack", "hrc"),
]


# ------------------------------------------------------------------------- decoding


@given(st.lists(st.integers(0, 10**4), max_size=12))
def test_text_in_any_pieces_says_the_same(cuts: list[int]) -> None:
    decoder = Decoder(binary=False)
    said = [each for piece in pieces(STREAM, cuts) for each in decoder.feed(piece)]
    assert said == SAID


@given(st.lists(st.integers(0, 10**4), max_size=12))
def test_bytes_in_any_pieces_say_the_same(cuts: list[int]) -> None:
    decoder = Decoder(binary=True)
    said = [each for piece in pieces(BINARY, cuts) for each in decoder.feed(piece)]
    assert said == BINARY_SAID


@pytest.mark.parametrize("binary", [False, True])
@given(value=st.floats(1e-9, 0.9))
def test_what_the_virtual_one_writes_is_read_back(value: float, *, binary: bool) -> None:
    coder, decoder = Coder(binary=binary), Decoder(binary=binary)
    stream = b"PowerShield > ack start\r\n" + coder.stamp(0, 0) + coder.sample(value)
    said = decoder.feed(stream + coder.end())
    samples = [v for kind, v in said if kind == "sample"]
    assert samples == [pytest.approx(value, rel=2.1e-3 if binary else 5.1e-4)]


@given(st.binary(max_size=400), st.booleans())
def test_no_bytes_break_it(noise: bytes, binary: bool) -> None:
    decoder = Decoder(binary=binary)
    decoder.feed(b"PowerShield > ack start\r\n\xf0\xf3\0\0\0\0\0\xff\xff" + noise)


def test_a_byte_too_many_costs_the_samples_up_to_the_next_stamp_and_no_more() -> None:
    head = b"PowerShield > ack start\r\n\xf0\xf3\0\0\0\0\0\xff\xff"
    stamps = [b"\xf0\xf3\0\0\0" + bytes([ms]) + b"\0\xff\xff" for ms in (5, 6, 8)]
    body = b"\x52" + b"\x52\xa0" * 5 + stamps[0] + b"\x31\x45" + stamps[1]
    said = Decoder(binary=True).feed(head + body + b"\x31\x45" + stamps[2])
    kinds = ["ack", "stamp", "lost", "stamp", "sample", "stamp", "lost", "stamp"]
    assert [kind for kind, _ in said] == kinds


def test_a_time_whose_bytes_look_like_an_end_is_read() -> None:
    head = b"PowerShield > ack start\r\n"
    said = Decoder(binary=True).feed(head + b"\xf0\xf3\x00\x00\xff\xff\x07\xff\xff")
    assert said[-1] == ("stamp", (65535, 7))


def test_a_line_without_end_is_let_go() -> None:
    said = Decoder(binary=False).feed(b"x" * 100_000)
    assert said == [("garbage", 100_000)]


# ------------------------------------------------------------------- over a known rail


def _pair(fault: str = "", **settings: object) -> tuple[Rail, Lpm01a]:
    rail = Rail()
    device = VirtualLpm01a(rail, fault)
    return rail, Lpm01a(lambda: Direct(device), "virtual", **settings)  # type: ignore[arg-type]


def _opened(fault: str = "", **settings: object) -> tuple[Rail, Lpm01a]:
    rail, meter = _pair(fault, **settings)
    meter.open(rail.clock)
    return rail, meter


def _pulse(rail: Rail) -> None:
    rail.pin(False)
    rail.advance(10e-6)
    rail.pin(True)


@pytest.mark.parametrize(("form", "error"), [("ascii_dec", 5e-4), ("bin_hexa", 2e-3)])
def test_the_energy_between_two_falls_is_that_of_the_rail(form: str, error: float) -> None:
    rail, meter = _opened(form=form)
    monitor: EnergyMonitor = meter
    assert monitor.feeds
    meter.power_on(1.8)
    rail.draw(2e-3)
    begun = meter.start()
    rail.advance(1.2)
    _pulse(rail)
    first = rail.clock()
    rail.draw(40e-3)
    rail.advance(10.5)
    rail.draw(2e-3)
    last = rail.clock()
    _pulse(rail)
    rail.advance(1.0)
    rows = meter.read().rows()
    meter.stop()
    rows += meter.read().rows()
    assert [time for time, _, _ in rows] == [begun + (k + 1) * NS // 1000 for k in range(len(rows))]
    a, b = meter.take_edges()
    assert abs(a - first) < NS // 500
    assert abs(b - last) < NS // 500
    joules = sum(watts for time, watts, _ in rows if a < time <= b) / 1000
    assert joules == pytest.approx(rail.joules(a, b), rel=error)
    assert joules == pytest.approx(0.42, rel=2e-3)
    assert (meter.lost, meter.failures) == (0, [])
    assert meter.take_edges() == []
    meter.close()
    assert rail.volts == 0


def test_what_is_lost_is_counted_and_leaves_a_hole_in_time() -> None:
    rail, meter = _opened("loses")
    meter.power_on(3.0)
    rail.draw(1e-3)
    begun = meter.start()
    rail.advance(3.5)
    meter.stop()
    times = [time for time, _, _ in meter.read().rows()]
    assert meter.lost == 7
    assert len(times) == 3500 - 7
    assert times[-1] == begun + 3500 * NS // 1000


@pytest.mark.parametrize("form", ["ascii_dec", "bin_hexa"])
def test_garbage_is_stepped_over(form: str) -> None:
    rail, meter = _opened("garbage", form=form)
    meter.power_on(3.0)
    rail.draw(1e-3)
    begun = meter.start()
    rail.advance(4)
    meter.stop()
    rows = meter.read().rows()
    assert all(watts == pytest.approx(1e-3, rel=2.1e-3) for _, watts, _ in rows)
    assert len(rows) + meter.lost == 4000
    if form == "ascii_dec":
        assert meter.lost == 0
        assert rows[-1][0] == begun + 4 * NS
    else:
        assert meter.lost % 1000 == 0


def test_time_goes_on_where_the_stamp_begins_again() -> None:
    rail, meter = _opened(rate_hz=100)
    meter.power_on(3.0)
    meter.start()
    rail.advance(1100)
    meter.stop()
    assert len(meter.read().rows()) == 110_000
    assert meter.lost == 0


def test_the_first_read_begins_a_trace_where_nobody_does() -> None:
    rail, meter = _opened(volts=2.5)
    assert not meter.read()
    assert rail.volts == 2.5
    rail.advance(0.01)
    assert len(meter.read().rows()) == 10


def test_a_board_that_nobody_powers_is_told() -> None:
    _, meter = _opened()
    with pytest.raises(MeterError, match="nobody powers the board") as caught:
        meter.read()
    assert "volts=3.0" in caught.value.remedy
    meter.power_on(3.0)
    assert not meter.read()


# ---------------------------------------------------------------------- what goes wrong


def test_an_overload_ends_the_trace_and_what_came_is_kept() -> None:
    rail, meter = _opened()
    meter.power_on(1.8)
    rail.draw(1e-3)
    meter.start()
    rail.advance(1)
    rail.draw(0.2)
    rail.advance(1)
    assert len(meter.read().rows()) == 1000
    with pytest.raises(MeterLostError, match="by itself: the board draws more than the 50 mA"):
        meter.read()
    assert rail.volts == 0
    meter.stop()
    meter.close()


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("old", "firmware 1.0.3 is older than 1.0.6"),
        ("silent", "no PowerShield"),
        ("stranger", "no PowerShield"),
    ],
)
def test_what_cannot_be_used_is_not_opened(fault: str, said: str) -> None:
    rail, meter = _pair(fault)
    with pytest.raises(UnavailableError, match=said) as caught:
        meter.open(rail.clock)
    assert caught.value.remedy
    meter.close()


def test_a_full_buffer_is_told_before_and_when_it_ends_the_trace() -> None:
    rail, meter = _opened("full")
    meter.power_on(3.0)
    meter.start()
    rail.advance(5)
    meter.read()
    assert "80 % full" in str(meter.failures[0])
    with pytest.raises(MeterLostError, match="buffer overflow"):
        meter.read()


def test_warmth_asks_for_another_calibration() -> None:
    rail, meter = _opened("warms")
    meter.power_on(3.0)
    meter.start()
    rail.advance(0.1)
    meter.stop()
    assert "from 25 to 31 °C" in str(meter.failures[0])


def test_every_fault_has_words() -> None:
    assert all(FAULTS.values())


@pytest.mark.parametrize("volts", [1.7, 3.4, float("nan"), float("inf")])
def test_a_voltage_out_of_range_is_refused(volts: float) -> None:
    rail, meter = _opened()
    with pytest.raises(MeterError, match=r"1\.8 V to 3\.3 V"):
        meter.power_on(volts)
    assert rail.volts == 0


def test_it_is_used_open_and_once_at_a_time() -> None:
    rail, meter = _pair()
    with pytest.raises(MeterError, match="closed"):
        meter.read()
    with pytest.raises(MeterError, match="closed"):
        meter.power_off()
    meter.open(rail.clock)
    meter.start()
    with pytest.raises(MeterError, match="is running"):
        meter.start()


# ------------------------------------------------------------------------ conversations

IDENTITY = {
    b"powershield": b"PowerShield > ack powershield 540619864-1110659081-4784204\r\n",
    b"version": b"PowerShield > ack version: 1.0.6\r\n",
}


def _conversation(**more: bytes) -> tuple[Written, Lpm01a]:
    answers = {name.replace("_", " ").encode(): text for name, text in more.items()}
    port = Written({**IDENTITY, **answers}, other=b"PowerShield > ack {}\r\n")
    return port, Lpm01a(lambda: port, "written", answer_s=0)


def test_the_set_up_is_that_of_the_benchmark() -> None:
    port, meter = _conversation()
    meter.open(lambda: 5)
    assert port.heard == [
        b"powershield",
        b"version",
        b"htc",
        b"pwr off",
        b"acqtime inf",
        b"trigdelay 0",
        b"trigsrc sw",
        b"output energy",
        b"format ascii_dec",
        b"freq 1000",
        b"eventsrc d7 fal",
    ]
    meter.power_on(1.8)
    assert port.heard[11:] == [b"volt 1800m", b"pwr on nostatus", b"temp degc"]
    meter.close()
    assert port.heard[-2:] == [b"pwr off", b"hrc"]
    assert port.closed


def test_one_that_was_left_streaming_is_stopped_first() -> None:
    port, meter = _conversation()
    del port.answers[b"powershield"]
    port.other = b"1958-09\r\n"
    port.answers[b"stop"] = b"PowerShield > ack stop\r\n\r\nend\r\n"
    with pytest.raises(UnavailableError, match="no PowerShield"):
        meter.open(lambda: 5)
    assert port.heard == [b"powershield", b"stop", b"powershield"]


@pytest.mark.parametrize("form", ["ascii_dec", "bin_hexa"])
def test_one_that_another_program_left_streaming_is_taken_over(form: str) -> None:
    rail = Rail()
    device = VirtualLpm01a(rail)
    left = Lpm01a(lambda: Direct(device), "left", form=form)
    left.open(rail.clock)
    left.power_on(3.0)
    left.start()
    rail.advance(2.3)  # nobody reads, nobody stops
    meter = Lpm01a(lambda: Direct(device), "again", form=form)
    meter.open(rail.clock)
    meter.power_on(1.8)
    rail.draw(1e-3)
    meter.start()
    rail.advance(1)
    meter.stop()
    assert len(meter.read().rows()) == 1000
    assert (meter.lost, meter.failures) == (0, [])


def test_a_refusal_names_the_command_and_the_reason() -> None:
    refused = b"PowerShield > error freq 1000\r\nError detail: not now\r\n"
    _, meter = _conversation(freq_1000=refused)
    with pytest.raises(UnavailableError, match="refuses 'freq 1000': not now"):
        meter.open(lambda: 5)


def test_without_the_event_source_only_edges_are_missing() -> None:
    _, meter = _conversation(eventsrc_d7_fal=b"PowerShield > err eventsrc d7 fal\r\n")
    meter.open(lambda: 5)
    assert "pin D7 is not watched" in str(meter.missing[0])


def test_a_firmware_that_tells_no_version_is_told() -> None:
    _, meter = _conversation(version=b"PowerShield > ack version: twelve\r\n")
    with pytest.raises(UnavailableError, match="calls itself version: twelve"):
        meter.open(lambda: 5)


def test_unplugged_while_it_measures() -> None:
    port, meter = _conversation()
    meter.open(lambda: 5)
    meter.start()
    port.add(b"1000-06\r\n1000-06\r\n")
    port.gone = True
    assert [watts for _, watts, _ in meter.read().rows()] == [1.0, 1.0]
    with pytest.raises(MeterLostError, match="port is gone"):
        meter.read()
    meter.stop()
    meter.close()
    assert port.closed


def test_what_is_late_of_the_trace_before_does_not_end_this_one() -> None:
    late = b"\r\nAcquisition completed\r\nPowerShield > ack start\r\n1000-06\r\n"
    _, meter = _conversation(start=late)
    meter.open(lambda: 5)
    meter.start()
    assert len(meter.read().rows()) == 1
    assert not meter.read()


def test_no_end_after_a_stop() -> None:
    _, meter = _conversation()
    meter.open(lambda: 5)
    meter.start()
    with pytest.raises(MeterError, match="no end after 'stop'"):
        meter.stop()


# --------------------------------------------------------------------------- settings


def test_settings() -> None:
    meter = lpm01a({"port": "/dev/x", "rate": 10_000, "format": "bin_hexa", "volts": 3})
    assert (meter.rate_hz, meter.volts, meter.feeds) == (10_000, 3.0, True)
    with pytest.raises(UnavailableError, match="no port is named"):
        lpm01a({}).open(lambda: BEGINS_NS)


@pytest.mark.parametrize(
    "settings",
    [{"rate": 10_000}, {"rate": "1"}, {"format": "hex"}, {"volts": 5}, {"port": 3}, {"x": 1}],
)
def test_senseless_settings_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        lpm01a(settings)
