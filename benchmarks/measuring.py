"""What the benchmarks share: processor time of processes, a tree of counters, tables."""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

SOURCES = Path(__file__).parents[1] / "src"
ATTRIBUTES = (
    "/sys/kernel/uevent_seqnum",
    "/sys/kernel/fscaps",
    "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size",
    "/sys/kernel/mm/transparent_hugepage/khugepaged/pages_to_scan",
)
"""Files of sysfs that hold a whole number: what reading them costs is what reading an
``energy_uj`` costs without the register behind it. Where they are missing, plain files stand in."""
ZONES = {
    "intel-rapl:0": "package-0",
    "intel-rapl:0:0": "core",
    "intel-rapl:0:1": "uncore",
    "intel-rapl:0:2": "dram",
}

Row = dict[str, object]


def counters(folder: Path) -> Path:
    """Make a powercap tree of four zones; return its root."""
    root = folder / "powercap"
    for (zone, name), attribute in zip(ZONES.items(), ATTRIBUTES, strict=True):
        directory = root / zone
        directory.mkdir(parents=True)
        (directory / "name").write_text(f"{name}\n")
        (directory / "max_energy_range_uj").write_text("262143328850\n")
        counter = directory / "energy_uj"
        if _holds_a_number(attribute):
            counter.symlink_to(attribute)
        else:
            counter.write_text("123456789012\n")
    return root


def files_of(root: Path) -> list[str]:
    """Return the counters of a tree."""
    return [str(root / zone / "energy_uj") for zone in ZONES]


def _holds_a_number(path: str) -> bool:
    try:
        return Path(path).read_text().strip().isdigit()
    except OSError:
        return False


def environment() -> dict[str, str]:
    """Return the environment of the processes: these sources, byte code kept, no cold imports."""
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": str(SOURCES)}


def cpu_ms(argv: Sequence[str], folder: Path) -> float:
    """Run a command; return the processor time of it and of all that it waited for, ms.

    Raises:
        RuntimeError: if it fails; says what it printed.
    """
    said = os.open(folder / "said", os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    try:
        pid = os.posix_spawnp(
            argv[0],
            list(argv),
            environment(),
            file_actions=[(os.POSIX_SPAWN_DUP2, said, 1), (os.POSIX_SPAWN_DUP2, said, 2)],
        )
        _, status, used = os.wait4(pid, 0)
        if status:
            raise RuntimeError(os.pread(said, 4000, 0).decode("utf-8", "replace"))
    finally:
        os.close(said)
    return (used.ru_utime + used.ru_stime) * 1e3


def printed(python: str, code: str, folder: Path, *arguments: str) -> dict[str, float]:
    """Run code that prints one JSON object; return that, empty if the code fails."""
    try:
        cpu_ms([python, "-W", "ignore", "-c", code, *arguments], folder)
        lines = (folder / "said").read_text().strip().splitlines()
        return dict(json.loads(lines[-1]))
    except (RuntimeError, ValueError, IndexError):
        return {}


def version(python: str, package: str, folder: Path) -> str:
    """Return the version of a package that an interpreter has; empty if it has none."""
    code = (
        f"import json, importlib.metadata as m; print(json.dumps({{'v': m.version({package!r})}}))"
    )
    return str(printed(python, code, folder).get("v", ""))


def on_cpu_ns(pid: int) -> int:
    """Return the processor time of a process's main thread so far, ns."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])


def middle(values: Sequence[float]) -> float:
    """Return the median."""
    return statistics.median(values)


def interleaved(
    cases: Mapping[str, Callable[[], float | None]], rounds: int
) -> dict[str, list[float]]:
    """Run every case once in each round, so that a busy minute hits all alike."""
    found: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, case in cases.items():
            value = case()
            if value is not None:
                found[name].append(value)
    return found


def about() -> dict[str, object]:
    """Return what machine and moment the figures belong to."""
    model = [
        line for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line
    ]
    return {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "python": sys.version.split()[0],
        "processor": model[0].partition(":")[2].strip() if model else os.uname().machine,
        "processors": os.cpu_count(),
        "load": [round(one, 2) for one in os.getloadavg()],
    }


def digits(value: object) -> str:
    """Return a cell of a table: numbers with three significant digits."""
    if not isinstance(value, float):
        return "-" if value is None else str(value)
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def show(title: str, rows: Sequence[Row], *, markdown: bool) -> None:
    """Print a table."""
    columns = list(rows[0])
    cells = [columns, *([digits(row[column]) for column in columns] for row in rows)]
    if markdown:
        cells.insert(1, ["---"] * len(columns))
        body = "\n".join(f"| {' | '.join(line)} |" for line in cells)
    else:
        widths = [max(len(line[place]) for line in cells) for place in range(len(columns))]
        body = "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in cells
        )
    print(f"\n{title}\n\n{body}" if not markdown else f"\n**{title}**\n\n{body}")


@contextmanager
def workplace() -> Iterator[Path]:
    """Give a folder for the time of a run; where TMPDIR says, a disk usually, as stores are."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)
