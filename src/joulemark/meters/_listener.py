"""Which process of this machine serves a port: whom the ``estimate`` meter is to bill.

``/proc/net/tcp`` and ``tcp6`` (proc_net_tcp(5)) list the sockets of this network namespace with the
numbers of their inodes; ``/proc/PID/fd`` tells which process holds them. A wrong process would be
worse than none, so that whatever is not certain is answered with a reason.
"""

from __future__ import annotations

import os
import sys

from joulemark.core.record import record
from joulemark.meters._files import Files
from joulemark.meters._pidstat import Stat, parse, read_once

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from typing import TypeAlias

Address: TypeAlias = bytes
"""4 bytes, or 16 of IPv6; those of IPv4 within IPv6 as 4."""

_LISTEN = "0A"
_MOST = 1 << 24
"""Most that is read of a table, bytes: 100 000 sockets."""
_V4_IN_V6 = b"\x00" * 10 + b"\xff\xff"
FORWARDERS = frozenset({
    b"caddy", b"conmon", b"docker-proxy", b"envoy", b"haproxy", b"kube-proxy", b"kubectl", b"nginx",
    b"pasta", b"pasta.avx2", b"rootlesskit", b"rootlessport", b"slirp4netns", b"socat", b"ssh",
    b"sshd", b"traefik",
})  # fmt: skip
"""Names of programs that pass on what others serve."""


@record(frozen=True, slots=True, kw_only=True)
class Listener:
    """Who serves a port.

    Attributes:
        pid: the process that listens.
        root: the process whose tree does the serving: the leader of its group, if it started it
            (some servers listen in one of several processes), else the process itself.
        name: what the kernel calls it.
    """

    pid: int
    root: int
    name: str


def listener(
    host: str,
    port: int,
    *,
    proc: str = "/proc",
    resolve: Callable[[str], Collection[Address]] | None = None,
    is_ours: Callable[[Address], bool] | None = None,
    own: int | None = None,
) -> Listener | str:
    """Return who listens on a port, or in words why that cannot be told.

    Args:
        host: name or address, as clients use it.
        port: of TCP.
        proc: where the proc file system is mounted.
        resolve: addresses of a name.
        is_ours: whether an address is one of this machine.
        own: this process, which is never taken for a part of the server.
    """
    addresses = (resolve or _resolved)(host)
    if not addresses:
        return f"{host} has no address"
    if not all(map(is_ours or _is_ours, addresses)):
        return f"{host} is another machine"
    sockets = list(_listening(proc, port))
    exact = {s.inode: s for s in sockets if s.address in addresses}
    found = exact or {s.inode: s for s in sockets if not any(s.address)}
    if not found:
        return f"nothing listens on port {port} here; it may do so within a container"
    holders, hidden = _holders(proc, set(found))
    if not holders:
        user = next(iter(found.values())).user
        return f"what listens on port {port} belongs to user {user}" + (
            ": run as that user, or as root" if hidden else ", in a container or ended just now"
        )
    return _one(proc, port, holders, os.getpid() if own is None else own)


def descends(pid: int, top: int, *, proc: str = "/proc") -> bool:
    """Return whether a process is another, or was started by it or by what that started.

    Args:
        pid: the process.
        top: the other.
        proc: where the proc file system is mounted.
    """
    return pid == top or top in _ancestors(proc, pid)


@record(frozen=True, slots=True)
class _Socket:
    address: Address
    inode: int
    user: int


def _listening(proc: str, port: int) -> Iterator[_Socket]:
    for name in ("tcp", "tcp6"):
        for line in Files().text(f"{proc}/net/{name}", _MOST).splitlines()[1:]:
            fields = line.split()
            if len(fields) < 10 or fields[3] != _LISTEN:
                continue
            address, _, number = fields[1].partition(":")
            try:
                if int(number, 16) == port:
                    yield _Socket(_address(address), int(fields[9]), int(fields[7]))
            except ValueError:
                continue


def _address(text: str) -> Address:
    """Return an address as on the wire; the kernel writes it in words of this machine's order."""
    raw = bytes.fromhex(text)
    if sys.byteorder == "little":
        raw = b"".join(raw[i : i + 4][::-1] for i in range(0, len(raw), 4))
    return raw[12:] if raw.startswith(_V4_IN_V6) else raw


def _holders(proc: str, inodes: set[int]) -> tuple[list[int], bool]:
    """Return the processes that hold sockets, and whether some could not be looked at."""
    links = {f"socket:[{inode}]" for inode in inodes}
    holders, hidden = [], False
    for name in os.listdir(proc):
        if not name.isdigit():
            continue
        try:
            descriptors = os.listdir(f"{proc}/{name}/fd")
        except PermissionError:
            hidden = True
            continue
        except OSError:
            continue  # it ended
        if any(_link(f"{proc}/{name}/fd/{each}") in links for each in descriptors):
            holders.append(int(name))
    return holders, hidden


def _link(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""


def _one(proc: str, port: int, holders: list[int], own: int) -> Listener | str:
    tops = [pid for pid in holders if not set(holders) & set(_ancestors(proc, pid))]
    if len(tops) != 1:
        listed = ", ".join(map(str, sorted(tops)))
        return f"several processes listen on port {port}: {listed}"
    pid = tops[0]
    stat = _stat(proc, pid)
    if stat is None:
        return f"process {pid}, which listened on port {port}, has ended"
    name = stat.comm.decode("utf-8", "replace")
    if stat.comm in FORWARDERS:
        return f"{name} (process {pid}) listens on port {port}, and passes on what another serves"
    return Listener(pid=pid, root=_root(proc, pid, stat, own), name=name)


def _root(proc: str, pid: int, stat: Stat, own: int) -> int:
    above = list(_ancestors(proc, pid))
    leader = _group(proc, pid)
    ours = {own, *_ancestors(proc, own)}
    return leader if leader in above and leader not in ours and leader != 1 else pid


def _ancestors(proc: str, pid: int) -> Iterator[int]:
    seen = {pid}
    while (stat := _stat(proc, pid)) is not None and stat.parent > 0 and stat.parent not in seen:
        pid = stat.parent
        seen.add(pid)
        yield pid


def _group(proc: str, pid: int) -> int:
    try:
        fields = read_once(f"{proc}/{pid}/stat").rpartition(b")")[2].split(None, 3)
        return int(fields[2])
    except (OSError, ValueError, IndexError):
        return pid


def _stat(proc: str, pid: int) -> Stat | None:
    try:
        return parse(read_once(f"{proc}/{pid}/stat"))
    except OSError:
        return None


def _resolved(host: str) -> list[Address]:
    import socket

    try:
        found = socket.getaddrinfo(host.strip("[]"), None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    kinds = (socket.AF_INET, socket.AF_INET6)
    return [socket.inet_pton(kind, str(to[0]).partition("%")[0]) for kind, _, _, _, to in found
            if kind in kinds]  # fmt: skip


def _is_ours(address: Address) -> bool:
    """Whether an address is one of this machine: only then can a socket be bound to it."""
    import socket

    kind = socket.AF_INET if len(address) == 4 else socket.AF_INET6
    try:
        with socket.socket(kind, socket.SOCK_DGRAM) as probe:
            probe.bind((socket.inet_ntop(kind, address), 0))
    except OSError:
        return False
    return True
