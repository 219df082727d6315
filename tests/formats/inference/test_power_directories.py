"""Power directories found in trees: which, where they belong, and what lies around them."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from joulemark.core.errors import FormatError
from joulemark.formats.inference.around import (
    ANALYZER_TABLE,
    POWER_SETTINGS,
    measurement_files,
    read_beside,
    system_file,
)
from joulemark.formats.inference.directory import Place, PowerDirectory
from joulemark.formats.inference.layout import place_of, round_of, scenario_of
from joulemark.formats.inference.power_directories import MOST_FILES, power_directories, wanted
from joulemark.formats.trees.opening import open_tree, reopen
from tests.formats.inference.samples import EXPECTED, REAL, Memory
from tests.formats.trees.making import KINDS, folder, made, needs_git, repository, tarred

WHO = "closed/Maker"
BOX = f"{WHO}/results/box/resnet50/Offline/performance"
TWIN = f"{WHO}/results/box/resnet50/server/performance"
NOTES = f"{WHO}/measurements"
ELEVEN = (
    *(f"power/{name}" for name in ("client.json", "client.log", "ptd_logs.txt", "server.json",
                                   "server.log")),
    *(f"{run}/{name}" for run in ("ranging", "run_1")
      for name in ("mlperf_log_detail.txt", "mlperf_log_summary.txt", "spl.txt")),
)  # fmt: skip
ROUND = {
    **{f"{base}/{name}": f"{base} {name}".encode() for base in (BOX, TWIN) for name in ELEVEN},
    f"{WHO}/results/box/bert-99/Offline/performance/run_1/mlperf_log_detail.txt": b"no power",
    f"{WHO}/power/server.cfg": b"script",
    f"{WHO}/power/README.md": b"script",
    f"{WHO}/code/mllog/power/__init__.py": b"script",
    f"{WHO}/systems/box.json": b"{}",
    f"{NOTES}/analyzer_table.md": b"outermost",
    f"{NOTES}/box/power_settings.md": b"system",
    f"{NOTES}/box/resnet50/Offline/analyzer_table.csv": b"scenario",
    f"{NOTES}/other/analyzer_table.md": b"another",
    "open/Other/results/kit/mobilenet/single_stream/performance/power/extra": b"",
}
KIT = "open/Other/results/kit/mobilenet/single_stream/performance"


def found(files: dict[str, bytes]) -> list[str]:
    return [directory.path for directory in power_directories(Memory(files))]


def _facts(directory: PowerDirectory) -> tuple[str, Place, list[str], bytes]:
    beside = [entry.path for entry in directory.beside]
    return directory.path, directory.place, beside, directory.read("power/client.json")


@pytest.mark.parametrize("kind", KINDS)
def test_a_round(kind: str, tmp_path: Path) -> None:
    tree = made(kind, ROUND, tmp_path)
    box, twin, kit = power_directories(tree)
    assert [box.path, twin.path, kit.path] == [BOX, TWIN, KIT]
    assert box.tree is tree
    assert box.place == Place("", "closed", "Maker", "box", "resnet50", "Offline")
    assert kit.place == Place("", "open", "Other", "kit", "mobilenet", "SingleStream")
    assert sorted(box.entries) == sorted(ELEVEN)
    assert box.read("run_1/spl.txt") == f"{BOX} run_1/spl.txt".encode()
    assert list(kit.entries) == ["power/extra"]
    assert [entry.path for entry in box.beside] == [
        f"{NOTES}/box/resnet50/Offline/analyzer_table.csv",
        f"{NOTES}/box/power_settings.md",
        f"{NOTES}/analyzer_table.md",
    ]
    tables = measurement_files(twin, ANALYZER_TABLE)
    assert [entry.path for entry in tables] == [f"{NOTES}/analyzer_table.md"]
    (settings,) = measurement_files(twin, POWER_SETTINGS)
    source = read_beside(twin, settings)
    assert source is not None
    assert (source.name, source.data) == (f"{NOTES}/box/power_settings.md", b"system")
    system = system_file(box)
    assert system is not None
    assert (system.name, system.data) == (f"{WHO}/systems/box.json", b"{}")
    assert system_file(kit) is system_file(box, "_power.yaml") is None
    assert kit.beside == ()
    tree.close()


def test_several_rounds_below_one_folder(tmp_path: Path) -> None:
    for name in ("inference_results_v1.0", "more/inference_results_v4.1"):
        folder(ROUND, tmp_path / name)
    directories = list(power_directories(open_tree(str(tmp_path))))
    assert [directory.path for directory in directories] == [BOX, TWIN, KIT] * 2
    assert [directory.place.round for directory in directories] == ["v1.0"] * 3 + ["v4.1"] * 3
    last = directories[3]
    assert last.tree.name == f"{tmp_path}/more/inference_results_v4.1"
    assert last.read("run_1/spl.txt") == f"{BOX} run_1/spl.txt".encode()
    assert last.beside[0].path == f"{NOTES}/box/resnet50/Offline/analyzer_table.csv"
    assert read_beside(last, last.beside[0]) is not None
    assert system_file(last) is not None
    assert reopen(last.tree.token).read(f"{BOX}/run_1/spl.txt") == last.read("run_1/spl.txt")


@pytest.mark.parametrize("levels", range(1, 8))
@pytest.mark.parametrize("kind", ["folder", pytest.param("git", marks=needs_git)])
def test_a_path_within_a_round_is_completed(kind: str, levels: int, tmp_path: Path) -> None:
    root = tmp_path / "inference_results_v5.1"
    inside = "/".join(BOX.split("/")[:levels])
    repository(ROUND, root) if kind == "git" else folder(ROUND, root)
    tree = open_tree(f"{root}@HEAD:{inside}" if kind == "git" else str(root / inside))
    box = next(power_directories(tree))
    assert box.path == BOX
    assert box.place == Place("v5.1", "closed", "Maker", "box", "resnet50", "Offline")
    assert box.tree.location == str(root)
    assert sorted(box.entries) == sorted(ELEVEN)
    assert box.read("power/client.json") == f"{BOX} power/client.json".encode()
    assert len(box.beside) == 3
    assert system_file(box) is not None
    assert reopen(box.tree.token).read(f"{BOX}/power/client.json") == box.read("power/client.json")
    tree.close()


def test_a_directory_without_a_layout(tmp_path: Path) -> None:
    folder(dict.fromkeys(ELEVEN, b""), tmp_path / "some" / "folder")
    (directory,) = power_directories(open_tree(str(tmp_path / "some" / "folder")))
    assert directory.path == ""
    assert directory.place == Place()
    assert directory.read("run_1/spl.txt") == b""
    assert directory.name_of("run_1/spl.txt") == "run_1/spl.txt"
    assert system_file(directory) is None
    (directory,) = power_directories(open_tree(str(tmp_path)))
    assert directory.path == "some/folder"


def test_an_archive_within_a_layout_keeps_its_paths(tmp_path: Path) -> None:
    at = tmp_path / "closed" / "Maker" / "results"
    at.mkdir(parents=True)
    files = {f"resnet50/offline/performance/{name}": b"" for name in ELEVEN}
    tree = open_tree(tarred(files, at / "box.tar"))
    (directory,) = power_directories(tree)
    assert directory.path == "resnet50/offline/performance"
    assert directory.place == Place("", "closed", "Maker", "box", "resnet50", "Offline")
    assert directory.read("run_1/spl.txt") == b""
    tree.close()


@pytest.mark.parametrize(
    ("files", "paths"),
    [
        (["x/run_1/spl.txt"], ["x"]),
        (["x/ranging/spl.txt"], ["x"]),
        (["x/power/ptd_logs.txt"], ["x"]),
        (["x/power/notes.txt", "x/run_1/mlperf_log_detail.txt"], []),
        (["x/performance/power/notes.txt"], ["x/performance"]),
        (["run_1/spl.txt"], [""]),
        (["power/client.json"], [""]),
        (["x/spl.txt", "power.txt", "xpower/client.json", "x/run_10/spl.txt"], []),
        # a folder that looks like one does not hide what lies in it
        ([f"{WHO}/power/server.json", f"{BOX}/run_1/spl.txt"], [BOX, WHO]),
        (["a/power/b/power/client.json", "a/power/b/run_1/spl.txt", "a/power/b/sub/zz",
          "a/power/b/tt/x", "a/power/server.json"], ["a/power/b", "a"]),
        ([f"{WHO}/results/power/resnet50/Offline/performance/run_1/spl.txt"],
         [f"{WHO}/results/power/resnet50/Offline/performance"]),
    ],
)  # fmt: skip
def test_what_is_one(files: list[str], paths: list[str]) -> None:
    assert found(dict.fromkeys(files, b"")) == paths


def test_files_of_a_directory_within_another_are_its_own() -> None:
    files = ["a/power/client.json", "a/run_1/power/server.json", "a/run_1/spl.txt", "a/run_1/x/y"]
    inner, outer = power_directories(Memory(dict.fromkeys(files, b"")))
    assert (inner.path, list(inner.entries)) == ("a/run_1", ["power/server.json"])
    assert list(outer.entries) == ["power/client.json", "run_1/spl.txt", "run_1/x/y"]


def test_a_directory_with_very_many_files_is_an_error() -> None:
    files = {f"x/run_1/{i}": b"" for i in range(MOST_FILES + 1)}
    assert found(files) == []
    with pytest.raises(FormatError, match="x: more than 10000 files"):
        found({**files, "x/run_1/spl.txt": b""})


def test_directories_come_while_the_tree_is_listed() -> None:
    class Endless(Memory):
        def entries(self, under: str = ""):  # type: ignore[no-untyped-def]
            yield from super().entries(under)
            raise AssertionError

    directories = power_directories(Endless(ROUND))
    assert next(directories).path == BOX
    assert next(directories).path == TWIN
    with pytest.raises(AssertionError):
        next(directories)


def test_what_is_wanted_of_an_archive() -> None:
    assert all(wanted(f"{BOX}/{name}") for name in ELEVEN)
    assert wanted(f"{NOTES}/box/power_settings.md")
    assert wanted(f"{WHO}/systems/box.json")
    assert wanted("run_1/spl.txt")
    assert not wanted(f"{BOX}/run_1/mlperf_log_accuracy.json")
    assert not wanted(f"{WHO}/code/main.cc")
    assert not wanted(f"{BOX}/mlperf_log_detail.txt")


@pytest.mark.parametrize(
    ("above", "round_"),
    [
        (["data", "inference_results_v4.1"], "v4.1"),
        (["mlcommons+inference_results_v1.0", "repo"], "v1.0"),
        (["v3.1"], "v3.1"),
        (["5.1"], "v5.1"),
        (["mlperf-inference-v6.0-draft"], "v6.0"),
        (["inference_results_v2.0", "inference_results_v2.1"], "v2.1"),
        (["tensorrt-v8.5"], ""),
        (["results_v8.5.2"], ""),
        (["results_v8.5x"], ""),
        (["home", "me"], ""),
        ([], ""),
    ],
)
def test_rounds(above: list[str], round_: str) -> None:
    assert round_of(above) == round_


def test_scenarios() -> None:
    for folder_, name in (
        ("offline", "Offline"),
        ("Offline", "Offline"),
        ("SingleStream", "SingleStream"),
        ("single-stream", "SingleStream"),
        ("multistream", "MultiStream"),
        ("Interactive", "Interactive"),
        ("server", "Server"),
        ("fast", ""),
    ):
        assert scenario_of(folder_) == name


def test_places_that_are_not_as_published() -> None:
    odd = ["closed", "M", "results", "configs", "box", "resnet50", "Offline", "performance"]
    assert place_of([], odd) == Place("", "closed", "M", "configs/box", "resnet50", "Offline")
    short = ["closed", "M", "results", "box", "performance"]
    assert place_of([], short) == Place("", "closed", "M")
    assert place_of([], ["Offline", "performance"]) == Place(scenario="Offline")
    assert place_of([], []) == Place()


@pytest.mark.skipif(not REAL.exists(), reason="the shared directories of real results are absent")
def test_real_directories_of_seven_rounds() -> None:
    with EXPECTED.open() as file:
        rows = {(row["version"], row["dir"]): row for row in csv.DictReader(file)}
    directories = list(power_directories(open_tree(str(REAL))))
    assert {(found.place.round, found.path) for found in directories} == set(rows)
    assert len(directories) == len(rows)
    for directory in directories:
        row, place = rows[directory.place.round, directory.path], directory.place
        assert place.scenario.lower() == row["scenario"]
        assert (place.submitter, place.system, place.benchmark) == (
            row["submitter"],
            row["system"],
            row["benchmark"],
        )
        assert {"power/client.json", "ranging/spl.txt"} <= set(directory.entries)
        assert directory.read("run_1/spl.txt").startswith(b"Time,")
