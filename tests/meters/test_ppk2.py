"""The PPK2: its samples become currents by its calibration, and what is lost is counted."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.meters.ports import pieces

from joulemark.core.clock import NS
from joulemark.core.errors import MeterError, MeterLostError, UnavailableError, UsageError
from joulemark.core.interfaces import EnergyMonitor
from joulemark.meters._ppk2_samples import DEFAULTS, Means, calibration
from joulemark.meters.ppk2 import Ppk2, ppk2

METADATA = """Calibrated: 0
R0: 1003.3506
R1: 101.5865
R2: 10.3027
R3: 0.9636
R4: 0.0564
GS0: 0.0000
GS1: 112.7890
GS2: 18.0115
GS3: 2.4217
GS4: 0.0729
GI0: 1.0000
GI1: 0.9695
GI2: 0.9609
GI3: 0.9519
GI4: 0.9582
O0: 112.9420
O1: 75.4627
O2: 64.6020
O3: 50.4983
O4: 87.2177
VDD: 3300
HW: 9173
mode: 2
S0: 0.000000048
S1: 0.000000596
S2: 0.000005281
S3: 0.000062577
S4: 0.002940743
I0: -0.000000104
I1: -0.000001443
I2: 0.000036439
I3: -0.000374119
I4: -nan
UG0: 1.00
UG1: 1.00
UG2: 1.00
UG3: 1.00
UG4: 1.00
IA: 56
END"""


def word(adc: int, rung: int, counter: int, logic: int = 0) -> int:
    return adc | rung << 14 | (counter % 64) << 18 | logic << 24


def stream(count: int, *, adc: int = 2000, first: int = 0) -> bytes:
    return struct.pack(f"<{count}I", *(word(adc, 2, first + k, k % 256) for k in range(count)))


def amperes(adc: int, rung: int, volts: float, known: dict[str, list[float]]) -> float:
    """The calibration as its maker's application writes it, one sample at a time."""
    result = (adc * 4 - known["o"][rung]) * (1.8 / 163840 / known["r"][rung])
    inner = known["gs"][rung] * result + known["gi"][rung]
    offset = known["s"][rung] * volts + known["i"][rung]
    return known["ug"][rung] * (result * inner + offset)


def means(per_period: int = 100, pin: int = 7, volts: float = 3.3) -> Means:
    return Means(calibration(METADATA)[0], volts, per_period, pin)


def all_of(made: Means, data: bytes, cuts: Sequence[int] = ()) -> list[tuple[int, float]]:
    found = [each for piece in pieces(data, list(cuts)) for each in made.feed(piece)]
    return found + made.finish()


# ------------------------------------------------------------------------ calibration


def test_the_calibration_is_read_and_what_is_no_number_keeps_its_default() -> None:
    known, others = calibration(METADATA)
    assert known["r"] == [1003.3506, 101.5865, 10.3027, 0.9636, 0.0564]
    assert known["i"][4] == 0.0
    assert others["vdd"] == "3300"
    assert others["hw"] == "9173"


@given(st.text(max_size=300))
def test_no_metadata_breaks_it(text: str) -> None:
    known, _ = calibration(text + "\nR0: 0\nR1: nan\nR2: -1\nR9: 3\nGS0: 1e999")
    assert known == {key: list(values) for key, values in DEFAULTS.items()} or "R" in text.upper()


@pytest.mark.parametrize("rung", range(5))
@pytest.mark.parametrize("adc", [0, 1, 5000, 16383])
def test_a_sample_is_the_current_that_its_maker_computes(adc: int, rung: int) -> None:
    data = struct.pack("<101I", *(word(adc, rung, k) for k in range(101)))
    ((number, mean),) = all_of(means(), data)
    assert number == 0
    known = {key: list(values) for key, values in calibration(METADATA)[0].items()}
    assert mean == pytest.approx(amperes(adc, rung, 3.3, known), rel=1e-12, abs=1e-18)


# ---------------------------------------------------------------------------- streams


@given(st.lists(st.integers(0, 10**5), max_size=10))
def test_any_pieces_give_the_same(cuts: list[int]) -> None:
    data = stream(1500) + b"\x00\x07" + stream(2600, first=1510)
    whole, cut = means(), means()
    assert all_of(cut, data, cuts) == all_of(whole, data)
    assert (cut.lost, cut.falls) == (whole.lost, whole.falls)


@given(st.binary(max_size=9000))
def test_no_bytes_break_it(data: bytes) -> None:
    made = means()
    for _, mean in all_of(made, data):
        assert abs(mean) < 1e6


def test_energy_of_each_period_is_that_of_its_samples() -> None:
    adcs = [(37 * k) % 16000 for k in range(1001)]
    data = struct.pack("<1001I", *(word(adc, 3, k) for k, adc in enumerate(adcs)))
    known = {key: list(values) for key, values in calibration(METADATA)[0].items()}
    found = all_of(means(), data)
    assert [number for number, _ in found] == list(range(10))
    for number, mean in found:
        part = [amperes(adc, 3, 3.3, known) for adc in adcs[100 * number : 100 * number + 100]]
        assert mean == pytest.approx(sum(part) / 100, rel=1e-9)


@pytest.mark.parametrize("missing", [1, 7, 63])
def test_samples_that_are_missing_are_counted_and_keep_their_time(missing: int) -> None:
    data = stream(1200)[: 450 * 4] + stream(1201)[(450 + missing) * 4 :]
    made = means()
    found = all_of(made, data)
    assert made.lost == missing
    assert [number for number, _ in found] == list(range(12))


def test_a_damaged_sample_is_left_out() -> None:
    words = list(struct.unpack("<1201I", stream(1201)))
    words[450] = word(16383, 4, 3)
    words[999] = word(16383, 4, 3)  # the last of a block
    words[700] |= 7 << 14  # a range that there is not
    made = means()
    found = all_of(made, struct.pack("<1201I", *words))
    assert made.lost == 3
    assert len({mean for _, mean in found}) <= 3
    assert found[4][1] == pytest.approx(found[0][1], rel=1e-12)
    assert len(found) == 12


def test_bytes_that_are_missing_cost_only_the_samples_about_them() -> None:
    data = stream(5001)
    made = means()
    found = all_of(made, data[: 2345 * 4 + 1] + data[2350 * 4 :])
    assert made.lost < 30
    assert [number for number, _ in found] == list(range(50))
    assert found[49][1] == pytest.approx(found[0][1], rel=1e-12)


def test_falls_of_the_pin_are_told_by_sample() -> None:
    made = means(pin=3)
    low = {500, 501, 502, 1999, 2000}
    words = [word(9, 1, k, 0 if k in low else 8) for k in range(3000)]
    all_of(made, struct.pack("<3000I", *words))
    assert made.falls == [500, 1999]


# ------------------------------------------------------------------------- the monitor


class Kit:
    """A PPK2 in this process, which sends what it is told to."""

    def __init__(self, metadata: str = METADATA) -> None:
        self.metadata = metadata.encode()
        self.heard: list[bytes] = []
        self.pending = b""
        self.gone = False
        self.closed = False

    def write(self, data: bytes) -> None:
        if self.gone:
            raise MeterLostError("the port is gone")
        self.heard.append(data)
        if data == b"\x19":
            self.pending += self.metadata

    def read(self, timeout_s: float) -> bytes:
        found, self.pending = self.pending[:1000], self.pending[1000:]
        if not found and self.gone:
            raise MeterLostError("the port is gone")
        return found

    def close(self) -> None:
        self.closed = True


def test_source_mode_from_power_to_rows() -> None:
    kit = Kit()
    meter = Ppk2(lambda: kit, "kit", pin=7)
    monitor: EnergyMonitor = meter
    meter.open(lambda: NS)
    assert kit.heard == [b"\x07", b"\x19", b"\x0c\x00", b"\x11\x02"]
    meter.power_on(1.8)
    assert kit.heard[4:] == [b"\x0d\x07\x08", b"\x0c\x01"]
    begun = meter.start()
    kit.pending = stream(2500)
    rows = meter.read().rows() + meter.read().rows()
    meter.stop()
    rows += meter.read().rows()
    assert monitor.feeds
    assert [time for time, _, _ in rows] == [begun + (k + 1) * NS // 1000 for k in range(24)]
    known = {key: list(values) for key, values in calibration(METADATA)[0].items()}
    assert rows[0][1] == pytest.approx(1.8 * amperes(2000, 2, 1.8, known), rel=1e-12)
    assert meter.take_edges() == [begun + 256 * k * 10_000 for k in range(1, 10)]
    assert meter.channels[0].accuracy.source
    meter.close()
    assert kit.heard[-2:] == [b"\x07", b"\x0c\x00"]
    assert kit.closed


def test_ampere_mode_takes_the_voltage_as_stated() -> None:
    kit = Kit()
    meter = Ppk2(lambda: kit, "kit", mode="ampere")
    meter.open(lambda: NS)
    assert not meter.feeds
    with pytest.raises(MeterError, match="voltage of the board is not known"):
        meter.start()
    meter.power_on(3.0)
    assert kit.heard[-2:] == [b"\x11\x01", b"\x0c\x01"]
    meter.power_off()
    meter.start()
    kit.pending = stream(201)
    meter.stop()
    known = {key: list(values) for key, values in calibration(METADATA)[0].items()}
    watts = [row[1] for row in meter.read().rows()]
    assert watts == [pytest.approx(3.0 * amperes(2000, 2, 3.3, known), rel=1e-12)] * 2


def test_lost_periods_have_no_row_and_are_counted() -> None:
    kit = Kit()
    meter = Ppk2(lambda: kit, "kit", volts=3.0)
    meter.open(lambda: 0)
    assert not meter.read()
    kit.pending = stream(1001)[: 405 * 4] + stream(1001)[465 * 4 :]
    meter.stop()
    rows = meter.read().rows()
    assert len(rows) == 9
    assert (meter.lost, meter.facts["samples_lost"]) == (1, 60)
    assert rows[-1][0] == 10 * NS // 1000


def test_a_hole_that_the_counter_cannot_see_is_told_by_the_clock() -> None:
    kit, now = Kit(), [0]
    meter = Ppk2(lambda: kit, "kit", volts=3.0)
    meter.open(lambda: now[0])
    meter.read()
    kit.pending = stream(10_001)
    now[0] = NS // 10 + NS // 20
    meter.stop()
    assert meter.failures == []
    meter.start()
    kit.pending = stream(10_001)
    now[0] += NS
    meter.stop()
    assert "0.9 s of the trace are missing" in str(meter.failures[0])


@pytest.mark.parametrize("metadata", ["", "PowerShield > error\r\n", "x" * 20_000])
def test_another_device_is_told(metadata: str) -> None:
    meter = Ppk2(lambda: Kit(metadata), "kit")
    with pytest.raises(UnavailableError, match="no PPK2"):
        meter.open(lambda: 0)
    meter.close()


def test_unplugged_while_it_measures() -> None:
    kit = Kit()
    meter = Ppk2(lambda: kit, "kit", volts=3.0)
    meter.open(lambda: 0)
    meter.read()
    kit.pending, kit.gone = stream(250), True
    assert not meter.read()  # too few to be sure of
    assert len(meter.read().rows()) == 2
    with pytest.raises(MeterLostError, match="gone"):
        meter.read()
    meter.stop()
    meter.close()


@pytest.mark.parametrize("volts", [0.5, 5.1, float("nan")])
def test_a_voltage_out_of_range_is_refused(volts: float) -> None:
    meter = Ppk2(Kit, "kit")
    meter.open(lambda: 0)
    with pytest.raises(MeterError, match=r"0\.8 V to 5 V"):
        meter.power_on(volts)


def test_settings() -> None:
    meter = ppk2({"port": "/dev/x", "rate": 5000, "mode": "ampere", "volts": 3, "pin": 4})
    assert (meter.rate_hz, meter.feeds) == (5000, False)
    with pytest.raises(UnavailableError, match="no port is named"):
        ppk2({}).open(lambda: 0)
    with pytest.raises(MeterError, match="closed"):
        ppk2({}).power_off()


@pytest.mark.parametrize(
    "settings",
    [{"rate": 3}, {"mode": "both"}, {"volts": 9}, {"pin": 8}, {"pin": True}, {"port": 1}],
)
def test_senseless_settings_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        ppk2(settings)
