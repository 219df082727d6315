"""Software alone, the next accelerator, the stricter target."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.analysis.record.entry import Category, Entry
from joulemark.analysis.trends.against import accuracy
from joulemark.analysis.trends.families import families
from joulemark.analysis.trends.hardware import hardware_changes
from joulemark.analysis.trends.organisations import hardware, organisation
from joulemark.analysis.trends.software import SAME, software_changes
from tests.analysis.trends.entries import entry

A100: dict[str, Any] = {"accelerator": "NVIDIA A100-SXM-80GB"}
H100: dict[str, Any] = {"accelerator": "NVIDIA H100-SXM-80GB"}


def test_the_same_machine_in_rounds_next_to_each_other() -> None:
    found = software_changes([
        entry("a", 100.0, round="v2.0", software="one"),
        entry("b", 110.0, round="v2.1", software="two"),
        entry("c", 110.0, round="v3.0", software="TWO"),
        entry("d", 220.0, round="v4.0"),
    ])  # fmt: skip
    assert [(c.before.key, c.after.key) for c in found.changes] == [("a", "b"), ("b", "c")]
    assert [change.relative for change in found.changes] == pytest.approx([0.1, 0])
    assert [change.note for change in found.changes] == ["", SAME]
    assert [change.apart for change in found.changes] == [True, False]
    assert (found.apart, found.unsure, found.distinct) == (1, 0, 2)
    assert found.summary is None


@pytest.mark.parametrize(
    "other",
    [
        {"system_name": "DGX A100 (MaxQ)"},
        {"processor": "Xeon"},
        {"accelerator": "NVIDIA H100"},
        {"accelerators": 4.0},
        {"nodes": 2.0},
        {"submitter": "Dell"},
        {"scenario": "Server"},
        {"round": "v3.0"},
        {"division": "open"},
        {"per_joule": None},
    ],
)
def test_whatever_else_differs_is_no_change_of_software(other: dict[str, Any]) -> None:
    after = {"per_joule": 2.0, "round": "v2.1", **other}
    found = software_changes([entry("a", 1.0, round="v2.0"), entry("b", **after)])
    assert found.changes == ()


def test_names_that_differ_by_spelling_are_one() -> None:
    one = entry("a", processor="Intel(R) Xeon(R) 8351N", submitter="DellEMC")
    other = entry("b", processor="INTEL R Xeon R 8351n", submitter="Dell")
    assert hardware(one) == hardware(other)
    assert organisation(one) == organisation(other) == "dell"
    assert organisation(entry(submitter="cTuning")) == organisation(entry(submitter="CTuning"))


def test_a_system_in_two_categories_counts_once_and_targets_of_one_log_are_one_pair() -> None:
    made = [
        entry(f"{round_}{category}{target}", value, round=round_, category=category,
              benchmark="bert", target=target, runs=(round_,))
        for round_, value in (("v2.0", 1.0), ("v2.1", 2.0))
        for category in (Category.EDGE, Category.DATACENTER)
        for target in ("99", "99.9")
    ]  # fmt: skip
    found = software_changes(made)
    assert len(found.changes) == 2
    assert found.distinct == 1
    assert {c.subject.category for c in found.changes} == {found.changes[0].before.category}
    moved = [replace(one, category=Category.EDGE) if one.round == "v2.1" else one for one in made]
    assert len(software_changes(moved).changes) == 2


def test_a_change_across_a_break_is_none() -> None:
    two = [entry("a", round="v1.1"), entry("b", round="v2.0")]
    assert len(software_changes(two).changes) == 1
    broken = [replace(one, benchmark="3d-unet", target="99") for one in two]
    assert software_changes(broken).changes == ()


def test_the_next_accelerator_is_compared_in_one_round_where_it_can_be() -> None:
    (found, later, last) = hardware_changes([
        entry("old", 100.0, round="v2.0", **A100),
        entry("same", 110.0, round="v3.0", **A100),
        entry("new", 165.0, round="v3.0", accelerators=4.0, **H100),
        entry("newer", 200.0, round="v3.1", **H100),
    ])  # fmt: skip
    assert (found.older, found.newer) == ("A100 SXM", "H100 SXM")
    (change,) = found.changes.changes
    assert (change.before.key, change.after.key) == ("same", "new")
    assert change.relative == pytest.approx(0.5)
    assert change.note == "8 and 4 accelerators"
    assert later.changes.changes == last.changes.changes == ()


def test_else_two_rounds_meet_and_the_note_says_so() -> None:
    found = hardware_changes([
        entry("a", 100.0, round="v2.0", **A100),
        entry("b", 110.0, round="v2.1", **A100),
        entry("c", 165.0, round="v3.0", **H100),
        entry("d", 500.0, round="v3.0", submitter="Dell", **H100),
    ])  # fmt: skip
    (change,) = found[0].changes.changes
    assert (change.before.key, change.after.key) == ("b", "c")
    assert change.note == "v2.1 and v3.0: software changed as well"


def test_a_newer_one_that_came_first_says_nothing() -> None:
    assert (
        hardware_changes([entry("a", round="v3.0", **A100), entry("b", round="v2.0", **H100)]) == ()
    )


def test_families_are_well_formed() -> None:
    names = [family.name for family in families()]
    assert len(names) == len(set(names))
    assert all(family.source and len(family.generations) > 1 for family in families())
    agx = next(family for family in families() if family.name == "NVIDIA Jetson AGX")
    of = ("NVIDIA AGX Xavier", "NVIDIA Orin", "NVIDIA Jetson AGX Orin 32G", "NVIDIA Orin NX 16G")
    assert [agx.place(name) for name in of] == [0, 1, 1, None]


def test_the_stricter_target_on_one_machine_in_one_round() -> None:
    of: dict[str, Any] = {"benchmark": "bert"}
    found = accuracy([
        entry("a", 100.0, target="99", **of),
        entry("b", 60.0, target="99.9", **of),
        entry("c", 90.0, target="99", round="v3.1", **of),
        entry("d"),
    ])  # fmt: skip
    (change,) = found.changes
    assert change.relative == pytest.approx(-0.4)
    assert change.subject.name == "bert"


def test_a_summary_is_of_three_changes_at_least() -> None:
    rounds = ("v1.0", "v1.1", "v2.0", "v2.1")
    found = software_changes([entry(r, 100.0 * 1.1**n, round=r) for n, r in enumerate(rounds)])
    assert found.summary is not None
    assert found.summary.median == pytest.approx(0.1)
    assert found.summary.clusters == 1
    assert found.summary.interval is None


@given(
    st.lists(
        st.tuples(
            st.sampled_from(("v1.0", "v1.1", "v2.0", "v2.1")),
            st.sampled_from(("3d-unet", "resnet50")),
            st.sampled_from(("Offline", "MultiStream")),
            st.sampled_from(("DGX", "other")),
            st.floats(0.1, 10),
        ),
        max_size=20,
    ),
    st.randoms(use_true_random=False),
)
def test_the_order_of_entries_does_not_matter(
    rows: list[tuple[str, str, str, str, float]], random: object
) -> None:
    entries: list[Entry] = [
        entry(f"{n}", value, round=r, benchmark=b, scenario=s, system_name=name)
        for n, (r, b, s, name, value) in enumerate(rows)
    ]
    shuffled = list(entries)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = software_changes(entries), software_changes(shuffled)
    assert set(one.changes) == set(other.changes)
    assert one.summary == other.summary
    for change in one.changes:
        broken = change.before.benchmark == "3d-unet" or change.before.scenario == "MultiStream"
        assert not (broken and change.after.round == "v2.0")
