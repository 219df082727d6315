"""What lets a normal user read the processor's energy counters, after every start of the machine.

Since 2020 (CVE-2020-8694) only root may read ``energy_uj``: who reads it often learns what other
programs compute. Changing the mode of the file by hand lasts until the next start, or until the
kernel's module is loaded again. Two things together last:

- a udev rule: whenever the kernel adds a zone, it changes group and mode of the zone's files;
- a systemd unit, once at each start: for kernels that make the files after they have told udev.

One group may read, not everybody, unless that is asked for. Here is only said what would be
written; :mod:`joulemark.procedures.granting` does it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from joulemark.core.errors import UnavailableError, UsageError

GROUP = "joulemark"
"""The group that is made where none is named."""
RULE = "/etc/udev/rules.d/70-joulemark-rapl.rules"
SERVICE = "joulemark-rapl.service"
UNIT = "/etc/systemd/system/joulemark-rapl.service"
WANTED = "/etc/systemd/system/multi-user.target.wants/joulemark-rapl.service"
USERS = "/etc/sysusers.d/joulemark-rapl.conf"
RECORD = "/var/lib/joulemark/rapl-access.json"
"""What was written, for ``--undo``."""
SIDE_CHANNEL = (
    "Whoever can read these counters can learn what other programs compute, keys included "
    "(PLATYPUS, CVE-2020-8694)."
)

_NAME = re.compile(r"[a-z_][a-z0-9_-]{0,30}")
_FILES = "energy_uj max_energy_range_uj constraint_0_max_power_uw"
_MARK = "# Written by joulemark meters --fix; joulemark meters --fix --undo removes it."
_UDEV = ("etc/udev", "usr/lib/udev", "lib/udev")
_SYSTEMD = ("usr/lib/systemd/system", "lib/systemd/system")
_POWERCAP = "/sys/class/powercap"


@dataclass(frozen=True, slots=True)
class Written:
    """One file.

    Attributes:
        path: where, as the machine will see it.
        text: what is in it; of a link, where it points.
        link: whether it is a symbolic link.
    """

    path: str
    text: str
    link: bool = False

    @property
    def digest(self) -> str:
        """Beginning of the SHA-256 of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Grant:
    """What gives the right.

    Attributes:
        files: what is written.
        commands: what is run afterwards, so that it holds now.
        notes: what one must know before.
    """

    files: tuple[Written, ...]
    commands: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]


def grant(
    root: Path = Path("/"),
    *,
    group: str | None = None,
    world: bool = False,
    user: str = "",
    host: bool = False,
) -> Grant:
    """Return what gives a group, or everybody, the right to read the counters.

    Args:
        root: the machine's root directory; another than ``/`` is an image, where nothing is run.
        group: an existing group; by default ``joulemark``, which is made where it is missing.
        world: give it to everybody instead.
        user: who is put into the group.
        host: whether it is for another machine, which has udev and systemd.

    Raises:
        UsageError: if there is no such group, or both a group and everybody are named.
        UnavailableError: if the machine has neither udev nor systemd.
    """
    if world and group is not None:
        raise UsageError("both a group and everybody are named", remedy="choose one")
    name = "" if world else group or GROUP
    made = bool(name) and _make(root, name)
    udev = host or any((root / folder).is_dir() for folder in _UDEV)
    systemd = host or any((root / folder).is_dir() for folder in _SYSTEMD)
    if not udev and not systemd:
        raise UnavailableError(
            "neither udev nor systemd is installed, and only they can give the right again after "
            "each start",
            where=str(root),
            remedy="in a container: run this on its host; elsewhere: let the start of the machine "
            f"run: {' '.join(allow(name, dollar='$'))}",
        )
    member = user if name and user and user not in _members(root, name) else ""
    files = []
    if udev:
        files.append(Written(RULE, _rule(name)))
    if systemd:
        files.append(Written(UNIT, _unit(name)))
        files.append(Written(WANTED, f"../{SERVICE}", link=True))
    if made and systemd:
        files.append(Written(USERS, f"{_MARK}\ng {name} -\n"))
    record = {"files": [[f.path, f.digest] for f in files], "made": name if made else ""}
    text = json.dumps({**record, "group": name, "member": member}, indent=2)
    files.append(Written(RECORD, f"{text}\n"))
    live = root == Path("/")
    commands = _commands(name, member, made=made, udev=udev, systemd=systemd) if live else []
    return Grant(tuple(files), tuple(commands), tuple(_notes(root, name, member)))


def allow(group: str, *, dollar: str = "$$") -> tuple[str, ...]:
    """Return the shell command that gives the right now, in lines.

    Args:
        group: the group; empty for everybody.
        dollar: how a dollar is written; udev and systemd want it doubled.
    """
    return _for_each_file(_change(group, f"{dollar}z/{dollar}f"), dollar)


def forbid() -> str:
    """Return the shell command that takes the right back now."""
    return " ".join(_for_each_file("chgrp root $z/$f; chmod go-r $z/$f", "$"))


def _for_each_file(change: str, dollar: str) -> tuple[str, ...]:
    return (
        f"for z in {_POWERCAP}/intel-rapl*:*; do",
        f"  for f in {_FILES}; do",
        f"    if [ -e {dollar}z/{dollar}f ]; then",
        f"      {change};",
        "    fi;",
        "  done;",
        "done",
    )


def _change(group: str, path: str) -> str:
    return f"chgrp {group} {path}; chmod g+r {path}" if group else f"chmod a+r {path}"


def _rule(group: str) -> str:
    script = (
        "cd /sys%p && ",
        f"for f in {_FILES}; do ",
        f"  if [ -e $$f ]; then {_change(group, '$$f')}; fi; ",
        "done",
    )
    return (
        f"{_MARK}\n"
        f"# Whenever the kernel shows an energy counter, {_reader(group)} may read it.\n"
        'ACTION=="add", SUBSYSTEM=="powercap", KERNEL=="intel-rapl*:*", \\\n'
        f"  RUN+=\"/bin/sh -c '{_continued(script)}'\"\n"
    )


def _unit(group: str) -> str:
    return (
        f"{_MARK}\n"
        "[Unit]\n"
        f"Description=Energy counters (RAPL) readable by {_reader(group)}\n"
        "After=systemd-modules-load.service systemd-udev-trigger.service\n"
        "\n"
        "[Service]\n"
        "Type=oneshot\n"
        f"ExecStart=/bin/sh -c '{_continued(allow(group))}'\n"
        "\n"
        "[Install]\n"
        "WantedBy=multi-user.target\n"
    )


def _continued(lines: Sequence[str]) -> str:
    """Return lines that udev and systemd read as one."""
    return " \\\n    ".join(line.rstrip() for line in lines)


def _reader(group: str) -> str:
    return f"group {group}" if group else "everybody"


def _commands(
    group: str, member: str, *, made: bool, udev: bool, systemd: bool
) -> list[tuple[str, ...]]:
    commands: list[tuple[str, ...]] = []
    if made:
        command = ("systemd-sysusers", USERS) if systemd else ("groupadd", "--system", group)
        commands.append(command)
    if member:
        commands.append(("usermod", "-aG", group, member))
    if udev:
        commands.append(("udevadm", "control", "--reload"))
        commands.append(("udevadm", "trigger", "--action=add", "--subsystem-match=powercap"))
    if systemd:
        commands += [("systemctl", "daemon-reload"), ("systemctl", "start", SERVICE)]
    return commands


def _notes(root: Path, group: str, member: str) -> list[str]:
    reader = f"members of the group {group}" if group else "EVERYBODY on this machine"
    notes = [f"{reader} will be able to read the energy counters. {SIDE_CHANNEL}"]
    if group and member:
        notes.append(f"{member} becomes a member, from the next login on.")
    elif group and root == Path("/"):
        notes.append(f"Others become members by: sudo usermod -aG {group} NAME")
    if not list((root / "sys/class/powercap").glob("intel-rapl*:*")):
        notes.append("No energy counter is to be seen there now: it takes effect once there is.")
    return notes


def _make(root: Path, group: str) -> bool:
    """Return whether a group must be made.

    Raises:
        UsageError: if it is not a name, or not ours to make.
    """
    if not _NAME.fullmatch(group):
        raise UsageError(f"{group!r} is not the name of a group")
    there = any(line.startswith(f"{group}:") for line in _groups(root))
    if not there and group != GROUP:
        raise UsageError(
            f"there is no group {group!r}",
            where=str(root / "etc/group"),
            remedy=f"make it first (sudo groupadd {group}), or leave --group out",
        )
    return not there


def _members(root: Path, group: str) -> Sequence[str]:
    lines = [line for line in _groups(root) if line.startswith(f"{group}:")]
    return lines[0].rpartition(":")[2].split(",") if lines else []


def _groups(root: Path) -> list[str]:
    file = root / "etc/group"
    return file.read_text(errors="replace").splitlines() if file.is_file() else []
