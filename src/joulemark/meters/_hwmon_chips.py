"""The hwmon tree: which chips there are, and what each of their sensors measures.

What is known of chips stands in ``data/hwmon_chips.json``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joulemark.core.channel import Accuracy, Domain
from joulemark.core.errors import PermissionNeededError
from joulemark.meters._files import Files, StrPath, entries

TABLE = "hwmon_chips.json"
MAX_CHIPS = 256

_CHIP = re.compile(r"hwmon\d{1,6}")
_SENSOR = re.compile(r"(power|energy)(\d{1,4})_(input|average)")
_UNSAFE = re.compile(r"[^A-Za-z0-9_.+-]+")
_CORE = re.compile(r"Ecore0*(\d{1,6})")
_SOCKET = re.compile(r"Esocket\d{1,6}")


@dataclass(frozen=True, slots=True)
class Place:
    """What one sensor measures.

    Attributes:
        part: the piece of hardware.
        domain: its kind.
        parents: parts that may contain it, the nearest first.
        covers: domains that lie in it and may have no channel of their own.
        slow: whether it is asked seldom.
        note: what a reader must know.
    """

    part: str
    domain: Domain
    parents: tuple[str, ...]
    covers: tuple[Domain, ...]
    slow: bool
    note: str


@dataclass(frozen=True, slots=True)
class Chip:
    """One hwmon chip.

    Attributes:
        name: what the driver calls it.
        device: the device behind it (``1-0040``, ``0000:03:00.0``): tells chips of one name apart.
        directory: where its files are.
        files: names of its files.
        n: its number among the chips of its group, by device.
        row: its row of the table.
    """

    name: str
    device: str
    directory: Path
    files: frozenset[str]
    n: int
    row: Mapping[str, Any]

    @property
    def accuracy(self) -> Accuracy:
        """What is known or assumed of its accuracy."""
        return Accuracy(**self.row.get("accuracy", {"gain": 0.05, "source": "assumed"}))

    def sensors(self) -> list[tuple[str, int, str]]:
        """Return kind (power, energy or pair), index and suffix (input, average) of its sensors."""
        found = [match.groups() for name in self.files if (match := _SENSOR.fullmatch(name))]
        direct = sorted((kind, int(index), suffix) for kind, index, suffix in found)
        powered = {index for kind, index, _ in direct if kind == "power"}
        pairs = [
            ("pair", index, "input")
            for index in self.row.get("pairs", ())
            if {f"in{index}_input", f"curr{index}_input"} <= self.files and index not in powered
        ]
        return direct + pairs

    def label(self, kind: str, index: int, files: Files) -> str:
        """Return what the chip's driver or firmware calls a sensor; empty if it does not say."""
        stems = ["in", "curr"] if kind == "pair" else [kind]
        names = [f"{stem}{index}_{end}" for stem in stems for end in ("label", "oem_info")]
        labels = (files.line(self.directory / name) for name in names if name in self.files)
        return next((label for label in labels if label), "")

    def place(self, label: str, index: int, labels: list[str]) -> Place:
        """Return what a sensor measures.

        Args:
            label: its label.
            index: its number.
            labels: the labels of all sensors of the chip.
        """
        for row in self.row["sensors"]:
            match = re.fullmatch(row["label"], label)
            if match and ("needs" not in row or row["needs"] in self.files):
                return self._place(row, match, index, labels)
        raise LookupError(f"{TABLE}: the last row of {self.row['names']} must take any label")

    def _place(
        self, row: Mapping[str, Any], match: re.Match[str], index: int, labels: list[str]
    ) -> Place:
        known = {
            "chip": plain(self.name),
            "n": str(self.n),
            "what": plain(match[0]) or f"{plain(self.name)}-{self.n}-{index}",
            "1": plain(match[1]) if match.re.groups else "",
            "socket": str(_socket(match[0], labels)),
        }
        return Place(
            part=_filled(row["part"], known),
            domain=Domain(row["domain"]),
            parents=tuple(_filled(parent, known) for parent in row.get("parents", ())),
            covers=tuple(Domain(domain) for domain in row.get("covers", ())),
            slow=bool(row.get("slow", False)),
            note=str(row.get("note", "")),
        )


def table() -> list[dict[str, Any]]:
    """Return what is known of chips."""
    text = (Path(__file__).parent / "data" / TABLE).read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = json.loads(text)["chips"]
    return rows


def row_of(name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what is known of the chips of a name."""
    return next(row for row in rows if re.fullmatch(row["names"], name))


def chips(root: StrPath, files: Files) -> list[Chip]:
    """Return all chips below a hwmon directory, ordered by name and device."""
    rows = table()
    seen: dict[str, int] = {}
    found = []
    for name, device, directory, names in sorted(
        (
            _look(Path(root, entry), files)
            for entry in entries(root)[:MAX_CHIPS]
            if _CHIP.fullmatch(entry)
        ),
        key=lambda chip: chip[:2],
    ):
        row = row_of(name, rows)
        group = row.get("group", name)
        seen[group] = seen.get(group, -1) + 1
        found.append(Chip(name, device, directory, names, seen[group], row))
    return found


def _look(entry: Path, files: Files) -> tuple[str, str, Path, frozenset[str]]:
    """Return name, device, directory and files of one chip.

    Old drivers (the ACPI power meter, for one) keep the files in the device's own directory.
    """
    device = entry / "device"
    name = files.line(entry / "name") or files.line(device / "name")
    own = frozenset(entries(entry))
    directory = entry
    if not any(_SENSOR.fullmatch(file) for file in own) and "in1_input" not in own:
        theirs = frozenset(entries(device))
        if any(_SENSOR.fullmatch(file) for file in theirs):
            directory, own = device, theirs
    return name, device.resolve().name if device.exists() else entry.name, directory, own


def plain(text: str) -> str:
    """Return a text fit for the name of a part: letters, digits and ``_.+-``, 48 at most."""
    return _UNSAFE.sub("_", text).strip("_")[:48]


def refusal(chip: str, paths: list[Path]) -> PermissionNeededError:
    """Return the error of sensors that only root may read."""
    files = " ".join(sorted({str(path.parent / _wild(path.name)) for path in paths}))
    rule = (
        f'SUBSYSTEM=="hwmon", ACTION=="add", ATTR{{name}}=="{chip}", '
        "RUN+=\"/bin/sh -c 'chmod a+r %S%p/*_input'\""
    )
    return PermissionNeededError(
        f"only root may read the {len(paths)} sensors of {chip}",
        where=str(paths[0]),
        remedy=f"until the next reboot: sudo chmod a+r {files}; for good: put this line into "
        f"/etc/udev/rules.d/70-hwmon-{plain(chip)}.rules: {rule}",
    )


def _wild(name: str) -> str:
    """Return a file name with its number replaced by a wildcard: energy3_input is energy*_input."""
    return re.sub(r"\d+", "*", name, count=1)


def _filled(template: str, known: Mapping[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: known[match[1]], template)


def _socket(label: str, labels: list[str]) -> int:
    """Return the socket of core N where cores are numbered socket by socket, equally many each."""
    cores = sum(1 for each in labels if _CORE.fullmatch(each))
    sockets = sum(1 for each in labels if _SOCKET.fullmatch(each))
    core = _CORE.fullmatch(label)
    return int(core[1]) * sockets // cores if core and cores else 0
