"""The meter `redfish` against the virtual controller on loopback, and against hostile answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.meters.trees import Ticks

from joulemark.core.baseboard import ASSUMED
from joulemark.core.caution import Code
from joulemark.core.channel import Domain, Instrument, Quantity
from joulemark.core.errors import MeterError, PermissionNeededError, UnavailableError, UsageError
from joulemark.meters._credentials import Credentials
from joulemark.meters._https import Https, Reply, tls_context
from joulemark.meters._redfish import Redfish as Service
from joulemark.meters._remote_settings import Address
from joulemark.meters.redfish import Redfish, redfish
from joulemark.virtual.redfish.instruments import RedfishBmc, Served

SECRET = "not-to-be-seen-4711"


@contextmanager
def served(**settings: Any) -> Iterator[Served]:
    made = RedfishBmc(password=SECRET, **settings).start()
    try:
        yield made
    finally:
        made.close()


def meter_of(bmc: Served, *, password: str = SECRET, **more: Any) -> Redfish:
    """Return the meter of a virtual controller; it asks once a read, and waits in no time."""
    at = {"host": "127.0.0.1", "port": bmc.server.port, "cafile": str(bmc.cafile)}
    settings = {
        name: more.pop(name) for name in list(more) if name in ("verify", "basic", "timeout_s")
    }
    address = Address(**{**at, "timeout_s": 5.0, **settings})
    keywords = {"background": False, "watch_s": 0.0, **more}
    return Redfish(address, who=lambda: Credentials("joulemark", password), **keywords)


@contextmanager
def opened(meter: Redfish) -> Iterator[Redfish]:
    meter.open(Ticks())
    try:
        yield meter
    finally:
        meter.close()


# ------------------------------------------------------------------ what it reads


def test_power_of_a_node_is_read_with_what_the_service_says_of_it() -> None:
    with served(watts="432W", accuracy=1.5) as bmc, opened(meter_of(bmc)) as meter:
        (channel,) = meter.channels
        assert channel.name == "redfish/node/power"
        assert (channel.domain, channel.part) == (Domain.NODE, "node")
        assert channel.instrument is Instrument.PLATFORM
        assert channel.accuracy.gain == pytest.approx(0.015)
        assert "by the service" in channel.accuracy.source
        assert channel.update_s == 1.0  # SensingInterval
        assert "energy counter is not used: it had no news" in channel.note
        rows = meter.read().rows()
        assert [value for _, value, _ in rows] == [432.0]
        assert meter.failures == []
        assert meter.facts["verified"] is True


def test_an_energy_counter_is_read_where_it_has_news_and_counts_finely() -> None:
    with served(watts="3kW", update=0.002) as bmc, opened(meter_of(bmc, watch_s=1.0)) as meter:
        energy, power = meter.channels
        assert (energy.quantity, power.quantity) == (Quantity.ENERGY, Quantity.POWER)
        assert energy.unit == "kWh"
        assert energy.scale == 3.6e6
        assert energy.resolution == pytest.approx(1e-6)
        assert energy.update_s
        told = [value for _ in range(200) for _, value, index in meter.read().rows() if index == 0]
        assert told
        assert told == sorted(set(told))  # it gives its changes


def test_an_older_controller_tells_power_in_power_control() -> None:
    with served(watts="250W", old=True) as bmc, opened(meter_of(bmc)) as meter:
        (channel,) = meter.channels
        assert channel.source.endswith("/Power PowerControl.0.PowerConsumedWatts")
        assert channel.accuracy == ASSUMED
        assert channel.rated_w == 12_000
        assert [value for _, value, _ in meter.read().rows()] == [250.0]


def test_the_chassis_of_the_system_is_the_node_and_others_are_boards_in_it() -> None:
    with served(watts="900W", board="600W") as bmc:
        with opened(meter_of(bmc)) as meter:
            assert [channel.part for channel in meter.channels] == ["node"]
        with opened(meter_of(bmc, chassis=("Node", "Accelerators"))) as meter:
            node, board = meter.channels
            assert (board.part, board.parent, board.domain) == (
                "board-Accelerators",
                "node",
                Domain.BOARD,
            )
            assert [value for _, value, _ in meter.read().rows()] == [900.0, 600.0]
            assert node.name != board.name
        with pytest.raises(UnavailableError, match="choose from Node, Accelerators"):
            meter_of(bmc, chassis=("Other",)).open(Ticks())


def test_another_node_has_channels_of_its_own() -> None:
    with served() as bmc, opened(meter_of(bmc, node="node-7")) as meter:
        assert [(c.name, c.node) for c in meter.channels] == [
            ("redfish/node@node-7/power", "node-7")
        ]


def test_a_clock_that_is_off_is_noted_and_not_used() -> None:
    with served(fault=("clock:offset=18000",)) as bmc, opened(meter_of(bmc)) as meter:
        assert meter.facts["clock_ahead_s"] == pytest.approx(18000, abs=2)
        assert "s ahead of ours and is not used" in meter.channels[0].note
        ((moment, _, _),) = meter.read().rows()
        assert abs(moment - Ticks().now) < 1e9


# ------------------------------------------------------------------ sessions and TLS


def test_one_handshake_and_one_session_serve_all_readings_and_end() -> None:
    with served() as bmc:
        with opened(meter_of(bmc)) as meter:
            for _ in range(5):
                assert meter.read()
            assert len(bmc.service.sessions) == 1
            assert bmc.server.handshakes == 1
        assert bmc.service.sessions == {}


def test_basic_authentication_makes_no_session() -> None:
    with served() as bmc, opened(meter_of(bmc, basic=True)) as meter:
        assert meter.read()
        assert bmc.service.sessions == {}
        assert meter.facts["auth"] == "basic"


def test_an_expired_session_is_renewed_without_a_gap() -> None:
    with served() as bmc, opened(meter_of(bmc)) as meter:
        meter.read()
        bmc.service.sessions.clear()
        assert meter.read().rows()
        assert meter.failures == []
        assert len(bmc.service.sessions) == 1


def test_a_wrong_password_is_refused_and_named_without_it() -> None:
    with served() as bmc, pytest.raises(UnavailableError, match="refuses this name") as caught:
        meter_of(bmc, password="wrong-8472").open(Ticks())
    assert isinstance(caught.value, PermissionNeededError)
    assert "8472" not in str(caught.value)


def test_a_certificate_that_nobody_vouches_for_is_refused() -> None:
    with served() as bmc:
        strange = Redfish(
            Address("127.0.0.1", bmc.server.port), who=lambda: Credentials("joulemark", SECRET)
        )
        with pytest.raises(UnavailableError, match="not trusted") as caught:
            strange.open(Ticks())
        assert "cafile=PATH" in caught.value.remedy
        assert bmc.service.asked == 0


def test_reading_without_proof_is_a_caution() -> None:
    with served() as bmc:
        address = Address("127.0.0.1", bmc.server.port, verify=False, timeout_s=5.0)
        who = Credentials("joulemark", SECRET)
        with opened(Redfish(address, who=lambda: who, background=False, watch_s=0)) as meter:
            assert [caution.code for caution in meter.cautions] == [Code.UNVERIFIED_DEVICE]


def test_a_name_that_is_not_in_the_certificate_is_refused(tmp_path: Path) -> None:
    with served(host="127.0.0.1") as bmc:
        tls = tls_context(str(bmc.cafile), verify=True)
        way = Https("127.0.0.2", bmc.server.port, tls, timeout_s=5.0)
        with pytest.raises((UnavailableError, MeterError)):
            way.exchange("GET", "/redfish", {})


# ------------------------------------------------------------------ what goes wrong


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("busy", "busy"),
        ("html", "no JSON"),
        ("huge", "longer than"),
        ("nested", "no JSON"),
        ("redirect", "another place"),
        ("forbidden", "may not"),
        ("null", "is None, not a reading"),
        ("text", "is '312 W', not a reading"),
    ],
)
def test_an_answer_that_is_none_is_a_failure_and_no_row(wrong: str, said: str) -> None:
    with served() as bmc, opened(meter_of(bmc)) as meter:
        bmc.service.wrong[wrong] = (0.0, float("inf"))
        assert meter.read().rows() == []
        assert said in str(meter.failures[0])
        assert SECRET not in str(meter.failures[0])
        bmc.service.wrong.clear()
        assert len(meter.read().rows()) == 1  # and goes on


@pytest.mark.parametrize("wrong", ["late", "drip"])
def test_a_controller_that_is_too_slow_costs_the_timeout(wrong: str) -> None:
    with served() as bmc, opened(meter_of(bmc, timeout_s=0.5)) as meter:
        bmc.service.wrong[wrong] = (0.0, float("inf"))
        began = time.monotonic()
        assert meter.read().rows() == []
        assert time.monotonic() - began < 1.5
        assert "no answer within 0.5 s" in str(meter.failures[0])


def test_a_stalled_controller_does_not_hold_the_sampler_and_lets_go_at_the_end() -> None:
    with served(fault=("stalls:after=0.3,lasting=1000",)) as bmc:
        meter = meter_of(bmc, background=True, pace_s=0.01, timeout_s=0.3)
        meter.open(time.time_ns)
        try:
            deadline = time.monotonic() + 10
            while not meter.failures and time.monotonic() < deadline:
                began = time.monotonic()
                meter.read()
                assert time.monotonic() - began < 0.1
                threading.Event().wait(0.01)
            assert "no answer within 0.3 s" in str(meter.failures[0])
        finally:
            began = time.monotonic()
            meter.close()
        assert time.monotonic() - began < 3


def test_in_the_background_the_pace_is_held() -> None:
    with served(update=0.01) as bmc:
        meter = meter_of(bmc, background=True, pace_s=0.05)
        meter.open(time.time_ns)
        try:
            threading.Event().wait(0.6)
            moments = [moment for moment, _, index in meter.read().rows() if index == 0]
        finally:
            meter.close()
        assert len(moments) >= 6
        assert moments == sorted(moments)
        assert bmc.service.sessions == {}


# ------------------------------------------------------------------ conversations


class Told(Https):
    """A way on which answers are handed in; notes what is asked."""

    def __init__(self, answers: Callable[[str, str], Reply]) -> None:
        super().__init__("bmc", 443, tls_context("", verify=True), timeout_s=1.0)
        self.answers = answers
        self.asked: list[tuple[str, str, dict[str, str]]] = []

    def exchange(self, method: str, path: str, headers: Any, body: bytes | None = None) -> Reply:
        self.asked.append((method, path, dict(headers)))
        return self.answers(method, path)


ROOT = b'{"RedfishVersion": "1.6.0", "Links": {"Sessions": {"@odata.id": "/redfish/v1/S"}}}'
MADE = Reply(201, {"x-auth-token": "T0KEN", "location": "https://bmc/redfish/v1/S/1"}, b"{}")


def conversation(more: Callable[[str, str], Reply]) -> tuple[Service, Told]:
    def answers(method: str, path: str) -> Reply:
        if path == "/redfish/v1/":
            return Reply(200, {}, ROOT)
        return MADE if method == "POST" else more(method, path)

    way = Told(answers)
    service = Service(way, Credentials("joulemark", SECRET))
    service.begin()
    return service, way


def test_a_session_is_deleted_where_the_service_put_it() -> None:
    service, way = conversation(lambda *_: Reply(204, {}, b""))
    service.close()
    method, path, headers = way.asked[-1]
    assert (method, path, headers["X-Auth-Token"]) == ("DELETE", "/redfish/v1/S/1", "T0KEN")


@pytest.mark.parametrize(
    "there",
    [
        "https://evil.example/redfish/v1/Chassis",
        "http://bmc/redfish/v1/Chassis",
        "//evil.example/redfish/v1/Chassis",
        "https://bmc:8443/redfish/v1/Chassis",
        "https://bmc:x/redfish/v1/Chassis",
        "/etc/passwd",
        "",
    ],
)
def test_no_token_goes_elsewhere(there: str) -> None:
    service, way = conversation(lambda *_: Reply(308, {"location": there}, b""))
    with pytest.raises(MeterError, match="another place"):
        service.get("/redfish/v1/Chassis")
    assert way.asked[-1][1] == "/redfish/v1/Chassis"


def test_a_redirection_within_the_service_is_followed_and_remembered() -> None:
    def slash(_: str, path: str) -> Reply:
        if path.endswith("/"):
            return Reply(200, {}, b"{}")
        return Reply(308, {"location": f"https://BMC{path}/"}, b"")

    service, way = conversation(slash)
    service.get("/redfish/v1/Chassis")
    service.get("/redfish/v1/Chassis")
    assert [path for _, path, _ in way.asked[-3:]] == [
        "/redfish/v1/Chassis", "/redfish/v1/Chassis/", "/redfish/v1/Chassis/",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b"12", b"\xff\xfe", b'{"a": NaN}', b"{" * 10, b"[" * 100_000],
)
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    service, _ = conversation(lambda *_: Reply(200, {}, body))
    with pytest.raises(MeterError):
        service.get("/redfish/v1/Chassis")


def test_references_of_a_hostile_service_lead_nowhere() -> None:
    listed = (
        b'{"Members": [{"@odata.id": "https://evil/x"}, {"@odata.id": 3}, 4, null,'
        b' {"@odata.id": "/redfish/v1/Chassis/a b"}, {"@odata.id": "/redfish/v1/C\\r\\nX: y"},'
        b' {"@odata.id": "/redfish/v1/Chassis/1"}]}'
    )
    service, _ = conversation(lambda *_: Reply(200, {}, listed))
    assert service.members("/redfish/v1/Chassis") == ["/redfish/v1/Chassis/1"]


@pytest.mark.parametrize("token", ["", "a\nb", "é"])
def test_a_token_that_cannot_be_one_is_refused(token: str) -> None:
    way = Told(
        lambda method, _: (
            Reply(201, {"x-auth-token": token}, b"{}") if method == "POST" else Reply(200, {}, ROOT)
        )
    )
    with pytest.raises(MeterError, match="no token"):
        Service(way, Credentials("joulemark", SECRET)).begin()


def test_what_is_no_redfish_service_is_said_to_be_none() -> None:
    way = Told(lambda *_: Reply(200, {}, b"{}"))
    with pytest.raises(UnavailableError, match="no Redfish service"):
        Service(way, Credentials("joulemark", SECRET)).begin()


def test_a_controller_that_asks_for_rest_is_left_alone_for_no_longer_than_minutes() -> None:
    assert Reply(503, {"retry-after": "7"}, b"").retry_after_s() == 7
    assert Reply(503, {"retry-after": "99999999"}, b"").retry_after_s() == 300
    assert Reply(503, {"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, b"").retry_after_s() == 0
    assert Reply(503, {}, b"").retry_after_s() == 0


# ------------------------------------------------------------------ settings


def test_without_a_host_it_says_how_to_name_one() -> None:
    with pytest.raises(UnavailableError, match="no baseboard controller is named") as caught:
        redfish({}).open(Ticks())
    assert "redfish:host=" in caught.value.remedy


@pytest.mark.parametrize(
    "settings",
    [
        {"password": "x", "host": "bmc"},
        {"port": 443},
        {"host": ""},
        {"host": 5},
        {"host": "https://bmc"},
        {"host": "a b"},
        {"host": "bmc", "port": 0},
        {"host": "bmc", "port": "443"},
        {"host": "bmc", "verify": "no"},
        {"host": "bmc", "auth": "digest"},
        {"host": "bmc", "timeout_s": 0},
        {"host": "bmc", "timeout_s": 1e9},
        {"host": "bmc", "pace_s": -1},
        {"host": "bmc", "chassis": [1]},
        {"host": "bmc", "user": "a\nb"},
    ],
)
def test_senseless_settings_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        redfish(settings)


def test_a_password_written_into_the_host_is_not_repeated() -> None:
    with pytest.raises(UsageError) as caught:
        redfish({"host": f"https://root:{SECRET}@bmc"})
    assert SECRET not in str(caught.value)


def test_certificates_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "none.pem").write_text("nothing")
    for path in ("none.pem", "absent.pem"):
        with pytest.raises(UsageError, match="no certificates"):
            tls_context(str(tmp_path / path), verify=True)
