"""Which chassis is the node, how far a clock is off, a connection that breaks: by conversation."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.core.errors import JoulemarkError, MeterError, UnavailableError
from joulemark.meters._credentials import Credentials
from joulemark.meters._https import Https, Reply, SilentError, tls_context
from joulemark.meters._redfish import Redfish
from joulemark.meters._redfish_chassis import clock_ahead_s, named, node, source
from joulemark.meters._redfish_points import Asker, Point, seconds
from joulemark.meters._remote import BusyError
from joulemark.virtual.redfish.certificate import Certificate, self_signed

V1 = "/redfish/v1"


class Told(Https):
    """A way on which resources are handed in; a resource that is an error is raised."""

    def __init__(self, resources: Mapping[str, Any]) -> None:
        super().__init__("bmc", 443, tls_context("", verify=True), timeout_s=1.0)
        self.resources = resources

    def exchange(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Reply:
        found = self.resources.get(path)
        if isinstance(found, Exception):
            raise found
        if found is None:
            return Reply(404, {}, b"{}")
        return found if isinstance(found, Reply) else Reply(200, {}, json.dumps(found).encode())


def service(**resources: Any) -> Redfish:
    told = {f"{V1}/{path}": found for path, found in resources.items()}
    return Redfish(Told(told), Credentials("me", "secret"), basic=True)


def members(*paths: str) -> dict[str, Any]:
    return {"Members": [{"@odata.id": f"{V1}/{path}"} for path in paths]}


def chassis(name: str, **more: Any) -> dict[str, Any]:
    return {"Id": name, "Power": {"@odata.id": f"{V1}/Chassis/{name}/Power"}, **more}


POWER = {"PowerControl": [{"PowerConsumedWatts": 300}]}
TWO = {
    "Chassis": members("Chassis/A", "Chassis/B"),
    "Chassis/A": chassis("A"),
    "Chassis/A/Power": POWER,
    "Chassis/B": chassis("B"),
    "Chassis/B/Power": {"PowerControl": [{"PowerConsumedWatts": None}]},
}


def test_without_systems_the_only_chassis_with_power_is_the_node() -> None:
    assert node(service(**TWO)).chassis == "A"


def test_of_two_that_tell_their_power_one_must_be_named() -> None:
    both = service(**{**TWO, "Chassis/B/Power": POWER})
    with pytest.raises(UnavailableError, match=r"several .*A, B.*chassis=NAME"):
        node(both)
    assert named(both, "B").chassis == "B"


def test_the_chassis_of_the_system_is_preferred() -> None:
    linked = {"Links": {"Chassis": [{"@odata.id": f"{V1}/Chassis/B"}]}}
    both = {**TWO, "Chassis/B/Power": POWER, "Systems": members("Systems/1"), "Systems/1": linked}
    assert node(service(**both)).chassis == "B"
    broken = {**both, "Systems/1": {"Links": {"Chassis": "B"}}}
    with pytest.raises(UnavailableError, match="several"):
        node(service(**broken))


def test_no_power_at_all_is_said_with_what_may_be_the_reason() -> None:
    with pytest.raises(UnavailableError, match=r"no chassis tells its power.*licence"):
        node(service(Chassis=members("Chassis/B"), **{"Chassis/B": chassis("B")}))
    with pytest.raises(UnavailableError, match="does not tell its power"):
        named(service(**TWO), "B")


def test_null_in_environment_metrics_falls_back_to_power() -> None:
    metrics = {"@odata.id": f"{V1}/Chassis/A/EnvironmentMetrics"}
    told = service(
        **{
            **TWO,
            "Chassis/A": chassis("A", EnvironmentMetrics=metrics, Manufacturer="M", Model=5),
            "Chassis/A/EnvironmentMetrics": {"PowerWatts": {"Reading": None}},
        }
    )
    found = source(told, f"{V1}/Chassis/A")
    assert found is not None
    assert (found.way, found.model, found.rated_w) == ("Power", "M", None)


def test_energy_in_joules_is_preferred_and_a_sensor_that_is_not_there_says_nothing() -> None:
    metrics = {"@odata.id": f"{V1}/Chassis/A/EnvironmentMetrics"}
    told = service(
        **{
            "Chassis/A": {"EnvironmentMetrics": metrics},
            "Chassis/A/EnvironmentMetrics": {
                "PowerWatts": {"Reading": 5, "DataSourceUri": f"{V1}/Chassis/A/Sensors/None"},
                "EnergykWh": {"Reading": 1},
                "EnergyJoules": {"Reading": 3.6e6, "DataSourceUri": "https://evil/"},
            },
        }
    )
    found = source(told, f"{V1}/Chassis/A")
    assert found is not None
    assert found.counter is not None
    assert (found.counter.unit, found.about.accuracy) == ("J", None)


@pytest.mark.parametrize(
    "error",
    [SilentError("silent", where="bmc"), BusyError("busy", where="bmc", rest_s=1.0)],
)
def test_silence_is_not_taken_for_absence(error: MeterError) -> None:
    for path in ("Systems", "Chassis", "Chassis/A/Power", "Chassis/A"):
        with pytest.raises(type(error)):
            node(service(**{**TWO, path: error}))
    with pytest.raises(type(error)):
        clock_ahead_s(service(Managers=error), lambda: 0.0)
    point = Point(f"{V1}/Chassis", ("x",))
    with pytest.raises(type(error)):
        Asker(service(Chassis=error), [point]).ask()


# ------------------------------------------------------------------ numbers and times


@pytest.mark.parametrize(
    ("manager", "ahead_s"),
    [
        ({"DateTime": "2026-11-26T10:00:00+05:00"}, 0.0),
        ({"DateTime": "2026-11-26T05:00:00Z"}, 0.0),
        ({"DateTime": "2026-11-26T10:00:00", "DateTimeLocalOffset": "+05:00"}, 0.0),
        ({"DateTime": "2026-11-26T10:00:00Z"}, 18000.0),
        ({"DateTime": "2026-11-26T10:00:00"}, None),
        ({"DateTime": "yesterday", "DateTimeLocalOffset": "+05:00"}, None),
        ({"DateTime": 5}, None),
        ({}, None),
    ],
)
def test_the_clock_of_a_controller(manager: dict[str, Any], ahead_s: float | None) -> None:
    told = service(Managers=members("Managers/1"), **{"Managers/1": manager})
    assert clock_ahead_s(told, lambda: 1795669200.0) == ahead_s
    assert clock_ahead_s(service(), lambda: 0.0) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [("PT1S", 1.0), ("PT1M0.5S", 60.5), ("PT2H", 7200.0), ("P", None), ("1", None), (None, None)],
)
def test_durations(text: object, value: float | None) -> None:
    assert seconds(text) == value


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=9,
)


@given(JSON)
def test_whatever_stands_at_a_point_is_a_sound_number_or_none(found: Any) -> None:
    for keys in (("a",), ("a", 0), ("a", 0, "b")):
        value = Point("/redfish/v1/x", keys, most=1e6).value({"a": found})
        assert value is None or 0 <= value <= 1e6


def test_a_resource_that_is_gone_costs_its_own_numbers_only() -> None:
    points = [Point(f"{V1}/here", ("a",)), Point(f"{V1}/gone", ("a",))]
    asker = Asker(service(here={"a": 5}), points)
    assert asker.ask() == [5.0, None]
    assert "404" in str(asker.failures[0])
    with pytest.raises(MeterError, match="404"):
        Asker(service(), points).ask()


# ------------------------------------------------------------------ the connection


@contextmanager
def listening(certificate: Certificate, talk: Callable[[Any, int], None]) -> Iterator[int]:
    """Accept TLS connections one after the other, and let each be talked on, with its number."""
    listener = socket.create_server(("127.0.0.1", 0))
    tls, ended = certificate.context(), threading.Event()

    def serve() -> None:
        for number in range(100):
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            try:
                with tls.wrap_socket(plain, server_side=True) as secret:
                    talk(secret, number)
            except OSError:
                plain.close()
            if ended.is_set():
                return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        ended.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    return self_signed("127.0.0.1")


def way_to(certificate: Certificate, port: int, tmp_path: Path) -> Https:
    certificate.hand_out(tmp_path / "ca.pem")
    tls = tls_context(str(tmp_path / "ca.pem"), verify=True)
    return Https("127.0.0.1", port, tls, timeout_s=2.0)


def test_a_kept_connection_that_was_closed_is_made_again(
    certificate: Certificate, tmp_path: Path
) -> None:
    def once(secret: Any, _: int) -> None:
        secret.recv(4096)
        secret.sendall(OK)

    with listening(certificate, once) as port:
        way = way_to(certificate, port, tmp_path)
        for _ in range(3):
            assert way.exchange("GET", "/redfish", {}).status == 200
        assert way.handshakes == 3
        with pytest.raises(MeterError):  # a second session must not be made by chance
            way.exchange("POST", "/redfish", {}, b"{}")
        way.close()


@pytest.mark.parametrize(
    ("said", "match"),
    [
        (b"", "closed the connection"),
        (b"hello\r\n\r\n", "closed the connection|does not speak HTTP"),
        (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n", "does not speak HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", "does not speak HTTP"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (2 << 20), "longer than"),
    ],
)
def test_what_is_no_answer_is_refused(
    certificate: Certificate, tmp_path: Path, said: bytes, match: str
) -> None:
    def talk(secret: Any, _: int) -> None:
        secret.recv(4096)
        secret.sendall(said)

    with listening(certificate, talk) as port:
        way = way_to(certificate, port, tmp_path)
        with pytest.raises(MeterError, match=match):
            way.exchange("GET", "/redfish", {})


def test_a_closed_port_and_a_name_that_is_none_are_told() -> None:
    tls = tls_context("", verify=True)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(SilentError, match="cannot be reached"):
        Https("127.0.0.1", port, tls, timeout_s=1.0).exchange("GET", "/redfish", {})
    with pytest.raises(JoulemarkError):
        Https("no-such-host.invalid", 443, tls, timeout_s=5.0).exchange("GET", "/redfish", {})
    assert Https("::1", 443, tls, timeout_s=1.0).origin == "https://[::1]"
