"""The meter `pdu`: outlets over SNMP and Redfish, added up by node, and those of nobody."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.meters.trees import Ticks

from joulemark.core.caution import Code
from joulemark.core.channel import Accuracy, Domain, Instrument, Quantity
from joulemark.core.errors import MeterError, UnavailableError, UsageError
from joulemark.meters._credentials import Credentials
from joulemark.meters._redfish_strip import RedfishStrip
from joulemark.meters._remote_settings import Address
from joulemark.meters._snmp import Access, Snmp
from joulemark.meters._snmp_strip import APC, RARITAN, SENSORS, SYS_DESCR, SYS_OBJECT_ID, SnmpStrip
from joulemark.meters._strips import Drawn, Outlet, Strip, together
from joulemark.meters.pdu import ASSUMED, Pdu, pdu
from joulemark.virtual.redfish.instruments import RedfishPdu
from joulemark.virtual.snmp_pdu import Served, SnmpPdu

COMMUNITY, PASSPHRASE = "community-4711", "passphrase-4711"


class Told(Strip):
    """A strip whose outlets draw what is handed in; a power of None fails, of -1 is silent."""

    def __init__(self, where: str = "snmp://strip", **watts: float | None) -> None:
        super().__init__()
        self.where = where
        self.way = "told"
        self.proven = True
        self.watts = watts
        self.outlets = [Outlet(name, f"label-{name}") for name in watts]
        self.asked: list[list[str]] = []
        self.silent = False
        self.closed = 0

    def begin(self) -> None:
        pass

    def ask(self, names: Sequence[str]) -> Mapping[str, Drawn]:
        self.asked.append(list(names))
        if self.silent:
            raise MeterError("silent", where=self.where)
        return {name: (self.watts[name], None) for name in names}

    def interrupt(self) -> None:
        pass

    def close(self) -> None:
        self.closed += 1


@contextmanager
def opened(strips: Sequence[Strip], outlets: Mapping[str, str], **more: Any) -> Iterator[Pdu]:
    keywords = {"background": False, "watch_s": 0.0, **more}
    meter = Pdu(lambda: strips, outlets=outlets, **keywords)
    meter.open(Ticks())
    try:
        yield meter
    finally:
        meter.close()


def values(meter: Pdu) -> dict[str, float]:
    return {meter.channels[index].name: value for _, value, index in meter.read().rows()}


# ------------------------------------------------------------------ outlets and nodes


def test_outlets_of_a_node_are_added_up() -> None:
    strip = Told(a=100.0, b=50.0, c=25.0, d=7.0)
    outlets = {"a": "localhost", "b": "localhost", "c": "node-1", "d": "switch:sw_0"}
    with opened([strip], outlets) as meter:
        assert values(meter) == {
            "pdu/wall/power": 150.0,
            "pdu/wall@node-1/power": 25.0,
            "pdu/sw_0/power": 7.0,
        }
        domains = [(channel.domain, channel.node) for channel in meter.channels]
        assert domains == [
            (Domain.WALL, "localhost"), (Domain.WALL, "node-1"), (Domain.SWITCH, "localhost"),
        ]  # fmt: skip
        assert meter.cautions == []
    assert strip.closed == 1


def test_two_strips_feed_one_node() -> None:
    strips = [Told("snmp://left", a=100.0), Told("snmp://right", a=90.0)]
    with opened(strips, {"left/a": "localhost", "right/a": "localhost"}) as meter:
        assert values(meter) == {"pdu/wall/power": 190.0}


def test_a_node_of_which_an_outlet_is_not_known_has_no_row() -> None:
    strip = Told(a=100.0, b=None, c=10.0)
    with opened([strip], {"a": "x", "b": "x", "c": "y"}) as meter:
        assert values(meter) == {"pdu/wall@y/power": 10.0}


def test_an_outlet_of_nobody_that_draws_power_is_told_once() -> None:
    strip = Told(a=100.0, b=40.0, c=1.0)
    with opened([strip], {"a": "localhost"}) as meter:
        (caution,) = meter.cautions
        assert caution.code is Code.FOREIGN_OUTLET
        assert caution.detail == "pdu: outlet b (label-b) of snmp://strip draws 40 W"
        meter.cautions.clear()
        strip.watts["c"] = 300.0  # somebody plugs something in
        for _ in range(4):
            meter.read()
        assert ["outlet c" in caution.detail for caution in meter.cautions] == [True]
        assert all(len(names) <= 2 for names in strip.asked[1:])  # one of the others at a time


def test_a_silent_strip_costs_the_others_little() -> None:
    left, right = Told("snmp://left", a=100.0), Told("snmp://right", a=90.0)
    with opened([left, right], {"left/a": "x", "right/a": "y"}) as meter:
        right.silent, before = True, len(right.asked)
        for _ in range(40):
            assert values(meter) == {"pdu/wall@x/power": 100.0}
        assert len(right.asked) - before <= 6
        assert meter.failures
        left.silent = True
        for _ in range(2):
            meter.read()
        assert "silent" in str(meter.failures[-1])


def test_no_outlet_or_one_that_is_not_there_is_refused_with_what_there_is() -> None:
    strip = Told(a=100.0, b=2.4)
    for outlets in ({}, {"z": "x"}):
        with pytest.raises(UnavailableError) as caught:
            Pdu(lambda: [strip], outlets=outlets).open(Ticks())
        assert "a (label-a) 100 W, b (label-b) 2 W" in str(caught.value)
    assert strip.closed == 2


def test_the_accuracy_of_a_sum() -> None:
    said = [Accuracy(gain=0.01, source="s"), Accuracy(offset_w=2.0, source="s")]
    assert together(said, ASSUMED) == Accuracy(gain=0.01, offset_w=2.0, source="s")
    assert together([said[0], None], ASSUMED) is ASSUMED
    assert together([], ASSUMED) is ASSUMED


# ------------------------------------------------------------------ tables over SNMP, told


class Agent:
    """An agent of SNMP that holds what is handed in."""

    where = "snmp://told"

    def __init__(self, identity: str, objects: Mapping[str, Any]) -> None:
        self.objects = {SYS_OBJECT_ID: identity, SYS_DESCR: "told", **objects}

    def get(self, objects: Sequence[str]) -> dict[str, Any]:
        return {name: self.objects.get(name) for name in objects}

    def walk(self, column: str) -> dict[str, Any]:
        below = f"{column}."
        found = {n: v for n, v in self.objects.items() if n.startswith(below)}
        return {name.removeprefix(below): value for name, value in found.items()}

    def close(self) -> None:
        pass


def strip_of(identity: str, objects: Mapping[str, Any], mib: str = "") -> SnmpStrip:
    made = SnmpStrip(Agent(identity, objects), mib)
    made.begin()
    return made


def test_pdu2_mib_is_read_with_its_decimals_and_accuracy() -> None:
    value, about = f"{RARITAN}.6.5.4.3.1.4", f"{RARITAN}.6.3.5.4.1"
    strip = strip_of(
        f"{RARITAN}.6",
        {
            f"{value}.1.7.5": 3125, f"{value}.1.7.8": 42, f"{value}.1.7.1": 900,
            f"{about}.7.1.7.5": 1, f"{about}.7.1.7.8": 0, f"{about}.8.1.7.5": 300,
            f"{RARITAN}.6.3.5.3.1.3.1.7": "node seven",
        },
    )  # fmt: skip
    (outlet,) = strip.outlets
    assert (outlet.name, outlet.label, outlet.counts) == ("7", "node seven", True)
    assert outlet.accuracy is not None
    assert outlet.accuracy.gain == 0.03
    assert strip.ask(["7"]) == {"7": (312.5, 42 * 3600.0)}


def test_outlets_of_linked_strips_keep_the_number_of_their_strip() -> None:
    value = f"{RARITAN}.6.5.4.3.1.4"
    strip = strip_of(f"{RARITAN}.6", {f"{value}.1.1.5": 10, f"{value}.2.1.5": 20})
    assert [outlet.name for outlet in strip.outlets] == ["1.1", "2.1"]
    assert strip.ask(["2.1"]) == {"2.1": (20.0, None)}


def test_powernet_mib_is_read_in_watts_and_tenths_of_a_kwh() -> None:
    table = f"{APC}.1.1.26.9.4.3.1"
    strip = strip_of(f"{APC}.1.3.4.6", {f"{table}.7.3": 250, f"{table}.11.3": 5})
    assert strip.ask(["3"]) == {"3": (250.0, 5 * 3.6e5)}
    assert strip.outlets[0].accuracy is None


def test_entity_sensor_mib_is_read_with_scale_and_precision() -> None:
    rows = {
        7: {1: 6, 2: 8, 3: 1, 4: 3125005, 5: 1, 8: 500},  # mW with one decimal
        8: {1: 6, 2: 10, 3: 2, 4: 31, 5: 1},  # kW with two decimals
        9: {1: 8, 2: 9, 3: 0, 4: 40, 5: 1},  # a temperature
        10: {1: 6, 2: 9, 3: 0, 4: 5, 5: 3},  # not operational
    }
    told = {f"{SENSORS}.{c}.{i}": v for i, row in rows.items() for c, v in row.items()}
    strip = strip_of("1.3.6.1.4.1.99", told)
    drawn = strip.ask(["7", "8"])
    assert [outlet.name for outlet in strip.outlets] == ["7", "8"]
    assert drawn["7"][0] == pytest.approx(312.5005)
    assert drawn["8"][0] == pytest.approx(310.0)
    assert strip.outlets[0].update_s == 0.5


@pytest.mark.parametrize("value", [None, -1, "312", 2**40])
def test_a_power_that_cannot_be_one_is_a_failure_and_no_value(value: Any) -> None:
    table = f"{APC}.1.1.26.9.4.3.1"
    strip = strip_of(f"{APC}.1", {f"{table}.7.3": 250})
    strip._agent.objects[f"{table}.7.3"] = value  # type: ignore[attr-defined]
    assert strip.ask(["3"]) == {"3": (None, None)}
    assert "for its power" in str(strip.failures[0])


def test_a_strip_without_outlets_says_so() -> None:
    with pytest.raises(UnavailableError, match="no outlet tells its power in the tables apc"):
        strip_of(f"{APC}.1", {})


# ------------------------------------------------------------------ over SNMP, spoken


def agent_of(served: Served, secret: str, version: str = "2c", **more: Any) -> Snmp:
    access = Access(version, "joulemark", lambda: (secret, secret), **more)
    return Snmp("127.0.0.1", served.port, access, timeout_s=1.0)


@pytest.fixture(scope="module")
def strip_served() -> Iterator[Served]:
    made = SnmpPdu(
        outlet=("300W", "150W", "40W", *["0W"] * 30),
        community=COMMUNITY,
        passphrase=PASSPHRASE,
        update=0.01,
    ).start()
    yield made
    made.close()
    made.close()


@pytest.mark.parametrize(("version", "secret"), [("2c", COMMUNITY), ("3", PASSPHRASE)])
def test_a_strip_is_read_over_snmp(strip_served: Served, version: str, secret: str) -> None:
    strip = SnmpStrip(agent_of(strip_served, secret, version), proven=version == "3")
    with opened([strip], {"1": "localhost", "2": "localhost"}) as meter:
        (channel,) = meter.channels
        assert values(meter) == {"pdu/wall/power": 450.0}
        assert channel.instrument is Instrument.EXTERNAL
        assert channel.accuracy.gain == 0.01
        codes = {caution.code for caution in meter.cautions}
        proven = set() if version == "3" else {Code.UNVERIFIED_DEVICE}
        assert codes == {Code.FOREIGN_OUTLET, *proven}
        assert len(strip.outlets) == 33  # more than one answer holds


@pytest.mark.parametrize("version", ["2c", "3"])
def test_a_wrong_secret_is_refused_and_not_shown(strip_served: Served, version: str) -> None:
    strip = SnmpStrip(agent_of(strip_served, "wrong-secret-8472", version))
    with pytest.raises(UnavailableError) as caught:
        Pdu(lambda: [strip], outlets={"1": "x"}).open(Ticks())
    assert "8472" not in str(caught.value)


@pytest.mark.parametrize("mib", ["apc", "entity-sensor"])
def test_the_other_tables_are_found_by_themselves(mib: str) -> None:
    served = SnmpPdu(outlet=("300W", "150W"), mib=mib, community=COMMUNITY).start()
    try:
        strip = SnmpStrip(agent_of(served, COMMUNITY))
        with opened([strip], {"1": "localhost", "2": "localhost"}) as meter:
            assert values(meter) == {"pdu/wall/power": 450.0}
            assert meter.channels[0].accuracy is ASSUMED
            assert meter.channels[0].instrument is Instrument.PLATFORM
            assert mib in meter.channels[0].note
    finally:
        served.close()


def test_a_strip_that_stalls_costs_the_timeout() -> None:
    served = SnmpPdu(community=COMMUNITY, fault=("stalls:after=0,lasting=1e6",)).start()
    try:
        agent = agent_of(served, COMMUNITY)
        began = time.monotonic()
        with pytest.raises(MeterError, match="no answer within 1 s"):
            agent.get([SYS_DESCR])
        assert time.monotonic() - began < 2.5
        agent.close()
        agent.close()
    finally:
        served.close()


def test_senseless_virtual_strips_are_refused(strip_served: Served) -> None:
    with pytest.raises(UsageError):
        SnmpPdu(mib="none").start()
    with pytest.raises(UnavailableError, match="cannot listen"):
        SnmpPdu(port=strip_served.port).start()


# ------------------------------------------------------------------ over Redfish


def test_a_strip_is_read_over_redfish() -> None:
    served = RedfishPdu(outlet=("300W", "150W", "40W"), password="pw", update=0.002).start()
    try:
        at = Address("127.0.0.1", served.server.port, cafile=str(served.cafile), timeout_s=5.0)
        service = at.service(lambda: Credentials("joulemark", "pw"), None)
        strip = RedfishStrip(service, proven=True)
        with opened([strip], {"1": "localhost", "2": "localhost"}, watch_s=0.8) as meter:
            energy, power = meter.channels
            assert (energy.quantity, power.quantity) == (Quantity.ENERGY, Quantity.POWER)
            assert (energy.unit, energy.scale) == ("J", 1.0)
            assert values(meter)[power.name] == 450.0
            assert power.accuracy.offset_w == 3.0
            assert power.instrument is Instrument.EXTERNAL
            assert [caution.code for caution in meter.cautions] == [Code.FOREIGN_OUTLET]
        assert served.service.sessions == {}
        other = RedfishStrip(at.service(lambda: Credentials("joulemark", "pw"), None), proven=True,
                             which="2")  # fmt: skip
        with pytest.raises(UnavailableError, match="strip=NAME"):
            Pdu(lambda: [other], outlets={"1": "x"}).open(Ticks())
    finally:
        served.close()


# ------------------------------------------------------------------ settings


def test_without_a_host_it_says_how_to_name_one() -> None:
    with pytest.raises(UnavailableError, match="no power strip is named"):
        pdu({}).open(Ticks())


@pytest.mark.parametrize(
    "settings",
    [
        {"outlets": ["1"]},
        {"host": "p", "outlets": "1"},
        {"host": "p", "outlets": [1]},
        {"host": "p", "outlets": {"1": 2}},
        {"host": "p", "outlets": {"": "x"}},
        {"host": "p", "outlets": {"1": "switch:"}},
        {"host": "p", "community": "public"},
        {"host": "p", "version": "1"},
        {"host": "p", "speak": "http"},
        {"host": "p", "mib": "none"},
        {"host": "p", "privacy": "XOR"},
        {"host": []},
        {"host": [3]},
    ],
)
def test_senseless_settings_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        pdu(settings)


@pytest.mark.parametrize("version", ["2c", 3])
def test_the_secrets_of_a_strip_are_asked_of_the_environment(
    strip_served: Served, monkeypatch: pytest.MonkeyPatch, version: object
) -> None:
    settings = {"host": ["127.0.0.1"], "port": strip_served.port, "version": version,
                "outlets": ["1"], "watch_s": 0.0}  # fmt: skip
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    for name in ("USER", "PASSWORD"):
        monkeypatch.delenv(f"JOULEMARK_PDU_{name}", raising=False)
    with pytest.raises(UnavailableError, match="JOULEMARK_PDU_PASSWORD"):
        pdu({**settings, "host": "no.such.strip"}).open(Ticks())
    monkeypatch.setenv("JOULEMARK_PDU_USER", "joulemark")
    secret = PASSPHRASE if version == 3 else COMMUNITY
    monkeypatch.setenv("JOULEMARK_PDU_PASSWORD_127_0_0_1", secret)
    monkeypatch.setenv("JOULEMARK_PDU_PRIVACY_PASSWORD", PASSPHRASE)
    meter = pdu(settings)
    meter.open(time.time_ns)
    try:
        assert [value for _, value, _ in meter.read().rows()] == [300.0]
    finally:
        meter.close()


def test_a_redfish_strip_from_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    served = RedfishPdu(outlet=("300W", "7W"), password="pw-of-strip").start()
    try:
        monkeypatch.setenv("JOULEMARK_PDU_USER", "joulemark")
        monkeypatch.setenv("JOULEMARK_PDU_PASSWORD", "pw-of-strip")
        at = {"host": "127.0.0.1", "port": served.server.port, "cafile": str(served.cafile)}
        meter = pdu({**at, "speak": "redfish", "outlets": {"1": "n1", "2": "n1"}, "watch_s": 0.0})
        meter.open(time.time_ns)
        try:
            assert [value for _, value, _ in meter.read().rows()] == [307.0]
            assert meter.cautions == []
        finally:
            meter.close()
        told = served.service._resources["/redfish/v1/PowerEquipment/RackPDUs/1/Metrics"](0.0)
        assert told["PowerWatts"]["Reading"] == 307.0
    finally:
        served.close()


def test_secrets_come_from_the_environment_and_show_nowhere(
    strip_served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from joulemark.core.clock import Anchor
    from joulemark.meters.sampling import SamplerProcess

    monkeypatch.setenv("JOULEMARK_PDU_USER", "joulemark")
    monkeypatch.setenv("JOULEMARK_PDU_PASSWORD", PASSPHRASE)
    settings = {
        "host": "127.0.0.1", "port": strip_served.port, "version": 3, "outlets": {"1": "localhost"},
        "watch_s": 0.0, "pace_s": 0.1,
    }  # fmt: skip
    anchor = Anchor(time.time_ns(), time.monotonic_ns())
    sampler = SamplerProcess.start([{"name": "pdu", "settings": settings}], 0.1, anchor, tmp_path)
    assert sampler.stop()
    events = (tmp_path / "events" / "sampler.jsonl").read_text()
    assert "foreign-outlet" in events
    assert (tmp_path / "traces" / "sampler.spool").stat().st_size > 0
    held = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert held
    assert all(PASSPHRASE.encode() not in path.read_bytes() for path in held)
    assert "Access" in repr(Access("3", "me", lambda: (PASSPHRASE, PASSPHRASE)))
    assert PASSPHRASE not in repr(Access("3", "me", lambda: (PASSPHRASE, PASSPHRASE)))
