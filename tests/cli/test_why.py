"""joulemark why: runs of serving, published configurations, and what it refuses."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from joulemark.cli import main
from joulemark.procedures.session import Options
from joulemark.virtual.serving.script import Script
from joulemark.virtual.serving.server import ScriptedServer
from joulemark.virtual.serving.wrongs import Wrongs
from tests.formats.mlenergy import build
from tests.procedures.serving.test_bench_serving import measured


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    capsys.readouterr()
    assert main(["why", *words]) == code
    out = capsys.readouterr()
    return out.out if code == 0 else out.err


@pytest.fixture
def published(tmp_path: Path) -> str:
    """Return a folder of results."""
    return str(build.whole(tmp_path / "results"))


def test_runs_of_ones_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for tokens in (4, 8):
        script = Script(first_s=0.002, step_s=0.001, least=tokens, most=tokens)
        server = ScriptedServer(script, Wrongs(()))
        try:
            measured(server, tmp_path)
        finally:
            server.close()
    names = sorted(path.name for path in tmp_path.iterdir())
    words = (*names, "--store", str(tmp_path))
    told: dict[str, Any] = json.loads(said(capsys, *words, "--json"))
    assert math.prod(one["ratio"] for one in told["factors"]) == pytest.approx(told["ratio"])
    found = {one["name"]: one for one in told["factors"]}
    assert told["ratio"] == pytest.approx(told["b"]["energy_j"] / told["a"]["energy_j"], rel=1e-9)
    assert found["tokens"]["ratio"] == pytest.approx(2)
    assert found["power"]["ratio"] == pytest.approx(1, rel=0.02)
    assert found["power"]["low"] < 1 < found["power"]["high"]
    assert "software" not in told["changed"]
    text = said(capsys, *words)
    assert "answers are longer" in text
    assert max(map(len, text.splitlines())) <= 80
    assert "named twice" in said(capsys, names[0], names[0], "--store", str(tmp_path), code=2)
    assert "nothing to compare" in said(capsys, names[0], "--store", str(tmp_path), code=2)


def test_other_runs_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from joulemark.procedures.session import Session
    from tests.procedures.fakes import Steady

    options = Options(store=tmp_path, objects=[Steady()], period_s=0.01, idle_s=0.02)
    with Session("command", "a", options, {}) as session:
        session.idle(None)
    (name,) = (path.name for path in tmp_path.iterdir())
    text = said(capsys, name, "--store", str(tmp_path), code=2)
    assert "no run of serving" in text
    assert "joulemark compare" in text


def test_published_configurations(published: str, capsys: pytest.CaptureFixture[str]) -> None:
    chat = (published, "--group", "V3/lm-arena-chat/*")
    points = ("--point", "1×B200 batch 8", "--point", "*batch 64*")
    told = json.loads(said(capsys, *chat, *points, "--json"))
    assert math.prod(one["ratio"] for one in told["factors"]) == pytest.approx(told["ratio"])
    assert told["owed_to"] == "load"
    assert "Only the load differs" in said(capsys, *chat, *points)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--point", "*batch 9999*", "--point", "x"), "fits none"),
        (("--point", "*"), "fits several"),
        (("--group", "nothing/*", "--point", "*"), "there are none"),
        (
            ("--point", "small 1×H100 batch 8", "--point", "small 1×B200 batch 8"),
            "two generations",
        ),
    ],
)
def test_points_that_make_no_sense(
    published: str, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], reason: str
) -> None:
    assert reason in " ".join(said(capsys, published, *words, code=2).split())
