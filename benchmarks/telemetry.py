"""Energy per node, device and phase of power samples in Parquet, against the decode floor.

    python benchmarks/telemetry.py --folder FOLDER               50 million rows, made once
    python benchmarks/telemetry.py --folder FOLDER --rows 2000000 --repeat 1 --markdown

The data: 1,000 nodes of 8 devices at 10 Hz with ±5 ms of jitter, 8 phases a node; columns ts (int64
ns), node, device, phase, power (float32), joules. ``bynode`` lies sensor by sensor in 20 files,
``bytime`` as a collector appends it, 30 s a file. The *floor* decodes the five columns that are
needed and does nothing with them. Each figure is of a fresh process, best of the repeats: wall and
processor seconds from before its imports of readers to its answer, and its peak memory; ratios are
to the floor of the same layout in the same run. Variants whose package is missing say so.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

NODES, DEVICES, HZ = 1000, 8, 10
LAYOUTS = ("bynode", "bytime")
COLUMNS = ["ts", "node", "device", "phase", "power"]
ROW_GROUP = 1 << 20


def make(folder: Path, rows: int) -> None:
    """Write both layouts, the same numbers each time."""
    import numpy as np

    ticks = max(rows // (NODES * DEVICES), 2)
    rng = np.random.default_rng(1)
    base = 1_760_000_000_000_000_000 + np.arange(ticks, dtype=np.int64) * (10**9 // HZ)
    edges = np.sort(rng.integers(0, ticks, (NODES, 7)), axis=1)
    made: list[dict[str, Any]] = []
    for first in range(0, NODES, 50):
        sensors = []
        for node in range(first, first + 50):
            phase = np.searchsorted(edges[node], np.arange(ticks), side="right").astype(np.int8)
            sensors += [_sensor(rng, base, node, device, phase) for device in range(DEVICES)]
        part = {name: np.concatenate([one[name] for one in sensors]) for name in sensors[0]}
        _write(folder / "bynode" / f"p{first // 50:02d}.parquet", part)
        made.append({name: column.reshape(-1, ticks) for name, column in part.items()})
    whole = {name: np.concatenate([one[name] for one in made]) for name in made[0]}
    for number, first in enumerate(range(0, ticks, 30 * HZ)):
        part = {name: c[:, first : first + 30 * HZ].T.ravel() for name, c in whole.items()}
        _write(folder / "bytime" / f"p{number:02d}.parquet", part)


def _sensor(rng: Any, base: Any, node: int, device: int, phase: Any) -> dict[str, Any]:
    import numpy as np

    ticks = len(base)
    time_ns = base + rng.integers(-5_000_000, 5_000_000, ticks)
    noise = rng.normal(0, 15, ticks).clip(-90, 90)
    power = (np.round((100 + 75 * phase.astype(np.float64) + noise) * 1000) / 1000).astype("f4")
    wide = power.astype(np.float64)
    steps = (wide[1:] + wide[:-1]) * 0.5 * np.diff(time_ns) * 1e-9
    return {
        "ts": time_ns,
        "node": np.full(ticks, node, np.int16),
        "device": np.full(ticks, device, np.int8),
        "phase": phase,
        "power": power,
        "joules": np.concatenate([[0.0], np.cumsum(steps)]),
    }


def _write(path: Path, columns: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    if find_spec("pyarrow"):
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.table(columns), part, compression="zstd", row_group_size=ROW_GROUP)
    else:
        import duckdb

        with duckdb.connect() as database:
            database.register("given", columns)
            database.execute(
                f"COPY given TO '{part}' (FORMAT parquet, COMPRESSION zstd, "
                f"ROW_GROUP_SIZE {ROW_GROUP})"
            )
    part.rename(path)


def ensure(folder: Path, rows: int) -> Path:
    """Return a folder with the data, made in a process of its own if it is not there."""
    data = folder / f"telemetry-{rows}"
    done = data / "done"
    if not done.exists():
        command = [sys.executable, __file__, "--folder", str(data), "--rows", str(rows), "--make"]
        subprocess.run(command, check=True)
        done.touch()
    return data


Answer = tuple[int, float]
"""Number of groups (of the floor: rows) and joules."""


def floor(folder: Path) -> Answer:
    """Decode the five columns with Arrow, row group by row group."""
    import pyarrow.parquet as pq

    rows = 0
    for path in sorted(folder.glob("*.parquet")):
        file = pq.ParquetFile(path)
        for group in range(file.num_row_groups):
            rows += file.read_row_group(group, columns=COLUMNS).num_rows
    return rows, 0.0


def ours(folder: Path, engine: str) -> Answer:
    """Ask joulemark, uncertainty and coverage included."""
    from joulemark.analysis.total import Question, total
    from joulemark.core.channel import Channel, Domain, Quantity

    channel = Channel(
        name="power",
        meter="table",
        part="series",
        unit="W",
        domain=Domain.RAIL,
        quantity=Quantity.POWER,
    )
    totals = total([folder], Question(channel=channel, engine=engine))
    return len(totals.groups.joules), float(totals.whole.joules[0])


def ours_arrow(folder: Path) -> Answer:
    """Ask joulemark with Arrow."""
    return ours(folder, "arrow")


def ours_duckdb(folder: Path) -> Answer:
    """Ask joulemark without Arrow."""
    return ours(folder, "duckdb")


def duckdb_window(folder: Path) -> Answer:
    """Ask DuckDB in SQL: lag over a window of each sensor."""
    import duckdb

    query = f"""
        SELECT node, device, phase, sum(e) FROM (
            SELECT node, device, lag(phase) OVER w AS phase,
                   (power + lag(power) OVER w)::DOUBLE * 0.5 * (ts - lag(ts) OVER w) * 1e-9 AS e
            FROM '{folder}/*.parquet' WINDOW w AS (PARTITION BY node, device ORDER BY ts))
        WHERE e IS NOT NULL GROUP BY ALL"""
    rows = duckdb.connect(config={"threads": os.cpu_count() or 1}).execute(query).fetchall()
    return len(rows), sum(row[3] for row in rows)


def polars_window(folder: Path) -> Answer:
    """Ask Polars: shift over each sensor, streaming."""
    import polars as pl

    keys = ["node", "device"]
    wide = pl.col("power").cast(pl.Float64)
    joules = (wide + wide.shift(1)) * 0.5 * (pl.col("ts") - pl.col("ts").shift(1)) * 1e-9
    query = (
        pl.scan_parquet(f"{folder}/*.parquet")
        .select(*COLUMNS)
        .with_columns(
            e=joules.over(keys, order_by="ts"),
            phase=pl.col("phase").shift(1).over(keys, order_by="ts"),
        )
        .drop_nulls("e")
        .group_by(*keys, "phase")
        .agg(j=pl.col("e").sum())
    )
    found = query.collect(engine="streaming")
    return found.height, float(found["j"].sum())


def polars_sorted(folder: Path) -> Answer:
    """Ask Polars for what it does best: plain shifts in files that lie sensor by sensor."""
    import polars as pl

    count, joules = 0, 0.0
    same = (pl.col("node") == pl.col("node").shift(1)) & (
        pl.col("device") == pl.col("device").shift(1)
    )
    wide = pl.col("power").cast(pl.Float64)
    energy = (wide + wide.shift(1)) * 0.5 * (pl.col("ts") - pl.col("ts").shift(1)) * 1e-9
    for path in sorted(folder.glob("*.parquet")):
        query = (
            pl.scan_parquet(path)
            .select(*COLUMNS)
            .with_columns(e=energy, before=pl.col("phase").shift(1), same=same)
            .filter("same")
            .group_by("node", "device", "before")
            .agg(j=pl.col("e").sum())
        )
        found = query.collect(engine="streaming")
        count, joules = count + found.height, joules + float(found["j"].sum())
    return count, joules


VARIANTS: dict[str, tuple[Callable[[Path], Answer], str, tuple[str, ...]]] = {
    "floor: Arrow decodes 5 columns": (floor, "pyarrow", LAYOUTS),
    "joulemark, Arrow": (ours_arrow, "pyarrow", LAYOUTS),
    "joulemark, DuckDB only": (ours_duckdb, "duckdb", LAYOUTS),
    "DuckDB window": (duckdb_window, "duckdb", LAYOUTS),
    "Polars shift, sorted files": (polars_sorted, "polars", ("bynode",)),
    "Polars shift over sensors": (polars_window, "polars", LAYOUTS),
}
FLOOR = next(iter(VARIANTS))


def one(name: str, folder: Path) -> None:
    """Run one variant in this process and print what it cost."""
    began, cpu = time.perf_counter(), time.process_time()
    groups, joules = VARIANTS[name][0](folder)
    spent = {"wall_s": time.perf_counter() - began, "cpu_s": time.process_time() - cpu}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({**spent, "peak_mib": peak, "groups": groups, "joules": joules}))


def measure(data: Path, repeat: int, only: str) -> list[dict[str, Any]]:
    """Run each variant in processes of its own, the variants taking turns."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for _ in range(repeat):
        for name, (_, package, layouts) in VARIANTS.items():
            for layout in layouts:
                if only in name or name == FLOOR:
                    _keep(found, name, layout, _run(name, data / layout, package))
    for (_, layout), row in found.items():
        base = found[FLOOR, layout]
        for kind in ("wall", "cpu"):
            if row.get(f"{kind}_s") and base.get(f"{kind}_s"):
                row[f"{kind}_ratio"] = row[f"{kind}_s"] / base[f"{kind}_s"]
    return list(found.values())


def _run(name: str, folder: Path, package: str) -> dict[str, Any]:
    if find_spec(package) is None:
        return {"problem": f"{package} is not installed"}
    command = [sys.executable, __file__, "--folder", str(folder), "--one", name]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        return {"problem": (done.stderr.strip().splitlines() or ["failed"])[-1]}
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _keep(
    found: dict[tuple[str, str], dict[str, Any]], name: str, layout: str, new: dict[str, Any]
) -> None:
    """Keep the least seconds and the highest peak of the repeats."""
    row = found.setdefault((name, layout), {"variant": name, "layout": layout})
    for key, value in new.items():
        choose = {"wall_s": min, "cpu_s": min, "peak_mib": max}.get(key)
        row[key] = choose(row[key], value) if choose and key in row else value


HEAD = ("variant", "layout", "wall s", "CPU s", "× floor", "× CPU", "peak MiB", "MJ")


def cells(row: dict[str, Any]) -> list[str]:
    """Return a result as it is to be read."""
    if "problem" in row:
        return [row["variant"], row["layout"], row["problem"], *[""] * 5]
    ratios = [f"{row[key]:.2f}" if key in row else "" for key in ("wall_ratio", "cpu_ratio")]
    joules = f"{row['joules'] / 1e6:.4f}" if row["joules"] else ""
    figures = [f"{row['wall_s']:.2f}", f"{row['cpu_s']:.2f}", *ratios, f"{row['peak_mib']:.0f}"]
    return [row["variant"], row["layout"], *figures, joules]


def main() -> None:
    """Make the data if needed, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, required=True, help="where the data is kept")
    parser.add_argument("--rows", type=int, default=50_000_000, help="default: 50 million")
    parser.add_argument("--repeat", type=int, default=3, help="best of so many (default: 3)")
    parser.add_argument("--only", default="", help="variants whose name holds this, and the floor")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--markdown", action="store_true", help="print a Markdown table")
    parser.add_argument("--make", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--one", choices=tuple(VARIANTS), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.make:
        make(args.folder, args.rows)
        return
    if args.one:
        one(args.one, args.folder)
        return
    rows = measure(ensure(args.folder, args.rows), args.repeat, args.only)
    if args.json:
        about = {"rows": args.rows, "cpus": os.cpu_count(), "load": os.getloadavg()}
        print(json.dumps({"about": about, "results": rows}, indent=2))
        return
    table = [list(HEAD), *map(cells, rows)]
    if args.markdown:
        table.insert(1, ["---", "---", *["---:"] * 6])
        print("\n".join(f"| {' | '.join(line)} |" for line in table))
        return
    widths = [max(len(line[i]) for line in table) for i in range(len(HEAD))]
    for line in table:
        print("  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip())


if __name__ == "__main__":
    main()
