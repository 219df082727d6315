"""Tiers of evidence as a value: the order, the nearest tier, what cost a tier."""

from __future__ import annotations

import pytest

from joulemark.core.evidence import LABELS, Condition, Evidence, Tier

YES, NO = Condition("a", "asked", "seen", holds=True), Condition("b", "asked", "seen", holds=False)


def test_the_tiers_are_in_order_and_each_has_a_name() -> None:
    assert [tier.label for tier in Tier] == list(LABELS.values())
    assert Tier.ESTIMATED < Tier.ON_CHIP < Tier.CROSS_CHECKED < Tier.CALIBRATED < Tier.ACCREDITED


def test_what_is_nearest_is_what_the_meters_allow_else_one_tier_up() -> None:
    checks = {Tier.ON_CHIP: (YES,), Tier.CROSS_CHECKED: (NO,), Tier.CALIBRATED: (YES, NO)}
    honest = Evidence(tier=Tier.ON_CHIP, claim=Tier.ON_CHIP, declared=False, checks=checks)
    assert honest.next is Tier.CROSS_CHECKED
    assert honest.failed == (NO,)
    assert honest.demotions == ()
    demoted = Evidence(tier=Tier.ON_CHIP, claim=Tier.CALIBRATED, declared=False, checks=checks)
    assert demoted.next is Tier.CALIBRATED
    assert demoted.demotions == (NO,)


@pytest.mark.parametrize("claim", [Tier.ACCREDITED, Tier.ON_CHIP])
def test_above_the_highest_there_is_none(claim: Tier) -> None:
    best = Evidence(tier=Tier.ACCREDITED, claim=claim, declared=False, checks={})
    assert best.next is None
    assert best.failed == ()
