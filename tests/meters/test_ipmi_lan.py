"""The way over the network: pyghmi against the virtual controller, on loopback."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.pyghmi_end import end_pyghmi

import joulemark
from joulemark.core.caution import Caution, Code
from joulemark.core.channel import Provenance
from joulemark.core.clock import NS
from joulemark.core.errors import MeterError, PermissionNeededError
from joulemark.meters import _dcmi
from joulemark.meters._credentials import Credentials
from joulemark.meters._ipmi_lan import Lan
from joulemark.meters.ipmi import Ipmi
from joulemark.store.reader import open_run
from joulemark.virtual.bmc.instrument import ServedBmc, VirtualIpmi
from joulemark.virtual.faults import Faults

pytest.importorskip("pyghmi", reason="pyghmi is not installed")
USER, SECRET = "reader", "s3cret-of-test"


@pytest.fixture(scope="module", autouse=True)
def _end_of_the_library() -> Iterator[None]:
    yield
    end_pyghmi()


@pytest.fixture
def served() -> Iterator[ServedBmc]:
    instrument = VirtualIpmi(user=USER, password=SECRET, watts="321", update_s=0.01).start()
    yield instrument
    instrument.close()


@pytest.fixture
def way(served: ServedBmc) -> Iterator[Lan]:
    lan = Lan("127.0.0.1", served.server.port, Credentials(USER, SECRET))
    yield lan
    lan.close()


def test_power_by_cipher_suite_17_and_the_session_is_given_back(
    served: ServedBmc, way: Lan
) -> None:
    assert _dcmi.power(*way.ask(*_dcmi.POWER), way.where).watts == 321
    assert way.suite == 17
    assert len(served.bmc.sessions) == 1
    way.close()
    until(lambda: not served.bmc.sessions)
    with pytest.raises(MeterError, match="closed"):
        way.ask(*_dcmi.POWER)


def until(holds: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait for what a thread does."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.mark.parametrize(("user", "word"), [(USER, "wrong-secret"), ("nobody", SECRET)])
def test_who_is_not_let_in_is_told_without_the_password(
    served: ServedBmc, user: str, word: str
) -> None:
    lan = Lan("127.0.0.1", served.server.port, Credentials(user, word))
    with pytest.raises(PermissionNeededError, match="does not let us in") as caught:
        lan.ask(*_dcmi.POWER)
    assert word not in f"{caught.value} {caught.value!r} {lan!r}"
    lan.close()


def test_other_ways_of_a_library_to_fail_are_errors_of_ours() -> None:
    class Session:
        broken, logged, currhashlen, maxtimeout, logontries = False, 1, 12, 4, 1

        def logout(self) -> None:
            raise OSError(SECRET)

    class Library:
        def __init__(self, *_: object, **__: object) -> None:
            self.ipmi_session = Session()
            self.answers: list[object] = [{"code": 0, "data": b"\x01"}, {"code": 0xFFFF}]

        def raw_command(self, **_: object) -> object:
            if not self.answers:
                raise KeyError(f"broken {SECRET}")
            return self.answers.pop(0)

    lan = Lan("bmc", 623, Credentials(USER, SECRET), library=Library)
    assert lan.ask(6, 1, b"") == (0, b"\x01")
    assert lan.suite == 3
    with pytest.raises(MeterError, match="no answer"):
        lan.ask(6, 1, b"")
    lan.ask(6, 1, b"")  # logs in anew
    lan._command.answers.clear()
    with pytest.raises(MeterError, match="broken") as caught:
        lan.ask(6, 1, b"")
    assert SECRET not in str(caught.value)
    lan.ask(6, 1, b"")
    lan.interrupt()
    lan.close()
    lan.close()

    Session.logged = 0
    mute = Lan("bmc", 623, Credentials(USER, SECRET), library=Library)
    with pytest.raises(MeterError, match="no answer to a login"):
        mute.ask(6, 1, b"")


def test_the_meter_reads_on_after_a_stall(served: ServedBmc) -> None:
    def way() -> Lan:
        return Lan("127.0.0.1", served.server.port, Credentials(USER, SECRET))

    meter = Ipmi(way, watch_s=0.0, pace_s=0.01)
    meter.open(time.time_ns)
    rows: list[tuple[int, float, int]] = []

    def more() -> bool:
        rows.extend(meter.read().rows())
        return bool(rows)

    until(more)
    served.bmc.faults = Faults(stalls_after=0.0, stalls_lasting=1e9)
    until(lambda: bool(meter.read() and False) or bool(meter.failures))
    assert "no answer" in meter.failures[0].what
    served.bmc.faults = Faults()
    rows.clear()
    until(more, 20.0)
    meter.close()
    assert {value for _, value, _ in rows} == {321.0}
    assert abs(rows[-1][0] - time.time_ns()) < 20 * NS


def test_a_secret_is_nowhere_in_a_run(
    served: ServedBmc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOULEMARK_BMC_USER", USER)
    monkeypatch.setenv("JOULEMARK_BMC_PASSWORD", SECRET)
    settings = {"host": "127.0.0.1", "port": served.server.port, "watch_s": 0}
    with (
        joulemark.measure(store=tmp_path, meters=[("ipmi", settings)]),
        joulemark.phase("read"),
    ):
        asked = served.bmc.requests
        until(lambda: served.bmc.requests > asked + 3)
    until(lambda: not served.bmc.sessions)
    (run,) = (open_run(path.parent).run for path in tmp_path.glob("*/run.json"))
    assert Caution(Code.VIRTUAL, "ipmi") in run.cautions
    assert {c.provenance for c in run.channels if c.carries_energy} == {Provenance.ESTIMATED}
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(b"ipmi/node/power" in path.read_bytes() for path in files)
    for path in files:
        assert SECRET.encode() not in path.read_bytes(), path
