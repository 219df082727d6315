"""Detectors find what is planted, say what is wrong of it, and leave right tables alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joulemark.analysis.claims import detect_units
from joulemark.analysis.claims.corpus import Corpus
from joulemark.analysis.claims.detect_identity import swapped
from joulemark.analysis.claims.detecting import detectors, suspicions
from joulemark.analysis.claims.planting import kinds
from joulemark.analysis.claims.rates import clean, rates
from joulemark.analysis.claims.suspicion import Suspicion
from joulemark.formats.results.declared import DeclaredResult
from tests.analysis.claims.tables import logs, table


def found(rows: Sequence[DeclaredResult], known: Sequence[DeclaredResult] = ()) -> list[Suspicion]:
    return suspicions(Corpus.of(rows, known))


def at(rows: Sequence[DeclaredResult], **names: str) -> DeclaredResult:
    return next(r for r in rows if all(getattr(r, name) == of for name, of in names.items()))


def changed(rows: Sequence[DeclaredResult], *new: DeclaredResult) -> list[DeclaredResult]:
    by_key = {row.key: row for row in new}
    return [by_key.get(row.key, row) for row in rows]


def test_a_right_table_raises_no_alarm() -> None:
    rows = table()
    assert found(rows) == []
    assert found(rows, logs(rows)) == []


def test_an_empty_table_raises_none() -> None:
    assert found([]) == []


@pytest.mark.parametrize("kind", kinds())
def test_most_planted_errors_are_found(kind: str) -> None:
    rows, random, hits, tries = table(), Random(3), 0, 0
    for _ in range(5):
        made = kinds()[kind](rows, random)
        if made is None:
            continue
        tries += 1
        named = {key for one in found(made.rows, logs(rows)) for key in one.keys}
        gone = {row.key for row in logs(rows)} & named if made.gone else set()
        hits += bool(named & made.keys or gone)
    assert hits == tries
    assert tries or kind in ("kJ written as J", "tokens/s labelled samples/s")


def test_exchanged_powers_name_each_other_and_what_they_should_be() -> None:
    rows = table()
    one = at(rows, round="v4.1", accelerator="Thing", benchmark="bert-99", scenario="Offline")
    two = at(rows, round="v4.1", accelerator="Doodad", benchmark="bert-99", scenario="Offline")
    wrong = changed(rows, replace(one, power=two.power), replace(two, power=one.power))
    first, second = (s for s in found(wrong) if s.detector == "foreign power")
    assert {first.keys, second.keys} == {(one.key, two.key), (two.key, one.key)}
    assert f"{one.power:.2f}"[:5] in first.correction
    told, _ = (s for s in found(wrong, logs(rows)) if s.detector == "foreign power")
    assert "closed/" in told.correction
    assert told.value == one.power


def test_millijoules_as_joules_are_told_with_the_right_figure() -> None:
    rows = table()
    one = at(rows, round="v3.1", accelerator="Gizmo", benchmark="bert-99", scenario="SingleStream")
    assert one.power is not None
    (seen,) = found(changed(rows, replace(one, power=one.power * 1000)))
    assert "energy is off by a factor of 1000" in seen.what
    assert seen.value == pytest.approx(one.power)


def test_a_rate_off_by_a_thousand_is_told_from_a_power() -> None:
    rows = table()
    one = at(rows, round="v3.1", accelerator="Gizmo", benchmark="bert-99", scenario="Offline")
    assert one.performance is not None
    assert one.power is not None
    by_rate = found(changed(rows, replace(one, performance=one.performance / 1000)))
    by_power = found(changed(rows, replace(one, power=one.power / 1000)))
    assert any("rate is off" in s.what for s in by_rate)
    assert any("power is off" in s.what for s in by_power)


def test_a_label_that_the_round_does_not_count_in() -> None:
    row = replace(table()[0], benchmark="llama2-70b-99", round="v4.1", performance_unit="samples/s")
    (seen,) = (s for s in found([row]) if s.detector == "unit")
    assert "labelled samples/s" in seen.what
    assert seen.correction.startswith("label it tokens/s")
    said = replace(table()[0], remarks=("stated in tokens/s; resnet50 counts samples",))
    (seen,) = found([said])
    assert "labelled tokens/s" in seen.what


def test_energy_of_a_training_in_kilojoules() -> None:
    runs = [
        DeclaredResult(
            kind="logs", identity=str(n), sources=(f"runs/{n}",), suite="training",
            round="v4.0", accelerators=8.0 * n,
            benchmark="bert", performance=600.0 / n, performance_unit="s",
            power=8 * 700 * 600.0 * (0.9 + 0.05 * n), power_unit="J/run",
        )
        for n in range(1, 7)
    ]  # fmt: skip
    assert found(runs) == []
    assert runs[2].power is not None
    (seen,) = found(changed(runs, replace(runs[2], power=runs[2].power / 1000)))
    assert seen.value == pytest.approx(runs[2].power)


@pytest.mark.parametrize(
    ("one", "other", "are"),
    [
        (27.17e-6, 27.711e-6, True),
        (5013.8, 5031.8, True),
        (27.711, 27.711, False),
        (27.71, 27.72, False),
        (1.0, 10.0, False),
        (0.0, 1.0, False),
    ],
)
def test_swapped_digits(one: float, other: float, are: bool) -> None:
    assert swapped(one, other) is are
    assert swapped(other, one) is are


def test_a_figure_that_is_near_no_known_factor_is_no_unit() -> None:
    assert detect_units.known_factor(1500.0, (1000.0,)) == 1000.0
    assert detect_units.known_factor(1 / 1500.0, (1000.0,)) == 1 / 1000.0
    assert detect_units.known_factor(30.0, (1000.0,)) is None
    assert detect_units.known_factor(float("inf"), (1000.0,)) is None


def test_one_figure_for_performance_and_power() -> None:
    row = table()[0]
    (seen,) = (s for s in found([replace(row, performance=row.power)]) if s.detector == "duplicate")
    assert "as performance and as power" in seen.what


def test_both_rates_are_counted() -> None:
    rows = table()
    assert clean(rows, logs(rows)) == rows
    assert clean(rows, []) == []
    own = [replace(row, run="run") for row in logs(rows)]
    assert clean(own, own) == own
    told = rates(rows, logs(rows), times=2)
    assert (told.rows, told.alarms, told.paired_alarms) == (len(rows), 0, 0)
    assert all(c.found == c.planted for c in told.caught if c.paired)


def test_every_detector_has_a_name_of_its_own() -> None:
    assert len(detectors()) == 7


_FIGURES = st.sampled_from([None, 0.0, -1.0, 5e-324, 1e-9, 1.0, 12345.6, 123456.7, 1e300, math.inf])
_ROWS = st.builds(
    DeclaredResult,
    kind=st.sampled_from(["results-page", "cm-result", "logs"]),
    identity=st.uuids().map(str),
    sources=st.sampled_from([(), ("page.csv:2",)]),
    suite=st.sampled_from(["inference", "training", "tiny"]),
    round=st.sampled_from(["", "v2.0", "v2.1", "x"]),
    submitter=st.sampled_from(["", "A", "B"]),
    system_name=st.sampled_from(["", "Box", "Case"]),
    public_id=st.sampled_from(["", "2.0-1", "2.0-2"]),
    benchmark=st.sampled_from(["", "resnet50", "bert-99", "gptj-99.9", "DSCNN"]),
    scenario=st.sampled_from(["", "Offline", "Server", "SingleStream"]),
    accelerator=st.sampled_from(["", "Thing", "Widget"]),
    accelerators=st.sampled_from([None, 0.0, 8.0]),
    performance=_FIGURES,
    performance_unit=st.sampled_from(["", "samples/s", "tokens/s", "s/query", "s"]),
    power=_FIGURES,
    power_unit=st.sampled_from(["", "W", "J/query", "J/run", "J/inference"]),
)


@given(st.lists(_ROWS, max_size=14), st.lists(_ROWS, max_size=6))
@settings(max_examples=30, deadline=None)
def test_rows_of_any_kind_are_looked_at(
    rows: list[DeclaredResult], known: list[DeclaredResult]
) -> None:
    for one in found(rows, known):
        assert one.what
        assert one.keys


@given(st.floats(1e-9, 1e9), st.floats(1e-9, 1e9))
def test_swapped_digits_are_swapped_both_ways(one: float, other: float) -> None:
    assert swapped(one, other) == swapped(other, one)
    assert not swapped(one, one)
