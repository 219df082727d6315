"""The tutorial on requests: its commands are ones, its sweep is one, its targets exist."""

from __future__ import annotations

import re
import shlex
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import pytest

from joulemark.tune.sweep_plan import read_plan
from joulemark.workloads import llama_cpp

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "docs/tutorials/what-does-a-request-cost.md"


def commands() -> list[list[str]]:
    """Return the words of every command that is shown, continued lines as one."""
    lines = re.findall(r"^ {4}(.*)$", TUTORIAL.read_text(), re.MULTILINE)
    joined = "\n".join(lines).replace("\\\n", " ").splitlines()
    shown = [line.removeprefix("$ ") for line in joined if line.startswith("$ ")]
    return [shlex.split(line, comments=True) for line in shown]


def of(first: str) -> list[list[str]]:
    """Return the commands of one program."""
    return [words for words in commands() if words[0] == first]


def understood(words: Sequence[str]) -> Namespace:
    """Return what the command line makes of a command."""
    module = import_module(f"joulemark.cli.verbs.{words[1]}")
    parser = ArgumentParser(allow_abbrev=False, exit_on_error=False)
    given = list(words[2:])
    module.arguments(parser, given)
    return parser.parse_args(given)


@pytest.mark.parametrize("words", of("joulemark"), ids=" ".join)
def test_its_commands_are_understood(words: list[str]) -> None:
    understood(words)


def test_its_make_targets_exist() -> None:
    made = (ROOT / "Makefile").read_text()
    targets = [words[1] for words in of("make")]
    assert targets == ["serving"]
    assert all(re.search(rf"^{target}:", made, re.MULTILINE) for target in targets)


def test_its_models_and_servers_are_ones() -> None:
    modules = {words[2] for words in of("python3")}
    assert modules == {"joulemark.workloads.random_model", "joulemark.workloads.llama_cpp"}
    from joulemark.workloads.random_model.__main__ import _parser

    for words in of("python3"):
        parser = _parser() if words[2].endswith("random_model") else llama_cpp._parser()
        parser.parse_args(words[3:])


def test_its_sweep_is_one(tmp_path: Path) -> None:
    text = TUTORIAL.read_text().partition("`serving.toml`:")[2].partition("\n    $")[0]
    file = tmp_path / "serving.toml"
    file.write_text("\n".join(re.findall(r"^(?: {4}(.*))?$", text, re.MULTILINE)))
    plan = read_plan(file)
    (axis,) = plan.axes
    assert (axis.name, list(axis.values)) == ("concurrency", [1, 2, 4, 8, 16, 32])
    place = plan.command.index("--")
    server = plan.command[place + 1 :]
    assert server[:3] == ("python3", "-m", "joulemark.workloads.llama_cpp")
    llama_cpp._parser().parse_args(server[3:])
    asked = [word.replace("{concurrency}", "8") for word in plan.command]
    told = understood(asked)
    assert (told.concurrency, told.lasting, told.server[:3]) == (8, 12.0, list(server[:3]))
