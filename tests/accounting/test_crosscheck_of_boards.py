"""Two boards' own readings beside a shunt meter in their supply (arXiv 2312.02741), as recorded."""

from __future__ import annotations

from pathlib import Path

import pytest

from joulemark.accounting.balance import Agreement
from joulemark.accounting.phases import phases
from joulemark.accounting.results import PhaseResult
from joulemark.core.caution import Code
from joulemark.core.clock import NS
from joulemark.core.trace import Trace
from joulemark.core.window import Window
from joulemark.formats.gpu_benchmark import recording

FOLDER = Path(__file__).parents[2] / ".." / "shared" / "data" / "validation" / "gpu_power_benchmark"
needs_recordings = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="needs the recordings of GPU_Power_Benchmark"
)
pytestmark = needs_recordings
HOUR = 3600 * NS


def checked(name: str) -> PhaseResult:
    """A whole recording as one phase; its stamps are local, so that whole hours are taken out."""
    found = recording(FOLDER / name)
    first = found.readings[0]
    zone = round(int(first.time[0] - found.reference.time[0]) / HOUR) * HOUR
    own = [Trace(each.channel, each.time - zone, each.value) for each in found.readings]
    traces = [found.reference, *own]
    start = max(int(each.time[0]) for each in traces)
    stop = min(int(each.time[-1]) for each in traces)
    return phases([Window(phase="all", start=start, stop=stop)], traces)[0]


def beside_shunt(result: PhaseResult) -> Agreement:
    (found,) = [a for a in result.crosscheck.agreements if "pmd" in a.other.name]
    return found


@pytest.mark.parametrize(("name", "gain"), [("3090_TR", -0.05), ("A100_TR", -0.06)])
def test_how_a_board_moves_beside_the_shunt_shows_its_gain(name: str, gain: float) -> None:
    """The publication gives -4.5 to -5.6 % for RTX 3090 boards and -5.8 % for the A100."""
    found = beside_shunt(checked(f"Transient_Response/{name}"))
    assert found.motion is not None
    assert found.motion.slope == pytest.approx(1 + gain, abs=0.025)
    assert found.motion.u95 < 0.02
    assert found.motion.correlation > 0.95


def test_an_average_over_a_second_is_seen_as_half_a_second_of_delay() -> None:
    averaging = checked("Transient_Response/3090_TR")
    moved = beside_shunt(averaging).motion
    assert moved is not None
    assert moved.lag_s == pytest.approx(0.5, abs=0.05)
    assert [f.code for f in averaging.crosscheck.findings] == [Code.CLOCKS_APART]
    assert not checked("Transient_Response/A100_TR").crosscheck.findings


@pytest.mark.parametrize("name", ["3090", "A100"])
def test_a_load_at_the_pace_of_the_sensor_accuses_nobody(name: str) -> None:
    """About eight kernels a second: the board sees little of them, and the interval says so."""
    found = checked(f"5050/{name}")
    assert not found.crosscheck.findings
    moved = beside_shunt(found).motion
    assert moved is not None
    assert moved.u95 > 0.2
