"""The virtual controller as others read it: ipmitool, pyghmi, and the command line."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest
from tests.pyghmi_end import end_pyghmi

from joulemark.cli import main
from joulemark.core.errors import UnavailableError, UsageError
from joulemark.virtual.bmc.instrument import ServedBmc, VirtualIpmi
from joulemark.virtual.bmc.server import UdpServer

needs_ipmitool = pytest.mark.skipif(
    shutil.which("ipmitool") is None, reason="ipmitool is not installed"
)


@pytest.fixture(scope="module", autouse=True)
def _end_of_the_library() -> Iterator[None]:
    yield
    end_pyghmi()


@pytest.fixture
def served() -> Iterator[ServedBmc]:
    instrument = VirtualIpmi(watts="321").start()
    yield instrument
    instrument.close()


def _ipmitool(port: int, *words: str, suite: int = 17, password: str = "virtual") -> str:
    login = ["-H", "127.0.0.1", "-p", str(port), "-U", "admin", "-P", password]
    command = ["ipmitool", "-I", "lanplus", "-C", str(suite), "-N", "5", *login, *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr


@needs_ipmitool
@pytest.mark.parametrize("suite", [3, 17])
def test_ipmitool_reads_power(served: ServedBmc, suite: int) -> None:
    told = _ipmitool(served.server.port, "dcmi", "power", "reading", suite=suite)
    assert "Instantaneous power reading:                   321 Watts" in told
    assert "activated" in told
    assert not served.bmc.sessions  # it has closed its session


@needs_ipmitool
def test_ipmitool_is_told_why_it_may_not_in(served: ServedBmc) -> None:
    told = _ipmitool(served.server.port, "dcmi", "power", "reading", password="wrong")
    assert "Unable to establish" in told
    assert "Watts" not in told


@needs_ipmitool
def test_ipmitool_reads_clock_chassis_and_capabilities(served: ServedBmc) -> None:
    assert "UTC" in _ipmitool(served.server.port, "sel", "time", "get")
    assert "Chassis Power is on" in _ipmitool(served.server.port, "chassis", "power", "status")
    assert "Power management available" in _ipmitool(served.server.port, "dcmi", "discover")


def test_pyghmi_reads_power(served: ServedBmc) -> None:
    command = pytest.importorskip("pyghmi.ipmi.command", reason="pyghmi is not installed")
    console = command.Command("127.0.0.1", "admin", "virtual", port=served.server.port)
    try:
        answer = console.raw_command(netfn=0x2C, command=0x02, data=(0xDC, 1, 0, 0))
    finally:
        console.ipmi_session.logout()
    assert answer["code"] == 0
    assert int.from_bytes(answer["data"][1:3], "little") == 321


# ----------------------------------------------------------------------------- socket


def test_a_server_survives_what_it_is_sent_and_closes_twice() -> None:
    server = UdpServer(lambda packet: packet or None, think_s=0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.settimeout(10)
        for said in (b"", b"x" * 2000, b"hello"):
            peer.sendto(said, (server.host, server.port))
        assert [len(peer.recv(3000)) for _ in range(2)] == [1025, 5]
    server.close()
    server.close()


def test_a_port_that_is_taken_is_told(served: ServedBmc) -> None:
    with pytest.raises(UnavailableError, match="in use"):
        VirtualIpmi(port=served.server.port).start()
    with pytest.raises(UnavailableError):
        VirtualIpmi(port=70000).start()


@pytest.mark.parametrize(
    "settings",
    [
        {"user": ""},
        {"user": "n" * 17},
        {"password": "p" * 21},
        {"watts": "much"},
        {"update_s": 0.0},
        {"fault": ("lies",)},
    ],
)
def test_senseless_settings_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        VirtualIpmi(**settings).start()  # type: ignore[arg-type]


# ----------------------------------------------------------------------- command line


def test_the_verb_lists_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["virtual"]) == 0
    assert "ipmi" in capsys.readouterr().out
    assert main(["virtual", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ipmi"].startswith("A baseboard controller")


def test_the_verb_says_that_it_is_virtual_and_where(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["virtual", "ipmi", "--watts", "5", "--fault", "clock", "--for", "0"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("virtual ipmi: software, not hardware\nIPMI 2.0 at 127.0.0.1, UDP port")
    assert main(["virtual", "ipmi", "--json", "--for", "0"]) == 0
    assert json.loads(capsys.readouterr().out)["virtual"] == "ipmi"


def test_an_unknown_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["virtual", "nothing"]) == 2
    assert "choose from ipmi, " in capsys.readouterr().err


def test_it_ends_on_a_signal() -> None:
    command = [sys.executable, "-m", "joulemark", "virtual", "ipmi"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as started:
        assert started.stdout is not None
        assert b"software" in started.stdout.readline()
        started.terminate()
        assert started.wait(30) == 130
