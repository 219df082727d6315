"""``measure`` and ``phase`` in one process."""

from __future__ import annotations

from pathlib import Path

import pytest

import joulemark
from joulemark.core.caution import Code
from joulemark.core.errors import MeterError, StoreError, UnavailableError, UsageError
from joulemark.core.run import Status
from joulemark.procedures.measure import measure
from tests.procedures.fakes import Failing, Lost, Steady


def busy(times: int = 200_000) -> int:
    return sum(range(times))


def test_a_block_has_energy_afterwards(tmp_path: Path) -> None:
    meter = Steady(watts=50.0)
    with measure("steady job", store=tmp_path, objects=[meter], period_s=0.005) as m:
        with joulemark.phase("inner", 10, "step") as inner:
            busy()
            inner.facts["loss"] = 1.5
        m.add(3)
        m.add(4)
    joules = m.energy.joules
    assert joules.value == pytest.approx(50.0 * m.result.duration_s, rel=0.01)
    assert joules.u95 > 0
    assert m.result.work == joulemark.core.window.Work(7, "sample")
    assert m.result.evidence is not None
    assert m.result.evidence.tier.label == "estimated", "a meter of the test is of no known class"
    inner_result = next(r for r in m.phases if r.phase == "inner")
    assert inner_result.per_unit is not None
    assert inner_result.per_unit.unit == "J/step"
    assert meter.closed >= 1
    assert Code.THREAD_SAMPLER in {c.code for c in joulemark.open_run(m.path).run.cautions}


def test_results_wait_for_the_end(tmp_path: Path) -> None:
    with (
        measure(store=tmp_path, objects=[Steady()]) as m,
        pytest.raises(UsageError, match="still being measured"),
    ):
        _ = m.phases


def test_one_unit_of_work(tmp_path: Path) -> None:
    with measure(store=tmp_path, objects=[Steady()]) as m:
        m.add(1, "token")
        with pytest.raises(UsageError, match="counted already"):
            m.add(1, "image")
    with joulemark.phase("x", 1, "token") as p, pytest.raises(UsageError, match="counts tokens"):
        p.add(1, "image")


def test_an_error_in_the_block_is_kept_and_passed_on(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), measure(store=tmp_path, objects=[Steady()]) as m:
        _ = 1 / 0
    run = joulemark.open_run(m.path).run
    assert run.status is Status.FAILED
    assert run.windows[0].stop is not None


def test_ctrl_c_is_an_interrupted_run(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), measure(store=tmp_path, objects=[Steady()]) as m:
        raise KeyboardInterrupt
    assert joulemark.open_run(m.path).run.status is Status.INTERRUPTED


@pytest.mark.parametrize(
    ("broken", "code"), [(Failing(), Code.METER_FAILED), (Lost(), Code.METER_LOST)]
)
def test_a_meter_that_fails_never_stops_the_others(
    tmp_path: Path, broken: Failing, code: Code
) -> None:
    with measure(store=tmp_path, objects=[broken, Steady()], period_s=0.005) as m:
        busy()
    assert m.energy.joules.value > 0
    assert code in {c.code for c in joulemark.open_run(m.path).run.cautions}


def test_nothing_read_is_an_error_and_no_zero(tmp_path: Path) -> None:
    with measure(store=tmp_path, objects=[Failing(MeterError)], period_s=0.005) as m:
        busy()
    with pytest.raises(UnavailableError, match="no energy was read"):
        _ = m.energy


def test_the_sampling_process(tmp_path: Path) -> None:
    with measure(store=tmp_path, meters=["estimate"], period_s=0.02) as m:
        busy(3_000_000)
    assert m.energy.joules.value > 0
    run = joulemark.open_run(m.path).run
    assert run.sampler is not None
    assert run.sampler.mode == "process"
    assert run.sampler.ticks > 0


def test_unknown_and_unavailable_meters(tmp_path: Path) -> None:
    with (
        pytest.raises(UsageError, match="no meter is called 'magic'"),
        measure(store=tmp_path, meters=["magic"]),
    ):
        pass
    with (
        pytest.raises(UnavailableError),
        measure(store=tmp_path, meters=[("rapl", {"root": str(tmp_path)})]),
    ):
        pass
    assert not list(tmp_path.glob("2*")), "no run is left where nothing was measured"


def test_an_unwritable_store(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError), measure(store=tmp_path / "file", objects=[Steady()]):
        pass


def test_a_phase_outside_a_measurement_does_nothing() -> None:
    @joulemark.phase("free")
    def job() -> int:
        return 5

    assert job() == 5
