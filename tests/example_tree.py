"""A small result tree to try a review on: ``python -m tests.example_tree FOLDER``.

Nobody measured what is in it. Three systems of two submitters, five results: one without fault
(three channels, with an accuracy target that shares its run), one whose faults the official
checker does not see (with an inferred scenario), one whose power log was changed afterwards.
"""

from __future__ import annotations

import json
import math
import sys
from dataclasses import dataclass
from pathlib import Path

from joulemark.formats.inference.system import system_fields
from tests.inference_samples import Files, Sample, dumped, submission, written

ROUND = "inference_results_v5.1"
VOLTS, FACTOR = 230.0, 0.9
BAD_RANGING = "ERROR: Bad watts reading 9910000000.000000 from Yokogawa"
CLIPPED = "ERROR: Current exceeds peak value allowed for range 0.50A and CF 3."
OVER = "WARNING: Uncertainty 1.08%, which is above 1.00% limit for the last sample!"
FAILED = "-1.000000"
RANGE, DATE = "SR,A,0.478261", "03 Feb 2025"
"""What a sample session says of its range and its calibration."""


@dataclass(frozen=True)
class Varied(Sample):
    """A session whose power moves, and whose current range fits it."""

    seconds: int = 600
    calibrated: str = "02-03-2025"

    def readings(self, mode: str) -> list[tuple[float, float]]:
        """Return time and power of each reading."""
        found = []
        for place, (time, watts) in enumerate(super().readings(mode)):
            ripple = 0.008 * math.sin(place / 9) + 0.005 * math.sin(place * 1.7)
            found.append((time, watts * (1 + ripple)))
        return found

    def ptd_messages(self) -> list[tuple[str, str]]:
        """Return the dialogue, with the range that the official server would set."""
        highest = max(watts for _, watts in self.readings("ranging"))
        amps = round(1.1 * highest / VOLTS / FACTOR, 6)
        said = [
            (command.replace(RANGE, f"SR,A,{amps:.6f}"), reply.replace(DATE, self.calibrated))
            for command, reply in super().ptd_messages()
        ]
        stops = [place for place, (command, _) in enumerate(said) if command == "Stop"]
        count = len(self.readings("testing"))
        stated = f"Uncertainty,0.004100,0.003900,0.004500,{count},0,{count},0"
        return [*said[: stops[-1] + 1], ("Uncertainty", stated), *said[stops[-1] + 1 :]]


@dataclass(frozen=True)
class Faulty(Varied):
    """A session with readings over the limit, and some that are missing."""

    calibrated: str = "no_cal_date"

    def console(self) -> bytes:
        """Return ``ptd_logs.txt``: an error in ranging, then what is wrong in the test."""
        lines = super().console().decode().split("\r\n")
        begin, _ = self.load("testing")
        after = next(i for i, line in enumerate(lines) if f"{self.session}_testing" in line)
        late = [self.said(begin + second, OVER) for second in range(300, 348)]
        missing = [self.said(begin + second, CLIPPED) for second in self.missing]
        bad = [self.said(self.phases("ranging")[1] - 5, BAD_RANGING)]
        first = next(i for i, line in enumerate(lines) if f"{self.session}_ranging" in line)
        lines[after + 2 : after + 2] = sorted(late + missing)
        lines[first + 2 : first + 2] = bad
        return "\r\n".join(lines).encode()

    @property
    def missing(self) -> range:
        """Return the seconds of the test that have no reading."""
        return range(40, 590, 47)

    def reading(self, seconds: float, watts: float, mode: str = "testing") -> str:
        """Return one line of ``spl.txt``."""
        line = super().reading(seconds, watts, mode)
        begin, _ = self.load("testing")
        if mode != "testing" or not any(0 <= seconds - begin - s < 1 for s in self.missing):
            return line
        fields = line.split(",")
        for place in (3, 5, 7, 9):
            fields[place] = FAILED
        return ",".join(fields)


def files() -> Files:
    """Return every file of the tree by its path."""
    clean = Varied(
        channels=3, watts=3600.0, ranging_watts=3620.0, idle_watts=1100.0, performance=41_000.0
    ).files()
    faulty = Faulty(
        watts=31.0, ranging_watts=31.2, idle_watts=14.0, performance=180.0, scenario="SingleStream"
    ).files()
    changed = Varied(watts=212.0, ranging_watts=213.0, performance=5200.0).files()
    changed["run_1/spl.txt"] = changed["run_1/spl.txt"].replace(b"Watts,21", b"Watts,20")
    found: Files = {}
    for benchmark in ("bert-99", "bert-99.9"):
        found |= submitted(clean, system="server-3psu", benchmark=benchmark)
    for scenario in ("SingleStream", "MultiStream"):
        found |= submitted(faulty, system="mini-pc", scenario=scenario)
    found |= submitted(changed, division="open", submitter="Sample_Works", system="edge-box")
    return found


def submitted(files: Files, *, system: str, **place: str) -> Files:
    """Return a result with a whole description of its system and the name of its analyser."""
    found = submission(files, system=system, **place)
    described = f"systems/{system}.json"
    for path, data in found.items():
        if path.endswith(described):
            found[path] = dumped({**_description(), **json.loads(data)})
        elif "analyzer_table" in path and system == "server-3psu":
            found[path] = data.replace(b"WT310", b"WT330")
    return found


def _description() -> dict[str, str]:
    """Return every field that a system of the round is described by."""
    asked = system_fields()
    names = (*asked.required, *asked.power)
    counts = {"host_processors_per_node": "2", "accelerators_per_node": "0"}
    return dict.fromkeys(names, "as made up") | counts


def write(folder: Path) -> Path:
    """Write the tree into a folder, and return its root."""
    return written(files(), folder / ROUND)


def main() -> int:
    """Write the tree into the folder that is named, and print its root."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "example")
    sys.stdout.write(f"{write(folder)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
