"""Importing trees and tables: one run for each measurement, each result once, nothing lost."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from joulemark.core.errors import FormatError, StoreError, UsageError
from joulemark.procedures.import_worker import Desk, main
from joulemark.procedures.imported import MOST_REFUSED, Imported, Target
from joulemark.procedures.importing import import_paths
from joulemark.procedures.results import results_of
from joulemark.store.catalogue import list_runs
from joulemark.store.checksums import verify
from joulemark.store.declared import FILE, read_declared
from joulemark.store.reader import open_run
from tests.formats.results.tables import entry, line, listed, page
from tests.inference_samples import Files, Sample, submission, written

SHARED = Path(__file__).parents[2].parent / "shared" / "data"

RESULTS = "closed/Example/results/box"


def twins(**more: str) -> Files:
    """A tree with one measurement under two benchmarks and an inferred scenario."""
    files = Sample(scenario="SingleStream").files()
    found: dict[str, bytes] = {}
    for benchmark, scenario in (
        ("bert-99", "SingleStream"), ("bert-99.9", "SingleStream"), ("bert-99", "Offline")
    ):  # fmt: skip
        found |= submission(files, benchmark=benchmark, scenario=scenario, **more)
    return found


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Three directories of one measurement, one of another."""
    other = submission(Sample(watts=50.0).files(), benchmark="resnet50")
    return written({**twins(), **other}, tmp_path / "inference_results_v5.1")


def imported(tree: Path | str, store: Path, **more: Any) -> Imported:
    return import_paths([str(tree)], store, jobs=more.pop("jobs", 1), **more)


def test_each_measurement_is_one_run(tree: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    done = imported(tree, store)
    assert (done.directories, done.new, done.known, done.refused) == (4, 2, 0, [])
    assert done.rounds == {"v5.1": 2}
    titles = {run.title for run in list_runs(store)}
    assert titles == {
        "MLPerf v5.1 Example resnet50 Offline, box",
        "MLPerf v5.1 Example bert-99 SingleStream, box",
    }
    for run in list_runs(store):
        assert run.problem == ""
        assert verify(run.path) == []


def test_the_copies_are_linked(tree: Path, tmp_path: Path) -> None:
    imported(tree, tmp_path / "store")
    rows = {(row.benchmark, row.scenario): row for row in read_declared(tmp_path / "store")}
    assert len(rows) == 4
    ids = {name: row.run for name, row in rows.items()}
    assert len({ids["bert-99", "SingleStream"], ids["bert-99.9", "SingleStream"],
                ids["bert-99", "Offline"]}) == 1  # fmt: skip
    assert ids["resnet50", "Offline"] != ids["bert-99", "Offline"]
    assert rows["bert-99", "SingleStream"].power_unit == "J/query"
    assert rows["bert-99", "Offline"].power_unit == "W"
    run = open_run(tmp_path / "store" / ids["bert-99", "Offline"]).run
    published = [(each["benchmark"], each["scenario"]) for each in run.results["published"]]
    assert published == [
        ("bert-99", "SingleStream"), ("bert-99.9", "SingleStream"), ("bert-99", "Offline")
    ]  # fmt: skip


def test_importing_again_changes_nothing(tree: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    imported(tree, store)
    before = {path: path.read_bytes() for path in store.rglob("*") if path.is_file()}
    done = imported(tree, store)
    assert (done.new, done.known, done.results, done.total) == (0, 2, 0, 4)
    assert {path: path.read_bytes() for path in store.rglob("*") if path.is_file()} == before


def test_a_copy_that_comes_later_is_linked_to_the_run_that_is_there(tmp_path: Path) -> None:
    store = tmp_path / "store"
    files = Sample(scenario="SingleStream").files()
    one = written(submission(files, scenario="SingleStream"), tmp_path / "a_v5.1")
    two = written(submission(files, scenario="Offline"), tmp_path / "b_v5.1")
    assert imported(one, store).new == 1
    done = imported(two, store)
    assert (done.new, done.known, done.results) == (0, 1, 1)
    assert len({row.run for row in read_declared(store)}) == 1


def test_workers_give_the_same(tree: Path, tmp_path: Path) -> None:
    imported(tree, tmp_path / "one")
    told: list[tuple[str, int, int]] = []
    done = imported(tree, tmp_path / "two", jobs=2, tell=lambda *what: told.append(what))
    assert (done.new, done.refused) == (2, [])
    assert read_declared(tmp_path / "one") == read_declared(tmp_path / "two")
    names = [sorted(run.id for run in list_runs(tmp_path / store)) for store in ("one", "two")]
    assert names[0] == names[1]
    assert ("importing", 2, 2) in told


def test_an_archive(tree: Path, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "inference_results_v5.1.tar.gz", "w:gz") as archive:
        archive.add(tree, tree.name)
        data = page(line("10", "samples/s"), line("5", "Watts")).data
        info = tarfile.TarInfo("page.csv")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    done = imported(tmp_path / "inference_results_v5.1.tar.gz", tmp_path / "store", jobs=2)
    assert (done.new, done.tables, done.total) == (2, 1, 5)


def test_a_power_directory_by_itself(tmp_path: Path) -> None:
    folder = written(Sample().files(), tmp_path / "performance")
    done = imported(folder, tmp_path / "store")
    assert (done.new, done.total) == (1, 1)
    (run,) = list_runs(tmp_path / "store")
    (result,) = [r for r in results_of(open_run(run.path)) if r.phase == "testing"]
    assert result.power is not None
    assert result.power.value == pytest.approx(100.0, rel=0.01)


def test_raw_logs_are_noted_or_kept(tree: Path, tmp_path: Path) -> None:
    imported(tree, tmp_path / "noted")
    imported(tree, tmp_path / "kept", keep_raw=True)
    for run in list_runs(tmp_path / "noted"):
        assert not (run.path / "raw").exists()
    for run in list_runs(tmp_path / "kept"):
        said = open_run(run.path).run.settings["imported"]
        folder = tree / said["path"]
        kept = {str(p.relative_to(run.path / "raw")) for p in (run.path / "raw").rglob("*.*")}
        assert kept == set(said["files"]) - {"power/client.log", "power/server.log"}
        for name in kept:
            assert (run.path / "raw" / name).read_bytes() == (folder / name).read_bytes()
        assert verify(run.path) == []


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_is_damaged_is_listed_and_does_not_end_the_import(
    tree: Path, tmp_path: Path, jobs: int
) -> None:
    broken = tree / RESULTS / "resnet50/Offline/performance"
    (broken / "run_1/mlperf_log_detail.txt").write_bytes(b"\0" * 1000)
    copy = tree / RESULTS / "retinanet/Offline/performance"
    shutil.copytree(broken, copy)
    (copy / "run_1/spl.txt").unlink()
    done = imported(tree, tmp_path / "store", jobs=jobs)
    assert (done.directories, done.new) == (5, 1)
    assert sorted(each.where.rpartition("box/")[2] for each in done.refused) == [
        "resnet50/Offline/performance", "retinanet/Offline/performance"
    ]  # fmt: skip
    whys = " ".join(each.why for each in done.refused)
    assert "mlperf_log_detail.txt" in whys
    assert "spl.txt: the file is missing" in whys


def test_copies_whose_load_differs_have_figures_of_their_own(tmp_path: Path) -> None:
    """The power log of one result beside the LoadGen log of another."""
    first, second = Sample(performance=50.0).files(), Sample(performance=75.0).files()
    mixed = {**second, "run_1/spl.txt": first["run_1/spl.txt"]}
    tree = {**submission(first, benchmark="bert-99"), **submission(mixed, benchmark="bert-99.9")}
    imported(written(tree, tmp_path / "x_v5.1"), tmp_path / "store")
    rows = {row.benchmark: row for row in read_declared(tmp_path / "store")}
    assert rows["bert-99"].run == rows["bert-99.9"].run
    assert rows["bert-99"].performance == pytest.approx(50.0)
    assert rows["bert-99.9"].performance == pytest.approx(75.0)


def test_tables_and_directories_together(tree: Path, tmp_path: Path) -> None:
    """A table that contradicts the logs beside it."""
    location = f"{RESULTS}/resnet50/Offline"
    rows = [
        entry(version="v5.1", Location=location, Result=50.0, Result_Power=80.0,
              Result_Power_Units="Watts", Organization="Example", Platform="box"),
        entry(version="v5.1", Location=f"{location}/other"),
    ]  # fmt: skip
    (tree / "lists").mkdir()
    (tree / "lists" / "cm-result.json").write_bytes(listed(*rows).data)
    (tree / "other.csv").write_text("a,b\n1,2\n")
    done = imported(tree, tmp_path / "store")
    assert (done.tables, done.statements, done.total, done.doubtful) == (1, 2, 6, 1)
    assert done.other_tables == 1
    ((where, why),) = done.doubts
    assert where == "lists/cm-result.json:1"
    assert why == "results/logs: power 80.000 W; the logs: 50.000"


def test_files_of_results(tmp_path: Path) -> None:
    (tmp_path / "page.csv").write_bytes(page(line("10", "samples/s"), line("5", "Watts")).data)
    (tmp_path / "cm-result.json").write_bytes(listed(entry()).data)
    (tmp_path / "else.csv").write_text("a,b\n1,2\n")
    paths = [str(tmp_path / name) for name in ("page.csv", "cm-result.json", "else.csv")]
    done = import_paths(paths, tmp_path / "store", jobs=1)
    assert (done.tables, done.total, done.directories) == (2, 2, 0)
    ((where, why),) = [(each.where, each.why) for each in done.refused]
    assert (where, why) == (paths[2], "no table of results that is known")
    assert {row.tree for row in read_declared(tmp_path / "store")} == set(paths[:2])
    assert all(len(row.sha256) == 64 for row in read_declared(tmp_path / "store"))


def test_nothing_to_import(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(FormatError, match="nothing that can be imported"):
        imported(tmp_path / "empty", tmp_path / "store")
    (tmp_path / "cm-result.json").write_text("{")
    with pytest.raises(FormatError, match="not JSON"):
        imported(tmp_path / "cm-result.json", tmp_path / "store")
    with pytest.raises(UsageError):
        imported(tmp_path / "none", tmp_path / "store")
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_store_that_cannot_be_written_ends_it(tree: Path, tmp_path: Path, jobs: int) -> None:
    (tmp_path / "store").write_text("")
    with pytest.raises(StoreError, match="store"):
        imported(tree, tmp_path / "store", jobs=jobs)


def test_requests_of_a_worker(tree: Path, tmp_path: Path) -> None:
    from joulemark.formats.inference.power_directories import power_directories
    from joulemark.formats.trees.opening import open_tree

    opened = open_tree(str(tree))
    target = Target.of(next(iter(power_directories(opened))), 0)
    first = {"tokens": [opened.token], "store": str(tmp_path / "store"), "keep_raw": False}
    record: Mapping[str, Any] = {
        "tree": 0, "path": target.path, "entries": target.entries,
        "place": {"round": "v5.1", "submitter": "Example"},
    }  # fmt: skip
    asked = [first, ["identify", [record]], ["store", [record]], ["store", [record]]]
    lines = b"".join(json.dumps(each).encode() + b"\n" for each in asked)
    sink = io.BytesIO()
    assert main(io.BytesIO(lines), sink) == 0
    named, stored, again = map(json.loads, sink.getvalue().splitlines())
    assert named["id"] == stored["id"] == again["id"]
    assert (stored["new"], again["new"]) == (True, False)
    assert (tmp_path / "store" / named["id"] / "run.json").is_file()


def test_a_fault_of_ours_costs_one_directory(tmp_path: Path) -> None:
    def broken(number: int) -> Any:
        raise RuntimeError("a fault")

    target = Target(0, "d", (), Target.of.__defaults__ or ())  # type: ignore[arg-type]
    assert Desk(broken, tmp_path).answer("identify", [target]) == {
        "error": "RuntimeError: a fault", "passing": True
    }  # fmt: skip


def test_reasons_are_bounded() -> None:
    done = Imported()
    for number in range(MOST_REFUSED + 5):
        done.refuse(str(number), "why")
    assert (len(done.refused), done.more_refused) == (MOST_REFUSED, 5)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real result files are not here")
def test_all_real_files_are_imported(tmp_path: Path) -> None:
    done = imported(SHARED, tmp_path)
    assert (done.directories, done.benchmarks, done.sessions) == (37, 7, 59)
    assert (done.new, done.refused) == (35 + 60 + 40, [])
    published, mlenergy = 1914 + 7 + 57, 1430
    assert (done.tables, done.statements) == (4 + 280, 1877 + mlenergy)
    assert done.total == published + mlenergy
    again = imported(SHARED, tmp_path)
    assert (again.new, again.known, again.results) == (0, 135, 0)
    assert (tmp_path / FILE).is_file()
