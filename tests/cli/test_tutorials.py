"""What the tutorials show is what the commands print."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from joulemark.cli import main
from tests.example_tree import ROUND, write

TUTORIAL = Path(__file__).parents[2] / "docs/tutorials/review-an-mlperf-power-submission.md"
LEFT_OUT = "…"


def shown(page: Path = TUTORIAL) -> list[tuple[str, list[str]]]:
    """Return each command whose output is shown, and the lines of it."""
    blocks = re.findall(r"(?:^(?: {4}.*)?\n)+", page.read_text(), re.MULTILINE)
    found = []
    for block in blocks:
        first, *lines = [line.removeprefix("    ") for line in block.strip("\n").split("\n")]
        if first.startswith("$ joulemark "):
            found.append(
                (first.removeprefix("$ joulemark "), [each for each in lines if each != LEFT_OUT])
            )
    return found


def test_it_shows_some() -> None:
    assert [command.split()[0] for command, _ in shown()] == [
        "check",
        "import",
        "explain",
        "check",
        "check",
    ]


@pytest.mark.parametrize(("command", "lines"), shown(), ids=[c for c, _ in shown()])
def test_what_it_shows_is_printed(
    command: str,
    lines: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("JOULEMARK_STORE", raising=False)
    assert write(Path()) == Path(ROUND)
    main([*shlex.split(command), *(["--jobs", "1"] if "explain" not in command else [])])
    said = capsys.readouterr()
    printed = _squeezed(said.out + said.err).replace(_squeezed(str(tmp_path)), ".")
    for line in lines:
        assert _squeezed(line) in printed


def _squeezed(text: str) -> str:
    """Return text without white space: long paths are folded where the terminal ends."""
    return "".join(text.split())


TINY = TUTORIAL.with_name("energy-of-a-tiny-board.md")
PUBLISHED = Path(__file__).parents[3] / "shared/data/mlcommons/tiny_results_v1.1"


@pytest.mark.parametrize(("command", "lines"), shown(TINY), ids=[c for c, _ in shown(TINY)])
def test_what_the_page_on_tiny_boards_shows_is_printed(
    command: str,
    lines: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("JOULEMARK_STORE", raising=False)
    if PUBLISHED.name in command:
        if not PUBLISHED.exists():
            pytest.skip("the published results are not here")
        Path(PUBLISHED.name).symlink_to(PUBLISHED)
    if command.startswith("score out"):
        main(["bench", "tiny", "--virtual", "--model", "kws", "--output", "out"])
    main([*shlex.split(command), *(["--jobs", "1"] if command.startswith("score") else [])])
    printed = _squeezed(capsys.readouterr().out)
    for line in lines:
        assert _squeezed(line) in printed
