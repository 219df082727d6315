"""Each tier, and each of its conditions: it holds, or it demotes and says why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from joulemark.accounting.evidence import CONDITIONS, TIERS
from joulemark.accounting.phases import phases
from joulemark.accounting.results import PhaseResult
from joulemark.core.calibration import TOTAL, Calibration, Kind, Side, Span
from joulemark.core.channel import Accuracy, Domain, Instrument, Provenance
from joulemark.core.evidence import Condition, Conduct, Evidence, Protocol, Tier
from joulemark.core.trace import Trace

from .build import part, steady, trace, window
from .machine import CHANNELS, WINDOWS, also, record, seconds, train, truth

TRUTH = truth(seconds())
ALL = tuple(CHANNELS)
PRECISE = Accuracy(gain=0.005, source="certificate")
DATED = "against a standard, 2026-05-01"  # the runs of these tests are of 2026-07
FOLLOWED = Protocol(
    name="PTDaemon 1.11", ranging=True, testing=True, clock_offset_s=0.1, files={"spl.txt": "ab"}
)


def evidence(result: PhaseResult) -> Evidence:
    assert result.evidence is not None
    return result.evidence


def failed(result: PhaseResult, tier: Tier) -> dict[str, str]:
    """What speaks against a tier, and what was seen."""
    return {each.name: each.seen for each in evidence(result).failed_of(tier)}


def condition(result: PhaseResult, name: str, tier: Tier = Tier.CALIBRATED) -> Condition:
    (found,) = [each for each in evidence(result).checks[tier] if each.name == name]
    return found


def analysed(*, conduct: Conduct | None = None, length: float = 99.0, **more: Any) -> PhaseResult:
    """A window of an analyser in the supply of a system, as an importer of its logs gives it."""
    known: dict[str, Any] = {
        "instrument": Instrument.ANALYSER,
        "accuracy": PRECISE,
        "calibration": DATED,
        "update_s": 1.0,
    }
    channel = replace(part("wall", Domain.WALL, meter="ptdaemon"), **{**known, **more})
    at = np.arange(101.0)
    readings = trace(channel, at, 400 + np.sin(at))
    how = Conduct(protocol=FOLLOWED) if conduct is None else conduct
    (found,) = phases([window("testing", 1, 1 + length)], [readings], gpus=True, conduct=how)
    return found


def test_every_tier_asks_only_for_known_conditions_and_every_condition_is_asked_for() -> None:
    assert list(TIERS) == [tier for tier in Tier if tier is not Tier.ESTIMATED]
    asked = {name for bounds in TIERS.values() for name in bounds}
    assert asked == set(CONDITIONS)


def test_a_bound_never_gets_looser_from_tier_to_tier() -> None:
    tighter = {"interval", "skipped samples", "calibration", "clocks"}
    for name in CONDITIONS:
        bounds = [row[name] for row in TIERS.values() if name in row]
        assert bounds == sorted(bounds, reverse=name in tighter)


# ---------------------------------------------------------------------------------- the tiers


def test_nothing_read_has_no_evidence() -> None:
    (found,) = phases([window("run", 500, 501)], [record("wall")])
    assert found.evidence is None


def test_a_model_is_an_estimate() -> None:
    model = part("package-0", Domain.PACKAGE, provenance=Provenance.ESTIMATED)
    found = train(record("package-0", provenance=Provenance.ESTIMATED), "gpu-0")
    assert evidence(found).tier is Tier.ESTIMATED
    assert evidence(found).demotions[0].seen == "package-0 estimated"
    (alone,) = phases([window("run", 0, 9)], [steady(model, 9.0, 10.0)])
    assert evidence(alone).claim is Tier.ESTIMATED
    assert set(failed(alone, Tier.ON_CHIP)) == {"provenance", "meter class", "accuracy"}


def test_counters_of_the_chips() -> None:
    found = train("package-0", "gpu-0", "gpu-1")
    assert evidence(found).tier is Tier.ON_CHIP
    assert evidence(found).claim is Tier.ON_CHIP
    assert failed(found, Tier.CROSS_CHECKED)["meter class"] == "on-chip (rapl)"


def test_a_platform_sensor_that_the_chips_confirm() -> None:
    found = train("node", "package-0", "gpu-0", "gpu-1")
    assert evidence(found).tier is Tier.CROSS_CHECKED
    seen = condition(found, "cross-check", Tier.CROSS_CHECKED).seen
    assert seen == "confirmed by rapl and nvml"
    alone = train("node")
    assert evidence(alone).tier is Tier.ON_CHIP
    assert [each.name for each in evidence(alone).demotions] == ["cross-check"]


def test_a_calibrated_meter_in_the_supply() -> None:
    assert evidence(train(record("wall", calibration=DATED))).tier is Tier.CALIBRATED
    assert evidence(train("wall")).tier is Tier.ON_CHIP
    assert evidence(train("wall", "node")).tier is Tier.CROSS_CHECKED


def test_an_accredited_analyser_under_protocol() -> None:
    """What a run that imports an analyser's logs must have, and all that it must have."""
    found = analysed()
    assert evidence(found).tier is Tier.ACCREDITED
    assert evidence(found).next is None
    assert evidence(analysed(provenance=Provenance.DECLARED)).tier is Tier.ACCREDITED


def test_the_calibration_of_the_analyser_itself_counts_too() -> None:
    dated = replace(FOLLOWED, calibrated={"m/wall": "calibrated 2026-03-02"})
    found = analysed(calibration="", conduct=Conduct(protocol=dated))
    assert evidence(found).tier is Tier.ACCREDITED
    assert condition(found, "calibration").seen == "calibrated 2026-03-02"


# ------------------------------------------------------------------- one failed condition demotes


@pytest.mark.parametrize(
    ("more", "name", "seen"),
    [
        ({"instrument": Instrument.EXTERNAL}, "meter class", "external (ptdaemon)"),
        ({"accuracy": Accuracy(gain=0.02, source="class")}, "interval", "±2.0 %"),
        ({"calibration": ""}, "calibration", "none for m/wall"),
        ({"calibration": "once"}, "calibration", "undated for m/wall"),
        ({"calibration": "2026-13-41"}, "calibration", "undated for m/wall"),
        ({"calibration": "2024-01-01"}, "calibration", "m/wall: 2024-01-01"),
        ({"calibration": "2027-01-01"}, "calibration", "m/wall: 2027-01-01"),
        ({"accuracy": Accuracy(gain=0.005)}, "accuracy", "none for m/wall"),
        ({"length": 30.0}, "length", "30.0 s"),
        ({"conduct": Conduct()}, "protocol", "none"),
        ({"conduct": Conduct()}, "clocks", "not compared"),
        (
            {"conduct": Conduct(protocol=replace(FOLLOWED, clock_offset_s=None))},
            "clocks",
            "not compared",
        ),
        (
            {"conduct": Conduct(protocol=replace(FOLLOWED, clock_offset_s=-0.7))},
            "clocks",
            "0.70 s apart",
        ),
        (
            {"conduct": Conduct(protocol=replace(FOLLOWED, ranging=False))},
            "protocol",
            "PTDaemon 1.11, no ranging",
        ),
        (
            {"conduct": Conduct(ticks=100, skipped=2, protocol=FOLLOWED)},
            "skipped samples",
            "2 of 100",
        ),
    ],
)
def test_an_analyser_that_lacks_one_condition(more: dict[str, Any], name: str, seen: str) -> None:
    found = analysed(**more)
    assert evidence(found).tier < Tier.ACCREDITED
    assert failed(found, Tier.ACCREDITED)[name] == seen


def test_declared_readings_without_the_meters_own_logs_are_no_more_than_a_sensors() -> None:
    nameless = Conduct(protocol=replace(FOLLOWED, files={}))
    for conduct in (Conduct(), nameless):
        found = analysed(provenance=Provenance.DECLARED, conduct=conduct)
        assert evidence(found).tier is Tier.ON_CHIP
        assert evidence(found).declared
        assert failed(found, Tier.CALIBRATED)["origin"] == "played back"
    logged = condition(analysed(provenance=Provenance.DECLARED), "origin")
    assert logged.seen == "played back, with logs spl.txt"


def test_time_without_readings_demotes_to_an_estimate() -> None:
    holes = np.where((seconds() > 40) & (seconds() < 45), np.nan, TRUTH["gpu-0"])
    found = train(record("gpu-0", holes))
    assert evidence(found).tier is Tier.ESTIMATED
    assert set(failed(found, Tier.ON_CHIP)) == {"coverage"}


def test_few_updates_of_a_sensor_demote() -> None:
    found = train(record("gpu-0", update_s=10.0))
    assert failed(found, Tier.ON_CHIP)["sensor updates"] == "6"


def test_an_impossible_reading_demotes_where_it_concerns_the_total() -> None:
    found = train("wall", "node", record("gpu-0", 2.2 * TRUTH["gpu-0"]), "gpu-1")
    assert evidence(found).tier is Tier.ON_CHIP, "the wall may be right, but nothing confirms it"
    assert failed(found, Tier.CROSS_CHECKED) == {"cross-check": "no meter confirms m/wall"}
    found = train("node", record("gpu-0", 2.2 * TRUTH["gpu-0"]), "gpu-1")
    assert evidence(found).tier is Tier.ESTIMATED
    assert failed(found, Tier.ON_CHIP)["consistency"].startswith("child-above-parent: m/node")


def test_a_part_with_a_sensor_that_gave_nothing_demotes() -> None:
    lost = Trace.of(CHANNELS["gpu-1"], [], [])
    found = train("gpu-0", lost)
    assert failed(found, Tier.ON_CHIP)["boundary"] == "m/gpu-1: no reading"
    assert "m/gpu-1: no reading" in failed(found, Tier.CALIBRATED)["boundary"]


def test_what_a_total_lacks_bounds_its_tier() -> None:
    chips = train("package-0", "gpu-0")
    assert failed(chips, Tier.CROSS_CHECKED)["boundary"] == "without memory"
    node = train("node")
    assert condition(node, "boundary", Tier.CROSS_CHECKED).seen.startswith("all but power supply")
    assert failed(node, Tier.CALIBRATED)["boundary"] == "without power supply losses"


def test_the_weakest_part_of_a_sum_decides() -> None:
    unknown = record("gpu-0", instrument=Instrument.UNKNOWN)
    found = train("package-0", unknown)
    assert evidence(found).tier is Tier.ESTIMATED
    assert evidence(found).claim is Tier.ESTIMATED
    assert failed(found, Tier.ON_CHIP) == {"meter class": "unknown (nvml)"}


def test_an_interval_of_nothing_is_unknown() -> None:
    still = record("wall", 0 * TRUTH["wall"], floor=None, accuracy=Accuracy(), rated_w=None)
    assert failed(train(still), Tier.CALIBRATED)["interval"] == "unknown"


# -------------------------------------------------------------------------------- the cross-check


def test_a_second_channel_by_another_meter_confirms_and_one_by_the_same_does_not() -> None:
    def seen(**more: Any) -> str:
        found = train("node", also("node", **more))
        return condition(found, "cross-check", Tier.CROSS_CHECKED).seen

    assert seen() == "confirmed by other"
    assert seen(accuracy=Accuracy(gain=0.4, source="a guess")) == "no meter confirms m/node"
    assert seen(meter="bmc") == "no meter confirms m/node"
    assert seen(instrument=Instrument.MODEL) == "no meter confirms m/node"
    apart = train("node", also("node", 1.3 * TRUTH["node"]))
    assert "no meter" in condition(apart, "cross-check", Tier.CROSS_CHECKED).seen


def test_parts_that_are_a_small_share_confirm_only_what_moves_with_them() -> None:
    small = 0.2 * TRUTH["node"]
    moving = train("node", record("package-0", small, rated_w=None))
    assert "no meter" in condition(moving, "cross-check", Tier.CROSS_CHECKED).seen, "slope 5"
    constant = train(record("node", small + 900), record("package-0", small, rated_w=None))
    assert condition(constant, "cross-check", Tier.CROSS_CHECKED).holds, "slope 1"


def test_a_still_whole_confirms_nothing() -> None:
    zero = record("node", 0 * TRUTH["node"], floor=None)
    found = train(zero, record("package-0", 0 * TRUTH["node"]))
    assert "no meter" in condition(found, "cross-check", Tier.CROSS_CHECKED).seen


def test_many_failing_channels_are_shortened() -> None:
    boards = [record("gpu-0", name=f"nvml/{i}", part=f"gpu-{i}") for i in range(6)]
    found = train(*boards)
    seen = condition(found, "cross-check", Tier.CROSS_CHECKED).seen
    assert seen == "no meter confirms nvml/0, nvml/1, nvml/2 and 3 more"


# ---------------------------------------------------------------------------------- calibrations


def test_a_calibrated_figure_of_another_part_confirms_nothing_and_is_confirmed_by_nothing() -> None:
    fit = Calibration(
        target=Side(name=TOTAL, node="localhost", channels=("rapl/package-0", "m/gpu-0")),
        reference=Side(name="plug/wall", meter="plug", part="wall", domain=Domain.WALL),
        kind=Kind.AFFINE,
        coefficients=(1.2, 30.0),
        covariance=((0.0, 0.0), (0.0, 0.0)),
        dof=20.0,
        factor=2.1,
        between_w=0.0,
        within_w=0.0,
        residual_w=0.0,
        points=44,
        groups=22,
        power_w=Span(50.0, 2000.0),
        duration_s=Span(1.0, 100.0),
    )
    traces = [record("package-0"), record("gpu-0", 3 * TRUTH["gpu-0"], rated_w=100.0)]
    found = {r.phase: r for r in phases(WINDOWS, traces, gpus=True, calibration=fit)}["train"]
    assert found.calibration is not None
    assert found.calibration.refused == ""
    assert [p.channel.part for p in found.parts if p.added] == ["wall"]
    assert not found.crosscheck.balances
    assert "no meter confirms" in failed(found, Tier.CROSS_CHECKED)["cross-check"]
    assert failed(found, Tier.ON_CHIP)["consistency"].startswith("above-rating: m/gpu-0")
