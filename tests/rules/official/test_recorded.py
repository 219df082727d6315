"""Verdicts that the official checkers really gave on published results."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import pytest

from joulemark.formats.inference.directory import PowerDirectory
from joulemark.rules.official import CHECKS, official_verdicts
from tests.formats.inference.samples import REAL, SHARED, Memory

EXPECTED = SHARED / "expected" / "inference_official.csv"
pytestmark = pytest.mark.skipif(not EXPECTED.exists(), reason="no published results beside us")
Recorded = dict[tuple[str, str, str], dict[str, str]]


def _recorded() -> Recorded:
    found: Recorded = defaultdict(dict)
    if EXPECTED.exists():
        with EXPECTED.open(newline="") as file:
            for row in csv.DictReader(file):
                key = row["version"], row["dir"], row["checker"]
                found[key][row["check"]] = row["verdict"]
    return found


RECORDED = _recorded()


def _directory(path: Path) -> PowerDirectory:
    files = {f"d/{p.relative_to(path)}": p.read_bytes() for p in path.rglob("*") if p.is_file()}
    tree = Memory(files)
    return PowerDirectory(tree, "d", {e.path.removeprefix("d/"): e for e in tree.entries()})


@pytest.mark.parametrize("key", RECORDED, ids=" ".join)
def test_recorded_verdicts(key: tuple[str, str, str]) -> None:
    name, path, checker = key
    faults = () if checker == "own" else tuple(checker.split("+"))
    directory = _directory(REAL / f"inference_results_{name}" / path)
    found = official_verdicts(directory, name, faults)
    assert {check: str(outcome.verdict) for check, outcome in found.items()} == RECORDED[key]
    assert list(found) == list(CHECKS)
