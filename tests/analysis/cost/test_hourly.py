"""An intensity that changes with time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from joulemark.accounting.results import PhaseResult, WindowResult
from joulemark.analysis.calibrating.tables import Row, Table, read_table
from joulemark.analysis.cost.hourly import HOUR_NS, Hourly, hourly, pieces, weighted
from joulemark.core.channel import Provenance
from joulemark.core.clock import NS
from joulemark.core.energy import Energy
from joulemark.core.errors import FormatError, UsageError
from joulemark.core.value import Value
from joulemark.core.window import Role, Window

NOON = int(datetime(2026, 11, 26, 12, tzinfo=UTC).timestamp()) * NS


def series(tmp_path: Path, text: str) -> Hourly:
    """Return the series of a CSV file."""
    path = tmp_path / "hours.csv"
    path.write_text(text)
    return hourly(read_table(path), "the grid")


def test_rows_hold_until_the_next(tmp_path: Path) -> None:
    found = series(
        tmp_path,
        "time,g_per_kwh\n2026-11-26T12:00Z,100\n2026-11-26T14:00+01:00,300\n2026-11-26T14:00Z,50\n",
    )
    assert found.times == (NOON, NOON + HOUR_NS, NOON + 2 * HOUR_NS)
    assert found.stop == NOON + 3 * HOUR_NS
    assert [found.at(NOON + minute * 60 * NS) for minute in (0, 59, 60, 179)] == [100, 100, 300, 50]
    assert found.edges(NOON, NOON + 2 * HOUR_NS) == [NOON + HOUR_NS]
    assert found.uncovered(NOON, NOON + 3 * HOUR_NS) is None
    assert found.uncovered(NOON - 5, NOON + 1) == NOON - 5
    assert found.uncovered(NOON, NOON + 3 * HOUR_NS + 1) == found.stop
    assert found.by == "the grid"


def test_seconds_since_1970_and_one_row_alone(tmp_path: Path) -> None:
    found = series(tmp_path, f"from,what\n{NOON // NS},120\n")
    assert (found.times, found.stop) == ((NOON,), NOON + HOUR_NS)


def test_columns_by_name_among_others(tmp_path: Path) -> None:
    found = series(
        tmp_path, "Datetime (UTC),Country,Carbon intensity g/kWh\n2026-11-26T12:00Z,DE,321\n"
    )
    assert found.g_per_kwh == (321,)


def test_a_hole_in_the_series_is_not_covered(tmp_path: Path) -> None:
    rows = [f"2026-11-26T{hour:02}:00Z,{hour}" for hour in (12, 13, 14, 17, 18)]
    found = series(tmp_path, "\n".join(["time,g_per_kwh", *rows, ""]))
    assert found.uncovered(NOON, NOON + 3 * HOUR_NS) is None
    assert found.uncovered(NOON, NOON + 6 * HOUR_NS) == NOON + 3 * HOUR_NS
    assert found.uncovered(NOON + 4 * HOUR_NS, NOON + 6 * HOUR_NS) == NOON + 4 * HOUR_NS
    assert found.uncovered(NOON + 5 * HOUR_NS, NOON + 6 * HOUR_NS) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("time,g_per_kwh\n2026-11-26T12:00,100\n", "has no zone"),
        ("time,g_per_kwh\nnoon,100\n", "no time: 'noon'"),
        ("time,g_per_kwh\n2026-11-26T12:00Z,much\n", "no intensity: 'much'"),
        ("time,g_per_kwh\n2026-11-26T12:00Z,-1\n", "no intensity"),
        ("time,g_per_kwh\n2026-11-26T12:00Z,1\n2026-11-26T12:00Z,2\n", "do not increase"),
        ("time,g_per_kwh\n", "no row"),
    ],
)
def test_a_damaged_series(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(FormatError, match=says):
        series(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("time,a,b\n1,2,3\n", "no column of intensity"),
        ("when,x,g_per_kwh\n1,2,3\n", "no column of time"),
        ("time,direct g/kWh,life cycle g/kWh\n1,2,3\n", "2 columns could be the intensity"),
    ],
)
def test_columns_that_cannot_be_told(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        series(tmp_path, text)


def test_moments_of_a_table_with_types() -> None:
    rows = [Row(1, {"t": datetime(2026, 11, 26, 12, tzinfo=UTC), "g": 7})]
    assert hourly(Table("x.parquet", ("t", "g"), rows, {})).times == (NOON,)
    naive = [Row(1, {"t": datetime(2026, 11, 26, 12, tzinfo=UTC).replace(tzinfo=None), "g": 7})]
    with pytest.raises(FormatError, match="no zone"):
        hourly(Table("x.parquet", ("t", "g"), naive, {}))


def steps(*values: float) -> Hourly:
    """Return a series of hours from noon."""
    moments = [datetime(2026, 11, 26, 12, tzinfo=UTC) + timedelta(hours=i) for i in range(9)]
    rows = [
        Row(i, {"t": moment, "g": value})
        for i, (moment, value) in enumerate(zip(moments, values, strict=False))
    ]
    return hourly(Table("x", ("t", "g"), rows, {}))


def test_windows_are_cut_where_the_intensity_changes() -> None:
    held = steps(100, 300)
    load = Window(phase="load", start=NOON + HOUR_NS // 2, stop=NOON + 2 * HOUR_NS)
    idle = Window(phase="idle", start=NOON, stop=NOON + 1, role=Role.IDLE)
    opened = Window(phase="load", start=NOON)
    cut = pieces([idle, load, opened], held)
    assert [(one.start, one.stop) for one in cut] == [
        (NOON + HOUR_NS // 2, NOON + HOUR_NS),
        (NOON + HOUR_NS, NOON + 2 * HOUR_NS),
    ]
    assert len({one.phase for one in cut}) == 2
    with pytest.raises(UsageError, match="does not cover the run"):
        pieces([Window(phase="load", start=NOON, stop=NOON + 3 * HOUR_NS)], held)


def result(piece: Window, joules: float | None) -> PhaseResult:
    """Return what a piece of a window came to."""
    energy = None
    if joules is not None:
        energy = Energy(joules=Value(joules, "J"), provenance=Provenance.MEASURED)
    window = WindowResult(window=piece, total=energy, net=None, parts=())
    return PhaseResult(
        phase=piece.phase,
        role=piece.role,
        windows=(window,),
        duration_s=piece.duration_s,
        total=energy,
        net=None,
        power=None,
        context={},
    )


def test_energy_weighs_the_intensity() -> None:
    held = steps(100, 300)
    cut = pieces([Window(phase="load", start=NOON, stop=NOON + 2 * HOUR_NS)], held)
    used = [result(cut[0], 30.0), result(cut[1], 10.0)]
    assert weighted(used, held) == {"load": pytest.approx(150)}
    assert weighted([result(cut[0], 30.0), result(cut[1], None)], held) == {"load": 100}
    assert weighted([result(cut[0], None)], held) == {}
