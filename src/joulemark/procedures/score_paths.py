"""Paths of a result as its round publishes them, wherever the tree that holds it begins."""

from __future__ import annotations

from collections.abc import Sequence

from joulemark.formats.inference.layout import RESULTS, SYSTEMS
from joulemark.procedures.checked import ROOT


class Published:
    """Names the files of one folder as a round does: ``<division>/<submitter>/results/…``.

    Where the path does not tell the submitter, a file is named relative to the tree.

    Args:
        location: folders down to the root of the tree, outermost first.
        path: the folder, relative to the root of the tree.
        submitter: who; empty if the path does not tell.
        division: folder above; empty without.
    """

    def __init__(self, location: Sequence[str], path: str, submitter: str, division: str) -> None:
        """Find out where the round begins."""
        inner = path.split("/") if path else []
        parts = [*location, *inner]
        self._path = path
        begin = _begin(parts, submitter, division)
        depth = len(location) if begin < 0 else begin
        self._cut = "".join(f"{part}/" for part in parts[len(location) : depth])
        self._above = list(location[depth:]) if depth < len(location) else []
        self._submitter = 1 + bool(division)

    def of(self, file: str) -> str:
        """Return a file of the tree, or of the folder of the submitter, as published.

        Args:
            file: relative to the root of the tree; empty for the folder itself.
        """
        file = file or self._path
        if self._above:
            beside = file.startswith(f"{SYSTEMS}/")
            above = self._above[: self._submitter] if beside else self._above
            return "/".join([*above, file] if file else above)
        return file.removeprefix(self._cut) or ROOT


def _begin(parts: Sequence[str], submitter: str, division: str) -> int:
    """Return the place of the round's first folder in a path; -1 if it is not known."""
    if not submitter:
        return -1
    wanted = [*([division] if division else []), submitter, RESULTS]
    for at in range(len(parts) - len(wanted), -1, -1):
        if list(parts[at : at + len(wanted)]) == wanted:
            return at
    return -1
