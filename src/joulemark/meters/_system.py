"""Which machine this is: processor, memory, hypervisor, container."""

from __future__ import annotations

import os

from joulemark.core.run import System

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_CPUINFO = 8 << 20
"""A machine of 4096 threads lists about 6 MiB."""

MAX_THREADS = 8192
"""Hardware threads that are looked at."""

MAX_DIGITS = 18
"""Longest number that is believed."""

_SMALL = 65536
_NAMES = ("model name", "Model", "Hardware", "cpu model", "cpu")
"""What the fields that name a processor are called: x86; boards; older ARM; MIPS; POWER."""

_HYPERVISORS = (
    ("kvm", "KVM"),
    ("qemu", "QEMU"),
    ("vmware", "VMware"),
    ("virtualbox", "VirtualBox"),
    ("innotek", "VirtualBox"),
    ("virtual machine", "Hyper-V"),
    ("google compute engine", "Google Compute Engine"),
    ("amazon ec2", "Amazon EC2"),
    ("alibaba cloud", "Alibaba Cloud"),
    ("digitalocean", "DigitalOcean"),
    ("openstack", "OpenStack"),
    ("hvm domu", "Xen"),
    ("xen", "Xen"),
    ("bochs", "Bochs"),
    ("bhyve", "bhyve"),
    ("parallels", "Parallels"),
)
"""What firmware writes into its DMI names, in lower case."""

_CONTAINERS = ("kubepods", "docker", "libpod", "lxc", "containerd", "machine.slice")
"""What control groups of containers are called."""


def describe_system(
    proc: str = "/proc", sys: str = "/sys", *, root: str = "", machine: str = ""
) -> System:
    """Return what the running system says of itself; what it does not say stays empty.

    Args:
        proc: where the proc file system is mounted.
        sys: where the sys file system is mounted.
        root: directory that holds ``etc/os-release`` and the marks of containers.
        machine: instruction set; this machine's own by default.
    """
    names = os.uname()
    text = read_text(f"{proc}/cpuinfo", MAX_CPUINFO)
    fields = list(_fields(text))
    sockets, cores = _packages(fields, sys)
    return System(
        host=names.nodename,
        os=_os_name(root),
        kernel=read_text(f"{proc}/sys/kernel/osrelease").strip() or names.release,
        machine=machine or names.machine,
        cpu=_cpu_name(fields, proc),
        sockets=sockets,
        cores=cores,
        threads=sum(name == "processor" and value[:1].isdigit() for name, value in fields),
        memory_bytes=_memory(proc),
        virtual=_hypervisor(text, sys),
        container=_container(proc, root),
    )


def read_text(path: str, limit: int = _SMALL) -> str:
    """Return the beginning of a file; nothing if it cannot be read."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return ""
    parts: list[bytes] = []
    try:
        while limit > 0 and (part := os.read(file, limit)):
            parts.append(part)
            limit -= len(part)
    except OSError:
        return ""
    finally:
        os.close(file)
    return b"".join(parts).decode("utf-8", "replace")


def _fields(text: str) -> Iterable[tuple[str, str]]:
    """Return names and values of the lines ``name : value``."""
    lines = (line.partition(":") for line in text.split("\n"))
    return ((name.rstrip(), value.strip()) for name, colon, value in lines if colon)


def flagged_virtual(cpuinfo: str) -> bool:
    """Whether a text of ``/proc/cpuinfo`` says that a hypervisor shows this processor (x86)."""
    flags = next((value for name, value in _fields(cpuinfo) if name == "flags"), "")
    return "hypervisor" in flags.split()


def _cpu_name(fields: Iterable[tuple[str, str]], proc: str) -> str:
    found: dict[str, str] = {}
    for name, value in fields:
        found.setdefault(name, value)
    named = [found[name] for name in _NAMES if found.get(name)]
    board = read_text(f"{proc}/device-tree/model").strip("\0\n ")
    return " ".join([*named, board][0].split())


def _packages(fields: Iterable[tuple[str, str]], sys: str) -> tuple[int | None, int | None]:
    """Return the numbers of processor packages and of physical cores."""
    package, seen = "", set()
    for name, value in fields:
        if name == "physical id":
            package = value
        elif name == "core id":
            seen.add((package, value))
    if not seen:
        seen = _topology(sys)
    packages = {package for package, _ in seen} - {"", "-1"}
    return len(packages) or None, len(seen) or None


def _topology(sys: str) -> set[tuple[str, str]]:
    seen = set()
    for place in range(MAX_THREADS):
        topology = f"{sys}/devices/system/cpu/cpu{place}/topology"
        core = read_text(f"{topology}/core_id", 32).strip()
        if core:
            seen.add((read_text(f"{topology}/physical_package_id", 32).strip(), core))
        elif not _there(f"{sys}/devices/system/cpu/cpu{place}"):
            break
    return seen


def _there(path: str) -> bool:
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK))
    except OSError:
        return False
    return True


def _memory(proc: str) -> int:
    found = dict(_fields(read_text(f"{proc}/meminfo")))
    size = found.get("MemTotal", "").removesuffix(" kB")
    return int(size) * 1024 if size.isdecimal() and len(size) <= MAX_DIGITS else 0


def _hypervisor(text: str, sys: str) -> str:
    """Return the name of the hypervisor; empty on bare metal.

    x86 processors show a guest the flag ``hypervisor``; elsewhere only the firmware's names tell.
    Amazon's and Alibaba's bare machines carry their makers' names as well, but no flag.
    """
    names = ("sys_vendor", "product_name", "board_vendor", "bios_vendor")
    firmware = " ".join(read_text(f"{sys}/class/dmi/id/{name}", 256) for name in names).lower()
    kind = read_text(f"{sys}/hypervisor/type", 64).strip()
    flagged = flagged_virtual(text)
    if (".metal" in firmware or "ebm" in firmware) and not flagged:
        return ""
    known = [shown for written, shown in _HYPERVISORS if written in firmware]
    if known or kind:
        return (known or [kind.capitalize()])[0]
    return "hypervisor of unknown make" if flagged else ""


def _container(proc: str, root: str) -> str:
    """Return the kind of container that this process sees around it; empty outside one."""
    named = read_text(f"{root}/run/systemd/container", 64).strip()
    if named:
        return named
    for mark, kind in ((".dockerenv", "docker"), ("run/.containerenv", "podman")):
        if _there(f"{root}/{mark}"):
            return kind
    groups = read_text(f"{proc}/1/cgroup") + read_text(f"{proc}/self/cgroup")
    return next((name for name in _CONTAINERS if name in groups), "")


def _os_name(root: str) -> str:
    text = read_text(f"{root}/etc/os-release")
    for line in text.split("\n"):
        name, _, value = line.partition("=")
        if name == "PRETTY_NAME":
            return value.strip().strip('"').strip()
    return ""
