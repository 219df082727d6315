"""Finding the sessions of tiny benchmarks of a tree, in one pass over its entries.

A session is a folder with a trace called ``trace…``; one with any trace, its stamps or
EnergyRunner's script, and one more kind of a session's files; or one with a log or results that is
named after a mode (``energy``, ``power``, ``performance``, ``accuracy``) and a benchmark, below
``results``. ``results.json`` counts where log or results stand beside it, or where its folder is
named after a mode, or is all that the tree holds of any.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from joulemark.core.errors import FormatError
from joulemark.formats.inference.layout import RESULTS, root_of, round_of
from joulemark.formats.tiny.session import MODES, TinyPlace, TinySession, kind_of
from joulemark.formats.trees.names import shown
from joulemark.formats.trees.tree import Entry, Tree

BENCHMARKS = {
    "ad": "ad",
    "ic": "ic",
    "kws": "kws",
    "vww": "vww",
    "sww": "sww",
    "anomaly_detection": "ad",
    "image_classification": "ic",
    "keyword_spotting": "kws",
    "person_detection": "vww",
    "visual_wake_words": "vww",
    "streaming_wakeword": "sww",
}
"""Benchmarks by the names of folders; a number after them ("ad01") is left off."""
SURE = frozenset({"trace", "stamps", "script"})
TRACE, RUNNER = "trace", "runner"
TEXTS = frozenset({"log", "results"})
MOST = 200_000
"""Folders that may be sessions in one tree."""


def sessions(tree: Tree) -> Iterator[TinySession]:
    """Yield every session of a tree, in the order of the paths.

    Raises:
        FormatError: if the tree is damaged or hostile.
        UnavailableError: if it cannot be read.
    """
    finder = Finder(tree)
    for entry in tree.entries():
        finder.see(entry)
    yield from finder.found()


class Finder:
    """Finds sessions among the entries of a tree, which go by.

    Args:
        tree: where they lie.
    """

    def __init__(self, tree: Tree) -> None:
        """Begin with nothing."""
        self._tree = tree
        self._folders: dict[str, dict[str, Entry]] = {}

    def see(self, entry: Entry) -> None:
        """Take an entry.

        Raises:
            FormatError: if there are too many folders.
        """
        kind = kind_of(entry.path)
        if not kind:
            return
        folder = entry.path.rpartition("/")[0]
        if folder not in self._folders and len(self._folders) >= MOST:
            raise FormatError(f"more than {MOST} sessions", where=shown(self._tree.name))
        self._folders.setdefault(folder, {}).setdefault(kind, entry)

    def found(self, *, alone: bool = True) -> Iterator[TinySession]:
        """Yield the sessions, in the order of the paths.

        Args:
            alone: whether nothing else was found in the tree: then ``results.json`` at its root is
                a session where there is no other.
        """
        location = _folders_of(self._tree)
        for folder, entries in sorted(self._folders.items()):
            if _is_session([*location, *_folders(folder)], entries):
                alone = False
                yield session_at(self._tree, folder, entries)
        if alone and RUNNER in self._folders.get("", ()):
            yield session_at(self._tree, "", self._folders[""])


def session_at(tree: Tree, folder: str, entries: Mapping[str, Entry]) -> TinySession:
    """Return the session of a folder of a tree, where its files are known.

    Args:
        tree: where it lies.
        folder: relative to the tree's root.
        entries: its files by kind, paths relative to the tree's root.
    """
    place = place_of([*_folders_of(tree), *_folders(folder)])
    return TinySession(tree, folder, entries, place)


def _folders_of(tree: Tree) -> list[str]:
    return [part for part in tree.location.split("/") if part]


def _folders(path: str) -> list[str]:
    return path.split("/") if path else []


def wanted(path: str) -> bool:
    """Say whether a file may be read when sessions are: which to keep of an archive."""
    return bool(kind_of(path.rpartition("/")[2]))


def _is_session(parts: Sequence[str], entries: Mapping[str, Entry]) -> bool:
    kinds = entries.keys()
    if TRACE in kinds and entries[TRACE].path.rpartition("/")[2].startswith(TRACE):
        return True
    if kinds & SURE and len(kinds) > 1:
        return True
    named = bool(parts) and parts[-1].lower() in MODES
    if RUNNER in kinds:
        return named or bool(kinds & TEXTS)
    return named and bool(kinds & TEXTS) and RESULTS in parts and benchmark_in(parts) >= 0


def benchmark_in(parts: Sequence[str]) -> int:
    """Return the place of the last folder named after a benchmark; -1 if there is none."""
    for at in range(len(parts) - 1, -1, -1):
        if parts[at].lower().rstrip("0123456789") in BENCHMARKS:
            return at
    return -1


def place_of(parts: Sequence[str]) -> TinyPlace:
    """Return where a session belongs.

    Args:
        parts: every folder from the root of the file system on, as far as known.
    """
    inner = list(parts)
    mode = MODES.get(inner[-1].lower(), "") if inner else ""
    if mode:
        inner.pop()
    root = _last_root(parts)
    at = benchmark_in(inner)
    at = at if root < 0 or at > root + 2 else -1
    benchmark = BENCHMARKS[inner[at].lower().rstrip("0123456789")] if at >= 0 else ""
    variant = "/".join(inner[at + 1 :]) if at >= 0 else ""
    if root < 0:
        return TinyPlace(round_of(parts), benchmark=benchmark, variant=variant, mode=mode)
    system = "/".join(inner[root + 3 : at if at >= 0 else root + 4])
    above, (division, submitter) = parts[:root], parts[root : root + 2]
    return TinyPlace(round_of(above), division, submitter, system, benchmark, variant, mode)


def _last_root(parts: Sequence[str]) -> int:
    """Return where the innermost round of a path begins; -1 if there is none."""
    for at in range(len(parts) - 3, -1, -1):
        if root_of(parts[at : at + 3]) == 0:
            return at
    return -1
