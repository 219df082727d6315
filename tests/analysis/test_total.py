"""Totals of tables and of runs: the joules of curves and of each run's own results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from joulemark.accounting.curve import curve_of
from joulemark.accounting.integrate import energy_between
from joulemark.analysis.total import Question, Totals, total
from joulemark.analysis.total_runs import COLUMNS, runs_in, total_runs
from joulemark.core.caution import Code
from joulemark.core.channel import Quantity
from joulemark.core.clock import NS
from joulemark.core.errors import FormatError, UsageError
from joulemark.core.trace import Trace
from joulemark.procedures.results import results_of
from joulemark.store.reader import open_run
from tests.accounting.tables import channel
from tests.store.build import T0, written
from tests.store.parquet import ENGINES, write

NODES, DEVICES, TICKS = 3, 2, 400


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """Return each engine; Arrow is skipped where it is not installed."""
    if request.param == "arrow":
        pytest.importorskip("pyarrow", reason="pyarrow is not installed (joulemark[scale])")
    return str(request.param)


def telemetry(path: Path, order: str = "node", files: int = 3) -> dict[str, np.ndarray[Any, Any]]:
    """Write some files, sensor by sensor or as a collector does, and return their columns."""
    rng = np.random.default_rng(4)
    count = NODES * DEVICES * TICKS
    node, device, tick = np.unravel_index(np.arange(count), (NODES, DEVICES, TICKS))
    columns = {
        "time": T0 + tick * (NS // 10) + rng.integers(-5_000_000, 5_000_000, count),
        "node": np.array([f"n{i}" for i in node]),
        "device": device.astype(np.int8),
        "phase": np.array(["load" if t < 150 else "train" for t in tick]),
        "power": rng.uniform(50, 250, count).astype(np.float32),
    }
    by = np.argsort(tick, kind="stable") if order == "time" else np.arange(count)
    columns = {name: column[by] for name, column in columns.items()}
    for number, part in enumerate(np.array_split(np.arange(count), files)):
        write(path / f"p{number}.parquet", {name: c[part] for name, c in columns.items()})
    return columns


def by_label(totals: Totals) -> dict[tuple[Any, ...], float]:
    return dict(zip(zip(*totals.labels, strict=True), totals.groups.joules.tolist(), strict=True))


@pytest.mark.parametrize("order", ["node", "time"])
def test_every_group_has_the_joules_of_the_trapezoids_that_begin_in_it(
    tmp_path: Path, engine: str, order: str
) -> None:
    columns = telemetry(tmp_path, order)
    found = by_label(total([tmp_path], Question(channel=channel(), engine=engine)))
    wanted: dict[tuple[Any, ...], float] = {}
    for node in np.unique(columns["node"]):
        for device in range(DEVICES):
            mine = (columns["node"] == node) & (columns["device"] == device)
            time, power, phase = (columns[n][mine] for n in ("time", "power", "phase"))
            steps = 0.5 * (power[1:].astype(float) + power[:-1]) * np.diff(time) / NS
            for name in ("load", "train"):
                wanted[str(node), device, name] = float(steps[phase[:-1] == name].sum())
    assert found == pytest.approx(wanted, rel=1e-12)


def test_windows_of_nodes_cut_the_curve_at_their_edges(tmp_path: Path, engine: str) -> None:
    columns = telemetry(tmp_path / "t", "time")
    file = tmp_path / "w.csv"
    edges = {"n0": (T0 + NS, T0 + 9 * NS + 5), "n2": (T0 + 3 * NS + 7, T0 + 30 * NS)}
    lines = [f"{node},job,{start},{stop}" for node, (start, stop) in edges.items()]
    file.write_text("\n".join(["node,phase,start,stop", *lines]))
    question = Question(channel=channel(), windows=file, engine=engine, by=("node", "phase"))
    totals = total([tmp_path / "t"], question)
    wanted = {}
    for node, (start, stop) in edges.items():
        wanted[node, "job"] = 0.0
        for device in range(DEVICES):
            mine = (columns["node"] == node) & (columns["device"] == device)
            trace = Trace.of(channel(), columns["time"][mine], columns["power"][mine])
            wanted[node, "job"] += energy_between(curve_of(trace), start, stop).joules.value
    assert by_label(totals) == pytest.approx(wanted, rel=1e-12)
    assert totals.whole.joules[0] == pytest.approx(sum(wanted.values()))
    assert totals.groups.coverage.tolist() == pytest.approx([1.0, 1.0])
    assert totals.about["columns"]["phase"] == str(file)


def test_coarser_groups_add_up_to_the_same_total(tmp_path: Path, engine: str) -> None:
    telemetry(tmp_path)
    sums = [
        total([tmp_path], Question(channel=channel(), engine=engine, by=by))
        for by in (None, ("node",), ("phase", "device"), ())
    ]
    assert [len(one.groups.joules) for one in sums] == [12, 3, 4, 1]
    for one in sums:
        assert one.groups.joules.sum() == pytest.approx(sums[0].whole.joules[0], rel=1e-12)
        assert one.groups.samples.sum() == NODES * DEVICES * TICKS


def test_rows_in_disorder_are_refused_or_sorted(tmp_path: Path, engine: str) -> None:
    columns = telemetry(tmp_path / "good")
    order = np.random.default_rng(0).permutation(len(columns["time"]))
    write(tmp_path / "bad" / "p.parquet", {name: c[order] for name, c in columns.items()})
    with pytest.raises(FormatError, match=r"p\.parquet.*time goes back.*--sort"):
        total([tmp_path / "bad"], Question(channel=channel(), engine=engine))
    asked = Question(channel=channel(), engine=engine, sort=True)
    good = by_label(total([tmp_path / "good"], Question(channel=channel(), engine=engine)))
    assert by_label(total([tmp_path / "bad"], asked)) == pytest.approx(good, rel=1e-12)


def test_what_the_samples_lack_is_warned_of(tmp_path: Path) -> None:
    time = T0 + np.arange(50) * (NS // 10)
    time[30:] += 5 * NS
    time[10] = time[9]
    power = np.full(50, 3.0)
    power[20] = 0.0
    write(tmp_path / "p.parquet", {"time": time, "power": power})
    told: list[tuple[float, float]] = []
    totals = total([tmp_path], Question(channel=channel()), lambda *at: told.append(at))
    codes = {Code.GAP, Code.INVALID_SAMPLE, Code.DUPLICATE_TIME, Code.NOT_COVERED}
    assert {caution.code for caution in totals.cautions} == codes
    assert [list(at) for at in told] == [[50, 50]]
    assert not totals.by


def test_a_counter_that_went_back_is_warned_of(tmp_path: Path) -> None:
    time = T0 + np.arange(10) * NS
    joules = np.array([0, 1, 2, 3, 0, 1, 2, 3, 4, 5])
    write(tmp_path / "p.parquet", {"time": time, "joules": joules})
    question = Question(channel=channel(Quantity.ENERGY), columns={"value": "joules"})
    totals = total([tmp_path], question)
    assert totals.whole.joules.tolist() == [8.0]
    assert Code.COUNTER_RESET in {caution.code for caution in totals.cautions}


def test_a_table_without_rows_has_no_group(tmp_path: Path, engine: str) -> None:
    write(tmp_path / "p.parquet", {"time": [1], "power": [1.0], "node": [1]}, cast="* LIMIT 0")
    totals = total([tmp_path], Question(channel=channel(), engine=engine))
    assert len(totals.groups.joules) == len(totals.whole.joules) == 0
    assert totals.labels == ([],)


def test_runs_have_the_joules_of_their_own_results(tmp_path: Path) -> None:
    for number in (1, 2):
        written(tmp_path, f"20261122-224512-test-000{number}", count=20, compact=number == 1)
    paths = runs_in(tmp_path)
    told: list[tuple[float, float]] = []
    totals = total_runs(paths, results_of, tell=lambda *at: told.append(at))
    wanted = {}
    for path in paths:
        stored = open_run(path)
        for result in results_of(stored):
            for part in result.parts:
                key = (stored.run.id, result.phase, part.channel.node, part.channel.part)
                wanted[key] = part.energy.joules.value
    assert by_label(totals) == pytest.approx(wanted)
    assert told == [(1, 2), (2, 2)]
    assert totals.by == COLUMNS
    assert set(totals.provenance) == {"measured"}
    added = totals.groups.joules[totals.added].sum()
    assert totals.whole.joules[0] == pytest.approx(added)


def test_runs_by_phase_keep_what_is_not_added_apart(tmp_path: Path) -> None:
    written(tmp_path, count=20)
    totals = total_runs(runs_in(tmp_path), results_of, ["phase"])
    assert set(totals.labels[0]) == {"train"}
    assert totals.groups.u95[0] > 0
    with pytest.raises(UsageError, match="no column 'device'; runs have run, phase, node, part"):
        total_runs(runs_in(tmp_path), results_of, ["device"])


def test_a_path_is_a_run_a_store_or_neither(tmp_path: Path) -> None:
    path = written(tmp_path)
    assert runs_in(path) == runs_in(tmp_path) == [path]
    assert runs_in(tmp_path / "nothing") == []


def test_a_run_without_windows_has_no_total(tmp_path: Path) -> None:
    assert len(total_runs([], results_of, ["run"]).whole.joules) == 0
