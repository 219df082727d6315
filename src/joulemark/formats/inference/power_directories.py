"""Finding the power directories of a tree, in one pass over its entries.

A power directory is a folder with ``run_1/spl.txt`` or ``ranging/spl.txt``, or with a folder
``power`` that holds a file only power runs have, or anything at all if the folder is called
``performance``: submitters keep scripts in folders ``power`` elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from joulemark.core.errors import FormatError
from joulemark.formats.inference.directory import (
    CLIENT,
    CONSOLE,
    POWER_LOG,
    RANGING,
    SERVER,
    TESTING,
    PowerDirectory,
)
from joulemark.formats.inference.layout import MEASUREMENTS, PERFORMANCE, place_of, root_of
from joulemark.formats.trees.branch import Branch
from joulemark.formats.trees.names import shown
from joulemark.formats.trees.tree import Entry, Raisable, Tree

POWER = "power"
PARTS = (f"/{POWER}/", f"/{RANGING}/", f"/{TESTING}/")
SURE = frozenset({CLIENT, SERVER, CONSOLE, f"{RANGING}/{POWER_LOG}", f"{TESTING}/{POWER_LOG}"})
BESIDE = ("analyzer_table", "power_settings")
"""How the names of the files begin that a submitter writes about the measurement."""
NOT_READ = frozenset({"mlperf_log_accuracy.json", "mlperf_log_trace.json"})
MOST_FILES = 10_000
"""Files of one power directory; eleven are usual."""


def power_directories(
    tree: Tree, entries: Iterable[Entry] | None = None
) -> Iterator[PowerDirectory]:
    """Yield every power directory of a tree, in the order of the paths.

    Its ``tree`` is rooted at the folder that holds the divisions, whether ``tree`` itself is, lies
    above it (the folders between are then in its name), or, where a folder or a git repository is
    read, below it.

    Args:
        tree: where they are looked for.
        entries: its entries, where somebody else looks at them as they go by.

    Raises:
        FormatError: if the tree is damaged or hostile.
        UnavailableError: if it cannot be read.
    """
    found = _Found(tree)
    for entry in tree.entries() if entries is None else entries:
        yield from found.see(entry)
    yield from found.leave("")


def wanted(path: str) -> bool:
    """Say whether a file may be read when power directories are: which to keep of an archive."""
    folders, _, name = f"/{path}".rpartition("/")
    folders += "/"
    if any(part in folders for part in PARTS):
        return name not in NOT_READ
    return name.startswith(BESIDE) or "/systems/" in folders


class _Candidate:
    """A folder that may be a power directory, while its files go by."""

    def __init__(self, base: str, name: str) -> None:
        self.base = base
        self.inside = f"{base}/" if base else ""
        self.entries: dict[str, Entry] = {}
        self.crowded = self._sure = False
        self._is_performance = name == PERFORMANCE

    def add(self, entry: Entry) -> None:
        file = entry.path[len(self.inside) :]
        self._sure |= file in SURE or (self._is_performance and file.startswith(f"{POWER}/"))
        self.crowded |= len(self.entries) >= MOST_FILES
        if not self.crowded:
            self.entries[file] = entry

    @property
    def is_power_directory(self) -> bool:
        return self._sure


class _Found:
    """What was seen of a tree so far."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._location = [part for part in tree.location.split("/") if part]
        self._open: list[_Candidate] = []
        self._roots: dict[str, Branch] = {}
        self._raised: dict[int, Tree | None] = {}
        self._beside: dict[str, list[Entry]] = {}
        self._listed: dict[str, dict[str, list[Entry]]] = {}

    def see(self, entry: Entry) -> Iterator[PowerDirectory]:
        """Take an entry; yield the directories that are complete with it."""
        path = entry.path
        if self._open and not path.startswith(self._open[-1].inside):
            yield from self.leave(path)
        slashed = f"/{path}"
        at = max(slashed.rfind(part) for part in PARTS)
        if at < 0:
            if f"/{MEASUREMENTS}/" in slashed:
                self._note(path, entry, self._beside)
            return
        base = path[: max(at - 1, 0)]
        for candidate in reversed(self._open):
            if candidate.base == base:
                break
        else:
            name = base.rpartition("/")[2] if base else "".join(self._location[-1:])
            candidate = _Candidate(base, name)
            outside = [one for one in self._open if not one.base.startswith(candidate.inside)]
            self._open.insert(len(outside), candidate)
        candidate.add(entry)

    def leave(self, path: str) -> Iterator[PowerDirectory]:
        """Yield the directories that a path does not lie in; none lies in the empty one."""
        while self._open and not (path and path.startswith(self._open[-1].inside)):
            candidate = self._open.pop()
            if candidate.is_power_directory:
                yield self._directory(candidate)

    def _directory(self, candidate: _Candidate) -> PowerDirectory:
        parts = candidate.base.split("/") if candidate.base else []
        if candidate.crowded:
            raise FormatError(
                f"more than {MOST_FILES} files in a power directory",
                where=f"{shown(self._tree.name)}: {shown(candidate.base)}",
            )
        above = root_of(parts)
        if above >= 0:
            tree = self._branch("/".join(parts[:above]))
            cut = len("/".join(parts[:above])) + 1 if above else 0
            beside = self._nearest(self._beside, parts, above, cut)
            place = place_of([*self._location, *parts[:above]], parts[above:])
            return PowerDirectory(tree, "/".join(parts[above:]), candidate.entries, place, beside)
        return self._raised_directory(parts, candidate.entries)

    def _raised_directory(self, parts: list[str], entries: dict[str, Entry]) -> PowerDirectory:
        """Return a directory of a tree that lies within a round."""
        whole = [*self._location, *parts]
        starts = [at for at in range(len(self._location)) if root_of(whole[at : at + 3]) == 0]
        if not starts:
            return PowerDirectory(self._tree, "/".join(parts), entries, place_of([], whole))
        at = starts[-1]
        place = place_of(whole[:at], whole[at:])
        tree = self._higher(len(self._location) - at)
        if tree is None:
            return PowerDirectory(self._tree, "/".join(parts), entries, place)
        beside = self._beside_of(tree, "/".join([*whole[at : at + 2], MEASUREMENTS]))
        found = self._nearest(beside, whole[at:], 0, 0)
        return PowerDirectory(tree, "/".join(whole[at:]), entries, place, found)

    def _beside_of(self, tree: Tree, folder: str) -> dict[str, list[Entry]]:
        """Return what a submitter wrote about measurements, from outside of what is listed."""
        key = f"{tree.location}/{folder}"
        if key not in self._listed:
            beside = self._listed[key] = {}
            for entry in tree.entries(folder):
                self._note(entry.path, entry, beside)
        return self._listed[key]

    def _branch(self, folder: str) -> Tree:
        if not folder:
            return self._tree
        if folder not in self._roots:
            self._roots[folder] = Branch(self._tree, folder)
        return self._roots[folder]

    def _higher(self, levels: int) -> Tree | None:
        if levels not in self._raised:
            tree = self._tree
            self._raised[levels] = tree.raised(levels) if isinstance(tree, Raisable) else None
        return self._raised[levels]

    @staticmethod
    def _note(path: str, entry: Entry, beside: dict[str, list[Entry]]) -> None:
        folder, _, name = path.rpartition("/")
        if name.startswith(BESIDE):
            beside.setdefault(folder, []).append(entry)

    @staticmethod
    def _nearest(
        beside: dict[str, list[Entry]], parts: list[str], above: int, cut: int
    ) -> tuple[Entry, ...]:
        """Return what holds for a directory, from its scenario's folder up to the submitter's."""
        results = above + 2
        inner = parts[results + 1 : -1] if parts[-1] == PERFORMANCE else parts[results + 1 :]
        folders = [*parts[:results], MEASUREMENTS, *inner]
        found: list[Entry] = []
        for length in range(len(folders), max(results, len(folders) - 4), -1):
            found += beside.get("/".join(folders[:length]), ())
        return tuple(Entry(entry.path[cut:], entry.size, entry.identity) for entry in found)
