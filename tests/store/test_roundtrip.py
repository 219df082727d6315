"""What is written is what is read."""

from __future__ import annotations

import math
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joulemark.core.caution import Caution, Code
from joulemark.core.channel import Accuracy, Channel, Domain, Provenance, Quantity
from joulemark.core.clock import Anchor
from joulemark.core.errors import FormatError, UsageError
from joulemark.core.run import Run, Sampler, Status, System
from joulemark.core.window import Role, Window, Work
from joulemark.store.reader import open_run
from joulemark.store.writer import EventWriter, RunWriter

from .build import POWER, T0, channel, rows, run, spool, written

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
TIME = st.integers(-(2**63), 2**63 - 1)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
ANY_FLOAT = st.floats(allow_nan=False)  # NaN is unlike itself; it has a test of its own
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | FINITE | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
OBJECT = st.dictionaries(TEXT, JSON, max_size=3)
WORK = st.none() | st.builds(Work, ANY_FLOAT, TEXT)
CAUTION = st.builds(Caution, st.sampled_from(list(Code)), TEXT, TEXT)


def _maker(kind: Any, **parts: Any) -> Any:
    return st.builds(kind, **parts)


CHANNEL = _maker(
    Channel,
    name=TEXT,
    meter=TEXT,
    part=TEXT,
    domain=st.sampled_from(list(Domain)),
    quantity=st.sampled_from(list(Quantity)),
    unit=TEXT,
    scale=ANY_FLOAT,
    parent=st.none() | TEXT,
    wrap=st.none() | ANY_FLOAT,
    accuracy=_maker(Accuracy, gain=ANY_FLOAT, offset_w=ANY_FLOAT, model=ANY_FLOAT, source=TEXT),
    provenance=st.sampled_from(list(Provenance)),
    covers=st.lists(st.sampled_from(list(Domain)), max_size=3).map(tuple),
    note=TEXT,
)
SAMPLER = _maker(Sampler, mode=TEXT, ticks=st.integers(0, 2**60), late_max_s=ANY_FLOAT)


@st.composite
def windows(draw: st.DrawFn) -> Window:
    start = draw(TIME)
    return Window(
        phase=draw(TEXT),
        start=start,
        stop=draw(st.none() | st.integers(start, 2**63 - 1)),
        role=draw(st.sampled_from(list(Role))),
        work=draw(WORK),
        facts=draw(st.dictionaries(TEXT, ANY_FLOAT, max_size=3)),
        process=draw(st.integers(0, 2**22)),
        edge_u_s=draw(ANY_FLOAT),
    )


RUN = _maker(
    Run,
    id=st.just("r"),
    procedure=TEXT,
    anchor=st.builds(Anchor, TIME, TIME),
    system=_maker(System, host=TEXT, gpus=st.lists(TEXT, max_size=2).map(tuple)),
    joulemark=TEXT,
    title=TEXT,
    settings=OBJECT,
    environment=OBJECT,
    meters=st.lists(OBJECT, max_size=2).map(tuple),
    channels=st.lists(CHANNEL, max_size=3, unique_by=lambda one: one.name).map(tuple),
    status=st.sampled_from([Status.COMPLETE, Status.INTERRUPTED, Status.FAILED]),
    stopped=st.none() | TIME,
    windows=st.lists(windows(), max_size=3).map(
        lambda found: tuple(sorted(found, key=lambda window: window.start))
    ),
    sampler=st.none() | SAMPLER,
    cautions=st.lists(CAUTION, max_size=3, unique=True).map(tuple),
    results=OBJECT,
)


@given(record=RUN)
@settings(max_examples=100, deadline=None)
def test_a_record_comes_back_as_it_was(record: Run) -> None:
    with tempfile.TemporaryDirectory() as store:
        writer = RunWriter.create(Path(store), replace(record, status=Status.RUNNING))
        writer.close(record, compact=False)
        assert open_run(writer.path).run == record


@given(
    marked=st.lists(windows(), max_size=6),
    cautions=st.lists(CAUTION, max_size=3, unique=True),
    results=OBJECT,
    sampler=st.none() | SAMPLER,
)
@settings(max_examples=100, deadline=None)
def test_events_of_several_writers_come_back(
    marked: list[Window],
    cautions: list[Caution],
    results: dict[str, Any],
    sampler: Sampler | None,
) -> None:
    with tempfile.TemporaryDirectory() as store:
        writer = RunWriter.create(Path(store), run())
        child = EventWriter(writer.events / "child.jsonl")
        for number, window in enumerate(marked):
            log = (writer.log, child)[number % 2]
            name = log.open_window(window.phase, window.role, window.start, window.process or 1)
            if window.stop is not None:
                log.close_window(name, window)
        for caution in cautions:
            child.caution(caution)
        for name, value in results.items():
            writer.result(name, value)
        if sampler is not None:
            child.sampler(sampler)
        child.close()
        found = open_run(writer.path).run
        writer.log.close()
    wanted = [_as_marked(window) for window in marked]
    assert sorted(map(repr, found.windows)) == sorted(map(repr, wanted))
    assert list(found.windows) == sorted(found.windows, key=lambda window: window.start)
    assert (found.cautions, found.results, found.sampler) == (tuple(cautions), results, sampler)
    assert found.status is Status.RUNNING


def _as_marked(window: Window) -> Window:
    """What the events know of a window: of an open one only how it began."""
    process = window.process or 1
    if window.stop is not None:
        return replace(window, process=process)
    return Window(phase=window.phase, start=window.start, role=window.role, process=process)


@given(
    samples=st.lists(
        st.tuples(st.integers(0, 10**6), FINITE | st.just(math.nan), st.integers(0, 2)),
        max_size=60,
    ),
    split=st.integers(0, 60),
)
@settings(max_examples=25, deadline=None)
@pytest.mark.parametrize("form", ["spool", "parquet", "mixed"])
def test_samples_of_two_writers_come_back_in_the_order_of_time(
    form: str, samples: list[tuple[int, float, int]], split: int
) -> None:
    """The two writers list the channels in different order."""
    channels = [channel("a"), channel("b", unit="mJ", scale=1e-3), POWER]
    with tempfile.TemporaryDirectory() as store:
        writer = RunWriter.create(Path(store), run())
        first = [(T0 + time, value, place) for time, value, place in samples[:split]]
        second = [(T0 + time, value, 2 - place) for time, value, place in samples[split:]]
        spool(writer.traces / "one.spool", first, channels)
        if form == "mixed":
            writer.close(run(status=Status.COMPLETE), compact=True)
        spool(writer.traces / "two.spool", second, channels[::-1])
        writer.close(run(status=Status.COMPLETE), compact=form == "parquet")
        stored = open_run(writer.path)
        assert len(stored.files) == 2
        traces = stored.traces()
        assert set(traces) == {one.name for one in channels}
        for place, one in enumerate(channels):
            wanted = sorted(
                ((T0 + time, value) for time, value, which in samples if which == place),
                key=lambda row: row[0],
            )
            for trace in (traces[one.name], stored.trace(one.name)):
                assert trace.channel == one
                assert trace.time.dtype == np.int64
                assert trace.value.dtype == np.float64
                np.testing.assert_array_equal(trace.time, [time for time, _ in wanted])
                np.testing.assert_array_equal(trace.value, [value for _, value in wanted])


def test_a_channel_that_was_meant_to_be_recorded_has_an_empty_trace(tmp_path: Path) -> None:
    writer = RunWriter.create(tmp_path, run(channels=(POWER,)))
    writer.close(run(channels=(POWER,), status=Status.COMPLETE), compact=True)
    stored = open_run(writer.path)
    assert len(stored.traces()["nvml/gpu-0"]) == len(stored.trace("nvml/gpu-0")) == 0


def test_a_channel_that_is_not_there_is_refused(tmp_path: Path) -> None:
    stored = open_run(written(tmp_path))
    with pytest.raises(UsageError, match=r"no channel 'x'; there is rapl/package-0, nvml/gpu-0"):
        stored.trace("x")
    assert [one.name for one in stored.channels] == ["rapl/package-0", "nvml/gpu-0"]


def test_those_who_recorded_a_channel_describe_it(tmp_path: Path) -> None:
    meant = channel(note="guessed", wrap=None)
    writer = RunWriter.create(tmp_path, run(channels=(POWER, meant)))
    spool(writer.traces / "a.spool", rows(3), [channel(note="seen")])
    spool(writer.traces / "b.spool", rows(3), [channel(note="seen too", update_s=0.5)])
    writer.log.close()
    assert open_run(writer.path).channels == (POWER, channel(note="seen"))


@pytest.mark.parametrize("more", [{"unit": "mJ"}, {"scale": 1.0}, {"wrap": 1.0}, {"node": "other"}])
def test_writers_must_mean_the_same_by_a_name(tmp_path: Path, more: dict[str, Any]) -> None:
    writer = RunWriter.create(tmp_path, run())
    spool(writer.traces / "a.spool", rows(3), [channel()])
    spool(writer.traces / "b.spool", rows(3), [channel(**more)])
    writer.log.close()
    with pytest.raises(FormatError, match=r"b\.spool: channel .* else than in a\.spool"):
        open_run(writer.path)


@pytest.mark.parametrize("compact", [False, True])
def test_one_name_twice_in_one_file_is_one_channel(tmp_path: Path, compact: bool) -> None:
    writer = RunWriter.create(tmp_path, run())
    spool(writer.traces / "a.spool", rows(4, 2), [channel(), channel()])
    writer.close(run(status=Status.COMPLETE), compact=compact)
    stored = open_run(writer.path)
    assert list(stored.trace("rapl/package-0").value) == [0, 1, 2, 3]
    assert list(stored.traces()["rapl/package-0"].value) == [0, 1, 2, 3]


def test_results_of_an_open_run_come_from_its_events(tmp_path: Path) -> None:
    writer = RunWriter.create(tmp_path, run(results={"a": 1, "b": 1}))
    writer.result("b", 2)
    assert open_run(writer.path).run.results == {"a": 1, "b": 2}
    writer.close(run(status=Status.COMPLETE, results={"b": 3}), compact=False)
    assert open_run(writer.path).run.results == {"b": 3}
