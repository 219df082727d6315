"""Directories that are foreign, damaged or meant to harm."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joulemark.core.caution import Code
from joulemark.core.errors import FormatError, JoulemarkError, StoreError
from joulemark.core.run import SCHEMA, Status
from joulemark.store import events, schema
from joulemark.store.eventlog import MAX_LINE
from joulemark.store.events import read_events
from joulemark.store.jsontext import decode
from joulemark.store.reader import StoredRun, open_run
from joulemark.store.schema import decode_run

from .build import T0, channel, rows, spool, written


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return written(tmp_path)


def _changed(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    record = json.loads((path / "run.json").read_bytes())
    change(record)
    (path / "run.json").write_text(json.dumps(record))


# ------------------------------------------------------------------ run.json


def test_a_directory_that_is_no_run(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for name in (".", "none", "file", "x" * 300):
        with pytest.raises(StoreError) as caught:
            open_run(tmp_path / name)
        assert str(tmp_path) in str(caught.value)
    with pytest.raises(StoreError, match=r"not a run: it has no run\.json; name the directory"):
        open_run(tmp_path)


def test_a_record_cut_at_any_byte(path: Path) -> None:
    whole = (path / "run.json").read_bytes()
    for cut in [*range(0, len(whole) - 2, 23), len(whole) - 3]:
        (path / "run.json").write_bytes(whole[:cut])
        with pytest.raises(FormatError, match=r"run\.json: not JSON \(.*restore it from a copy"):
            open_run(path)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"[]", "no schema version"),
        (b"{}", "no schema version"),
        (b'{"schema": true}', "no schema version"),
        (b'{"schema": "1"}', "no schema version"),
        (b'{"schema": 1}', r"Object missing required field `id`"),
        (b'{"schema": NaN}', "NaN is no JSON number"),
        (b'{"schema": 1, "x": Infinity}', "Infinity is no JSON number"),
        (b"\xff\xfe{}", "not JSON"),
        (b'{"schema": 1, "id": "\\ud800"}', "surrogates not allowed"),
        (b'{"schema": 1} x', "not JSON"),
        (b"1" * 5000, "not JSON"),
        (b"[" * 100_000 + b"]" * 100_000, "recursion"),
        (b"[" * 80 + b"]" * 80, "nested too deeply"),
        (b'{"a":' * 80 + b"1" + b"}" * 80, "nested too deeply"),
    ],
)
def test_a_record_that_is_none(path: Path, data: bytes, message: str) -> None:
    (path / "run.json").write_bytes(data)
    with pytest.raises(FormatError, match=message):
        open_run(path)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("windows", [{"phase": "a", "start": 1.5}], r"`int`, got `float` - at `\$\.windows\[0\]"),
        ("windows", [{"phase": "a", "start": 2**70}], "a time is no 64-bit number"),
        ("windows", [{"phase": "a", "start": 5, "stop": 4}], "window 'a' stops before it starts"),
        ("windows", [{"phase": "NaN", "start": "NaN"}], r"got `str` - at `\$\.windows\[0\]\.start"),
        ("windows", [{"phase": "a", "start": 1, "facts": {"a": "b"}}], r"facts\[\.\.\.\]"),
        ("windows", {"phase": "a"}, r"Expected `array`, got `object` - at `\$\.windows`"),
        ("stopped", 2**63, "64-bit"),
        ("anchor", {"utc_ns": -(2**64), "monotonic_ns": 0}, "64-bit"),
        ("status", "fine", r"'fine' is not a valid Status - at `\$\.status`"),
        ("cautions", [{"code": "odd"}], r"cautions\[0\]\.code"),
        ("channels", [{"name": "x"}], r"channels\[0\]"),
        ("system", None, r"at `\$\.system`"),
        ("title", 3, r"at `\$\.title`"),
        ("sampler", {"ticks": "3"}, r"at `\$\.sampler\.ticks`"),
    ],
)
def test_a_wrong_field_is_named(path: Path, field: str, value: object, message: str) -> None:
    _changed(path, lambda record: record.update({field: value}))
    with pytest.raises(FormatError, match=message) as caught:
        open_run(path)
    assert caught.value.where == str(path / "run.json")


def test_a_field_that_is_not_known_is_left_out(path: Path) -> None:
    _changed(path, lambda record: record.update({"later": 1, "windows": [], "title": "NaN"}))
    assert open_run(path).run.title == "NaN"


def test_a_record_that_is_far_too_large(path: Path) -> None:
    with (path / "run.json").open("r+b") as file:
        file.truncate(schema.MAX_RUN + 1)
    with pytest.raises(FormatError, match="larger than 64 MiB"):
        open_run(path)


def test_a_newer_format_says_who_wrote_it(path: Path) -> None:
    _changed(path, lambda record: record.update(schema=SCHEMA + 1, joulemark="9.1"))
    message = rf"written by joulemark 9\.1 in format {SCHEMA + 1}; this one reads up to {SCHEMA}"
    with pytest.raises(StoreError, match=message):
        open_run(path)
    _changed(path, lambda record: record.update(joulemark=""))
    with pytest.raises(StoreError, match="a newer joulemark"):
        open_run(path)


def test_older_formats_are_brought_up_step_by_step(path: Path) -> None:
    """Two formats that never were: -1 called the title ``name``, 0 had no procedure."""

    def named(record: dict[str, Any]) -> dict[str, Any]:
        return {**record, "title": record.pop("name")}

    def with_procedure(record: dict[str, Any]) -> dict[str, Any]:
        return {**record, "procedure": "run"}

    def age(record: dict[str, Any]) -> None:
        record.update(schema=-1, name=record.pop("title"))
        del record["procedure"]

    _changed(path, age)
    data = (path / "run.json").read_bytes()
    found = decode_run(data, "old", upgrades={-1: named, 0: with_procedure})
    assert (found.title, found.procedure, found.schema) == ("a test", "run", SCHEMA)
    with pytest.raises(StoreError, match="old: format -1 is not known"):
        decode_run(data, "old")
    with pytest.raises(StoreError, match="format 0 is not known"):
        decode_run(data, "old", upgrades={-1: named})


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_bytes_for_a_record(data: bytes) -> None:
    with pytest.raises((FormatError, StoreError)):
        decode_run(data, "x")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(field=st.sampled_from(["windows", "channels", "sampler", "cautions", "results"]), value=JSON)
@settings(max_examples=200, deadline=None)
def test_any_json_for_a_field(field: str, value: object) -> None:
    record = {"schema": 1, "id": "x", "procedure": "run", "system": {"host": "h"}}
    record["anchor"] = {"utc_ns": 1, "monotonic_ns": 1}
    with contextlib.suppress(FormatError):  # nothing else may come out of it
        assert decode_run(json.dumps(record | {field: value}).encode(), "x").id == "x"


# -------------------------------------------------------------------- events


def _opened(path: Path, data: bytes) -> StoredRun:
    (path / "events" / "a.jsonl").write_bytes(data)
    return open_run(path)


OPEN = b'{"event":"open","id":"1","phase":"p","role":"measure","time":5}\n'


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"garbage", "not JSON"),
        (b"[1]", "not an event"),
        (b'"open"', "not an event"),
        (b"{}", "event is no str"),
        (b'{"event":3}', "event is no str"),
        (b'{"event":"open","id":"2","phase":"p","role":"measure"}', "time is no int"),
        (b'{"event":"open","id":"2","phase":"p","role":"measure","time":true}', "time is no int"),
        (b'{"event":"open","id":"2","phase":"p","role":"odd","time":1}', "role 'odd' is not known"),
        (b'{"event":"open","id":2,"phase":"p","role":"idle","time":1}', "id is no str"),
        (b'{"event":"open","id":"2","phase":"p","role":"idle","time":9223372036854775808}', "64-b"),
        (b'{"event":"close","id":"9","time":1}', "window '9' is not open"),
        (b'{"event":"close","id":"1","time":4}', "window '1' stops before it starts"),
        (b'{"event":"close","id":"1","time":9,"work":3}', "work is no object"),
        (b'{"event":"close","id":"1","time":9,"work":{"count":"x","unit":"s"}}', "count is no n"),
        (b'{"event":"close","id":"1","time":9,"facts":[]}', "facts are no object"),
        (b'{"event":"close","id":"1","time":9,"facts":{"a":true}}', "fact 'a' is no number"),
        (b'{"event":"close","id":"1","time":9,"facts":{"a":NaN}}', "NaN is no JSON number"),
        (b'{"event":"caution","code":"odd"}', "code 'odd' is not known"),
        (b'{"event":"caution","code":"gap","detail":3}', "detail is no str"),
        (b'{"event":"sampler","ticks":1.5}', "ticks is no int"),
        (b'{"event":"result"}', "name is no str"),
        (b'{"event":"result","name":"x","value":' + b"[" * 99 + b"]" * 99 + b"}", "too deeply"),
        (b'{"event":"result","name":"\\ud800"}', "not JSON"),
        (b'{"event":"result","name":"' + b"x" * MAX_LINE + b'"}', "longer than 1048576 bytes"),
    ],
)
def test_a_bad_line_is_left_out_and_named(path: Path, line: bytes, why: str) -> None:
    stored = _opened(path, OPEN + line + b"\n" + OPEN.replace(b"5}", b"7}"))
    (caution,) = stored.run.cautions
    assert caution.code is Code.INCOMPLETE
    assert caution.detail.startswith("events/a.jsonl:2: ")
    assert caution.detail.endswith("; the line is left out")
    assert why in caution.detail
    assert [window.start for window in stored.run.windows] == [5, 7, T0]


def test_the_last_line_may_be_torn(path: Path) -> None:
    assert _opened(path, OPEN + OPEN[:-3]).run.cautions == ()
    assert len(_opened(path, OPEN + OPEN[:-1]).run.windows) == 3
    assert _opened(path, OPEN + b"x" * (MAX_LINE + 5)).run.cautions != ()


def test_events_that_are_not_known_and_blank_lines_are_left_out(path: Path) -> None:
    stored = _opened(path, b'\n  \n{"event":"later","x":[1]}\n' + OPEN)
    assert stored.run.cautions == ()
    assert [window.start for window in stored.run.windows] == [5, T0]


def test_numbers_beyond_a_float(path: Path) -> None:
    close = b'{"event":"close","id":"1","time":9,"facts":{"a":1%b,"b":-1%b}}\n'
    stored = _opened(path, OPEN + close % (b"0" * 400, b"0" * 400))
    assert stored.run.windows[0].facts == {"a": float("inf"), "b": float("-inf")}


def test_a_million_bad_lines_are_counted(path: Path) -> None:
    cautions = _opened(path, b"x\n" * 1000).run.cautions
    assert len(cautions) == 21
    assert cautions[-1].detail == "events/a.jsonl: 980 more lines are left out"


def test_an_events_file_that_is_far_too_large(path: Path) -> None:
    with (path / "events" / "a.jsonl").open("wb") as file:
        file.truncate(events.MAX_EVENTS + 1)
    with pytest.raises(FormatError, match=r"a\.jsonl: 1073741825 bytes are too many"):
        open_run(path)


@given(st.lists(st.binary(max_size=60), max_size=5))
@settings(max_examples=100, deadline=None)
def test_any_lines_for_events(tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]) -> None:
    directory = tmp_path_factory.mktemp("any")
    (directory / "events").mkdir()
    (directory / "events" / "a.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    bad = [line for line in b"\n".join(lines).split(b"\n") if line.strip()]
    assert len(read_events(directory).cautions) <= len(bad)


# --------------------------------------------------------------------- links


@pytest.mark.parametrize(
    "name", ["run.json", "events", "events/main.jsonl", "traces", "traces/edges.spool"]
)
def test_a_link_is_not_followed(path: Path, tmp_path: Path, name: str) -> None:
    outside = tmp_path / "outside"
    shutil.move(path / name, outside)
    (path / name).symlink_to(outside)
    with pytest.raises(FormatError, match=f"{name}: not a plain file or directory of this run"):
        open_run(path)


@pytest.mark.parametrize("name", ["traces/x.parquet", "traces/x.spool", "events/x.jsonl"])
@pytest.mark.parametrize("kind", ["dangling", "pipe", "directory"])
def test_other_things_are_refused_at_once(path: Path, name: str, kind: str) -> None:
    if kind == "dangling":
        (path / name).symlink_to("nowhere")
    elif kind == "pipe":
        os.mkfifo(path / name)
    else:
        (path / name).mkdir()
    with pytest.raises(FormatError, match=name):
        open_run(path)


def test_a_pipe_or_directory_in_place_of_the_record(path: Path) -> None:
    (path / "run.json").unlink()
    os.mkfifo(path / "run.json")
    with pytest.raises(FormatError, match="not a plain file"):
        open_run(path)
    (path / "run.json").unlink()
    (path / "run.json").mkdir()
    with pytest.raises(FormatError, match="not a plain file"):
        open_run(path)


def test_a_file_in_place_of_a_directory(path: Path) -> None:
    shutil.rmtree(path / "traces")
    (path / "traces").write_text("")
    with pytest.raises(StoreError, match="traces: Not a directory; check the path"):
        open_run(path)


# -------------------------------------------------------------------- traces


def _write_parquet(path: Path, select: str, metadata: str = "") -> None:
    extra = f", KV_METADATA {{{metadata}}}" if metadata else ""
    with duckdb.connect() as database:
        database.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet{extra})")


ROW = "SELECT 1::BIGINT AS time, 1.5::DOUBLE AS value, 0::UINTEGER AS channel"
NO_CHANNELS = "joulemark: '{\"channels\":[]}'"


@pytest.mark.parametrize(
    ("select", "metadata", "message"),
    [
        (ROW, "", "Parquet, but not the samples of a run"),
        ("SELECT 1 AS x", NO_CHANNELS, "Parquet, but not the samples of a run"),
        (ROW.replace("BIGINT", "INTEGER"), NO_CHANNELS, "not the samples of a run"),
        (ROW, "joulemark: 'x'", "not JSON"),
        (ROW, "joulemark: '[]'", "its header has no list of channels"),
        (ROW, "joulemark: '{\"channels\":[1]}'", r"channels\[0\]: a channel is a JSON object"),
        (ROW, "joulemark: '" + "x" * (17 << 20) + "'", "a header of 17825792 bytes"),
    ],
)
def test_parquet_that_is_not_ours(path: Path, select: str, metadata: str, message: str) -> None:
    _write_parquet(path / "traces" / "x.parquet", select, metadata)
    with pytest.raises(FormatError, match=rf"(?s)x\.parquet: {message}|x\.parquet.*{message}"):
        open_run(path)


@pytest.mark.parametrize(
    ("select", "message"),
    [
        (ROW.replace("0::", "7::"), "a sample of channel 7, its header lists 1"),
        (ROW.replace("1::BIGINT", "NULL::BIGINT"), "a sample without time or channel"),
    ],
)
def test_samples_that_belong_to_nothing(path: Path, select: str, message: str) -> None:
    header = spool(path / "x", [], [channel("x")]).read_bytes()[12:].decode().replace("'", "''")
    _write_parquet(path / "traces" / "x.parquet", select, f"joulemark: '{header}'")
    stored = open_run(path)
    for read in (stored.traces, lambda: stored.trace("x")):
        with pytest.raises(FormatError, match=rf"x\.parquet: {message}"):
            read()


@pytest.mark.parametrize("data", [b"", b"garbage" * 100, b"PAR1" + bytes(100) + b"PAR1"])
def test_parquet_that_is_damaged(path: Path, data: bytes) -> None:
    (path / "traces" / "x.parquet").write_bytes(data)
    with pytest.raises(FormatError, match=r"x\.parquet: .*restore it from a copy"):
        open_run(path)


def test_parquet_that_vanishes_or_is_damaged_later(tmp_path: Path) -> None:
    path = written(tmp_path, compact=True, count=1000)
    stored = open_run(path)
    target = path / "traces" / "sampler.parquet"
    data = target.read_bytes()
    target.write_bytes(data[:200] + bytes(200) + data[400:])
    with contextlib.suppress(JoulemarkError):  # DuckDB may or may not see it
        assert len(stored.trace("rapl/package-0")) == 502
    target.unlink()
    with pytest.raises(StoreError, match=r"sampler\.parquet"):
        stored.trace("rapl/package-0")


@pytest.mark.parametrize("data", [b"JMSPOOLX" + bytes(50), b"x", b"JMSPOOL1\xff\xff\xff\x7f"])
def test_a_spool_that_is_none(path: Path, data: bytes) -> None:
    (path / "traces" / "x.spool").write_bytes(data)
    if data.startswith(b"JMSPOOL1"):  # claims a header that it does not have
        assert "stopped before its first sample" in open_run(path).run.cautions[0].detail
    else:
        with pytest.raises(FormatError, match=r"x\.spool: not a spool"):
            open_run(path)


def test_a_spool_with_a_row_of_no_channel(path: Path) -> None:
    spool(path / "traces" / "x.spool", [(T0, 1.0, 0), (T0, 1.0, 3)], [channel("x")])
    stored = open_run(path)
    with pytest.raises(FormatError, match=r"x\.spool: a sample of channel 3, its header lists 1"):
        stored.traces()


def test_a_spool_that_vanishes(path: Path) -> None:
    stored = open_run(path)
    (path / "traces" / "sampler.spool").unlink()
    with pytest.raises(StoreError, match=r"sampler\.spool: No such file"):
        stored.traces()


def test_names_that_sql_could_misread(tmp_path: Path) -> None:
    store = tmp_path / "it's [a-z]*?" / 'x=1 "; DROP TABLE y; --'
    stored = open_run(written(store, compact=True))
    assert len(stored.trace("nvml/gpu-0")) == 5
    assert stored.run.status is Status.COMPLETE


def test_depth_is_counted_in_both_kinds() -> None:
    assert decode(b"[" * 64 + b"1" + b"]" * 64, "x")
    with pytest.raises(FormatError, match="x: nested too deeply"):
        decode(b"[" * 65 + b"1" + b"]" * 65, "x")


def test_rows_are_read_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, close=False)
    spool(path / "traces" / "x.spool", rows(5)[::-1], [channel("x")])
    assert list(open_run(path).trace("x").value) == [0, 1, 2, 3, 4]
