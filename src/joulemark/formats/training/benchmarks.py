"""Finding the benchmarks with power in a tree, in one pass over its entries.

A benchmark with power is a folder that holds ``power/<run>/node_<k>.txt`` or ``sw_<j>.txt``, as in
``<submitter>/results/<system>/<benchmark>``, beside ``<submitter>/systems/<system>.json``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from joulemark.core.errors import FormatError
from joulemark.formats.inference.layout import DIVISIONS, RESULTS, SYSTEMS, round_of
from joulemark.formats.training.directory import POWER, BenchmarkDirectory, Place, SystemFile
from joulemark.formats.training.power_log import kind_of
from joulemark.formats.trees.names import shown
from joulemark.formats.trees.tree import Entry, Raisable, Tree

MOST_FILES = 200_000
"""Files of one benchmark; of the largest published there are 660."""
_FILE = re.compile(
    r"(?:(?P<base>.*)/)?(?P<file>power/(?P<run>[^/]+)/[^/]+|power/[^/]+|result_[^/]*\.txt|scaling\.json)",
    re.DOTALL,
)
ENDINGS = (".txt", "scaling.json")
_SYSTEM = re.compile(r"(?:.*/)?systems/[^/]+\.json", re.DOTALL)


def benchmarks(tree: Tree, most_files: int = MOST_FILES) -> Iterator[BenchmarkDirectory]:
    """Yield every benchmark with power of a tree, in the order of the paths.

    Args:
        tree: where they are looked for.
        most_files: files of one benchmark.

    Raises:
        FormatError: if the tree is damaged or hostile.
        UnavailableError: if it cannot be read.
    """
    finder = Finder(tree, most_files)
    for entry in tree.entries():
        finder.see(entry)
    yield from finder.found()


class Finder:
    """Finds benchmarks with power among the entries of a tree, which go by.

    Args:
        tree: where they lie.
        most_files: files of one benchmark.
    """

    def __init__(self, tree: Tree, most_files: int = MOST_FILES) -> None:
        """Begin with nothing."""
        self._tree = tree
        self._most = most_files
        self._folders: dict[str, dict[str, Entry]] = {}
        self._with_power: set[str] = set()

    def see(self, entry: Entry) -> None:
        """Take an entry.

        Raises:
            FormatError: if a benchmark has too many.
        """
        if not entry.path.endswith(ENDINGS) and f"{POWER}/" not in entry.path:
            return
        match = _FILE.fullmatch(entry.path)
        if match is None:
            return
        base = match["base"] or ""
        files = self._folders.setdefault(base, {})
        if len(files) >= self._most:
            raise FormatError(
                f"more than {self._most} files of one benchmark",
                where=f"{shown(self._tree.name)}: {shown(base)}",
            )
        files[match["file"]] = entry
        if match["run"] is not None and kind_of(match["file"]) is not None:
            self._with_power.add(base)

    def found(self) -> Iterator[BenchmarkDirectory]:
        """Yield the benchmarks, in the order of the paths."""
        for base in sorted(self._with_power):
            yield directory_at(self._tree, base, self._folders[base])


def wanted(path: str) -> bool:
    """Say whether a file may be read when benchmarks are: which to keep of an archive."""
    return _FILE.fullmatch(path) is not None or _SYSTEM.fullmatch(path) is not None


def folder_of(path: str) -> str:
    """Return the folder of the benchmark that a file is of by its name; empty if it is of none."""
    match = _FILE.fullmatch(path)
    return "" if match is None or not path.endswith(ENDINGS) else match["base"] or ""


def directory_at(tree: Tree, base: str, entries: Mapping[str, Entry]) -> BenchmarkDirectory:
    """Return a benchmark's folder whose files are known.

    Args:
        tree: where it lies.
        base: the folder, relative to the tree's root.
        entries: its files by path relative to the folder.
    """
    location = [part for part in tree.location.split("/") if part]
    inner = base.split("/") if base else []
    place = place_of([*location, *inner])
    return BenchmarkDirectory(tree, base, entries, place, _system_file(tree, inner, place))


def rooted(directory: BenchmarkDirectory, raised: dict[int, Tree | None]) -> BenchmarkDirectory:
    """Return a benchmark in a tree that begins above its submitter, where there is one.

    Args:
        directory: the benchmark.
        raised: trees that were raised before, by how many folders; others are added.
    """
    tree, inner = directory.tree, [part for part in directory.path.split("/") if part]
    missing = 4 - len(inner)
    if missing <= 0 or not directory.place.submitter:
        return directory
    if missing not in raised:
        raised[missing] = tree.raised(missing) if isinstance(tree, Raisable) else None
    higher = raised[missing]
    if higher is None:
        return directory
    location = [part for part in tree.location.split("/") if part]
    return directory_at(higher, "/".join([*location, *inner][-4:]), directory.entries)


def place_of(path: list[str]) -> Place:
    """Return where a benchmark's folder belongs.

    Args:
        path: folders down to it, outermost first.
    """
    system, benchmark = ([*["", ""], *path])[-2:]
    if len(path) < 4 or path[-3] != RESULTS:
        return Place(round_of(path), system=system, benchmark=benchmark)
    above = path[:-4]
    division = above[-1] if above and above[-1] in DIVISIONS else ""
    return Place(round_of(above), division, path[-4], system, benchmark)


def _system_file(tree: Tree, inner: list[str], place: Place) -> SystemFile | None:
    """Return where the description of a system lies, which may be above the tree's root."""
    if not place.submitter:
        return None
    file = f"{SYSTEMS}/{place.system}.json"
    missing = 3 - len(inner)
    if missing <= 0:
        return SystemFile(tree, "/".join([*inner[:-3], file]))
    higher = tree.raised(missing) if isinstance(tree, Raisable) else None
    return None if higher is None else SystemFile(higher, file)
