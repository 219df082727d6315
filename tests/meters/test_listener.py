"""Who listens on a port: found for sure, or said why not."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from joulemark.meters._listener import Listener, descends, listener

LOCAL = bytes((127, 0, 0, 1))
HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"


class Machine:
    """A proc file system with sockets and processes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "net").mkdir()
        (root / "net" / "tcp").write_text(HEAD)

    def socket(
        self, address: str, port: int, inode: int, state: str = "0A", kind: str = "tcp"
    ) -> None:
        path = self.root / "net" / kind
        before = path.read_text() if path.exists() else HEAD
        zero = "0" * len(address)
        line = f"   0: {address}:{port:04X} {zero}:0000 {state} 00000000:00000000 00:00000000 00000000  1000        0 {inode} 1 0 100 0 0 10 0\n"  # noqa: E501
        path.write_text(before + line)

    def process(
        self, pid: int, *inodes: int, parent: int = 1, group: int = 0, name: str = "python3"
    ) -> None:
        (self.root / str(pid) / "fd").mkdir(parents=True)
        rest = " ".join(["0"] * 45)
        stat = f"{pid} ({name}) S {parent} {group or pid} {rest}"
        (self.root / str(pid) / "stat").write_text(stat)
        for i, inode in enumerate(inodes):
            (self.root / str(pid) / "fd" / str(i)).symlink_to(f"socket:[{inode}]")

    def asked(self, port: int = 8000, *, address: bytes = LOCAL, own: int = 9999) -> Listener | str:
        return listener(
            "somewhere",
            port,
            proc=str(self.root),
            resolve=lambda _: [address],
            is_ours=lambda address: address[:1] != b"\x0a",
            own=own,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_the_process_that_listens_is_found(machine: Machine) -> None:
    machine.socket("0100007F", 8000, 41, state="01")  # a connection
    machine.socket("0100007F", 8001, 42)
    machine.socket("0100007F", 8000, 43)
    machine.process(7, 41)
    machine.process(8, 42)
    machine.process(9, 3, 43, name="a (b) server")
    assert machine.asked() == Listener(pid=9, root=9, name="a (b) server")


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("00000000", "tcp"),
        ("0" * 32, "tcp6"),
        ("0000000000000000FFFF00000100007F", "tcp6"),  # ::ffff:127.0.0.1
    ],
)
def test_what_listens_everywhere_listens_here(machine: Machine, address: str, kind: str) -> None:
    machine.socket(address, 8000, 43, kind=kind)
    machine.process(9, 43)
    assert machine.asked() == Listener(pid=9, root=9, name="python3")


def test_the_address_asked_for_counts_before_all_addresses(machine: Machine) -> None:
    machine.socket("00000000", 8000, 43)
    machine.socket("0100007F", 8000, 44)
    machine.socket("0200007F", 8000, 45)
    for pid, inode in ((9, 43), (10, 44), (11, 45)):
        machine.process(pid, inode)
    found = machine.asked()
    assert isinstance(found, Listener)
    assert found.pid == 10


def test_an_ipv6_address_is_read(machine: Machine) -> None:
    machine.socket("000000000000000000000000" + "01000000", 8000, 43, kind="tcp6")
    machine.process(9, 43)
    found = machine.asked(address=bytes(15) + b"\x01")
    assert isinstance(found, Listener)
    assert machine.asked() == "nothing listens on port 8000 here; it may do so within a container"


def test_of_a_master_and_its_workers_the_master_counts(machine: Machine) -> None:
    machine.socket("0100007F", 8000, 43)
    machine.process(9, 43)
    machine.process(10, 43, parent=9, group=9)
    machine.process(11, 43, parent=10, group=9)
    found = machine.asked()
    assert isinstance(found, Listener)
    assert found.pid == 9


def test_a_router_beside_its_shards_is_billed_with_what_started_both(machine: Machine) -> None:
    machine.socket("0100007F", 8000, 43)
    machine.process(50, name="launcher")
    machine.process(51, parent=50, group=50, name="shard")
    machine.process(52, 43, parent=50, group=50, name="router")
    assert machine.asked() == Listener(pid=52, root=50, name="router")


def test_a_script_that_started_us_too_is_not_billed(machine: Machine) -> None:
    machine.socket("0100007F", 8000, 43)
    machine.process(50, name="bash")
    machine.process(51, 43, parent=50, group=50)
    machine.process(60, parent=50, group=50)
    assert machine.asked(own=60) == Listener(pid=51, root=51, name="python3")


def test_two_servers_of_one_port_are_not_told_apart(machine: Machine) -> None:
    machine.socket("0100007F", 8000, 43)
    machine.socket("0100007F", 8000, 44)
    machine.process(9, 43)
    machine.process(10, 44)
    assert machine.asked() == "several processes listen on port 8000: 9, 10"


def test_what_only_passes_on_is_not_billed(machine: Machine) -> None:
    machine.socket("00000000", 8000, 43)
    machine.process(9, 43, name="docker-proxy")
    said = machine.asked()
    assert said == (
        "docker-proxy (process 9) listens on port 8000, and passes on what another serves"
    )


def test_another_machine_is_said(machine: Machine) -> None:
    machine.socket("00000000", 8000, 43)
    machine.process(9, 43)
    assert machine.asked(address=bytes((10, 0, 0, 7))) == "somewhere is another machine"
    said = listener("nowhere", 8000, proc=str(machine.root), resolve=lambda _: [])
    assert said == "nowhere has no address"


def test_a_holder_that_nobody_shows_is_said(machine: Machine) -> None:
    machine.socket("0100007F", 8000, 43)
    machine.process(9, 40)
    machine.process(10)
    (machine.root / "10" / "fd").rmdir()
    assert machine.asked() == (
        "what listens on port 8000 belongs to user 1000, in a container or ended just now"
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look everywhere")
def test_a_holder_of_another_user_is_said(machine: Machine) -> None:
    machine.socket("0100007F", 8000, 43)
    machine.process(9, 43)
    (machine.root / "9" / "fd").chmod(0)
    said = machine.asked()
    (machine.root / "9" / "fd").chmod(0o700)
    assert said == ("what listens on port 8000 belongs to user 1000: run as that user, or as root")


def test_a_holder_that_has_ended_is_said(machine: Machine) -> None:
    machine.socket("0100007F", 8000, 43)
    machine.process(9, 43)
    (machine.root / "9" / "stat").unlink()
    assert machine.asked() == "process 9, which listened on port 8000, has ended"


def test_a_damaged_table_is_no_reason_to_fail(machine: Machine) -> None:
    (machine.root / "net" / "tcp").write_text(HEAD + "nonsense\n 0: XX:1F40 0:0 0A 0 0 0 x 0 y\n")
    assert "nothing listens" in str(machine.asked())


def test_this_process_is_found_on_this_machine() -> None:
    with socket.create_server(("127.0.0.1", 0)) as line:
        found = listener("127.0.0.1", line.getsockname()[1], own=0)
        assert isinstance(found, Listener)
        assert found.pid == os.getpid()
        port = line.getsockname()[1]
    assert "nothing listens" in str(listener("localhost", port))
    assert listener("192.0.2.1", port) == "192.0.2.1 is another machine"
    assert listener("no such name", port) == "no such name has no address"


def test_what_descends_from_whom() -> None:
    assert descends(os.getpid(), os.getpid())
    assert descends(os.getpid(), os.getppid())
    assert not descends(os.getppid(), os.getpid())
