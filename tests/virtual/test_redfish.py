"""The virtual Redfish services: their protocol, and that DMTF's own client can read them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from joulemark.core.errors import UnavailableError, UsageError
from joulemark.virtual.faults import faults
from joulemark.virtual.redfish.chassis import Chassis, node
from joulemark.virtual.redfish.instruments import RedfishBmc, RedfishPdu
from joulemark.virtual.redfish.resources import ROOT, Gauge, manager
from joulemark.virtual.redfish.service import SESSIONS, Answer, Service
from joulemark.virtual.redfish.wrongs import wrongs
from joulemark.virtual.watts import wave


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def service(clock: Clock, *told: str, watts: str = "100W..300W/20s", **more: Any) -> Service:
    ills = faults(told)
    gauge = Gauge(wave(watts), 1.0, ills)
    resources = {
        **node([Chassis("Node", "RackMount", gauge)], environment=True, energy=True),
        **manager("BMC", lambda: 1.8e9 + clock.now, ills),
    }
    return Service(
        resources, user="me", password="pass", elapsed=clock, utc=clock, faults=ills, **more
    )


def log_in(made: Service) -> dict[str, str]:
    answer = made.answer("POST", SESSIONS, {}, b'{"UserName": "me", "Password": "pass"}')
    assert answer.status == 201
    assert answer.headers["Location"].startswith(SESSIONS)
    return {"x-auth-token": answer.headers["X-Auth-Token"]}


def told(answer: Answer) -> Any:
    assert answer.status == 200
    return json.loads(answer.body)


def test_the_root_is_open_and_nothing_else() -> None:
    made = service(Clock())
    assert told(made.answer("GET", "/redfish", {})) == {"v1": "/redfish/v1/"}
    assert (
        told(made.answer("GET", f"{ROOT}/", {}))["@odata.type"]
        == "#ServiceRoot.v1_20_0.ServiceRoot"
    )
    for path in (
        "Chassis",
        "Systems/1",
        "Managers/BMC",
        "SessionService",
        "SessionService/Sessions",
    ):
        assert made.answer("GET", f"{ROOT}/{path}", {}).status == 401
    assert made.answer("GET", f"{ROOT}/Chassis", {"x-auth-token": ""}).status == 401
    assert made.answer("GET", f"{ROOT}/Chassis", {"authorization": "Basic !"}).status == 401


def test_every_reference_leads_somewhere_and_every_resource_says_what_it_is() -> None:
    made = service(Clock())
    right, seen, todo = log_in(made), set(), [f"{ROOT}/"]
    while todo:
        path = todo.pop()
        if path.rstrip("/") in seen:
            continue
        seen.add(path.rstrip("/"))
        found = told(made.answer("GET", path, right))
        assert found["@odata.id"] == path
        assert found["@odata.type"].startswith("#")
        assert found["Name"]
        text = json.dumps(found)
        words = text.split('"')
        todo += [word for word in words if word.startswith("/redfish/v1/") and "#" not in word]
    assert len(seen) > 12


def test_sessions_are_limited_expire_and_end() -> None:
    clock = Clock()
    made = service(clock, session_timeout_s=30.0, most_sessions=2)
    right = log_in(made)
    log_in(made)
    full = made.answer("POST", SESSIONS, {}, b'{"UserName": "me", "Password": "pass"}')
    assert (full.status, full.headers["Retry-After"]) == (503, "2")
    clock.now = 25
    assert made.answer("GET", f"{ROOT}/Chassis", right).status == 200
    clock.now = 50  # the one that was used lives, the other not
    assert len(told(made.answer("GET", SESSIONS, right))["Members"]) == 1
    (own,) = made.sessions
    assert told(made.answer("GET", f"{SESSIONS}/{own}", right))["Password"] is None
    assert made.answer("DELETE", f"{SESSIONS}/{own}", right).status == 204
    assert made.answer("GET", f"{ROOT}/Chassis", right).status == 401


@pytest.mark.parametrize("body", [b"", b"[]", b'{"UserName": "me"}', b"[" * 100_000])
def test_a_login_that_is_none_is_refused(body: bytes) -> None:
    assert service(Clock()).answer("POST", SESSIONS, {}, body).status == 400


def test_other_methods_and_places_are_refused() -> None:
    made = service(Clock())
    right = log_in(made)
    assert made.answer("PATCH", f"{ROOT}/Chassis/Node", right).status == 405
    assert made.answer("GET", f"{ROOT}/Nothing", right).status == 404
    assert made.answer("DELETE", f"{SESSIONS}/none", right).status == 404
    wrong = made.answer("POST", SESSIONS, {}, b'{"UserName": "me", "Password": "no"}')
    assert wrong.status == 401


def test_what_it_shows_is_the_truth_at_its_own_pace() -> None:
    clock = Clock()
    made = service(clock)
    right = log_in(made)
    path = f"{ROOT}/Chassis/Node/EnvironmentMetrics"
    clock.now = 15.4
    shown = told(made.answer("GET", path, right))
    assert shown["PowerWatts"]["Reading"] == 300
    truth = wave("100W..300W/20s").energy(0, 15)
    assert shown["EnergykWh"]["Reading"] == pytest.approx(truth / 3.6e6, abs=1e-6)
    power = told(made.answer("GET", f"{ROOT}/Chassis/Node/Power", right))["PowerControl"][0]
    assert power["PowerConsumedWatts"] == 300
    assert power["PowerMetrics"]["MinConsumedWatts"] == 100


def test_faults_of_an_instrument_hold_here() -> None:
    clock = Clock()
    made = service(clock, "frozen:after=3", "clock:offset=-3600", "stalls:after=20,lasting=5")
    right = log_in(made)
    path = f"{ROOT}/Chassis/Node/EnvironmentMetrics"
    clock.now = 12
    assert told(made.answer("GET", path, right))["PowerWatts"]["Reading"] == 100
    manager_clock = told(made.answer("GET", f"{ROOT}/Managers/BMC", right))["DateTime"]
    assert manager_clock == "2027-01-15T07:00:12+00:00"
    clock.now = 21
    assert made.answer("GET", path, right).after_s == float("inf")
    clock.now = 26
    assert made.answer("GET", path, right).after_s == 0


@pytest.mark.parametrize("told", ["nothing", "busy:often=1", "busy:after=x"])
def test_faults_that_there_are_not_are_refused(told: str) -> None:
    with pytest.raises(UsageError):
        wrongs([told])
    with pytest.raises(UsageError):
        RedfishBmc(fault=(told,)).start()


def test_a_senseless_pace_and_a_taken_port_are_refused() -> None:
    with pytest.raises(UsageError):
        RedfishBmc(update=0.0).start()
    made = RedfishPdu().start()
    try:
        with pytest.raises(UnavailableError, match="cannot listen"):
            RedfishPdu(port=made.server.port).start()
    finally:
        made.close()
        made.close()
    assert not made.cafile.exists()


def test_dmtfs_own_client_reads_it() -> None:
    client_library = pytest.importorskip("redfish")
    made = RedfishBmc(watts="321W", password="pass-word").start()
    try:
        client = client_library.redfish_client(
            base_url=f"https://127.0.0.1:{made.server.port}",
            username="joulemark",
            password="pass-word",
            cafile=str(made.cafile),
            timeout=5,
            max_retry=0,
        )
        try:
            client.login(auth="session")
            found = client.get(f"{ROOT}/Chassis/Node/EnvironmentMetrics")
            assert found.status == 200
            assert found.dict["PowerWatts"]["Reading"] == 321
            assert len(made.service.sessions) == 1
            client.logout()
        finally:
            client._session.close()
        assert made.service.sessions == {}
    finally:
        made.close()
