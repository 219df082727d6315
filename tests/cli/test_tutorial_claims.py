"""The tutorial on claims: its commands are ones, and its claims can be asked."""

from __future__ import annotations

import re
import shlex
from argparse import ArgumentParser
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest

from joulemark.analysis.claims.claim import read_claims
from joulemark.cli import main
from joulemark.store.declared import add_declared
from tests.analysis.claims.tables import logs, table

TUTORIAL = Path(__file__).parents[2] / "docs/tutorials/is-this-claim-true.md"
SHOWN = 3


def lines() -> list[str]:
    """Return the indented lines."""
    found = [line for line in TUTORIAL.read_text().splitlines() if line.startswith("    ")]
    return [line.removeprefix("    ") for line in found]


def claims(folder: Path) -> Path:
    """Write the file of claims that it shows."""
    text = TUTORIAL.read_text().partition("This is `claims.toml`:")[2].partition("`growth` is")[0]
    path = folder / "claims.toml"
    path.write_text(re.sub(r"^ {4}", "", text, flags=re.MULTILINE))
    return path


def commands() -> list[list[str]]:
    found = (line.removeprefix("$ ").partition("#")[0] for line in lines())
    return [shlex.split(line) for line in found if line.startswith("joulemark ")]


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_its_commands_are_understood(words: list[str]) -> None:
    verb = "import_" if words[1] == "import" else words[1]
    module = import_module(f"joulemark.cli.verbs.{verb}")
    parser = ArgumentParser(allow_abbrev=False, exit_on_error=False)
    module.arguments(parser, words[2:])
    parser.parse_args(words[2:])


def test_its_claims_are_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("JOULEMARK_STORE", raising=False)
    asked = read_claims(claims(tmp_path)).claims
    assert len(asked) == SHOWN
    rows = [
        replace(row, kind="cm-result", system_type="edge", location=row.identity.replace("\0", "/"))
        for row in logs(table())
    ]
    add_declared(Path("joulemark-runs"), rows, lambda every: {})
    assert main(["audit", "--claims", "claims.toml"]) == 1
    text = capsys.readouterr().out
    shown = "\n".join(lines())
    for one in asked:
        assert one.id in text
        assert f"{one.id}" in shown.partition("$ joulemark audit")[2]
    assert "does not follow" in text
