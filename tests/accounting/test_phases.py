"""From windows and traces to joules by phase and per unit of work."""

from __future__ import annotations

import math
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.accounting.context import MACHINE, WORKLOAD
from joulemark.accounting.phases import phases
from joulemark.accounting.results import PhaseResult
from joulemark.core.caution import Code
from joulemark.core.channel import Channel, Domain, Provenance, Quantity
from joulemark.core.student import NORMAL_975
from joulemark.core.trace import Trace
from joulemark.core.value import Term
from joulemark.core.window import Role, Window, Work

from .build import at, counter, exact, part, power, steady, trace, window

CPU = exact(
    counter(
        name="rapl/package-0",
        meter="rapl",
        part="package-0",
        unit="µJ",
        scale=1e-6,
        wrap=1e9,
        max_power_w=500.0,
        update_s=1e-3,
    ),
    gain=0.05,
)
GPU = exact(part("gpu-0", Domain.GPU, update_s=0.1), gain=0.05, offset_w=5.0)
STATE = Channel(
    name="nvml/utilisation",
    meter="nvml",
    part="gpu-0",
    domain=Domain.GPU,
    quantity=Quantity.UTILISATION,
    unit="%",
    scale=0.01,
)
SECONDS = np.arange(701) / 10
BUSY = (SECONDS >= 9.5) & (SECONDS < 60.5)


def images(count: float) -> Work:
    return Work(count, "image")


WINDOWS = [
    window("idle", 0, 9, Role.IDLE),
    window("warm-up", 10, 15, Role.WARM_UP),
    window("train", 15, 35, work=images(100)),
    window("train", 35, 55, work=images(100)),
    window("infer", 55, 60, work=Work(40, "query")),
    window("idle", 61, 70, Role.IDLE),
]


def cpu(channel: Channel = CPU, idle: float = 20.0, load: float = 60.0) -> Trace:
    """20 W, and 60 W under load; the counter wraps three times."""
    watts = np.where(BUSY, load, idle)
    microjoules = np.concatenate([[0.0], np.cumsum(watts[:-1] * 0.1 * 1e6)])
    return trace(channel, SECONDS, (microjoules + 9e8) % 1e9)


def gpu(channel: Channel = GPU, idle: float = 10.0, load: float = 200.0) -> Trace:
    """10 W, and 200 W under load."""
    return trace(channel, SECONDS, np.where(BUSY, load, idle))


def state() -> Trace:
    return trace(STATE, SECONDS, np.where(BUSY, 90.0, 1.0))


def busy(name: str, threads: float) -> Trace:
    channel = Channel(
        name=name,
        meter="host",
        part="host",
        domain=Domain.HOST,
        quantity=Quantity.CPU_TIME,
        unit="s",
    )
    return trace(channel, SECONDS, threads * SECONDS)


def results(*traces: Trace, windows: list[Window] | None = None) -> dict[str, PhaseResult]:
    found = phases(WINDOWS if windows is None else windows, traces, gpus=True)
    return {result.phase: result for result in found}


def codes(result: PhaseResult) -> set[Code]:
    assert all(caution.phase == result.phase for caution in result.cautions)
    return {caution.code for caution in result.cautions}


def test_a_whole_run() -> None:
    found = results(cpu(), gpu(), state())
    assert list(found) == ["idle", "warm-up", "train", "infer"]
    train = found["train"]
    assert train.role is Role.MEASURE
    assert train.duration_s == 40
    assert train.total is not None
    assert train.total.joules.value == pytest.approx(260 * 40, rel=1e-9)
    assert train.total.coverage == 1
    assert train.total.provenance is Provenance.MEASURED
    assert train.total.method == "counter + trapezoid"
    assert train.net is not None
    assert train.net.value == pytest.approx(230 * 40, rel=1e-9)
    assert train.power is not None
    assert train.power.value == pytest.approx(260, rel=1e-9)
    assert train.power.unit == "W"
    assert train.work == images(200)
    assert train.per_unit is not None
    assert train.per_unit.value == pytest.approx(52)
    assert train.per_unit.unit == "J/image"
    assert train.net_per_unit is not None
    assert train.net_per_unit.value == pytest.approx(46)
    assert train.net_per_unit.unit == "J/image"
    assert train.units_per_joule is not None
    assert train.units_per_joule.value == pytest.approx(1 / 52)
    assert train.units_per_joule.unit == "image/J"
    assert {p.channel.part: p.energy.joules.value for p in train.parts} == {
        "package-0": pytest.approx(2400),
        "gpu-0": pytest.approx(8000),
    }
    assert all(p.added for p in train.parts)
    assert "memory" in train.lacks
    assert "GPU" not in train.lacks
    assert train.context == {"nvml/utilisation": pytest.approx(0.9)}
    assert codes(train) == {Code.HELD_SENSOR}
    assert [w.total.joules.value for w in train.windows if w.total] == pytest.approx([5200] * 2)


def test_other_phases_of_it() -> None:
    found = results(cpu(), gpu(), state())
    idle = found["idle"]
    assert idle.total is not None
    assert idle.total.joules.value == pytest.approx(30 * 18)
    assert (idle.net, idle.per_unit, idle.net_per_unit, idle.work) == (None,) * 4
    assert codes(idle) == {Code.HELD_SENSOR}
    assert found["warm-up"].net is None
    infer = found["infer"]
    assert infer.per_unit is not None
    assert infer.per_unit.value == pytest.approx(260 * 5 / 40)
    assert codes(infer) == {Code.HELD_SENSOR, Code.ONE_WINDOW}


def test_errors_of_a_meter_in_gross_and_net() -> None:
    train = results(cpu(), gpu())["train"]
    assert train.total is not None
    assert train.net is not None
    gross, net = train.total.joules.budget(), train.net.budget()
    gain = 0.05 / NORMAL_975
    assert gross[Term.GAIN] == pytest.approx(math.hypot(gain * 2400, gain * 8000))
    assert gross[Term.OFFSET] == pytest.approx(5 / NORMAL_975 * 40)
    assert net[Term.GAIN] == pytest.approx(math.hypot(gain * 1600, gain * 7600))
    assert net.get(Term.OFFSET, 0) == pytest.approx(0, abs=1e-9)
    assert train.per_unit is not None
    assert train.units_per_joule is not None
    relative = train.per_unit.u95 / train.per_unit.value
    assert train.units_per_joule.u95 / train.units_per_joule.value == pytest.approx(relative)


def test_the_order_of_traces_does_not_matter() -> None:
    wall = part("wall", Domain.WALL)
    everything = [cpu(), gpu(), state(), gpu(wall, 50.0, 400.0)]
    seen = set()
    for order in permutations(everything):
        train = results(*order)["train"]
        assert train.total is not None
        assert train.net is not None
        seen.add((train.total.joules.value, train.net.value, train.lacks, len(train.parts)))
    assert seen == {(400.0 * 40, 350.0 * 40, ("network", "cooling of the room"), 3)}


def test_a_wall_meter_speaks_for_all() -> None:
    train = results(cpu(), gpu(), gpu(part("wall", Domain.WALL), 50.0, 400.0))["train"]
    assert {p.channel.part: p.added for p in train.parts} == {
        "package-0": False,
        "gpu-0": False,
        "wall": True,
    }


def test_channels_of_one_name_on_two_nodes_are_two() -> None:
    nodes = [gpu(part("gpu-0", Domain.GPU, node=node)) for node in ("a", "b")]
    train = results(*nodes)["train"]
    assert train.total is not None
    assert train.total.joules.value == pytest.approx(2 * 8000)


def test_several_gpus_are_summed() -> None:
    cards = [gpu(part(f"gpu-{i}", Domain.GPU)) for i in range(4)]
    train = results(*cards)["train"]
    assert train.power is not None
    assert train.power.value == pytest.approx(800)


def test_a_counter_and_a_power_of_one_part_are_one_part() -> None:
    reading = power(name="hwmon/package-0/power", meter="hwmon", part="package-0")
    train = results(cpu(), gpu(reading, 21.0, 61.0))["train"]
    assert train.total is not None
    assert train.total.joules.value == pytest.approx(2400)
    assert [p.channel.name for p in train.parts] == ["rapl/package-0"]


# what a run may lack


def test_without_idle_there_is_no_net() -> None:
    train = results(cpu(), windows=WINDOWS[2:4])["train"]
    assert (train.net, train.net_per_unit) == (None, None)
    assert train.per_unit is not None
    assert Code.NO_IDLE in codes(train)


def test_idle_of_one_part_is_not_idle_of_all() -> None:
    late = gpu()
    late = Trace(late.channel, late.time[120:550], late.value[120:550])
    train = results(cpu(), late)["train"]
    assert train.net is None
    assert train.windows[0].net is None
    assert Code.NO_IDLE in codes(train)


def test_idle_above_load_and_drift() -> None:
    rising = trace(GPU, SECONDS, np.where(SECONDS < 40, 100.0, 150.0))
    infer = results(rising)["infer"]
    assert Code.IDLE_UNSTABLE in codes(infer)
    falling = trace(GPU, SECONDS, np.where((SECONDS > 14) & (SECONDS < 60), 50.0, 100.0))
    found = [c for c in results(falling)["train"].cautions if c.code is Code.IDLE_ABOVE_LOAD]
    assert [c.detail for c in found] == ["net -2.000 kJ"]


def test_drift_of_a_part_that_is_not_added_says_nothing() -> None:
    drifting = trace(GPU, SECONDS, np.where(SECONDS < 40, 100.0, 150.0))
    wall = gpu(part("wall", Domain.WALL), 300.0, 500.0)
    assert Code.IDLE_UNSTABLE not in codes(results(drifting, wall)["train"])


@pytest.mark.parametrize(
    "works",
    [
        (None, None),
        (images(100), None),
        (images(100), Work(100, "step")),
        (images(0), images(0)),
        (images(math.nan), images(1)),
    ],
)
def test_without_work_there_is_no_energy_per_unit(works: tuple[Work | None, Work | None]) -> None:
    windows = [window("train", 15 + 20 * i, 35 + 20 * i, work=work) for i, work in enumerate(works)]
    train = results(cpu(), windows=windows)["train"]
    assert (train.per_unit, train.net_per_unit, train.units_per_joule) == (None, None, None)
    assert train.total is not None
    assert Code.NO_WORK in codes(train)


def test_a_window_without_work_counts_its_energy() -> None:
    windows = [
        window("train", 15, 35, work=images(100)),
        window("train", 35, 45, work=images(0)),
        window("train", 45, 55, work=images(50)),
    ]
    train = results(cpu(), windows=windows)["train"]
    assert train.per_unit is not None
    assert train.per_unit.value == pytest.approx(60 * 40 / 150)


def test_scatter_of_the_windows_is_in_energy_per_unit() -> None:
    windows = [
        window("train", 15, 35, work=images(100)),
        window("train", 35, 55, work=images(110)),
    ]
    train = results(cpu(), windows=windows)["train"]
    assert train.per_unit is not None
    assert Term.REPEATS in train.per_unit.budget()
    assert train.per_unit.value == pytest.approx(2400 / 210)


def test_a_window_that_was_never_closed_ends_at_the_last_sample() -> None:
    windows = [window("train", 15, 35), window("train", 40, None)]
    train = results(cpu(load=60.0), windows=windows)["train"]
    assert train.duration_s == 50
    assert Code.WINDOW_OPEN in codes(train)


@pytest.mark.parametrize("start", [70.0, 80.0])
def test_a_phase_without_length_is_not_lost(start: float) -> None:
    for stop in (None, start, start - 5):
        train = results(cpu(), gpu(), windows=[window("train", start, stop)])["train"]
        assert (train.total, train.power, train.per_unit, train.net) == (None,) * 4
        assert train.duration_s == 0
        assert train.parts == ()
        assert Code.NOT_COVERED in codes(train)
        assert (Code.WINDOW_OPEN in codes(train)) is (stop is None)


def test_a_window_without_length_takes_nothing_from_the_others() -> None:
    windows = [*WINDOWS, window("train", 90, None)]
    train = results(cpu(), windows=windows)["train"]
    assert train.duration_s == 40
    assert train.total is not None
    assert Code.WINDOW_OPEN in codes(train)


def test_a_phase_that_nothing_measured() -> None:
    train = results(windows=WINDOWS)["train"]
    assert (train.total, train.net, train.power, train.per_unit) == (None,) * 4
    details = [c.detail for c in train.cautions if c.code is Code.NOT_COVERED]
    assert details == ["2 of 2 windows have no reading"]
    assert Code.NO_IDLE not in codes(train)


def test_a_phase_that_was_measured_in_part() -> None:
    short = cpu()
    short = Trace(short.channel, short.time[:300], short.value[:300])
    train = results(short)["train"]
    assert train.total is None
    assert train.windows[0].total is not None
    assert train.windows[1].total is None
    details = [c.detail for c in train.cautions if c.code is Code.NOT_COVERED]
    assert details == ["1 of 2 windows have no reading"]


def test_a_card_that_vanished_is_told_of() -> None:
    lost = gpu(part("gpu-1", Domain.GPU))
    lost = Trace(lost.channel, lost.time[:340], lost.value[:340])
    train = results(cpu(), gpu(), lost)["train"]
    assert train.total is not None
    details = [c.detail for c in train.cautions if c.code is Code.MISSING_PART]
    assert details == ["m/gpu-1: no reading"]
    assert [p.channel.part for p in train.parts] == ["package-0", "gpu-0"]


def test_a_channel_without_any_sample_is_told_of() -> None:
    never = Trace.of(part("gpu-1", Domain.GPU), [], [])
    train = results(cpu(), never)["train"]
    assert [c.detail for c in train.cautions if c.code is Code.MISSING_PART] == [
        "m/gpu-1: no reading"
    ]


def test_parts_that_cover_unlike_times_keep_their_power() -> None:
    """A card that gave nothing for half of the time still drew 200 W."""
    half = gpu(part("gpu-1", Domain.GPU))
    values = half.value.copy()
    values[250:450] = np.nan
    train = results(cpu(), gpu(), Trace(half.channel, half.time, values))["train"]
    assert train.total is not None
    assert train.power is not None
    assert train.power.value == pytest.approx(460, rel=1e-3)
    assert train.total.coverage == pytest.approx(0.5, abs=0.01)
    assert {p.channel.part: round(p.energy.coverage, 2) for p in train.parts} == {
        "package-0": 1.0,
        "gpu-0": 1.0,
        "gpu-1": 0.5,
    }


@given(st.floats(0.05, 0.95), st.floats(0.05, 0.95))
def test_power_is_energy_over_covered_time(first: float, second: float) -> None:
    seen = steady(power(), 75.0, 40)
    values = seen.value.copy()
    values[: round(200 * first)] = np.nan
    values[round(400 - 200 * second) :] = np.nan
    windows = [window("train", 0, 20), window("train", 20, 40)]
    train = results(Trace(seen.channel, seen.time, values), windows=windows)["train"]
    assert train.power is not None
    assert train.power.value == pytest.approx(75)
    assert train.total is not None
    covered = train.total.coverage * 40
    assert train.total.joules.value == pytest.approx(75 * covered)


def test_estimates_are_called_so() -> None:
    model = exact(
        part(
            "processor",
            Domain.PACKAGE,
            provenance=Provenance.ESTIMATED,
            note="no counter can be read",
        ),
        model=0.5,
    )
    declared = part("switch", Domain.SWITCH, provenance=Provenance.DECLARED)
    train = results(gpu(model), gpu())["train"]
    assert train.total is not None
    assert train.total.provenance is Provenance.ESTIMATED
    details = [c.detail for c in train.cautions if c.code is Code.ESTIMATED]
    assert details == ["no counter can be read"]
    mixed = results(gpu(model), gpu(declared))["train"]
    assert mixed.total is not None
    assert mixed.total.provenance is Provenance.DECLARED
    assert Code.ESTIMATED in codes(mixed)


def test_other_programs_are_told_of_in_measured_phases() -> None:
    found = results(cpu(), busy(MACHINE, 2.0), busy(WORKLOAD, 1.0))
    assert Code.OTHER_LOAD in codes(found["train"])
    assert Code.OTHER_LOAD not in codes(found["idle"])


def test_edges_of_another_clock_widen_the_interval() -> None:
    sharp = window("train", 15, 35)
    blurred = window("train", 15, 35, edge_u_s=0.5)
    first, second = (results(cpu(), windows=[w])["train"].total for w in (sharp, blurred))
    assert first is not None
    assert second is not None
    assert second.joules.u**2 - first.joules.u**2 == pytest.approx(2 * (0.5 * 60) ** 2, rel=1e-3)


def test_the_bound_of_gaps_is_passed_on() -> None:
    sparse = trace(power(), np.arange(0, 71, 7), [50.0] * 11)
    assert phases(WINDOWS[2:3], [sparse])[0].total is not None
    assert phases(WINDOWS[2:3], [sparse], gap_s=1.0)[0].total is None


def test_nothing_gives_nothing() -> None:
    assert phases([], []) == []
    assert phases([], [cpu()]) == []


def test_many_windows_stay_quick() -> None:
    """Two thousand steps of a loop, each shorter than the time between two samples."""
    seen = steady(power(update_s=0.1), 50.0, 100)
    windows = [
        Window(phase="step", start=at(i / 200), stop=at((i + 1) / 200), work=Work(1, "step"))
        for i in range(2_000)
    ]
    step = phases(windows, [seen])[0]
    assert step.total is not None
    assert step.total.joules.value == pytest.approx(500)
