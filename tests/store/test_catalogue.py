"""What a store holds, and which run is meant."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

import pytest

from joulemark.core.clock import NS
from joulemark.core.errors import StoreError, UsageError
from joulemark.core.run import Status
from joulemark.store.catalogue import find_run, list_runs
from joulemark.store.writer import RunWriter

from .build import T0, run, written


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Three runs, the newest with the first name; one of them was killed."""
    store = tmp_path / "store"
    written(store, "b-first", started=T0)
    written(store, "c-second", started=T0 + NS, close=False)
    written(store, "a-third", started=T0 + 2 * NS)
    return store


def test_the_newest_comes_first(store: Path) -> None:
    found = list(list_runs(store))
    assert [one.id for one in found] == ["a-third", "c-second", "b-first"]
    assert [one.status for one in found] == [Status.COMPLETE, Status.INTERRUPTED, Status.COMPLETE]
    assert found[0].path == store / "a-third"
    assert found[0].stopped == T0 + 10 * NS
    assert (found[0].title, found[0].procedure, found[0].host) == ("a test", "run", "box")
    assert {one.problem for one in found} == {""}


def test_a_line_as_json(store: Path) -> None:
    record = json.loads(json.dumps(next(list_runs(store)).as_json()))
    assert record["started"] == "2026-11-22T22:45:14.000000000Z"
    assert record["stopped"] == "2026-11-22T22:45:22.000000000Z"
    assert (record["id"], record["status"]) == ("a-third", "complete")
    assert [one.as_json()["stopped"] for one in list_runs(store)][1] is None


def test_a_run_that_goes_on(store: Path) -> None:
    writer = RunWriter.create(store, run("now"))
    assert {one.id: one.status for one in list_runs(store)}["now"] is Status.RUNNING
    writer.log.close()


def test_no_trace_is_read_for_the_list(store: Path) -> None:
    for path in store.rglob("*.spool"):
        path.write_bytes(b"broken")
    assert {one.problem for one in list_runs(store)} == {""}


def test_a_broken_run_is_listed_with_the_reason(store: Path) -> None:
    (store / "b-first" / "run.json").write_bytes(b"{")
    (store / "foreign").mkdir()
    (store / "a-third" / "events" / "main.jsonl").unlink()
    (store / "a-third" / "events" / "main.jsonl").symlink_to("/etc/passwd")
    (store / ".hidden").mkdir()
    (store / "a file").write_text("")
    for name in ("b-first", "foreign"):
        os.utime(store / name, ns=(T0 + 9 * NS, T0 + 9 * NS))
    found = {one.id: one for one in list_runs(store)}
    assert list(found) == ["foreign", "b-first", "a-third", "c-second"]
    assert "not JSON" in found["b-first"].problem
    assert found["b-first"].status is None
    assert found["foreign"].problem.startswith(f"{store / 'foreign'}: not a run")
    assert found["a-third"].problem == ""


def test_a_store_that_is_not_there_or_none(tmp_path: Path) -> None:
    assert list(list_runs(tmp_path / "none")) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="file: Not a directory; check the path"):
        list(list_runs(tmp_path / "file"))


def test_a_run_is_found_by_what_a_person_types(store: Path) -> None:
    assert find_run(store, "b-first") == store / "b-first"
    assert find_run(store, "c") == store / "c-second"
    assert find_run(store, "last") == store / "a-third"
    assert find_run(store, str(store / "b-first")) == store / "b-first"
    assert find_run(store / "elsewhere", str(store / "b-first")) == store / "b-first"


def test_a_run_in_the_working_directory(store: Path) -> None:
    with contextlib.chdir(store):
        assert find_run(Path("none"), "b-first") == Path("b-first")


def test_a_whole_id_goes_before_a_beginning(store: Path) -> None:
    written(store, "b-first-again")
    assert find_run(store, "b-first") == store / "b-first"
    with pytest.raises(UsageError, match=r"2 runs begin with 'b'; choose from b-first-again, b-f"):
        find_run(store, "b")


def test_last_leaves_broken_runs_out(store: Path) -> None:
    (store / "a-third" / "run.json").unlink()
    assert find_run(store, "last") == store / "c-second"


def test_nothing_is_meant(store: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no run is called 'x'; choose from c-second, b-first, a"):
        find_run(store, "x")
    with pytest.raises(UsageError, match="no run is called ''"):
        find_run(store, "")
    with pytest.raises(UsageError, match="no run is called"):
        find_run(store, "x" * 5000)
    for name in ("last", "x"):
        with pytest.raises(UsageError, match="make one with joulemark run, or name another"):
            find_run(tmp_path / "empty", name)


def test_not_all_candidates_are_listed(tmp_path: Path) -> None:
    for number in range(14):
        (tmp_path / f"run-{number:02d}").mkdir()
    with pytest.raises(UsageError, match=r"14 runs begin .* run-04 and 4 more$"):
        find_run(tmp_path, "run")


def test_the_store_itself_is_no_run(store: Path) -> None:
    with pytest.raises(UsageError):
        find_run(store, "..")
    with pytest.raises(UsageError):
        find_run(store, ".")


def test_runs_that_have_all_of_some_words(store: Path) -> None:
    assert [one.id for one in list_runs(store, words=["TEST", "run"])] == [
        "a-third", "c-second", "b-first"
    ]  # fmt: skip
    assert [one.id for one in list_runs(store, words=["interrupted"])] == ["c-second"]
    assert [one.id for one in list_runs(store, words=["complete", "box", "b-f"])] == ["b-first"]
    assert list(list_runs(store, words=["test", "nothing"])) == []


def test_what_the_list_leaves_out_of_a_record_does_not_hide_damage(store: Path) -> None:
    """A record whose head cannot be believed is looked at whole, and says why."""
    path = store / "b-first" / "run.json"
    record = json.loads(path.read_text())
    for change, said in (
        ({"status": "odd"}, "status"),
        ({"schema": 99}, "in format 99"),
        ({"anchor": {"utc_ns": 1 << 70, "monotonic_ns": 0}}, "64-bit"),
        ({"anchor": 3}, "anchor"),
    ):
        path.write_text(json.dumps(record | change))
        found = {one.id: one for one in list_runs(store)}["b-first"]
        assert said in found.problem
    path.write_text(json.dumps(record))
    assert {one.id: one for one in list_runs(store)}["b-first"].problem == ""
