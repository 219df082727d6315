"""joulemark trends: every question, filters, one's own runs, files, exit codes."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from joulemark.analysis.record.record import record
from joulemark.cli import main
from joulemark.store.declared import add_declared
from tests.analysis.record.rows import row
from tests.procedures.test_importing_kinds import imported, training
from tests.store.build import written

OWN = "20261122-224512-test-0001"
SXM = "NVIDIA {}-SXM-80GB"


def said(capsys: pytest.CaptureFixture[str], *words: object, code: int = 0) -> str:
    capsys.readouterr()
    assert main([str(word) for word in ("trends", *words)]) == code
    found = capsys.readouterr()
    return found.out if code == 0 else found.err


def published(round_: str, watts: float, benchmark: str = "resnet50", **more: Any) -> Any:
    known: dict[str, Any] = {
        "round": round_,
        "benchmark": benchmark,
        "power": watts,
        "performance": 1000.0,
        "location": f"closed/ACME/results/box{more.get('nodes', '')}/{benchmark}/{round_}",
        "accelerators": 8.0,
        "accelerator": SXM.format("A100"),
        "run": f"run-{round_}-{benchmark}-{watts}",
    }
    return row("logs", f"{round_}{benchmark}{watts}", **{**known, **more})


def trained(accelerators: float, joules: float) -> Any:
    return row(
        "logs",
        f"training{accelerators}",
        suite="training",
        round="v4.0",
        benchmark="bert",
        scenario="",
        system_type="",
        location=f"ACME/results/{accelerators:g}x/bert",
        power=joules,
        power_unit="J/run",
        performance=joules / 1e4,
        performance_unit="s",
        accelerators=accelerators,
        run=f"run-{accelerators}",
    )


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of four rounds, trainings of two sizes, and a run of one's own."""
    made = tmp_path_factory.mktemp("trends") / "store"
    written(made)
    rounds = (("v2.0", 500.0), ("v2.1", 400.0), ("v3.0", 450.0))
    rows = [
        *(published(name, watts) for name, watts in rounds),
        published("v3.0", 200.0, system_name="New", accelerator=SXM.format("H100"), nodes=2.0),
        *(published(name, watts, "3d-unet-99") for name, watts in (("v1.1", 500.0), *rounds)),
        *(published(name, 100 * watts, "bert-99") for name, watts in rounds),
        *(published(name, 190 * watts, "bert-99.9") for name, watts in rounds),
        trained(8.0, 1e6),
        trained(64.0, 2e6),
    ]
    add_declared(made, rows, lambda every: {})
    return made


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        ((), ["resnet50 v2.0-3.0 4 2.000/J 5.000/J 2.50× v3.0?", "3d-unet-99, new v2.0-3.0 3"]),
        (
            ("best", "--benchmark", "resnet50"),
            ["v2.0 2.000/J ±? 1.00× 1 first ACME, 8× A100-SXM-80GB", "v2.1 2.500/J ±? 1.25×"],
        ),
        (("best", "--benchmark", "3d-unet"), ["not comparable with rounds before v2.0: another"]),
        (("software",), ["n = 8 changes (8 distinct pairs of measurements) of 1 machines"]),
        (("hardware",), ["A100 SXM H100 SXM 1 too few", "H100 SXM H200 SXM 0 none has both"]),
        (("scaling",), ["8 1.000 MJ 1.00×", "64 2.000 MJ 2.00× ±? 3 min 20 s 0.500× 6 % 1.00×"]),
        (("against", "performance"), ["lines: fewer than 3 results, or performance all alike"]),
        (("against", "nodes"), ["Energy efficiency against nodes"]),
        (("against", "accuracy"), ["n = 3 changes", "median -47.4 % (too few machines"]),
        (("against", "macs"), ["Energy of a multiply-accumulate operation (MAC)", "resnet50 4"]),
        (("mac", "--benchmark", "bert-99"), ["bert: 192 tokens"]),
        (("best", "--from", "v2.1", "--to", "v2.1"), ["v2.1", "that is no trend"]),
    ],
)
def test_what_is_answered(
    words: tuple[str, ...], lines: list[str], store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = said(capsys, *words, "--store", store)
    assert max(map(len, text.splitlines())) <= 80
    plain = re.sub(r"\s+", " ", text)
    for line in lines:
        assert line in plain, text
    for each in said(capsys, *words, "--store", store, "--json").splitlines():
        assert json.loads(each)["kind"]


def test_filters_choose(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--store", store, "--json", "--benchmark", "resnet50", "--to", "v2.1")
    found = [json.loads(line) for line in said(capsys, *words).splitlines()]
    assert [one["round"] for one in found] == ["v2.0", "v2.1"]
    assert found[1]["move"] == "higher, ± unknown"
    assert found[1]["best"]["per_joule"] == pytest.approx(2.5)
    assert "resnet50" in said(
        capsys, *words[:2], "--benchmark", "RESNET50", "--scenario", "offline"
    )
    everything = said(capsys, *words[:3], "--division", "all").splitlines()
    assert len(everything) > len(found)
    assert "Nothing of that" in said(capsys, "--store", store, "--division", "open")
    assert "Nothing of that" in said(capsys, "--store", store, "--suite", "tiny")


def test_a_run_of_ones_own_beside_the_record(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("--store", store, "--benchmark", "resnet50")
    claim = ("--with", f"{OWN}=resnet50/Offline")
    text = re.sub(r"\s+", " ", said(capsys, *asked, *claim))
    assert "the best of resnet50, Offline, datacenter, closed" in text
    assert "its owner says that it ran resnet50 Offline" in text
    refused = re.sub(r"\s+", " ", said(capsys, *asked, "--with", OWN))
    assert f"your run {OWN}/train is not laid over it: no line shown here is of" in refused
    for what in ("mac", "against performance"):
        (own,) = (
            one
            for line in said(capsys, *what.split(), *asked, *claim, "--json").splitlines()
            if (one := json.loads(line))["kind"] == "own"
        )
        assert own["count"] == 4
    picture, table = tmp_path / "a.svg", tmp_path / "a.csv"
    said(capsys, *asked, *claim, "--svg", picture, "--csv", table)
    assert "your run" in picture.read_text()
    with table.open() as file:
        assert [line["version"] for line in csv.DictReader(file)].count("own runs") == 1


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("software",), "name two with --with"),
        (("hardware",), "name two with --with"),
        (("scaling",), "its scale is not said, not training"),
    ],
)
def test_where_one_run_says_nothing(
    words: tuple[str, ...], why: str, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = (*words, "--store", store, "--with", f"{OWN}=resnet50/Offline")
    assert why in re.sub(r"\s+", " ", said(capsys, *asked))
    last = json.loads(said(capsys, *asked, "--json").splitlines()[-1])
    assert last["kind"] == "refused"


def test_a_published_run_is_found_by_its_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = tmp_path / "store"
    imported(training(tmp_path), made)
    behind = {name for entry in record(made) for name in entry.runs}
    every = {path.parent.name for path in made.glob("*/run.json")}
    name, other = min(behind), min(every - behind)
    assert "it was imported" in said(capsys, "--store", made, "--with", other, code=2)
    text = re.sub(r"\s+", " ", said(capsys, "--store", made, "--with", name))
    assert "your run" not in text
    assert "1.00× the best of bert, training, closed" in text
    assert "place 1 among 1" in text
    assert "published: it is among the results that it is compared with" in text


def test_a_rehearsal_is_refused(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Path(shutil.copytree(store, tmp_path / "store"))
    path = store / OWN / "run.json"
    run = json.loads(path.read_text())
    run["cautions"] = [{"code": "virtual", "detail": ""}]
    path.write_text(json.dumps(run))
    assert "instruments in software" in said(capsys, "--store", store, "--with", OWN, code=2)


def test_two_runs_of_ones_own_are_a_change(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Path(shutil.copytree(store, tmp_path / "store"))
    written(store, "20261123-224512-test-0002", started=1_800_000_000_000_000_000)
    two = [f"{name}=resnet50/Offline" for name in (OWN, "20261123-224512-test-0002")]
    asked = ("--store", store, "--with", two[0], "--with", two[1])
    text = re.sub(r"\s+", " ", said(capsys, "software", *asked))
    assert "+0.0 %" in text
    assert "of the 8 published" in text
    assert "the machine is the same" in re.sub(r"\s+", " ", said(capsys, "hardware", *asked))
    last = json.loads(said(capsys, "software", *asked, "--json").splitlines()[-1])
    assert last["kind"] == "own software"


def test_files_are_whole_or_not_at_all(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "a.svg"
    for words in (("best",), ("software",), ("scaling",), ("mac",), ("against", "performance")):
        said(capsys, *words, "--store", store, "--svg", picture, "--force")
        assert picture.read_text().startswith("<?xml")
    assert "exists" in said(capsys, "--store", store, "--svg", picture, code=2)
    nothing = ("hardware", "--store", store, "--csv", tmp_path / "b.csv")
    assert "nothing to draw" in said(capsys, *nothing, code=2)
    store = Path(shutil.copytree(store, tmp_path / "store"))
    many = [published("v3.0", 100.0, f"model{n}") for n in range(13)]
    add_declared(store, many, lambda every: {})
    said(capsys, "--store", store, "--csv", tmp_path / "c.csv")
    asked = ("--store", store, "--svg", tmp_path / "d.svg")
    assert "cannot be told apart" in said(capsys, *asked, code=2)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("against",), "there is no trend 'against'"),
        (("against", "colour"), "there is no trend 'against colour'"),
        (("software", "colour"), "software is shown against nothing"),
        (("--from", "spring"), "'spring' is no round"),
        (("--benchmark", "resnet"), "the record has no 'resnet'; it has resnet50"),
        (("--scenario", "Onstage"), "the record has no 'Onstage'; it has Offline"),
        (("--with", "nowhere"), "nowhere"),
    ],
)
def test_what_cannot_be_asked(
    words: tuple[str, ...], why: str, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = 2 if words[0] != "--with" else None
    capsys.readouterr()
    found = main(["trends", *words, "--store", str(store)])
    assert found == code or (code is None and found in (2, 4))
    assert why in capsys.readouterr().err


def test_an_empty_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "Nothing of that" in said(capsys, "--store", tmp_path)
    assert said(capsys, "--store", tmp_path, "--json") == ""
