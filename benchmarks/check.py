"""What `joulemark check` costs a power directory, against its floor and the official checker.

    python benchmarks/check.py TREE                              any tree that check takes
    python benchmarks/check.py TREE --official FOLDER --markdown

The *floor* reads the same files through the same tree in one process, once as they are and once
with the SHA-1 of each, and does nothing with them. joulemark runs as its users run it, all
directories of the tree in one command: processor seconds are those of all its processes, memory
is the peak of the largest of them and of their sum (proportional set size, sampled). The official
checker (FOLDER: a checkout of its repository at the round's revision) is run on copies of some of
the directories: as submitters run it, a process for each, and all in one process. Seconds are per
directory; ratios are to the official checker as submitters run it.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def floor(tree: str, *, hashed: bool) -> Row:
    """Read every file of every power directory in this process."""
    from joulemark.procedures.check_parts import parts

    made = parts()
    opened = made.open_tree(tree)
    directories = list(made.find(opened))
    wall, cpu, size = time.perf_counter(), _cpu(), 0
    for one in directories:
        for file in one.entries:
            try:
                data = one.read(file)
            except FileNotFoundError:
                continue
            size += len(data)
            if hashed:
                hashlib.sha1(data, usedforsecurity=False).digest()
        one.close() if hasattr(one, "close") else one.__dict__["_kept"].clear()
    row = {"directories": len(directories), "bytes": size}
    row |= {"wall_s": time.perf_counter() - wall, "cpu_s": _cpu() - cpu}
    opened.close()
    return row


def _cpu() -> float:
    """Return processor seconds of this process and of those that it waited for or talks to."""
    here = os.times()
    return here.user + here.system + here.children_user + here.children_system + _children()


def _children() -> float:
    """Return processor seconds of living children (git)."""
    ticks = os.sysconf("SC_CLK_TCK")
    total = 0
    for pid in _descendants(os.getpid()):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / ticks


def _descendants(pid: int) -> list[int]:
    found = []
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for word in (task / "children").read_text().split():
                found += [int(word), *_descendants(int(word))]
    except OSError:
        pass
    return found


def ours(tree: str, *words: str) -> Row:
    """Run the command as its users do."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "out.jsonl"
        command = [
            sys.executable,
            "-m",
            "joulemark",
            "check",
            tree,
            "--output",
            str(output),
            *words,
        ]
        row = spent(command, answers=(0, 1))
        lines = output.read_text().splitlines()
    verdicts = [json.loads(line)["verdict"] for line in lines]
    counts = {word: verdicts.count(word) for word in ("pass", "warn", "fail")}
    return {"directories": len(verdicts), **row, **counts}


def spent(command: list[str], *, answers: tuple[int, ...] = (0, 1)) -> Row:
    """Run a command; return wall and processor seconds of all its processes, and peaks of memory.

    Raises:
        RuntimeError: if it answers otherwise.
    """
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    with _watching(process.pid) as sums:
        said = process.stderr.read() if process.stderr else b""
        _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.stderr:
        process.stderr.close()
    if process.returncode not in answers:
        raise RuntimeError(f"{' '.join(command)}: {said.decode(errors='replace')[-2000:]}")
    row: Row = {"wall_s": wall, "cpu_s": usage.ru_utime + usage.ru_stime}
    return {**row, "peak_mib": usage.ru_maxrss / 1024, "sum_mib": max(sums, default=0.0)}


@contextmanager
def _watching(pid: int) -> Iterator[list[float]]:
    """Sample the memory of a process and all below it, MiB."""
    sums: list[float] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.1):
            sums.append(sum(map(_pss, (pid, *_descendants(pid)))))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield sums
    finally:
        over.set()
        thread.join()


def _pss(pid: int) -> float:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


def copies(tree: str, count: int, folder: Path) -> list[Path]:
    """Write some of the directories of a tree, spread over it, as a submitter has them."""
    from joulemark.procedures.check_parts import parts

    made = parts()
    opened = made.open_tree(tree)
    directories = list(made.find(opened))
    step = max(len(directories) // count, 1)
    written = []
    for number, one in enumerate(directories[::step][:count]):
        root = folder / f"{number:04d}"
        for file in one.entries:
            try:
                data = one.read(file)
            except FileNotFoundError:
                continue
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            (root / file).write_bytes(data)
        if (root / "power" / "server.json").exists():
            written.append(root)
    opened.close()
    return written


def official(checker: Path, directories: list[Path]) -> Row:
    """Run the official checker as submitters do, a process for each directory."""
    rows = [spent([sys.executable, str(checker), str(one)]) for one in directories]
    total: Row = {"directories": len(rows), "peak_mib": max(row["peak_mib"] for row in rows)}
    return total | {name: sum(row[name] for row in rows) for name in ("wall_s", "cpu_s")}


def official_inside(checker: Path, directories: list[Path]) -> Row:
    """Run the official checker's function over the directories in one process."""
    spec = importlib.util.spec_from_file_location("official_check", checker)
    if spec is None or spec.loader is None:
        raise RuntimeError(f"{checker} is no program")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(checker.parent))
    spec.loader.exec_module(module)
    wall, cpu = time.perf_counter(), time.process_time()
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        for one in directories:
            module.check(str(one))
    row: Row = {"directories": len(directories), "wall_s": time.perf_counter() - wall}
    return row | {"cpu_s": time.process_time() - cpu}


def measure(tree: str, checker: Path | None, sample: int) -> dict[str, Row]:
    """Measure everything, each in a process of its own."""
    found = {
        "floor: read": _fresh("read", tree),
        "floor: read, SHA-1": _fresh("hash", tree),
        "joulemark check": ours(tree),
        "joulemark check --jobs 1": ours(tree, "--jobs", "1"),
        "joulemark check --as-official": ours(tree, "--as-official", "own"),
    }
    if checker is not None:
        with tempfile.TemporaryDirectory() as folder:
            directories = copies(tree, sample, Path(folder))
            found["official, a process each"] = official(checker, directories)
            words = ["inside", tree, "--official", str(checker), "--copies", folder]
            found["official, one process"] = _one(words)
            found["joulemark check, the same"] = ours(folder)
    return found


def _fresh(what: str, tree: str) -> Row:
    return _one([what, tree])


def _one(words: list[str]) -> Row:
    what, tree, *more = words
    command = [sys.executable, __file__, tree, "--one", what, *more]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    row: Row = json.loads(done.stdout.splitlines()[-1])
    return row


def lines(found: dict[str, Row]) -> Iterator[list[str]]:
    """Yield the cells of a table."""
    base = found.get("official, a process each")
    usual = base["cpu_s"] / base["directories"] if base else None
    for name, row in found.items():
        count = row["directories"]
        cpu = row["cpu_s"] / count
        peak, total = row.get("peak_mib"), row.get("sum_mib")
        yield [
            name,
            str(count),
            f"{1000 * cpu:.1f} ms",
            f"{1000 * row['wall_s'] / count:.1f} ms",
            f"{row['wall_s']:.2f} s",
            f"{peak:.0f} MiB" if peak else "–",
            f"{total:.0f} MiB" if total else "–",
            f"1/{usual / cpu:.1f}" if usual else "–",
        ]


HEAD = ["what", "directories", "CPU each", "wall each", "wall", "largest process", "all processes"]


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tree")
    parser.add_argument("--official", type=Path, metavar="FOLDER")
    parser.add_argument("--sample", type=int, default=24, help="directories the official one gets")
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--one", choices=("read", "hash", "inside"), help=argparse.SUPPRESS)
    parser.add_argument("--copies", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one == "inside":
        print(json.dumps(official_inside(args.official, sorted(args.copies.iterdir()))))
        return
    if args.one:
        print(json.dumps(floor(args.tree, hashed=args.one == "hash")))
        return
    checker = None if args.official is None else args.official / "compliance" / "check.py"
    found = measure(args.tree, checker, args.sample)
    if args.json:
        print(json.dumps(found, indent=2))
        return
    rows = [[*HEAD, "of official"], *lines(found)]
    if args.markdown:
        rows.insert(1, ["---", *["---:"] * 7])
        print("\n".join(f"| {' | '.join(row)} |" for row in rows))
        return
    widths = [max(len(row[place]) for row in rows) for place in range(8)]
    for row in rows:
        print("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)))


if __name__ == "__main__":
    main()
