"""Parts that many nodes have alike are one bar, and one line with the nodes below it."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from tests.accounting.build import part, steady, window

from joulemark.accounting.phases import phases
from joulemark.accounting.results import PhaseResult
from joulemark.core.channel import Domain
from joulemark.core.window import Work
from joulemark.report.families import families, gathered, listing
from joulemark.report.figures.parts import bars
from joulemark.report.nesting import order
from joulemark.report.table_parts import parts_table
from joulemark.report.views import part_rows


def cluster(nodes: int, *, gpus: bool = False) -> PhaseResult:
    """A phase of some nodes of 100 W, with a GPU of 60 W inside where asked, and a switch."""
    traces = []
    for node in range(nodes):
        name = f"node_{node}"
        host = replace(part("node", Domain.NODE), name=f"m/{name}", node=name)
        traces.append(steady(host, 100.0, 20.0))
        if gpus:
            board = replace(part("gpu-0", Domain.GPU), name=f"g/{name}", node=name)
            traces.append(steady(board, 60.0, 20.0))
    fabric = replace(part("switch", Domain.SWITCH), name="m/sw_0", node="sw_0")
    traces.append(steady(fabric, 50.0, 20.0))
    (result,) = phases([window("run", 0, 20, work=Work(1, "run"))], traces, gpus=gpus)
    return result


def test_many_nodes_are_one_bar() -> None:
    drawn = bars([cluster(12)])
    assert drawn is not None
    assert [name for name, _ in drawn.legend] == ["12 × node", "sw_0 switch"]
    (bar,) = drawn.bars
    assert [segment.text for segment in bar.segments] == ["12 × node 1.20 kW", "sw_0 switch 50.0 W"]
    assert bar.total == "1.250 kW"


@pytest.mark.parametrize("gpus", [False, True])
def test_the_table_has_each_node_below_their_sum(*, gpus: bool) -> None:
    result = cluster(12, gpus=gpus)
    rows = part_rows(result, [result])
    assert (rows[0].part.strip(), rows[0].watts, rows[0].joules) == (
        "12 × node", "1.200 kW", "24.00 kJ"
    )  # fmt: skip
    nodes = [row.part for row in rows if row.part.endswith(" node") and row.depth == 1]
    assert nodes == [f"node_{number} node" for number in range(12)]
    assert {row.depth for row in rows if "gpu" in row.part} == ({2} if gpus else set())
    assert (rows[-1].part, rows[-1].depth) == ("sw_0 switch", 0)
    assert rows[0].share == "96 %"


def test_two_nodes_stay_as_they_are() -> None:
    result = cluster(2)
    assert families(result.parts) == {}
    assert gathered(result) is result
    assert [depth for _, depth, _ in listing(result)] == [0, 0, 0]


def test_the_sum_is_that_of_the_parts() -> None:
    result = cluster(5, gpus=True)
    together = gathered(result)
    assert result.total is not None
    assert sum(p.energy.joules.value for p in together.parts) == pytest.approx(
        result.total.joules.value
    )
    assert len(together.parts) == len(together.windows[0].parts) == 2


def test_nodes_are_ordered_as_people_count() -> None:
    channels = [replace(part("node", Domain.NODE), node=f"node_{n}") for n in (10, 2, 1)]
    assert [c.node for c in sorted(channels, key=order)] == ["node_1", "node_2", "node_10"]


def test_the_terminal_shows_the_same() -> None:
    from rich.console import Console

    out = io.StringIO()
    result = cluster(4)
    Console(file=out, width=80).print(parts_table(result, [result]))
    text = out.getvalue()
    assert "4 × node" in text
    assert "└ node_3 node" in text
    assert max(map(len, text.splitlines())) <= 80
