"""The accuracy class of NVML: the constants are what the table of boards gives."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.analysis.meter_class import (
    SMALLEST_W,
    BoardLine,
    board_lines,
    class_of,
    holds,
    missed,
)
from joulemark.core.channel import Accuracy
from joulemark.meters._nvml_board import ACCURACY

BOARDS = board_lines()


def test_the_constants_of_the_meter_are_those_of_the_table_rounded_up() -> None:
    derived = class_of(BOARDS)
    assert math.ceil(derived.gain * 1000) / 1000 == ACCURACY.gain
    assert math.ceil(derived.offset_w) == ACCURACY.offset_w
    assert derived.source == "19 boards against a shunt, arXiv 2312.02741"


def test_the_table_holds_the_published_boards() -> None:
    assert len(BOARDS) == 20
    assert len({board.model for board in BOARDS}) == 16
    a100 = next(board for board in BOARDS if board.model == "A100-PCIE-40GB")
    assert a100.gain == pytest.approx(-0.0458, abs=1e-4)
    assert a100.offset_w == pytest.approx(-1.21, abs=0.01)
    assert a100.error_w(200.0) == pytest.approx(-10.4, abs=0.1)


def test_leaving_each_model_out_one_is_outside_and_only_at_low_load() -> None:
    outside = {model: loads for model, loads in missed(BOARDS).items() if loads}
    assert outside == {"RTX 4090": [0.15, 0.3]}


def test_the_assumption_that_came_before_was_too_narrow() -> None:
    assumed = Accuracy(gain=0.05, offset_w=5.0)
    outside = [b for b in BOARDS if not all(holds(assumed, b, load) for load in (0.5, 0.75, 1.0))]
    assert len(outside) > 0.25 * len(BOARDS)


def test_the_class_holds_the_small_board_that_it_is_not_made_of() -> None:
    small = [board for board in BOARDS if board.rated_w < SMALLEST_W]
    assert [board.model for board in small] == ["Quadro K620"]
    assert all(holds(class_of(BOARDS), small[0], load) for load in (0.3, 0.5, 1.0))


def test_a_model_that_is_left_out_is_not_in_its_class() -> None:
    worst = class_of(BOARDS, without=["RTX 4090"])
    assert worst.offset_w < class_of(BOARDS).offset_w
    assert worst.source.startswith("18 ")
    with pytest.raises(ValueError, match="no board is left"):
        class_of([])


@given(st.lists(st.floats(-0.2, 0.2), min_size=2, max_size=30), st.floats(0.1, 10))
def test_a_class_scales_with_its_errors(gains: list[float], factor: float) -> None:
    boards = [BoardLine("m", i, 250.0, gain, 10 * gain) for i, gain in enumerate(gains)]
    wider = [replace(b, gain=factor * b.gain, offset_w=factor * b.offset_w) for b in boards]
    assert class_of(wider).gain == pytest.approx(factor * class_of(boards).gain)
    assert class_of(boards).offset_w == pytest.approx(10 * class_of(boards).gain)
    assert class_of(boards).gain >= 1.9 * math.sqrt(sum(g * g for g in gains) / len(gains))
