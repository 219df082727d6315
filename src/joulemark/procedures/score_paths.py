"""Paths of a result that say where it belongs, wherever the tree that holds it begins."""

from __future__ import annotations

from collections.abc import Sequence

from joulemark.formats.inference.layout import RESULTS, SYSTEMS
from joulemark.procedures.checked import ROOT


class Published:
    """Names the files of one folder relative to the tree, or to the round that the tree lies in.

    A tree may begin within ``<division>/<submitter>/results/<system>``; then the folders above it
    are named, too.

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
        self._above = list(location[begin:]) if 0 <= begin < len(location) else []
        self._submitter = 1 + bool(division)

    def of(self, file: str) -> str:
        """Return the path of a file of the tree, or of the folder of the submitter.

        Args:
            file: relative to the root of the tree; empty for the folder itself.
        """
        file = file or self._path
        if self._above:
            beside = file.startswith(f"{SYSTEMS}/")
            above = self._above[: self._submitter] if beside else self._above
            return "/".join([*above, file] if file else above)
        return file or ROOT


def _begin(parts: Sequence[str], submitter: str, division: str) -> int:
    """Return the place of the round's first folder in a path; -1 if it is not known."""
    if not submitter:
        return -1
    wanted = [*([division] if division else []), submitter, RESULTS]
    for at in range(len(parts) - len(wanted), -1, -1):
        if list(parts[at : at + len(wanted)]) == wanted:
            return at
    return -1
