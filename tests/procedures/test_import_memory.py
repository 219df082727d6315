"""A path that is as it was is not read again, and whatever is not as it was is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from joulemark.core.errors import FormatError
from joulemark.formats.trees.state import state_of
from joulemark.procedures.import_memory import FILE, MOST_PATHS, Memory
from joulemark.procedures.imported import Imported, Part
from joulemark.procedures.importing import import_paths
from joulemark.store.declared import FILE as DECLARED
from joulemark.store.declared import read_declared
from tests.formats.results.tables import entry, line, listed, page
from tests.inference_samples import Sample, submission, written

INNER = "closed/Example/results/box"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A measurement under two benchmarks, one that cannot be read, a table with a doubt."""
    files = Sample(seconds=90).files()
    bad = {**files, "run_1/spl.txt": b"no log"}
    every = {
        **submission(files, benchmark="bert-99"),
        **submission(files, benchmark="bert-99.9"),
        **submission(bad, benchmark="retinanet"),
    }
    root = written(every, tmp_path / "inference_results_v5.1")
    (root / "cm-result.json").write_bytes(listed(entry()).data)
    (root / "page.csv").write_bytes(page(line("x", "samples/s"), line("5", "Watts")).data)
    return root


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def imported(store: Path, *paths: Path | str, **more: Any) -> Imported:
    return import_paths([str(path) for path in paths], store, jobs=1, **more)


def said(done: Imported) -> Imported:
    """What an import came to, whether read again or not."""
    return replace(done, unchanged=[])


def files_of(store: Path) -> dict[Path, tuple[int, bytes]]:
    found = (path for path in store.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {path: (path.stat().st_ino, path.read_bytes()) for path in found}


def test_what_has_not_changed_is_not_read_and_says_the_same(tree: Path, store: Path) -> None:
    first = imported(store, tree)
    assert (first.new, len(first.refused), first.tables) == (1, 1, 2)
    assert first.unchanged == []
    before = files_of(store)
    known = imported(store, tree)
    ((path, since),) = known.unchanged
    assert path == str(tree)
    assert since[:3] == "202"
    assert files_of(store) == before
    again = imported(store, tree, again=True)
    assert again.unchanged == []
    assert said(known) == again
    assert (known.new, known.known, known.doubtful) == (0, 1, first.doubtful)
    assert known.refused == first.refused
    assert len(known.doubts) == 1
    assert imported(store, tree).unchanged[0][0] == str(tree)


def test_a_changed_file_is_read(tree: Path, store: Path) -> None:
    imported(store, tree)
    shutil.copytree(tree / INNER / "bert-99", tree / INNER / "resnet50")
    done = imported(store, tree)
    assert (done.unchanged, done.directories, done.results) == ([], 4, 1)
    (tree / "cm-result.json").write_bytes(
        listed(entry(), entry(Location="open/Example/results/a/b/c")).data
    )
    done = imported(store, tree)
    assert (done.unchanged, done.results) == ([], 1)
    assert len(imported(store, tree).unchanged) == 1
    page_ = tree / "page.csv"
    page_.write_bytes(page_.read_bytes().replace(b"5", b"7"))
    assert imported(store, tree).unchanged == []


def test_what_nobody_reads_may_change(tree: Path, store: Path) -> None:
    imported(store, tree)
    (tree / "notes.bin").write_bytes(b"x")
    assert len(imported(store, tree).unchanged) == 1


def test_only_what_changed_is_read_and_copies_are_counted_once(
    tree: Path, tmp_path: Path, store: Path
) -> None:
    other = tmp_path / "inference_results_v5.0"
    shutil.copytree(tree / "closed", other / "closed")
    files = submission(Sample(seconds=90, watts=50.0).files(), system="crate")
    more = written(files, tmp_path / "more" / tree.name)
    first = imported(store, tree, other, more)
    assert (first.new, first.rounds) == (2, {"v5.1": 3})
    shutil.copytree(more / "closed", more / "open")
    known = imported(store, tree, other, more)
    assert [path for path, _ in known.unchanged] == [str(tree), str(other)]
    assert (known.new, known.known, known.results) == (0, 2, 1)
    assert known.rounds == {"v5.1": 3}
    assert len(known.refused) == 1
    again = imported(store, tree, other, more, again=True)
    known = imported(store, tree, other, more)
    assert len(known.unchanged) == 3
    assert said(known) == again
    assert said(imported(store, other)) == imported(store, other, again=True)


def _remove_run(store: Path) -> None:
    shutil.rmtree(next(each for each in store.iterdir() if each.is_dir()))


def _remove_table(store: Path) -> None:
    (store / DECLARED).unlink()


def _older_table(store: Path) -> None:
    with (store / DECLARED).open("ab") as file:
        file.write(b"\0")


def _cut(store: Path) -> None:
    data = (store / FILE).read_bytes()
    (store / FILE).write_bytes(data[: len(data) // 2])


def _altered(name: str, value: Any) -> Callable[[Path], None]:
    def alter(store: Path) -> None:
        found = json.loads((store / FILE).read_bytes())
        found[name] = value
        (store / FILE).write_text(json.dumps(found))

    return alter


@pytest.mark.parametrize(
    "harm",
    [
        _remove_run,
        _remove_table,
        _cut,
        _altered("program", "another"),
        _altered("format", "joulemark import 0"),
        _altered("declared", "none"),
        _altered("paths", [{"place": 1}]),
        _altered("paths", None),
        lambda store: (store / FILE).write_text("[" * 100_000),
        lambda store: (store / FILE).write_bytes(b"\xff\0"),
        lambda store: (store / FILE).write_text("NaN"),
        lambda store: (store / FILE).unlink(),
    ],
)
def test_what_does_not_hold_any_more_counts_as_none(
    tree: Path, store: Path, harm: Callable[[Path], None]
) -> None:
    first = imported(store, tree)
    table = read_declared(store)
    runs = {each.name for each in store.iterdir() if each.is_dir()}
    harm(store)
    done = imported(store, tree)
    assert done.unchanged == []
    assert (done.directories, done.refused) == (3, first.refused)
    assert read_declared(store) == table
    assert {each.name for each in store.iterdir() if each.is_dir()} == runs
    assert len(imported(store, tree).unchanged) == 1


def test_a_table_that_is_damaged_is_told_and_not_passed_over(tree: Path, store: Path) -> None:
    imported(store, tree)
    _older_table(store)
    with pytest.raises(FormatError):
        imported(store, tree)


def test_other_options_are_remembered_for_themselves(tree: Path, store: Path) -> None:
    imported(store, tree)
    assert imported(store, tree, keep_raw=True).unchanged == []
    assert len(imported(store, tree, keep_raw=True).unchanged) == 1
    assert len(imported(store, tree).unchanged) == 1


def test_rows_that_another_path_replaced_are_read_again(
    tree: Path, tmp_path: Path, store: Path
) -> None:
    """Two trees that state different figures for one place."""
    imported(store, tree)
    files = submission(Sample(seconds=90, watts=50.0).files(), benchmark="bert-99")
    imported(store, written(files, tmp_path / "corrected" / tree.name))
    assert imported(store, tree).unchanged == []
    assert imported(store, tree).unchanged != []


def test_nothing_to_import_is_said_each_time(tree: Path, tmp_path: Path, store: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    imported(store, tree, empty)
    assert len(imported(store, tree, empty).unchanged) == 2
    with pytest.raises(FormatError, match="nothing that can be imported"):
        imported(store, empty)


def test_a_folder_within_a_layout_is_read_each_time(tree: Path, store: Path) -> None:
    """Descriptions of it lie above, where nobody looks whether they changed."""
    imported(store, tree / "closed/Example/results")
    assert imported(store, tree / "closed/Example/results").unchanged == []


def test_a_path_by_another_name_is_read(
    tree: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported(store, tree)
    monkeypatch.chdir(tree.parent)
    assert imported(store, tree.name).unchanged == []


def test_a_file_and_an_archive(tree: Path, tmp_path: Path, store: Path) -> None:
    archive, table = tmp_path / "inference_results_v5.1.tar", tree / "page.csv"

    def pack() -> None:
        with tarfile.open(archive, "w") as file:
            file.add(tree, tree.name)

    pack()
    imported(store, archive, table)
    assert len(imported(store, archive, table).unchanged) == 2
    shutil.rmtree(tree / "closed/Example/results/box/retinanet")
    pack()
    os.utime(table)
    assert imported(store, archive, table).unchanged == []


def test_what_may_come_out_otherwise_is_not_remembered(store: Path) -> None:
    store.mkdir()
    memory = Memory(store, keep_raw=False)
    passing = Part(path="a", lasting=False)
    memory.add([("state", passing), ("", Part(path="b")), ("state", Part(path="c"))], frozenset())
    memory = Memory(store, keep_raw=False)
    assert [memory.part(name, "state") for name in "ab"] == [None, None]
    assert memory.part("b", "") is None
    assert memory.part("c", "state") == Part(path="c")


def test_so_many_paths_are_remembered(store: Path) -> None:
    store.mkdir()
    parts = [("state", Part(path=str(number))) for number in range(MOST_PATHS + 1)]
    Memory(store, keep_raw=False).add(parts, frozenset())
    memory = Memory(store, keep_raw=False)
    assert memory.part("0", "state") is None
    assert memory.part(str(MOST_PATHS), "state") is not None


def test_a_store_that_cannot_be_written_is_no_obstacle(store: Path) -> None:
    Memory(store / "none", keep_raw=False).add([("state", Part(path="a"))], frozenset())
    assert Memory(store / "none", keep_raw=False).part("a", "state") is None


def git(repository: Path, *words: str) -> None:
    names = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "gc.auto=0"]
    subprocess.run(["git", "-C", repository, *names, *words], check=True, capture_output=True)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not here")
def test_a_revision_of_a_repository(tree: Path, store: Path) -> None:
    git(tree, "init", "-q")
    git(tree, "add", ".")
    git(tree, "commit", "-qm", "one")
    whole, part = f"{tree}@HEAD", f"{tree}@HEAD:closed"
    imported(store, whole, part)
    git(tree, "commit", "-q", "--allow-empty", "-m", "two")
    assert len(imported(store, whole, part).unchanged) == 2
    (tree / "other.csv").write_text("a,b\n1,2\n")
    git(tree, "add", ".")
    git(tree, "commit", "-qm", "three")
    assert imported(store, whole, part).unchanged == []  # descriptions may lie above a part
    pack = tree / ".git/objects/pack"
    state = state_of(whole)
    (pack / "pack-1.promisor").touch()
    partial = state_of(whole)
    (pack / "pack-2.pack").touch()
    assert len({state, partial, state_of(whole)}) == 3
    (tree / ".git/objects/info/alternates").touch()
    assert state_of(whole) == ""
