"""``joulemark sweep`` as it is typed, and its table in ``frontier``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from joulemark.cli import main
from tests.tune.test_sweep import plan_text
from tests.tune.told import plan_text as served_text


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def test_from_a_file_to_a_frontier(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "work.toml"
    path.write_text(plan_text())
    assert main(["sweep", str(path), "--dry-run"]) == 0
    assert "block 1  n=" in capfd.readouterr().out
    assert main(["sweep", str(path), "--dry-run", "--json"]) == 0
    assert len(json.loads(capfd.readouterr().out)["order"]) == 2
    assert main(["sweep", str(path), "--store", str(tmp_path / "runs")]) == 0
    shown = capfd.readouterr()
    assert "energy is estimated" in shown.out
    assert "2 of 2 done, 0 failed" in shown.out
    assert max(map(len, shown.out.splitlines())) <= 80 or str(tmp_path) in shown.out
    assert "joulemark: 2/2" in shown.err
    words = ["--x", "p99_s", "--y", "energy_j", "--json"]
    for table in (tmp_path / "work.sweep", tmp_path / "work.sweep" / "points.csv"):
        assert main(["frontier", str(table), *words]) == 0
        (group,) = json.loads(capfd.readouterr().out)
        assert group["frontier"]
    words = ["--x", "p99_s", "--y", "energy_j", "--at-most", "p99_s=0.15"]
    assert main(["recommend", str(tmp_path / "work.sweep"), *words]) == 0
    assert sys.executable in capfd.readouterr().out.replace("\n", "").replace(" ", "")


def test_exit_codes_and_json(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "work.toml"
    path.write_text(plan_text(fails=2))
    words = ["sweep", str(path), "--store", str(tmp_path / "runs"), "--json"]
    assert main(words) == 1
    told = json.loads(capfd.readouterr().out)
    assert (told["points"], told["done"], told["failed"], len(told["rows"])) == (2, 1, 1, 1)
    assert main(words) == 2
    assert "--resume" in capfd.readouterr().err
    assert main(["sweep"]) == 2
    assert main(["sweep", str(tmp_path / "none.toml")]) == 4
    path.write_text(plan_text().replace("p.99", "p.98"))
    assert main(["sweep", str(path), "--out", str(tmp_path / "o"), "--store", str(tmp_path)]) == 1
    assert "no point was done" in capfd.readouterr().err


def test_restoring(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep", "--restore"]) == 0
    assert "nothing is left" in capfd.readouterr().out
    folder = tmp_path / "state" / "joulemark" / "knobs"
    folder.mkdir(parents=True)
    (folder / "1-a.knobs").write_text("[]\n")
    assert main(["sweep", "--restore"]) == 1
    path = tmp_path / "work.toml"
    path.write_text(plan_text())
    assert main(["sweep", str(path), "--store", str(tmp_path / "runs")]) == 3
    assert "--restore" in capfd.readouterr().err
    (folder / "1-a.knobs").write_text("")
    assert main(["sweep", "--restore"]) == 0
    assert "put back what 1 left" in capfd.readouterr().out


def test_recommending_from_a_sweep_of_serving(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "served.toml"
    path.write_text(served_text(16, "default = {concurrency = 1}"))
    folder = str(tmp_path / "served.sweep")
    assert main(["sweep", str(path), "--store", str(tmp_path / "runs")]) == 1
    capfd.readouterr()
    assert main(["recommend", folder, "--tpot-p99", "100ms", "--json"]) == 0
    (group,) = json.loads(capfd.readouterr().out)
    assert (group["source"], group["task"], group["model"]) == (folder, "serving", "m")
    assert (group["time"]["metric"], group["energy"]["metric"]) == (
        "tpot_p99",
        "energy_per_request",
    )
    best = group["recommended"]
    assert best["config"] == {"concurrency": 8}
    assert (best["gpu"], best["gpus"], best["unit"]) == (None, None, "J/request")
    assert best["energy_u95"] == pytest.approx(6)
    assert Path(best["runs"][0]).is_dir()
    assert group["saving_vs_default"] == group["saving_vs_fastest"] == pytest.approx(1 - 60 / 410)
    assert group["provenance"] == "estimated"
    assert main(["recommend", folder, "--tpot-p90", "100ms"]) == 2
    assert "there is p99 time per output token (--tpot-p99)" in capfd.readouterr().err
    assert main(["recommend", folder, "--per", "token", "--goodput", "2"]) == 0
    shown = capfd.readouterr().out
    assert "good requests per second at least 2.000" in shown
    assert "Energy is estimated." in shown
    bounds = [
        "--at-least",
        "goodput_requests_per_s=2",
        "--at-most",
        "ttft_p99_s=1",
        "--budget",
        "9kJ",
    ]
    assert main(["recommend", folder, *bounds]) == 0
    assert main(["recommend", folder, "--at-least", "ttft_p99_s=2"]) == 2
    assert "less of ttft_p99 is better" in capfd.readouterr().err
    assert main(["recommend", folder, "--at-most", "goodput_requests_per_s=2"]) == 2
    assert "write --at-least" in capfd.readouterr().err
    assert main(["recommend", folder, "--at-least", "x"]) == 2


def test_pages_of_a_sweep_and_of_its_runs(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "work.toml"
    path.write_text(plan_text())
    assert main(["sweep", str(path), "--store", str(tmp_path / "runs")]) == 0
    words = ["frontier", str(tmp_path / "work.sweep"), "--html", str(tmp_path / "pages"), "--runs"]
    assert main(words) == 0
    runs = [run.name for run in (tmp_path / "runs").iterdir()]
    texts = [page.read_text() for page in (tmp_path / "pages").glob("*-work-sweep-*.html")]
    assert len(texts) == 2, "energy of an item, and of a whole command"
    for name in runs:
        assert (tmp_path / "pages" / "runs" / f"{name}.html").is_file()
        assert all(f'href="runs/{name}.html"' in text for text in texts)
    assert main(words) == 2
    assert "exists already" in capfd.readouterr().err
    assert main(["frontier", str(tmp_path / "work.sweep"), "--runs"]) == 2


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ('url = "http://127.0.0.1:1"\nno-such-flag = 1', "--no-such-flag"),
        ("requests = 5", "the server is not told"),
        ('url = "http://127.0.0.1:1"\nrate = 5', "--concurrency has no effect"),
        ('url = "http://127.0.0.1:1"\nslo-ttft = "soon"', "soon"),
    ],
)
def test_a_mistake_in_the_load_is_told_before_anything_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], fields: str, said: str
) -> None:
    path = tmp_path / "serving.toml"
    path.write_text(
        f'title = "t"\n[serving]\nmodel = "m"\n{fields}\n[axes]\nconcurrency = [1, 2]\n'
    )
    assert main(["sweep", str(path)]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "serving.sweep").exists()
