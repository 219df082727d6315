"""Which results rest on one measurement, and what their page is called."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from joulemark.core.errors import JoulemarkError
from joulemark.formats.inference.directory import POWER_LOG, TESTING
from joulemark.formats.trees.tree import Tree
from joulemark.procedures.checked import Target

FOLDER = "results"
MOST_NAME = 60
_UNSAFE = re.compile(r"[^A-Za-z0-9.+=-]+")
_POWER_LOG = f"{TESTING}/{POWER_LOG}"


@dataclass(frozen=True, slots=True)
class Measurement:
    """The results that rest on the same readings.

    Attributes:
        targets: their directories; the first is shown.
        page: their page, relative to the page of the tree.
    """

    targets: Sequence[Target]
    page: str


def measurements(
    targets: Sequence[Target],
    trees: Sequence[Tree],
    tell: Callable[[int], None] = lambda done: None,
) -> list[Measurement]:
    """Return results by measurement, in the order of the first of each.

    Results of one round whose power log of the test is the same, byte for byte, are of one
    measurement: inferred scenarios, and accuracy targets that share a run.

    Args:
        targets: the directories.
        trees: that they lie in, open.
        tell: told how many were looked at.
    """
    found: dict[tuple[int, str, str, str], list[Target]] = {}
    for done, target in enumerate(targets, 1):
        key = (target.tree, target.place.round, target.place.submitter, _log(target, trees))
        found.setdefault(key, []).append(target)
        tell(done)
    return [Measurement(each, page_of(each[0], trees[each[0].tree])) for each in found.values()]


def _log(target: Target, trees: Sequence[Tree]) -> str:
    """Return what names the content of a power log; the directory itself without one."""
    identity = next((entry[3] for entry in target.entries if entry[0] == _POWER_LOG), None)
    if identity:
        return identity
    if identity is not None:
        path = f"{target.path}/{_POWER_LOG}" if target.path else _POWER_LOG
        try:
            return hashlib.sha256(trees[target.tree].read(path)).hexdigest()
        except (JoulemarkError, OSError):
            pass
    return f"/{target.path}"


def page_of(target: Target, tree: Tree) -> str:
    """Return where the page of a measurement goes, relative to the page of the tree.

    Names are of letters that every file system takes; a digest tells those apart that are alike.
    """
    place = target.place
    named = f"{tree.name}\0{target.path}".encode("utf-8", "surrogatepass")
    digest = hashlib.sha256(named).hexdigest()[:10]
    who = "-".join(filter(None, (_safe(place.round), _safe(place.submitter)))) or "unnamed"
    parts = (place.system, place.benchmark, place.scenario)
    what = "-".join(filter(None, map(_safe, parts))) or _safe(target.path.rpartition("/")[2])
    return f"{FOLDER}/{who}/{what}-{digest}.html".replace("/-", "/")


def _safe(text: str) -> str:
    return _UNSAFE.sub("_", text)[:MOST_NAME].strip("._-")
