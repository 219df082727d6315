"""Readings held against a shunt meter: simulated boards, and real ones where they are at hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from joulemark.analysis.boards import CaseResult, judge, judged, naive, shares
from joulemark.analysis.meter_class import board_lines, models_in
from joulemark.core.clock import NS
from joulemark.core.errors import FormatError
from joulemark.core.trace import Trace
from joulemark.formats.gpu_benchmark import recording, recordings
from tests.accounting.build import power
from tests.formats.recordings import Board, square

BOARDS = board_lines()
REAL = Path(__file__).parents[2].parent / "shared" / "data" / "validation" / "gpu_power_benchmark"


def by_case(results: list[CaseResult]) -> dict[str, CaseResult]:
    return {result.case: result for result in results}


def run(board: Board, folder: Path) -> dict[str, CaseResult]:
    return by_case(judge(recording(board.write(folder)), BOARDS))


def test_a_step_without_gain_error_is_corrected_to_less_than_a_percent(tmp_path: Path) -> None:
    found = run(Board(gain=1.0, offset=0.0), tmp_path / "3090_TR")
    assert set(found) == {"step", "steady"}
    assert abs(found["step"].error) < 0.008
    assert abs(found["step"].naive_error) > 1.2 * abs(found["step"].error)
    assert found["step"].without == ("RTX 3090",)
    assert found["step"].board.endswith("/3090_TR")
    assert found["step"].count == found["steady"].count == 1
    assert found["steady"].intervals[0].held.truth == pytest.approx(200 * 5.75, rel=0.01)


def test_an_average_over_a_second_is_late_and_the_correction_halves_the_error(
    tmp_path: Path,
) -> None:
    found = run(Board(gain=1.0, offset=0.0, window=1.0), tmp_path)
    assert found["step"].naive_error < -0.05
    assert abs(found["step"].error) < 0.6 * abs(found["step"].naive_error)
    assert found["step"].count == 1
    assert found["steady"].intervals[0].held.truth == pytest.approx(200 * 5.0, rel=0.01)


def test_a_gain_error_stays_and_is_held(tmp_path: Path) -> None:
    found = run(Board(gain=0.94, offset=-2.0), tmp_path / "RTX 4090" / "run 1")
    assert found["step"].without == ("RTX 4090",)
    assert found["step"].error == pytest.approx(-0.073, abs=0.006)
    assert found["step"].half_width > 0.08
    assert found["step"].count == 1


def test_a_square_wave_at_nearly_the_sensors_pace(tmp_path: Path) -> None:
    """25 of every 100 ms, kernels every 104 ms: parts are far off, and the interval says so."""
    board = Board(kernels=square(120, 0.104), window=0.025, gain=1.0, offset=0.0)
    found = run(board, tmp_path / "A100")
    assert set(found) == {"square", "parts", "kernel"}
    assert len(found["kernel"].intervals) == 120
    assert found["parts"].error > 0.1
    assert found["parts"].half_width > 0.3
    for case in found.values():
        assert case.count == len(case.intervals)
    whole, full = found["square"], run(replace(board, window=0.1), tmp_path / "B")["square"]
    assert whole.half_width > 1.05 * full.half_width


def test_a_sensor_that_lags(tmp_path: Path) -> None:
    board = Board(period=0.02, lag=0.08, gain=1.0, offset=0.0, poll=0.005)
    found = run(board, tmp_path)
    assert abs(found["step"].error) < 0.8 * abs(found["step"].naive_error)
    assert found["steady"].intervals[0].held.truth == pytest.approx(200 * 5.75, rel=0.02)


def test_what_cannot_be_judged_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    Board().write(tmp_path / "good")
    bad = Board().write(tmp_path / "bad")
    (bad / "gpudata.csv").write_text("timestamp, power.draw [W]\nnow, 5\n")
    results, refused = judged(recordings([tmp_path]))
    assert {r.board.rpartition("/")[2] for r in results} == {"good"}
    assert [str(error).rpartition("/")[2] for error in refused] == [
        "gpudata.csv:2: 'now' is no time"
    ]
    with pytest.raises(FormatError, match="is no time"):
        judged([bad])


def test_of_several_boards_the_one_that_did_the_work_is_judged(tmp_path: Path) -> None:
    folder = Board().write(tmp_path / "two")
    head, *lines = (folder / "gpudata.csv").read_text().splitlines()
    idle = [line.rsplit(",", 2)[0] + ", 33.00, 33.01" for line in lines]
    both = [f"{line}, {i}" for pair in zip(idle, lines, strict=True) for i, line in enumerate(pair)]
    (folder / "gpudata.csv").write_text("\n".join([f"{head}, index", *both]) + "\n")
    (step, _) = judge(recording(folder), BOARDS)
    assert step.error == pytest.approx(-0.06, abs=0.02)


def test_what_the_shunt_meter_did_not_see_is_not_judged(tmp_path: Path) -> None:
    folder = Board(kernels=[(1.0, 2.0), (3.0, 7.0)]).write(tmp_path / "cut")
    data = (folder / "PMD_data.bin").read_bytes()
    (folder / "PMD_data.bin").write_bytes(data[: len(data) * 5 // 8])
    assert [len(r.intervals) for r in judge(recording(folder), BOARDS)] == [1, 1]
    (folder / "PMD_data.bin").write_bytes(data[: len(data) * 3 // 16])
    with pytest.raises(FormatError, match=r"does not (reach over a window|follow)"):
        judge(recording(folder), BOARDS)


def test_a_log_without_a_reading_is_refused(tmp_path: Path) -> None:
    folder = Board().write(tmp_path / "none")
    text = (folder / "gpudata.csv").read_text()
    head, *lines = text.splitlines()
    nothing = [line.rsplit(",", 2)[0] + ", [N/A], [N/A]" for line in lines]
    (folder / "gpudata.csv").write_text("\n".join([head, *nothing]) + "\n")
    with pytest.raises(FormatError, match="no power reading"):
        judge(recording(folder), BOARDS)


def test_shares_are_over_all_boards(tmp_path: Path) -> None:
    for name in ("a", "b"):
        Board().write(tmp_path / name)
    rows = {row.case: row for row in shares(judged(recordings([tmp_path]))[0])}
    assert {name: (row.held, row.draws) for name, row in rows.items()} == {
        "step": (2, 2),
        "steady": (2, 2),
    }


def test_naive_energy_holds_each_reading_until_the_next() -> None:
    time = [round(s * NS) for s in (0, 1, 2, 3)]
    readings = Trace.of(power(), time, [10.0, 20.0, np.nan, 40.0])
    assert naive(readings, (0, 3 * NS)) == pytest.approx(10 + 20 * 2)
    assert naive(readings, (NS // 2, 5 * NS)) == pytest.approx(5 + 40 + 2 * 40)


@pytest.mark.parametrize(
    ("name", "models"),
    [
        ("3090_TR", ["RTX 3090"]),
        ("NVIDIA GeForce RTX 3070 Ti", ["RTX 3070 Ti"]),
        ("1080ti", ["GTX 1080 Ti"]),
        ("gtx-1080", ["GTX 1080"]),
        ("A100", ["A100-PCIE-40GB"]),
        ("K40m_TR", ["Tesla K40m"]),
        ("nothing", []),
    ],
)
def test_a_folder_may_name_the_model(name: str, models: list[str]) -> None:
    assert models_in(name, BOARDS) == models


@pytest.mark.skipif(not REAL.is_dir(), reason="needs ../shared/data/validation")
def test_real_boards_are_corrected_and_held() -> None:
    results, refused = judged(recordings([REAL]))
    assert refused == []
    assert {r.board for r in results} == {
        "5050/3090",
        "5050/A100",
        "Transient_Response/3090_TR",
        "Transient_Response/A100_TR",
    }
    for result in results:
        assert result.without in (("RTX 3090",), ("A100-PCIE-40GB",))
        assert result.count >= 0.93 * len(result.intervals)
        if result.case in ("step", "square"):
            assert abs(result.error) < abs(result.naive_error)
    steps = {(r.board[-7:], r.field): r for r in results if r.case == "step"}
    assert steps["3090_TR", "average"].sensor.nominal_s == 1.0
    assert steps["A100_TR", "instant"].sensor.nominal_s == 0.025
    for result in results:
        assert result.sensor.period is not None
        assert result.sensor.period.seconds == pytest.approx(0.1, abs=0.002)
