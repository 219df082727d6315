from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.analysis.comparable import Hindrance
from joulemark.analysis.compare import Comparison, Question, Verdict, compare
from joulemark.analysis.gate import Outcome, gate, worst
from joulemark.analysis.instruments import Known
from joulemark.analysis.metrics import Metric
from joulemark.analysis.observed import Observation, Repeat
from joulemark.analysis.scatter import Level, Pairs
from joulemark.core.channel import Accuracy, Domain, Instrument, Provenance
from joulemark.core.run import System
from joulemark.core.value import Source, Term, Value
from joulemark.report.compared import headline
from tests.analysis.build import BOX, board, channel, observation

JOULES = st.lists(st.floats(2e3, 1e6), min_size=1, max_size=7)
OTHER = System(host="other", cpu="Example CPU 3000")


def limits(of: Comparison, level: float = 0.95) -> tuple[float, float]:
    found = of.interval(level)
    assert found is not None
    return found


@given(JOULES, JOULES, st.floats(0, 0.2), st.floats(0, 10))
def test_b_over_a_is_a_over_b_turned_round(
    a: list[float], b: list[float], gain: float, offset_w: float
) -> None:
    first = observation(a, "a", gain=gain, offset_w=offset_w, random=0.01)
    second = observation(b, "b", gain=gain, offset_w=offset_w, random=0.01)
    one, other = compare([first], [second]), compare([second], [first])
    assert (one.value or 0) * (other.value or 0) == pytest.approx(1)
    turned = {Verdict.LOWER: Verdict.HIGHER, Verdict.HIGHER: Verdict.LOWER}
    assert other.verdict is turned.get(one.verdict, one.verdict)
    if one.interval() is not None:
        low, high = limits(other)
        assert limits(one) == pytest.approx((1 / high, 1 / low), rel=1e-6)


@given(JOULES, JOULES, st.floats(0.5, 2))
def test_another_gain_of_the_same_meter_changes_nothing(
    a: list[float], b: list[float], factor: float
) -> None:
    def side(joules: list[float], name: str, by: float) -> list[Observation]:
        return [observation([by * j for j in joules], name, gain=0.05)]

    one = compare(side(a, "a", 1), side(b, "b", 1))
    other = compare(side(a, "a", factor), side(b, "b", factor))
    assert one.value == pytest.approx(other.value)
    if one.interval() is not None:
        assert limits(one) == pytest.approx(limits(other), rel=1e-6)


@given(JOULES, st.floats(0, 0.5), st.integers(1, 4))
def test_equal_runs_are_never_different(joules: list[float], gain: float, runs: int) -> None:
    a = [observation(joules, f"a{i}", gain=gain, start_s=1e4 * i) for i in range(runs)]
    b = [observation(joules, f"b{i}", gain=gain, start_s=1e6 + 1e4 * i) for i in range(runs)]
    found = compare(a, b)
    assert found.value == pytest.approx(1)
    assert found.verdict in (Verdict.EQUIVALENT, Verdict.UNDECIDED)


@given(JOULES, JOULES)
def test_less_confidence_is_a_shorter_interval(a: list[float], b: list[float]) -> None:
    found = compare([observation(a, "a")], [observation(b, "b")])
    if found.interval() is not None:
        (low, high), (inner_low, inner_high) = limits(found), limits(found, 0.90)
        assert low <= inner_low <= inner_high <= high


def test_the_gain_of_one_meter_cancels_and_that_is_said() -> None:
    found = compare(
        [observation([100, 101, 99, 100], "a")], [observation([110, 111, 109, 110], "b")]
    )
    assert found.verdict is Verdict.HIGHER
    assert limits(found)[0] > 1.08
    assert found.ratio is not None
    (shared,) = found.ratio.shared
    assert (shared.term, shared.by.known) == (Term.GAIN, Known.ASSUMED)


@pytest.mark.parametrize(
    ("more", "known"),
    [
        ({}, Known.ASSUMED),
        ({"system": OTHER}, None),
        ({"system": replace(BOX, cpu="Another CPU")}, None),
        ({"channel": channel(source="/sys/class/powercap/other")}, None),
        ({"channel": channel(meter="psu")}, None),
    ],
)
def test_an_error_is_shared_only_by_the_same_instrument(
    more: dict[str, Any], known: Known | None
) -> None:
    a, b = [100.0, 101, 99], [100.0, 101, 99]
    found = compare([observation(a, "a")], [observation(b, "b", **more)])
    assert found.ratio is not None
    assert [shared.by.known for shared in found.ratio.shared] == ([known] if known else [])
    assert (limits(found)[1] > 1.05) is (known is None)
    said = compare([observation(a, "a")], [observation(b, "b", **more)], Question(same_meters=True))
    if "channel" not in more or known:
        assert limits(said)[1] < 1.05


def test_a_unique_number_proves_the_device_and_another_disproves_it() -> None:
    same = compare(
        [observation([100, 101], "a", channel=board("1"))],
        [observation([100, 101], "b", channel=board("1"), system=OTHER)],
    )
    assert same.ratio is not None
    assert same.ratio.shared[0].by.known is Known.PROVEN
    other = compare(
        [observation([100, 101], "a", channel=board("1"))],
        [observation([100, 101], "b", channel=board("2"))],
    )
    assert other.ratio is not None
    assert other.ratio.shared == ()


def test_a_monitoring_chip_that_the_kernel_renumbered_is_the_same() -> None:
    chips = [channel(source=f"/sys/class/hwmon/hwmon{n}/power1_input") for n in (2, 5)]
    a, b = (observation([9, 9.1], n, channel=c) for n, c in zip("ab", chips, strict=True))
    found = compare([a], [b])
    assert found.ratio is not None
    assert len(found.ratio.shared) == 1


def test_an_offset_cancels_only_at_equal_power() -> None:
    a = observation([600] * 3, "a", gain=0, offset_w=2)
    same = compare([a], [observation([600] * 3, "b", gain=0, offset_w=2)])
    assert limits(same) == pytest.approx((1, 1))
    half = compare([a], [observation([600] * 3, "b", gain=0, offset_w=2, seconds=120)])
    assert half.ratio is not None
    assert half.ratio.known.u95 == pytest.approx(math.log(0.8 / 0.6)), "10 W ± 2 W and 5 W ± 2 W"


def test_a_model_cancels_for_the_same_machine_and_kind_of_load() -> None:
    def pair(**more: Any) -> Comparison:
        a = observation([100, 101, 99], "a", model=0.5, gain=0)
        b = observation([100, 101, 99], "b", model=0.5, gain=0, **more)
        return compare([a], [b])

    assert limits(pair())[1] < 1.05
    assert limits(pair(procedure="run"))[1] > 1.5
    assert limits(pair(settings={"command": ["other"]}))[1] > 1.5
    assert limits(pair(settings={"workload": {"model": {"name": "LeNet"}}}))[1] > 1.5
    assert limits(pair(system=replace(BOX, threads=4)))[1] > 1.5


def test_what_a_model_leaves_grows_with_the_difference_of_power() -> None:
    def half_width(watts: float) -> float:
        a = observation([600] * 3, "a", model=0.5, gain=0)
        b = observation([watts * 60] * 3, "b", model=0.5, gain=0)
        found = compare([a], [b])
        return math.log(limits(found)[1] / limits(found)[0]) / 2

    assert half_width(10) == pytest.approx(0, abs=1e-9)
    assert half_width(20) == pytest.approx(0.5 * math.sqrt(2) * 0.5, rel=0.01)
    assert half_width(11) < half_width(15) < half_width(40)


def test_a_single_repeat_of_each_decides_nothing() -> None:
    found = compare([observation([100], "a")], [observation([200], "b")])
    assert found.verdict is Verdict.UNDECIDED
    assert found.interval() is None
    assert found.value == pytest.approx(2)
    assert found.outlook is not None
    assert found.outlook.unknown
    assert gate(found, 0.05) is Outcome.UNDECIDED
    assert "neither repeats" in headline(found)


def test_several_runs_are_the_repeats_not_their_windows() -> None:
    a = [observation([100 + i, 100 + i], f"a{i}", start_s=1e4 * i) for i in range(3)]
    b = [observation([100 + i, 100 + i], f"b{i}", start_s=1e6 + 1e4 * i) for i in range(3)]
    found = compare(a, b)
    assert found.ratio is not None
    assert found.ratio.scatter.level is Level.RUNS
    assert found.ratio.scatter.counts == (3, 3)
    assert not found.ratio.scatter.paired
    assert found.ratio.u_random > 0.005
    assert found.ratio.scatter.seconds == 2 * 120, "two windows of 60 s, of each side"
    longer = compare([replace(one, took_s=300.0) for one in a], b)
    assert longer.ratio is not None
    assert longer.ratio.scatter.seconds == 300 + 120


def test_runs_made_in_turn_are_compared_pair_by_pair() -> None:
    a = [observation([100 + 10 * i] * 2, f"a{i}", start_s=2e3 * i) for i in range(4)]
    b = [observation([102 + 10.2 * i] * 2, f"b{i}", start_s=2e3 * i + 1e3) for i in range(4)]
    paired, not_paired = compare(a, b), compare(a, b, Question(pairs=Pairs.NONE))
    assert paired.ratio is not None
    assert paired.ratio.scatter.paired
    assert paired.verdict is Verdict.HIGHER
    assert not_paired.verdict is Verdict.UNDECIDED


@pytest.mark.parametrize(
    ("b", "margin", "verdict"),
    [
        ([90, 90.1, 89.9], 0.02, Verdict.LOWER),
        ([110, 110.1, 109.9], 0.02, Verdict.HIGHER),
        ([100.1, 100, 99.9], 0.02, Verdict.EQUIVALENT),
        ([110, 100, 91], 0.02, Verdict.UNDECIDED),
        ([110, 100, 91], 0.8, Verdict.EQUIVALENT),
        ([101, 101.1, 100.9], 0.05, Verdict.HIGHER),
    ],
)
def test_verdicts(b: list[float], margin: float, verdict: Verdict) -> None:
    a = observation([100.1, 100, 99.9], "a")
    assert compare([a], [observation(b, "b")], Question(margin=margin)).verdict is verdict


@pytest.mark.parametrize(
    ("b", "bound", "outcome"),
    [
        ([100.1, 100, 99.9], 0.05, Outcome.PASSED),
        ([110.1, 110, 109.9], 0.05, Outcome.EXCEEDED),
        ([110.1, 110, 109.9], 0.15, Outcome.PASSED),
        ([112, 105, 98], 0.05, Outcome.UNDECIDED),
        ([50.1, 50, 49.9], 0.05, Outcome.PASSED),
    ],
)
def test_gates(b: list[float], bound: float, outcome: Outcome) -> None:
    found = compare([observation([100.1, 100, 99.9], "a")], [observation(b, "b")])
    assert gate(found, bound) is outcome


def test_a_gate_never_passes_what_cannot_be_compared() -> None:
    found = compare([observation([100, 100], "a")], [observation([100, 100], "b", unit="token")])
    assert gate(found, 10) is Outcome.NOT_COMPARABLE
    assert found.value is None
    assert worst([Outcome.PASSED, Outcome.NOT_COMPARABLE, Outcome.EXCEEDED]) is (
        Outcome.NOT_COMPARABLE
    )
    assert worst([Outcome.UNDECIDED, Outcome.PASSED]) is Outcome.UNDECIDED
    with pytest.raises(ValueError, match="empty"):
        worst([])


INVALID = frozenset({"loadgen-invalid"})


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"unit": "token"}, Hindrance.UNIT),
        ({"unit": ""}, Hindrance.UNIT),
        ({"lacks": ("memory", "GPU")}, Hindrance.BOUNDARY),
        ({"channel": channel(domain=Domain.NODE)}, Hindrance.BOUNDARY),
        ({"codes": frozenset({"missing-part"})}, Hindrance.BOUNDARY),
        ({"settings": {"workload": {"data": {"name": "CIFAR-10"}}}}, Hindrance.DATA),
        ({"codes": frozenset({"quick"})}, Hindrance.QUICK),
        ({"provenance": Provenance.ESTIMATED}, Hindrance.PROVENANCE),
        ({"channel": channel(instrument=Instrument.EXTERNAL)}, Hindrance.INSTRUMENT),
        ({"codes": INVALID}, Hindrance.LOADGEN_INVALID),
        ({"codes": frozenset({"command-failed"})}, Hindrance.FAILED),
        ({"codes": frozenset({"frozen-sensor"})}, Hindrance.IMPOSSIBLE),
        ({"energy": None}, Hindrance.UNREAD),
        ({"energy": Value(10, "J", {Source(Term.GAIN, "x"): 9})}, Hindrance.NOT_POSITIVE),
    ],
)
def test_what_cannot_be_compared_is_refused_with_the_reason(
    more: dict[str, Any], reason: Hindrance
) -> None:
    a, b = observation([100, 101], "a"), observation([100, 101], "b", **more)
    for pair in (([a], [b]), ([b], [a]), ([a], [a, b])):
        found = compare(*pair)
        assert found.verdict is Verdict.NOT_COMPARABLE
        assert [refusal.reason for refusal in found.refused] == [reason]
        assert reason.text in headline(found)
        assert found.ratio is None


def test_time_needs_no_meter_and_power_no_work() -> None:
    a = observation([100, 101], "a")
    other = observation(
        [100, 101],
        "b",
        provenance=Provenance.ESTIMATED,
        lacks=(),
        channel=channel(meter="x"),
        codes=frozenset({"frozen-sensor"}),
    )
    assert compare([a], [other], Question(metric=Metric.TIME)).verdict is Verdict.EQUIVALENT
    token = observation([100, 101], "b", unit="token")
    assert not compare([a], [token], Question(metric=Metric.POWER)).refused
    assert not compare([a], [token], Question(metric=Metric.GROSS)).refused
    assert compare([a], [token], Question(metric=Metric.TIME)).refused


def test_figures_of_each_metric() -> None:
    repeats = tuple(
        Repeat(start=i, seconds=50, covered_s=25, joules=100.0, net=40.0, count=10) for i in (1, 2)
    )
    one = observation([100, 100], "a", repeats=repeats, net=Value(80, "J"))
    expected = {
        Metric.ENERGY: (10, "J/sample"),
        Metric.NET: (4, "J/sample"),
        Metric.GROSS: (100, "J/repeat"),
        Metric.POWER: (4, "W"),
        Metric.TIME: (5, "s/sample"),
    }
    for metric, (value, unit) in expected.items():
        found = compare([one], [replace(one, run="b")], Question(metric=metric)).figures[0]
        assert found is not None
        assert found.value == pytest.approx(value)
        assert found.unit == unit


def boards(numbers: str, run: str, **more: Any) -> Observation:
    """A phase in which several boards each take a part of 300 J."""
    made = tuple(board(number, f"gpu-{i}") for i, number in enumerate(numbers))
    share = 300 / len(made) * 0.05 / 1.96
    parts = {
        Source(Term.GAIN, f"localhost/gpu-{i}", kin="localhost/nvml"): share
        for i in range(len(made))
    }
    one = observation([100, 100, 100], run, channel=made[0], **more)
    return replace(one, channels=made, energy=Value(300, "J", parts))


@pytest.mark.parametrize(
    ("a", "b", "u"),
    [
        ("1", "1", 0.0),
        ("12", "21", 0.0),
        ("1", "2", math.sqrt(2)),
        ("1", "12", math.sqrt(2) / 2),
        ("12", "34", 1.0),
    ],
)
def test_each_board_has_an_error_of_its_own(a: str, b: str, u: float) -> None:
    """Boards of one machine are alike to an unknown degree, the worse of all and nothing."""
    found = compare([boards(a, "a")], [boards(b, "b")])
    assert found.ratio is not None
    assert found.ratio.known.u == pytest.approx(u * 0.05 / 1.96, rel=0.04, abs=1e-12)


def test_boards_of_two_machines_are_not_taken_to_be_alike_in_a_ratio() -> None:
    """Full within each machine, none between them: nothing averages out."""
    found = compare([boards("12", "a")], [boards("34", "b", system=OTHER)])
    assert found.ratio is not None
    assert found.ratio.known.u == pytest.approx(math.sqrt(2) * 0.05 / 1.96, rel=0.04)
    said = compare(
        [boards("12", "a")], [boards("34", "b", system=OTHER)], Question(same_meters=True)
    )
    assert said.ratio is not None
    assert said.ratio.known.u == pytest.approx(0, abs=1e-12)


def test_an_instrument_that_another_version_knew_worse_has_one_error_all_the_same() -> None:
    """A baseline may be older than the accuracy class; of one board the gain cancels as a whole."""
    old, new = (board("1", accuracy=Accuracy(gain=gain, offset_w=1)) for gain in (0.05, 0.08))
    a = observation([600] * 3, "a", channel=old, gain=0.05, offset_w=1)
    b = observation([600] * 3, "b", channel=new, gain=0.08, offset_w=1)
    found = compare([a], [b])
    assert found.ratio is not None
    assert found.ratio.known.u == pytest.approx(0, abs=1e-12)
    apart = compare([a], [replace(b, channels=(board("2", accuracy=new.accuracy),))])
    assert apart.ratio is not None
    assert apart.ratio.known.u > 0.04


def test_bench_stops_when_its_repeats_agree_and_that_widens_the_interval() -> None:
    def half_width(settings: dict[str, Any], count: int) -> float:
        joules = [100.0, 101.0, 99.0, 100.5][:count]
        a, b = (observation(joules, name, settings=settings) for name in "ab")
        found = compare([a], [b])
        return math.log(limits(found)[1])

    bench = {"bench": {"repeats": 3}}
    assert half_width(bench, 3) == pytest.approx(half_width({}, 3))
    assert half_width(bench, 4) > 1.1 * half_width({}, 4)


def calibrated(run: str, name: str, **more: Any) -> Observation:
    """A phase whose reading was turned into wall energy by a calibration."""
    wall = channel("wall", meter="rapl", domain=Domain.WALL, calibration=name)
    parts = {
        Source(Term.CALIBRATION, "abc/0"): 6.0,
        Source(Term.CALIBRATION, "abc/1"): 3.0,
        Source(Term.CALIBRATION, f"abc/{run}"): 0.0,
        Source(Term.CALIBRATION, f"abc@{run}"): 0.1,
        Source(Term.GAIN, "localhost/psu"): 2.0,
        Source(Term.OFFSET, "localhost/wall"): 2.0,
    }
    one = observation([100, 100, 100], run, channel=wall, **more)
    return replace(one, energy=Value(300, "J", parts))


def test_one_calibration_is_one_error() -> None:
    found = compare([calibrated("a", "wall, abc")], [calibrated("b", "wall, abc")])
    assert found.ratio is not None
    assert {shared.by.known for shared in found.ratio.shared} == {Known.CALIBRATED}
    assert found.ratio.known.u == pytest.approx(math.hypot(0.1, 0.1) / 300, rel=1e-3)
    other = compare([calibrated("a", "wall, abc")], [calibrated("b", "wall, def")])
    assert other.ratio is not None
    assert other.ratio.shared == ()
    assert other.ratio.known.u > 0.03
    assert "calibration" in {item.what for item in other.differences}


def test_time_that_was_not_covered_is_named() -> None:
    a = observation([100, 101], "a")
    half = tuple(replace(repeat, covered_s=30.0) for repeat in a.repeats)
    found = compare([a], [replace(a, run="b", repeats=half)])
    assert ("coverage", ("",), ("50.0 %",)) in [(d.what, d.a, d.b) for d in found.differences]


def test_without_counted_work_a_repeat_is_the_unit() -> None:
    a = observation([100, 101], "a", unit="", count=1)
    found = compare([a], [observation([100, 101], "b", unit="", count=1)])
    assert found.figures[0] is not None
    assert found.figures[0].unit == "J/repeat"
    assert "energy per repeat" in headline(found)


def test_a_net_that_is_not_above_zero_has_no_ratio() -> None:
    a = observation([100, 101], "a")
    repeats = tuple(replace(r, net=n) for r, n in zip(a.repeats, (5.0, -1.0), strict=True))
    a = replace(a, repeats=repeats, net=Value(4, "J"))
    found = compare([a], [replace(a, run="b")], Question(metric=Metric.NET))
    assert {refusal.reason for refusal in found.refused} == {Hindrance.NOT_POSITIVE}


def test_idle_power_of_one_run_cancels_between_its_phases() -> None:
    idle = {Source(Term.IDLE, "localhost/package-0"): 20.0}
    a = observation([100, 100], "a")
    nets = tuple(replace(r, net=100.0) for r in a.repeats)
    a = replace(a, repeats=nets, net=Value(200, "J", idle))
    same_run = compare([a], [replace(a, phase="other")], Question(metric=Metric.NET))
    assert limits(same_run) == pytest.approx((1, 1))
    two_runs = compare([a], [replace(a, run="b")], Question(metric=Metric.NET))
    assert limits(two_runs)[1] > 1.2


def test_differences_are_named_but_do_not_hinder() -> None:
    def one(name: str, batch: int, **more: Any) -> Observation:
        settings = {
            "workload": {"model": {"name": "LeNet", "weights": "random"}, "settings": {"b": batch}},
            "command": ["train", str(batch)],
        }
        return observation([100, 101], name, settings=settings, **more)

    environment = {"git": {"commit": "abc"}, "packages": {"torch": "2.13"}, "python": "3.12"}
    found = compare(
        [one("a1", 32), one("a2", 32)],
        [
            one("b", 64, joulemark="0.2.0", system=OTHER, environment=environment, evidence="best"),
        ],
    )
    seen = {item.what: (item.a, item.b) for item in found.differences}
    assert seen["b"] == (("32",), ("64",))
    assert seen["joulemark"] == (("0.1.0",), ("0.2.0",))
    assert seen["host"] == (("box",), ("other",))
    assert seen["packages"] == (("",), ("torch 2.13",))
    assert seen["commit"] == (("",), ("abc",))
    assert seen["command"] == (("train 32",), ("train 64",))
    assert seen["evidence"] == (("",), ("best",))
    assert "name" not in seen
    assert not found.refused
