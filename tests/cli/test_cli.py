"""The command line: verbs, exit codes, what is printed where."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from joulemark.cli import VERBS, main

BUSY = "import time; end = time.monotonic() + 0.2\nwhile time.monotonic() < end: pass"
RUN = ["--meter", "estimate", "--period", "0.02"]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Return a store that holds one run."""
    folder = tmp_path / "runs"
    words = ["run", *RUN, "--idle", "0.2", "--title", "busy loop", "--store", str(folder), "--"]
    assert main([*words, sys.executable, "-c", BUSY]) == 0
    return folder


def shown(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    capsys.readouterr()
    assert main(list(words)) == 0
    return json.loads(capsys.readouterr().out)


def test_help_lists_every_verb_and_each_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 80
    for verb in VERBS:
        assert f"  {verb} " in text
        with pytest.raises(SystemExit) as raised:
            main([verb, "--help"])
        assert raised.value.code == 0
        said = capsys.readouterr().out
        assert "examples:" in said
        assert f"joulemark {verb}" in said


@pytest.mark.parametrize("verb", [*VERBS, "bench serving", "bench tiny", "virtual serving"])
def test_help_is_80_columns_wide(
    verb: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        main([*verb.split(), "--help"])
    assert [line for line in capsys.readouterr().out.splitlines() if len(line) > 80] == []


def test_version_and_wrong_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("joulemark ")
    assert main(["shwo"]) == 2
    assert "did you mean 'show'?" in capsys.readouterr().err
    assert main(["zzz"]) == 2
    assert "choose from" in capsys.readouterr().err
    with pytest.raises(SystemExit) as raised:
        main(["run", "--idle", "soon", "--", "true"])
    assert raised.value.code == 2
    assert "'soon' is not a duration" in capsys.readouterr().err


def test_run_then_show_as_table_and_json(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "--store", str(store)]) == 0
    table = capsys.readouterr().out
    assert max(map(len, table.splitlines())) <= 80
    assert "busy loop" in table
    assert "estimated" in table

    run = shown(capsys, "show", "last", "--json", "--store", str(store))
    (phase,) = [p for p in run["phases"] if p["phase"] == "run"]
    for name in ("energy_j", "average_power_w", "energy_per_unit"):
        assert phase[name]["value"] > 0
        assert phase[name]["u95"] > 0
    assert phase["provenance"] == "estimated"
    assert 0.99 <= phase["coverage"] <= 1
    assert "estimated" in {w["code"] for w in phase["warnings"]}
    assert phase["energy_j"]["value"] == pytest.approx(
        phase["average_power_w"]["value"] * phase["duration_s"], rel=1e-6
    )


def test_list_verify_export_report(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (one,) = shown(capsys, "list", "--json", "--store", str(store))
    assert main(["list", "--store", str(store)]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80

    assert main(["show", one["id"][:15], "--verify", "--budget", "--store", str(store)]) == 0
    said = capsys.readouterr()
    assert "checksums hold" in said.err
    assert "model" in said.out

    for kind in ("json", "csv", "parquet"):
        target = tmp_path / f"samples.{kind}"
        words = ["export", "last", "--format", kind, "-o", str(target), "--store", str(store)]
        assert main(words) == 0
        assert target.stat().st_size > 0
        assert main(words) != 0, "an existing file is not replaced without --force"
    page = tmp_path / "page.html"
    assert main(["report", "-o", str(page), "--store", str(store)]) == 0
    assert "busy loop" in page.read_text()
    assert main(["report", "-o", str(page), "--store", str(store)]) == 2
    assert main(["report", "-o", str(page), "--force", "--store", str(store)]) == 0


def test_a_changed_run_is_not_trusted(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (path,) = store.iterdir()
    record = path / "run.json"
    record.write_text(record.read_text().replace("busy loop", "idle loop"))
    assert main(["show", "--verify", "--store", str(store)]) == 4
    assert "run.json" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["show", "nothing"], 2, "nothing"),
        (["run", "--"], 2, "no command"),
        (["run", "--meter", "magic", "--", "true"], 2, "no meter is called 'magic'"),
        (["run", "--meter", "rapl:root=/nowhere", "--", "true"], 3, "/nowhere"),
        (["run", *RUN, "--", "./no-such-command"], 127, "not found"),
        (["run", *RUN, "--period", "1us", "--", "true"], 2, "period"),
        (["bench", "nothing", "--quick"], 2, "no workload is called 'nothing'"),
        (["bench", "vision", "--model", "AlexNet"], 2, "AlexNet"),
        (["bench", "vision", "--scenario", "Sometimes", "--quick"], 2, "Sometimes"),
    ],
)
def test_errors_are_one_clear_line(
    words: list[str], code: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    verb, *rest = words
    split = rest.index("--") if "--" in rest else len(rest)
    assert main([verb, *rest[:split], "--store", str(tmp_path / "s"), *rest[split:]]) == code
    captured = capsys.readouterr()
    assert said in captured.err
    assert "Traceback" not in captured.err
    assert len(captured.err.strip().splitlines()) == 1


def test_meters_prints_a_table_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    found = shown(capsys, "meters", "estimate", "rapl", "--watch", "0.05", "--json")
    assert [meter["meter"] for meter in found] == ["estimate", "rapl"]
    assert main(["meters", "estimate", "--watch", "0.05"]) == 0
    assert "estimated" in capsys.readouterr().out


def test_a_closed_pipe_is_no_traceback(store: Path) -> None:
    command = f"{sys.executable} -m joulemark show --json --store {store} | true"
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False
    )
    assert "Traceback" not in done.stderr


def test_an_error_that_quotes_others_moves_no_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", "\x1b[31mred\u202e", "--store", str(tmp_path)]) != 0
    said = capsys.readouterr().err
    assert "red" in said
    assert not {"\x1b", "\u202e"} & set(said)


def test_output_that_is_ascii_alone_is_shown_all_the_same(store: Path) -> None:
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    words = [sys.executable, "-m", "joulemark", "show", "--store", str(store)]
    done = subprocess.run(words, capture_output=True, env=env, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"?" in done.stdout
