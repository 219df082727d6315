"""Recordings of a Joulescope, written by its maker's library and read as traces and as runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from joulemark.core.channel import Provenance
from joulemark.core.clock import NS
from joulemark.core.errors import FormatError, UnavailableError
from joulemark.formats.jls import HEAD, IDENTITY, JlsFile
from joulemark.formats.jls_run import recording_run
from tests.formats import jls_files
from tests.formats.jls_files import BEGAN_S, RATE

HOLE = Path(__file__).parents[1] / "data" / "joulescope" / "hole.jls"
"""Written by pyjls 0.17.0, by ``jls_files.write(…, _ramp(4000), hole=530)``: kept, as its writer
logs a hole from a thread of its own and may then wait for its caller for ever."""


def _ramp(count: int) -> dict[str, np.ndarray]:
    return {"current": np.linspace(1e-3, 5e-3, count), "voltage": np.linspace(3.3, 2.9, count)}


def _all(file: JlsFile, rate: int = 1000) -> tuple[np.ndarray, np.ndarray]:
    pieces = list(file.means(file.sources[0], rate))
    return np.concatenate([t for t, _ in pieces]), np.concatenate([w for _, w in pieces])


@pytest.mark.parametrize("piece", [1 << 20, 4096])
def test_power_is_current_times_voltage_sample_by_sample(tmp_path: Path, piece: int) -> None:
    signals = _ramp(25_050)
    path = jls_files.write(tmp_path / "a.jls", signals)
    with JlsFile(path, piece=piece) as file:
        times, watts = _all(file)
        assert file.sources[0].model == "JS220"
        assert file.lost == 0
    as_kept = {name: each.astype(np.float32).astype(float) for name, each in signals.items()}
    product = as_kept["current"] * as_kept["voltage"]
    assert watts == pytest.approx(product[:25_000].reshape(250, 100).mean(axis=1), rel=1e-9)
    begin = BEGAN_S * NS
    assert times.tolist() == pytest.approx([begin + (k + 1) * 10**6 for k in range(250)], abs=2)


def test_a_signal_of_power_counts_as_it_is(tmp_path: Path) -> None:
    path = jls_files.write(tmp_path / "a.jls", {**_ramp(5000), "power": np.full(5000, 0.25)})
    with JlsFile(path) as file:
        assert set(_all(file, 100)[1].tolist()) == {0.25}


def test_samples_that_are_missing_are_counted_and_leave_a_hole() -> None:
    with JlsFile(HOLE) as file:
        times, _ = _all(file)
        assert file.lost == 530
    ends = np.round((times - BEGAN_S * NS) / 1e6).astype(int)
    assert ends.tolist() == [*range(1, 21), *range(26, 46)]


def test_falls_of_an_input(tmp_path: Path) -> None:
    levels = np.ones(20_000, dtype=bool)
    levels[:3] = levels[777] = False
    levels[5000:9000] = False
    path = jls_files.write(tmp_path / "a.jls", _ramp(20_000), inputs={"gpi[0]": levels})
    with JlsFile(path) as file:
        falls = file.falls(file.sources[0], "gpi[0]")
    since = np.round((falls - BEGAN_S * NS) * RATE / NS).astype(int)
    assert since.tolist() == [777, 5000]


def test_without_the_time_of_day_time_begins_in_1970(tmp_path: Path) -> None:
    path = jls_files.write(tmp_path / "a.jls", _ramp(3000), timed=False)
    with JlsFile(path) as file:
        assert not file.timed(file.sources[0])
        assert file.begins(file.sources[0]) == 0
        assert _all(file)[0].tolist() == [(k + 1) * 10**6 for k in range(30)]
    assert recording_run(path).run.id.startswith("jls-")


# --------------------------------------------------------------------------------- runs


def test_a_recording_is_a_run_named_by_its_content(tmp_path: Path) -> None:
    levels = np.ones(20_000, dtype=bool)
    levels[10_000:] = False
    signals = {"current": np.full(20_000, 2e-3), "voltage": np.full(20_000, 3.0)}
    path = jls_files.write(tmp_path / "a.jls", signals, inputs={"gpi[1]": levels}, instruments=2)
    made = recording_run(path, "9.9")
    again = recording_run(path.rename(tmp_path / "b.jls"))
    assert made.run.id == again.run.id
    assert made.run.id.startswith("20231114-221320-jls-")
    assert [channel.part for channel in made.run.channels] == ["board", "board-2"]
    assert {channel.provenance for channel in made.run.channels} == {Provenance.DECLARED}
    assert made.rows["value"].sum() / 1000 == pytest.approx(2 * 0.2 * 6e-3, rel=1e-6)
    assert (np.diff(made.rows["time"].astype(np.int64)) >= 0).all()
    told = made.run.results["jls"]
    assert told["falls_s"]["JS220-1.gpi[1]"] == [pytest.approx(0.1, abs=1e-8)]
    assert told["samples_lost"] == 0


def test_a_long_recording_has_longer_periods(tmp_path: Path) -> None:
    path = jls_files.write(tmp_path / "a.jls", _ramp(40_000))
    made = recording_run(path, most_rows=50)
    assert made.run.settings["rate_hz"] == 100
    assert len(made.rows["value"]) == 40


# ----------------------------------------------------------------------- what is refused


def test_one_that_was_not_closed_is_left_as_it_is(tmp_path: Path) -> None:
    whole = jls_files.write(tmp_path / "a.jls", _ramp(5000)).read_bytes()
    cut = tmp_path / "cut.jls"
    cut.write_bytes(whole[: len(whole) // 2])
    before = cut.read_bytes()
    with pytest.raises(FormatError, match="not closed") as caught:
        JlsFile(cut)
    assert "copy" in caught.value.remedy
    assert cut.read_bytes() == before


@pytest.mark.parametrize("data", [b"", b"x" * 100, IDENTITY, IDENTITY + bytes(HEAD)])
def test_other_files_are_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.jls"
    path.write_bytes(data)
    with pytest.raises(FormatError):
        recording_run(path)


def test_a_head_alone_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jls"
    path.write_bytes(IDENTITY + (64).to_bytes(8, "little") + bytes(40))
    with pytest.raises(FormatError, match="no recording that can be read"):
        recording_run(path)


def test_one_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="No such file"):
        recording_run(tmp_path / "none.jls")


def test_one_without_power_is_refused(tmp_path: Path) -> None:
    path = jls_files.write(tmp_path / "a.jls", {"current": np.ones(3000)})
    with pytest.raises(FormatError, match="no power"):
        JlsFile(path)


def test_one_shorter_than_a_period_is_refused(tmp_path: Path) -> None:
    path = jls_files.write(tmp_path / "a.jls", _ramp(60))
    with pytest.raises(FormatError, match="no whole period"):
        recording_run(path)


def test_more_samples_than_its_bytes_can_hold_are_refused(tmp_path: Path) -> None:
    path = jls_files.write(tmp_path / "a.jls", _ramp(3000))
    with pytest.raises(FormatError, match="samples in"):
        JlsFile(path, most_per_byte=0)
