"""What the tutorial on training energy shows is printed, and its commands are ones."""

from __future__ import annotations

import re
import shlex
from argparse import ArgumentParser
from importlib import import_module
from pathlib import Path

import pytest

from joulemark.cli import main
from tests import example_agents

TUTORIAL = Path(__file__).parents[2] / "docs/tutorials/energy-to-train.md"
LEFT_OUT = "…"
PUBLISHED = Path(__file__).parents[3] / "shared/data/mlcommons/training_results_v4.0"


def blocks() -> list[list[str]]:
    """Return the lines of each block of commands and answers."""
    found = re.findall(r"(?:^(?: {4}.*)?\n)+", TUTORIAL.read_text(), re.MULTILINE)
    return [
        [line.removeprefix("    ") for line in block.strip("\n").split("\n")] for block in found
    ]


def test_what_it_shows_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    example_agents.write(Path())
    shown = [block for block in blocks() if block[0].startswith("$ joulemark gather ")]
    assert len(shown) == 1
    first, *lines = shown[0]
    assert main(shlex.split(first)[2:]) == 1
    printed = _squeezed(capsys.readouterr().out)
    for line in lines:
        assert line == LEFT_OUT or _squeezed(line) in printed
    for path in re.findall(r"mine/us/\S+", TUTORIAL.read_text()):
        assert Path(path).is_file()


@pytest.mark.parametrize("verb", ["score", "check", "explain", "import"])
def test_what_it_shows_of_published_results_is_printed(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if not PUBLISHED.exists():
        pytest.skip("the published results are not here")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("JOULEMARK_STORE", raising=False)
    Path(PUBLISHED.name).symlink_to(PUBLISHED)
    text = "\n".join("\n".join(block) for block in blocks())
    command, _, rest = text.partition(f"$ joulemark {verb} ")[2].partition("\n")
    hands = [] if verb == "explain" else ["--jobs", "1"]
    main([verb, *shlex.split(command), *hands])
    printed = _squeezed(capsys.readouterr().out).replace(_squeezed(str(tmp_path)), ".")
    shown = re.split(r"\n\$ |\n(?=joulemark )", rest)[0].split("\n")
    assert len(shown) > 1
    for line in shown:
        assert line == LEFT_OUT or _squeezed(line) in printed


def _squeezed(text: str) -> str:
    return "".join(text.split())


def commands() -> list[list[str]]:
    """Return the words of each command of joulemark, wherever it stands in its line."""
    lines = "\n".join(line for block in blocks() for line in block).replace("\\\n", " ")
    found = re.findall(r"joulemark (?:agent|gather) [^\n─#]*", lines)
    return [shlex.split(each) for each in found if "--" in each]


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_its_commands_are_understood(words: list[str]) -> None:
    module = import_module(f"joulemark.cli.verbs.{words[1]}")
    parser = ArgumentParser(allow_abbrev=False, exit_on_error=False)
    module.arguments(parser, words[2:])
    parser.parse_args(words[2:])
