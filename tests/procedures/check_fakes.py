"""Parts of a check that obey the files they look at; importable from worker processes.

A power directory is any folder with ``power/client.json``; what that file says happens: ``pass``,
``warn``, ``fail``, ``crash`` (a rule raises), ``kill`` (the worker is killed), ``refuse`` (reading
raises), ``many`` (a thousand and five findings).
"""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from joulemark.core.errors import FormatError, UnavailableError, UsageError
from joulemark.core.finding import Severity
from joulemark.core.value import Source, Term, Value
from joulemark.formats.inference.directory import CLIENT, Place, PowerDirectory
from joulemark.formats.inference.shelf import Shelf
from joulemark.formats.trees.tree import MAX_FILE, Entry, Tree
from joulemark.procedures.checked import INFERENCE, Amount, Target
from joulemark.procedures.kinds import Kind, Parts
from joulemark.rules.rule import Rule, Seen

PARTS = "tests.procedures.check_fakes:parts"


class FakeTree:
    """A folder; says the identity of files that are called ``named``."""

    def __init__(self, path: str) -> None:
        self.name = path
        self.location = str(Path(path).resolve())
        self.token = json.dumps(path)
        self.left_out: Counter[str] = Counter()
        self.closed = False

    def entries(self, under: str = "") -> Iterator[Entry]:
        root = Path(self.location)
        for path in sorted(root.rglob("*")):
            if path.is_file():
                shown = str(path.relative_to(root))
                yield Entry(shown, path.stat().st_size)

    def read(self, path: str, limit: int = MAX_FILE, *, identity: str = "") -> bytes:
        data = (Path(self.location) / path).read_bytes()
        if data == b"refuse":
            raise UnavailableError("may not be read", where=path)
        return data

    def close(self) -> None:
        self.closed = True


def opened(path: str) -> FakeTree:
    if not Path(path).is_dir():
        raise UsageError("there is no such folder", where=path)
    return FakeTree(path)


def reopened(token: str) -> FakeTree:
    return FakeTree(json.loads(token))


def found(tree: Tree) -> Iterator[PowerDirectory]:
    files = {entry.path: entry for entry in tree.entries()}
    for path in [path for path in files if path.endswith(CLIENT)]:
        folder = path.removesuffix(CLIENT).rstrip("/")
        prefix = f"{folder}/" if folder else ""
        entries = {p.removeprefix(prefix): e for p, e in files.items() if p.startswith(prefix)}
        parts = folder.split("/")
        where = parts.index("results") if "results" in parts else -1
        place = Place(
            round=next((p for p in parts if p.startswith("v")), ""),
            division=parts[where - 2] if where > 1 else "",
            submitter=parts[where - 1] if where > 1 else "",
            system=parts[where + 1] if where > 1 else "",
        )
        yield PowerDirectory(tree, folder, entries, place)


def _says(directory: PowerDirectory) -> str:
    return directory.read(CLIENT).decode("utf-8", "replace")


def _obey(directory: PowerDirectory) -> Iterator[Seen]:
    said = _says(directory)
    where = directory.name_of(CLIENT)
    if said == "crash":
        raise ZeroDivisionError("by zero")
    if said == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if said == "format":
        raise FormatError("no session file", where=where)
    if said == "many":
        yield from (("one of many", where, line) for line in range(1, 1006))
    if said == "fail":
        yield "544 of 600 samples are over 1 %", where, 12


def _glance(directory: PowerDirectory) -> Iterator[Seen]:
    if _says(directory) in ("warn", "fail"):
        yield "a reviewer should \x1b[31mlook\ud800", directory.name_of(CLIENT), None
    if _says(directory) == "beside":
        text = directory.tree.read("notes.txt").decode()
        yield f"the notes say {text}", "notes.txt", 1


RULES = (
    Rule("inference/obey", "the file says pass", "our own", Severity.ERROR, "write it", _obey),
    Rule("inference/glance", "nothing to see", "policy 1", Severity.WARNING, "look", _glance),
)


@dataclass(frozen=True)
class FakeFigures:
    metric: Amount | None
    efficiency: Amount | None
    energy_j: Value | None
    average_power_w: Value | None


def figures(directory: PowerDirectory) -> FakeFigures:
    if _says(directory) == "format":
        raise FormatError("no power log", where=directory.name_of("run_1/spl.txt"))
    gain = Source(Term.GAIN, "meter")
    return FakeFigures(
        metric=Amount(200.0, "W"),
        efficiency=None if _says(directory) == "warn" else Amount(float("nan"), "samples/J"),
        energy_j=Value(120000.0, "J", {gain: 600.0}),
        average_power_w=Value(200.0, "W", {gain: 1.0}),
    )


@dataclass(frozen=True)
class FakeOutcome:
    verdict: str
    message: str = ""
    file: str = ""
    line: int | None = None


def official(
    directory: PowerDirectory, revision: str, mended: Collection[str] = ()
) -> dict[str, FakeOutcome]:
    said = _says(directory)
    words = {"warn": "WARN", "fail": "FAIL", "crash": "EXC"}
    return {
        "uuid": FakeOutcome("OK"),
        "phases": FakeOutcome(words.get(said, "OK"), f"{said} to {revision}", CLIENT, 3),
    }


def parts() -> Parts:
    kind = Kind(
        restore=restored,
        place=lambda directory: directory.place,
        guess_round=lambda directory: "v9.9" if _says(directory) == "guess" else "",
        rules=lambda round_: RULES,
        review=lambda directory: directory,
        figures=figures,
        official=official,
        revisions=("v2.1", "v3.0", "head"),
    )
    return Parts(
        open_tree=opened,
        reopen=reopened,
        find=lambda tree: ((INFERENCE, directory) for directory in found(tree)),
        kind=lambda name: {INFERENCE: kind}[name],
    )


def restored(tree: Tree, target: Target, shelf: Shelf) -> PowerDirectory:
    entries = {name: Entry(path, size, known) for name, path, size, known in target.entries}
    return PowerDirectory(tree, target.path, entries, target.place, (), shelf)


def write(root: Path, says: dict[str, str]) -> Path:
    """Write a power directory for each path."""
    for path, text in says.items():
        file = root / path / CLIENT
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root
