"""Energy by role: it adds up, and nothing is in two roles."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.accounting.curve import Curve, curve_of
from joulemark.accounting.serving_roles import UNASSIGNED, by_role
from joulemark.accounting.serving_windows import STEADY, Steady
from joulemark.accounting.serving_words import DECODE_ROLE, PREFILL_ROLE
from joulemark.accounting.serving_work import work_of
from joulemark.accounting.supply import Supply
from joulemark.core.channel import Accuracy, Domain
from joulemark.core.errors import UsageError
from joulemark.core.trace import Trace
from tests.accounting.serving import CHANNEL, ns, request

WORK = work_of([request(t, [t + 0.25, t + 0.5, t + 0.75, t + 1], tokens_in=30) for t in range(100)])
WINDOW = Steady(rule=STEADY, start=ns(10), stop=ns(90), drift={})


def part(
    name: str,
    watts: float,
    *,
    node: str = "localhost",
    domain: Domain = Domain.GPU,
    parent: str | None = None,
) -> Curve:
    channel = replace(
        CHANNEL,
        name=f"m/{node}/{name}",
        part=name,
        node=node,
        domain=domain,
        parent=parent,
        accuracy=Accuracy(gain=0.02),
    )
    times = np.arange(0, 110.05, 0.1)
    return curve_of(Trace.of(channel, [ns(t) for t in times], (watts * times).tolist()))


BOARDS = Supply((part("gpu-0", 300), part("gpu-1", 200), part("gpu-2", 100)))


def test_roles_and_the_rest_are_the_whole() -> None:
    got = by_role(WORK, BOARDS, WINDOW, {"prefill": ["gpu0"], "decode": ["localhost/gpu-1"]})
    prefill, decode = got.roles
    assert (prefill.role, prefill.parts) == ("prefill", ("localhost/gpu-0",))
    assert prefill.joules.value == pytest.approx(300 * 80)
    assert prefill.figures[PREFILL_ROLE].value == pytest.approx(300 / 30)
    assert decode.figures[DECODE_ROLE].value == pytest.approx(200 / 4)
    assert (got.rest.role, got.rest.parts) == (UNASSIGNED, ("localhost/gpu-2",))
    assert got.rest.joules.value == pytest.approx(100 * 80)
    # the gains of the boards that have a role are not in what is left
    alone = by_role(WORK, Supply(BOARDS.curves[2:]), WINDOW, {"x": ["gpu-2"]}).roles[0]
    assert got.rest.joules.u == pytest.approx(alone.joules.u, rel=1e-6)
    assert alone.figures == {}


@given(
    st.lists(st.floats(0, 1000), min_size=1, max_size=6),
    st.lists(st.sampled_from(["prefill", "decode", "router", ""]), min_size=6, max_size=6),
)
def test_they_always_add_up(watts: list[float], given_roles: list[str]) -> None:
    supply = Supply(tuple(part(f"gpu-{i}", w) for i, w in enumerate(watts)))
    roles: dict[str, list[str]] = {}
    for i, role in enumerate(given_roles[: len(watts)]):
        if role:
            roles.setdefault(role, []).append(f"gpu-{i}")
    got = by_role(WORK, supply, WINDOW, roles)
    parts = [*got.roles, got.rest]
    assert sum(one.joules.value for one in parts) == pytest.approx(got.whole.value, abs=1e-6)
    names = [name for one in parts for name in one.parts]
    assert sorted(names) == sorted(supply.parts)


def test_parts_within_a_part_that_is_added() -> None:
    wall = Supply((part("node", 1000, domain=Domain.NODE),))
    got = by_role(WORK, wall, WINDOW, {"decode": ["gpu-0", "gpu-1"]}, inside=BOARDS)
    assert got.roles[0].joules.value == pytest.approx(500 * 80)
    assert got.rest.joules.value == pytest.approx(500 * 80)
    assert got.rest.parts == ("localhost/node",)
    with pytest.raises(UsageError, match="one contains the other"):
        by_role(WORK, wall, WINDOW, {"a": ["node"], "b": ["gpu-0"]}, inside=BOARDS)


TWO = Supply((part("gpu-0", 1, node="a"), part("gpu-0", 1, node="b"), part("gpu0", 1, node="c")))


@pytest.mark.parametrize(
    ("supply", "roles", "reason"),
    [
        (BOARDS, {"prefill": ["gpu-9"]}, "no part that was read is called 'gpu-9'"),
        (BOARDS, {"prefill": ["gpu-0"], "decode": ["gpu0"]}, "in the roles prefill and decode"),
        (BOARDS, {"prefill": ["gpu-0", "gpu_0"]}, "named twice"),
        (BOARDS, {"prefill": []}, "no name or no part"),
        (BOARDS, {"": ["gpu-0"]}, "no name or no part"),
        (BOARDS, {UNASSIGNED: ["gpu-0"]}, "no name or no part"),
        (TWO, {"prefill": ["gpu-0"]}, "several parts are called"),
        (Supply(()), {"prefill": ["gpu-0"]}, "no part that was read"),
    ],
)
def test_what_cannot_be_told_apart_is_refused(
    supply: Supply, roles: dict[str, list[str]], reason: str
) -> None:
    with pytest.raises(UsageError, match=reason):
        by_role(WORK, supply, WINDOW, roles)


def test_a_refusal_names_the_parts_that_there_are() -> None:
    with pytest.raises(UsageError) as caught:
        by_role(WORK, BOARDS, WINDOW, {"prefill": ["gpu-9"]})
    named = "there are localhost/gpu-0, localhost/gpu-1, localhost/gpu-2"
    assert named in f"{caught.value} {caught.value.remedy}"


def test_a_full_name_tells_nodes_apart() -> None:
    got = by_role(WORK, TWO, WINDOW, {"prefill": ["a/gpu-0"], "decode": ["b/gpu-0", "c/gpu0"]})
    assert [one.parts for one in got.roles] == [("a/gpu-0",), ("b/gpu-0", "c/gpu0")]
    (one,) = by_role(WORK, TWO, WINDOW, {"prefill": ["gpu0"]}).roles
    assert one.parts == ("c/gpu0",)  # called exactly so


def test_no_tokens_no_figure() -> None:
    silent = work_of([request(t, [t + 0.5], tokens_in=None) for t in range(100)])
    (one,) = by_role(silent, BOARDS, WINDOW, {"prefill": ["gpu-0"]}).roles
    assert one.figures == {}
