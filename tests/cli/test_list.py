"""The list of runs, by words and page by page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from joulemark.cli import main
from joulemark.core.clock import NS
from tests.store.build import T0, written


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Five runs, the newest last by name."""
    for number in range(5):
        written(tmp_path, f"run-{number}", started=T0 + number * NS, close=number != 2)
    return tmp_path


def listed(capsys: pytest.CaptureFixture[str], store: Path, *words: str) -> list[str]:
    assert main(["list", *words, "--json", "--store", str(store)]) == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return [one["id"] for one in found]


def test_pages_of_the_list(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert listed(capsys, store, "-n", "2") == ["run-4", "run-3"]
    assert listed(capsys, store, "-n", "2", "--skip", "2") == ["run-2", "run-1"]
    assert listed(capsys, store, "--skip", "4") == ["run-0"]
    assert listed(capsys, store, "--skip", "9") == []


def test_runs_by_words(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert listed(capsys, store, "Interrupted") == ["run-2"]
    assert listed(capsys, store, "a test", "run-3") == ["run-3"]
    assert listed(capsys, store, "nothing") == []


def test_the_list_says_how_many_it_does_not_show(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words, last in (
        ((), f"5 in {store}"),
        (("-n", "2"), f"2 of 5 in {store}"),
        (("complete", "-n", "1"), f"1 of 4 in {store}"),
        (("nothing",), f"no such runs in {store}"),
        (("--skip", "9"), f"no such runs in {store}"),
    ):
        assert main(["list", *words, "--store", str(store)]) == 0
        assert capsys.readouterr().out.replace("\n", "").endswith(last)
    assert main(["list", "--store", str(store / "none")]) == 0
    assert capsys.readouterr().out.startswith("no runs in")


def test_only_whole_numbers_are_pages(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        main(["list", "-n", "0"])
    assert raised.value.code == 2
    assert "'0' is not a whole number of at least 1" in capsys.readouterr().err


def test_a_title_moves_no_terminal(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = store / "run-4" / "run.json"
    record.write_text(record.read_text().replace("a test", "\\u001b[31mred\\u202e"))
    assert main(["list", "--store", str(store)]) == 0
    said = capsys.readouterr().out
    assert "red" in said
    assert not {"\x1b", "\u202e"} & set(said)
