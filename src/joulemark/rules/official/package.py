"""What the official package checker of MLPerf Training says of power results, faults included.

``mlperf_logging/package_checker/power_checker.py`` of mlcommons/logging (since February 2025;
4.1.59 is the same): it looks at names and counts of files. Its faults stand as they are: any file
whose name begins with "node" or "sw" counts as a log, a number that comes twice is not noticed, a
run without power shifts the counts of those after it, and an odd name ends it with an error. Errors
of one run (of unet3d: four) are forgiven, as if the run had been left out. What the package checker
says of a run's own log (compliance, seeds, convergence) is not looked at here.
"""

from __future__ import annotations

import os.path
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from joulemark.formats.training.directory import POWER, BenchmarkDirectory
from joulemark.rules.official.outcome import Outcome, Word

REVISION = "2025-02"
"""When the checker came."""
CHECKS: Mapping[str, str] = {
    "power_folders": "There is a folder with power for each run.",
    "power_files": "The folder of a run holds no files but of nodes and switches.",
    "node_names": "Logs of nodes are called node_x, with x from 0 to one less than their number.",
    "switch_names": "Logs of switches are called sw_x, likewise.",
    "node_counts": "All runs have as many logs of nodes as most have.",
    "switch_counts": "All runs have as many logs of switches as most have.",
    "power_package": "No more runs have errors than are left out of the mean.",
}
"""What each demands, in our words and the official order."""
FORGIVEN = {"unet3d": 4}
_NODE, _SWITCH = "node", "sw"


def package_verdicts(directory: BenchmarkDirectory) -> dict[str, Outcome]:
    """Return what the package checker says of the power of a benchmark, check by check.

    The official checker warns of each fault and fails the package when too many runs have one: so
    does this, under ``power_package``. Where it breaks off, what it did not come to is EXC.
    """
    checker = _Checker(directory)
    try:
        checker.check()
    except (ValueError, NotADirectoryError) as error:
        what = f"{type(error).__name__}: {error}"[:1000]
        broken = Outcome(Word.EXC, what, directory.name_of(POWER))
        return {name: checker.found.get(name, broken) for name in CHECKS}
    return {name: checker.found.get(name, Outcome(Word.OK)) for name in CHECKS}


class _Checker:
    """Goes the official way and keeps what it says.

    Attributes:
        found: the first outcome of each check that is not OK.
        runs: names of the runs with errors.
    """

    def __init__(self, directory: BenchmarkDirectory) -> None:
        self._directory = directory
        self.found: dict[str, Outcome] = {}
        self.runs: set[str] = set()

    def check(self) -> None:
        """Check all runs; ValueError where the official checker breaks off."""
        names = [_stem(name) for name in sorted(self._directory.results)]
        nodes: list[int] = []
        switches: list[int] = []
        for name in names:
            files = self._files(name)
            if not files:
                self._warn("power_folders", f"no power result for {name}", name)
                continue
            counts = self._names(name, files)
            nodes.append(counts[0])
            switches.append(counts[1])
        self._counts("node_counts", nodes, names)
        self._counts("switch_counts", switches, names)
        self._package()

    def _files(self, run: str) -> list[str]:
        """Return what a listing of the folder of a run gives."""
        inside = f"{POWER}/{run}/"
        if inside[:-1] in self._directory.entries:
            raise NotADirectoryError(inside[:-1])
        below = (file for file in self._directory.entries if file.startswith(inside))
        return list(dict.fromkeys(file[len(inside) :].split("/", 1)[0] for file in below))

    def _names(self, run: str, files: Sequence[str]) -> tuple[int, int]:
        nodes = [file for file in files if file.startswith(_NODE)]
        switches = [file for file in files if file.startswith(_SWITCH)]
        numbers = {"node_names": _numbers(nodes), "switch_names": _numbers(switches)}
        if len(files) > len(nodes) + len(switches):
            self._note("power_files", f"{len(files)} files, some do not conform", run)
        for check, found in numbers.items():
            if any(number < 0 or number > len(found) - 1 for number in found):
                self._warn(check, f"expected to be numbered in [0, {len(found) - 1}]", run)
        return len(nodes), len(switches)

    def _counts(self, check: str, counts: Sequence[int], names: Sequence[str]) -> None:
        """Hold counts against the most frequent one; the run is the one at the same place."""
        seen = Counter(counts)
        usual = max(seen, key=lambda count: seen[count])
        for place in _others(counts, usual):
            self._warn(check, f"{counts[place]} logs, most runs have {usual}", names[place])

    def _package(self) -> None:
        count, most = len(self.runs), FORGIVEN.get(self._directory.place.benchmark, 1)
        if not count:
            return
        if count <= most:
            what = f"{count} runs do not comply, accepted under olympic scoring"
            self.found["power_package"] = Outcome(Word.WARN, what, self._directory.path)
        else:
            what = f"{count} runs do not comply, the directory cannot be accepted"
            self.found["power_package"] = Outcome(Word.FAIL, what, self._directory.path)

    def _warn(self, check: str, what: str, run: str) -> None:
        self.runs.add(run)
        self._note(check, what, run)

    def _note(self, check: str, what: str, run: str) -> None:
        where = self._directory.name_of(f"{POWER}/{run}")
        self.found.setdefault(check, Outcome(Word.WARN, what, where))


def _numbers(files: Sequence[str]) -> list[int]:
    """Return the numbers at the end of names; ValueError for a name without."""
    return [int(_stem(file).split("_")[-1]) for file in files]


def _stem(file: str) -> str:
    return os.path.splitext(file)[0]  # noqa: PTH122 # as it is done there


def _others(counts: Sequence[int], usual: int) -> Iterator[int]:
    return (place for place, count in enumerate(counts) if count != usual)
