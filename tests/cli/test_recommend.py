"""joulemark recommend and frontier: wiring, output, exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from joulemark.cli import main
from tests.formats.mlenergy import build

TABLE = "model,batch,p99_s,joules\na,1,0.1,10\na,8,0.2,5\nb,1,0.1,20\n"


@pytest.fixture
def tree(tmp_path: Path) -> str:
    """Return a folder of results."""
    return str(build.whole(tmp_path / "results"))


@pytest.fixture
def table(tmp_path: Path) -> str:
    """Return a table."""
    path = tmp_path / "sweep.csv"
    path.write_text(TABLE)
    return str(path)


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    """Return what the command prints."""
    capsys.readouterr()
    assert main(list(words)) == code
    return capsys.readouterr().out


def found(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> list[dict[str, Any]]:
    """Return what ``recommend --json`` prints."""
    value: list[dict[str, Any]] = json.loads(said(capsys, "recommend", *words, "--json", code=code))
    return value


def test_all_groups(tree: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "recommend", tree, "--tpot", "100ms", "--latency", "5s")
    assert "ML.ENERGY V2 · chat" in text
    groups = found(capsys, tree, "--tpot", "100ms", "--latency", "5s")
    by_name = {(one["source"], one["task"]): one for one in groups}
    assert len(groups) == 6
    chat = by_name["ML.ENERGY V2", "chat"]
    assert chat["recommended"]["config"]["max_num_seqs"] == 32
    assert chat["time"]["metric"] == "tpot_mean"
    assert by_name["ML.ENERGY V3", "lm-arena-chat"]["time"]["metric"] == "itl_p50"
    assert by_name["ML.ENERGY V2", "text-to-image"]["recommended"]["unit"] == "J/image"
    assert by_name["ML.ENERGY V3", "text-to-video"]["recommended"] is None


def test_a_target_that_only_some_groups_hold(tree: str, capsys: pytest.CaptureFixture[str]) -> None:
    groups = found(capsys, tree, "--tpot-p99", "100ms")
    chosen = [one["source"] for one in groups if one["recommended"]]
    assert chosen == ["ML.ENERGY V3 run"]
    reasons = {one["task"]: one["reason"] for one in groups if one["source"] == "ML.ENERGY V2"}
    assert "there is mean time per output token (--tpot-mean)" in reasons["chat"]
    with pytest.raises(SystemExit):
        main(["recommend", tree, "--tbt", "1s"])


def test_nobody_holds_it(tree: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recommend", tree, "--group", "V2/*", "--ttft-p99=1s"]) == 2
    assert "is not in the data; there is" in capsys.readouterr().err
    assert main(["recommend", tree, "--group", "nothing*"]) == 2
    assert "no group is called 'nothing*'" in capsys.readouterr().err
    assert main(["recommend", tree, "--group", "V2/chat/*", "--tpot", "1ms"]) == 1


def test_per_token_and_budget(tree: str, capsys: pytest.CaptureFixture[str]) -> None:
    groups = found(
        capsys, tree, "--per", "token", "--group", "*/lm-arena-chat/*", "--itl-p90", "1s"
    )
    assert {one["energy"]["unit"] for one in groups} == {"J/token"}
    (image,) = found(
        capsys, tree, "--per", "token", "--group", "V2/text-to-image/*", "--group", "V2/chat/*"
    )[1:]
    assert "it counts no tokens" in image["reason"]
    (chat,) = found(capsys, tree, "--group", "V2/chat/*", "--budget", "40J")
    assert chat["rule"] == "least time within the budget"
    assert chat["recommended"]["energy"] <= 40
    (chat,) = found(capsys, tree, "--group", "V2/chat/*", "--assume", "5%", "--confidence", "0.9")
    assert chat["uncertainty"] is True


def test_single_files_and_what_cannot_be_read(
    tree: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(Path(tree) / "data" / build.V2_LLM.format(8))
    (one,) = found(capsys, file)
    assert one["task"] == "chat"
    for number in range(7):
        (Path(tree) / f"data/bs{number}.json").write_text("{")
    assert main(["recommend", tree]) == 0
    err = capsys.readouterr().err
    assert "left out: data/bs0.json:1: no JSON" in err
    assert "left out: 2 more" in err
    empty = Path(tree) / "empty"
    empty.mkdir()
    assert main(["recommend", str(empty)]) == 4
    assert "no result of ML.ENERGY" in capsys.readouterr().err
    (empty / "results.json").write_text("[")
    assert main(["recommend", str(empty / "results.json")]) == 4
    assert main(["recommend", str(empty / "gone")]) == 2


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--confidence", "most"], "is no share"),
        (["--confidence", "20%"], "below 50 %"),
        (["--assume", "2"], "is no share"),
        (["--budget", "5 apples"], "is not a quantity in J"),
        (["--at-most", "x=y"], "is no NAME=NUMBER"),
        (["--at-most", "x=1"], "no metric 'x'"),
        (["--x", "p99_s"], "needs both --x and --y"),
    ],
)
def test_wrong_arguments(
    tree: str, capsys: pytest.CaptureFixture[str], words: list[str], why: str
) -> None:
    assert main(["recommend", tree, *words]) == 2
    assert why in capsys.readouterr().err


def test_any_table(table: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = (table, "--x", "p99_s", "--y", "joules", "--by", "model")
    first, second = found(capsys, *words, "--at-most", "p99_s=0.25", "--default", "batch 1")
    assert first["recommended"]["name"] == "batch 8"
    assert first["saving_vs_default"] == pytest.approx(0.5)
    assert second["model"] == "b"
    budget = found(capsys, *words, "--budget", "7")
    assert budget[0]["recommended"]["energy"] == 5
    assert budget[1]["recommended"] is None
    assert main(["recommend", table, "--x", "nothing", "--y", "joules"]) == 2


def test_frontiers(
    tree: str, table: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "Frontier: " in said(capsys, "frontier", tree, "--group", "V2/*")
    groups = json.loads(said(capsys, "frontier", tree, "--json"))
    assert all(one["frontier"] for one in groups)
    pages = tmp_path / "pages"
    words = ("frontier", table, "--x", "p99_s", "--y", "joules", "--html", str(pages))
    assert said(capsys, *words) == ""
    assert len(list(pages.iterdir())) == 2
    said(capsys, *words, code=2)
    said(capsys, *words, "--force")
