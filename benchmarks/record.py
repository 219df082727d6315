"""What it costs to build the public record from its sources, and to build it again.

    python benchmarks/record.py PATH … --tables DIR            what joulemark import takes
    python benchmarks/record.py inference_results_v*.git training_results_v*.git page.csv --markdown

Four commands one after the other, as a user types them, into a store and a site in a folder that is
removed at the end: import of every PATH, figures, audit, site. Then the same four again with
nothing changed. Processor seconds are those of all processes of a command. Memory is sampled ten
times a second: the *sum* is that of all its processes at one moment (proportional set size, so what
they share is counted once), the *largest* is the peak resident set of the largest of them as the
kernel counts it. The load is the machine's mean of one minute when a command began: others use it
as well, so wall time is an upper bound and processor time is what to compare.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from check import spent

LIMITS = {"full": 600.0, "again": 5.0}
"""Wall seconds that are asked for, of two cores."""
MOST_MIB = 500.0

Row = dict[str, Any]


def commands(paths: list[str], tables: str, folder: Path) -> dict[str, list[str]]:
    """Return the four commands by name."""
    store, site = str(folder / "store"), folder / "site"
    study = ["--tables", tables] if tables else []
    words = {
        "import": [*paths],
        "figures": [*study, "--output", str(site / "figures")],
        "audit": ["--html", str(site / "what-the-record-says.html")],
        "site": [str(site)],
    }
    program = [sys.executable, "-m", "joulemark"]
    return {name: [*program, name, *more, "--store", store] for name, more in words.items()}


def built(every: dict[str, list[str]]) -> dict[str, Row]:
    """Run the commands in their order."""
    rows = {}
    for name, command in every.items():
        load = os.getloadavg()[0]
        rows[name] = {**spent(command, answers=(0, 1)), "load": load}
    return rows


def measured(paths: list[str], tables: str) -> dict[str, Any]:
    """Build the record and build it again; return what both took, and how much there was."""
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root)
        (folder / "site").mkdir()
        every = commands(paths, tables, folder)
        found: dict[str, Any] = {"full": built(every), "again": built(every)}
        said = subprocess.run([*every["import"], "--json"], capture_output=True, check=False).stdout
        done = json.loads(said)
        runs = sum(path.is_dir() for path in (folder / "store").iterdir())
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    counts = {"paths": len(paths), "runs": runs, "results": done["declared"]["total"]}
    for name in ("directories", "training_results", "tiny_sessions"):
        counts[name] = done[name]
    counts |= {"not_read_again": len(done["unchanged"]), "refused": len(done["refused"])}
    return {"cores": len(os.sched_getaffinity(0)), "counts": counts, "bytes": size, **found}


def total(rows: dict[str, Row]) -> Row:
    """Return the sum of the times and the highest of the memory."""
    added = {name: sum(row[name] for row in rows.values()) for name in ("wall_s", "cpu_s")}
    highest = {
        name: max(row[name] for row in rows.values()) for name in ("sum_mib", "peak_mib", "load")
    }
    return {**added, **highest}


def markdown(found: dict[str, Any]) -> str:
    """Return the figures as Markdown."""
    counts = found["counts"]
    what = (
        f"{counts['directories']} power directories, {counts['training_results']} training results "
        f"and {counts['tiny_sessions']} tiny sessions in {counts['paths']} paths: {counts['runs']} "
        f"runs, {counts['results']} stated results, {counts['refused']} refused. Store and site "
        f"are {found['bytes'] / 1e6:.0f} MB. {found['cores']} cores, shared with others."
    )
    lines = [what]
    for build, title in (("full", "first"), ("again", "again, nothing changed")):
        lines += [
            "",
            f"| {title} | wall, s | processor, s | all processes, MiB | largest, MiB | load |",
            "|---|---:|---:|---:|---:|---:|",
        ]
        for name, row in {**found[build], "**together**": total(found[build])}.items():
            lines.append(
                f"| {name} | {row['wall_s']:.1f} | {row['cpu_s']:.1f} | {row['sum_mib']:.0f} "
                f"| {row['peak_mib']:.0f} | {row['load']:.1f} |"
            )
    lines += ["", *_held(found)]
    return "\n".join(lines)


def _held(found: dict[str, Any]) -> list[str]:
    """Return whether the bounds were kept."""
    said = []
    for build, limit in LIMITS.items():
        wall = total(found[build])["wall_s"]
        kept = "kept" if wall <= limit else "not kept on this machine at that load"
        said.append(f"* {build}: {wall:.1f} s of {limit:.0f} s allowed: {kept}.")
    most = max(total(found[build])["sum_mib"] for build in LIMITS)
    kept = "kept" if most <= MOST_MIB else "not kept"
    return [*said, f"* memory: {most:.0f} MiB of {MOST_MIB:.0f} MiB allowed: {kept}."]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("paths", nargs="+", metavar="PATH", help="as of joulemark import")
    parser.add_argument("--tables", default="", metavar="DIR", help="the source study's tables")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON")
    form.add_argument("--markdown", action="store_true", help="print Markdown (the default)")
    args = parser.parse_args()
    found = measured(args.paths, args.tables)
    print(json.dumps(found, indent=2) if args.json else markdown(found))


if __name__ == "__main__":
    main()
