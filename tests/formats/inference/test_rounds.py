from __future__ import annotations

import pytest

from joulemark.core.clock import NS
from joulemark.core.errors import UsageError
from joulemark.formats.inference.rounds import (
    ESTIMATED,
    guess_round,
    meter_model,
    performance_unit,
    ptd_version,
    round_of,
    rounds,
    shift_ns,
)
from joulemark.formats.inference.session import read_session
from tests.formats.inference.samples import T0, detail, directory, record, session, source


def _server(version: str, day: str, sha: str = "", **changed: object) -> bytes:
    identity = f"YokogawaWT310,1000,version={version}-0123abcd-20240907,OS=Linux"
    return session(
        server=True,
        ptd_messages=[{"cmd": "Identify", "reply": identity}],
        session_name=f"{day}_10-00-00",
        sources={"lib/server.py": sha},
        **changed,
    )


def test_the_rounds_in_their_order() -> None:
    names = list(rounds())
    assert names == sorted(names)
    assert [name for name in names if not rounds()[name].power] == ["v0.7"]
    days = [round_.last_run for round_ in rounds().values()]
    assert days == sorted(days)


def test_every_round_with_power_is_whole() -> None:
    for round_ in rounds().values():
        if not round_.power:
            continue
        assert round_.ptd_versions
        assert all(len(sha) == 40 for sha in round_.server_sources)
        assert "@" in round_.power_checker
        assert "@" in round_.submission_checker
        assert round_.stamps in ("utc", "local")
        assert round_.stream_unit in ("J", "mJ")
        assert round_.clock_tolerance_ms in (200, 500, 800)
        assert {"Offline", "Server", "SingleStream", "MultiStream"} <= set(round_.performance)


def test_what_changed_from_round_to_round() -> None:
    assert round_of("v1.0").stamps == "local"
    assert round_of("v1.1").queries == ESTIMATED
    assert round_of("v2.0").queries == "result_query_count"
    assert round_of("v2.1").energy_unit("SingleStream") == "J"
    assert round_of("v3.0").energy_unit("MultiStream") == "mJ"
    assert round_of("v3.0").energy_unit("Offline") == "W"
    assert not round_of("v3.0").positive_only
    assert round_of("v3.1").positive_only
    assert round_of("v4.0").performance_key("Server") == "result_scheduled_samples_per_sec"
    assert round_of("v4.1").performance_key("Server") == "result_completed_samples_per_sec"
    assert round_of("v6.0").performance_key("Interactive") == ""
    assert round_of("v6.1").performance_key("Interactive") == "result_completed_samples_per_sec"


def test_units_of_performance() -> None:
    v51 = round_of("v5.1")
    assert performance_unit(v51.performance_key("Offline", "llama3.1-8b")) == "tokens/s"
    assert performance_unit(v51.performance_key("Offline", "resnet50")) == "samples/s"
    assert performance_unit(v51.performance_key("SingleStream")) == "ns"
    assert performance_unit(round_of("v1.0").performance_key("MultiStream")) == "samples"


def test_an_unknown_round() -> None:
    with pytest.raises(UsageError, match="no round 'v9'"):
        round_of("v9")


@pytest.mark.parametrize(("zone", "ahead"), [(28800, 28800), (28800, 25200), (0, 0), (0, -3600)])
def test_local_time_of_the_first_round_with_and_without_summer(zone: int, ahead: int) -> None:
    read = read_session(source(session(timezone=zone)))
    begin = round(T0.timestamp() - ahead) * NS
    assert shift_ns(round_of("v1.0"), read, begin) == ahead * NS
    assert shift_ns(round_of("v1.1"), read, begin) == 0


def test_local_time_that_fits_no_phase_is_shifted_as_the_file_says() -> None:
    read = read_session(source(session(timezone=3600)))
    assert shift_ns(round_of("v1.0"), read, 0) == 3600 * NS
    assert (
        shift_ns(round_of("v1.0"), read_session(source(session(timezone=7, phases={}))), 0)
        == 7 * NS
    )


def test_what_the_daemon_says_of_itself() -> None:
    read = read_session(source(session(server=True)))
    assert (ptd_version(read), meter_model(read)) == ("1.11.1", "YokogawaWT310")
    bare = read_session(source(session()))
    assert (ptd_version(bare), meter_model(bare)) == ("", "")


@pytest.mark.parametrize(
    ("version", "day", "loadgen", "expected"),
    [
        ("1.9.2", "2021-03-17", ".5a1 @ 0dc82fca5c", "v1.0"),
        ("1.9.2", "2021-08-10", "1.1 @ x", "v1.1"),
        ("1.9.2", "2022-08-01", "2.1 @ x", "v2.1"),
        ("1.10.0", "2023-02-20", "2.1 @ x", "v3.0"),  # built before its round
        ("1.10.0", "2024-07-12", "4.1 @ x", "v4.1"),
        ("1.11.1", "2025-07-31", "5.0.25 @ x", "v5.1"),
        ("1.11.1", "2025-02-01", "5.0.1 @ x", "v5.0"),
        ("1.11.1", "", "5.1.0 @ x", "v5.1"),
        ("1.9.2", "", "", ""),
        ("0.0", "2025-07-31", "5.1.0 @ x", ""),
        ("1.11.1", "2035-01-01", "", ""),
    ],
)
def test_guesses(version: str, day: str, loadgen: str, expected: str) -> None:
    log = record("loadgen_version", loadgen).encode() + b"\n"
    assert guess_round(directory(server=_server(version, day), detail=log)) == expected


def test_the_tools_revision_alone_tells_something() -> None:
    sha = round_of("v3.1").server_sources[0]
    log = record("result_validity", "VALID").encode()
    assert guess_round(directory(server=_server("1.10.0", "", sha), detail=log)) == "v3.1"


def test_nothing_to_guess_from() -> None:
    assert guess_round(directory(server=b"")) == ""
    assert guess_round(directory(server=b"{}", detail=b"")) == ""
    assert guess_round(directory(server=b"{}", detail=detail())) == "v5.1"
