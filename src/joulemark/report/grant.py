"""The answer of ``joulemark meters --fix``: every file, whole, and every command, before it is."""

from __future__ import annotations

import shlex
import textwrap
from pathlib import Path
from typing import IO, Any

from joulemark.procedures.grant import Grant
from joulemark.procedures.granting import Command, Undo, under

WIDTH = 80


def grant_json(granted: Grant, root: Path) -> dict[str, Any]:
    """Return what would be written and run, as JSON values."""
    return {
        "files": [
            {"path": str(under(root, file.path)), "link": file.link, "text": file.text}
            for file in granted.files
        ],
        "commands": [list(command) for command in granted.commands],
        "notes": list(granted.notes),
    }


def undo_json(planned: Undo, root: Path) -> dict[str, Any]:
    """Return what would be removed and run, as JSON values."""
    return {
        "removed": [str(under(root, path)) for path in planned.files],
        "kept": [str(under(root, path)) for path in planned.kept],
        "commands": [list(command) for command in planned.commands],
    }


def print_grant(granted: Grant, root: Path, file: IO[str] | None = None) -> None:
    """Print what would be written and run."""
    print("So that the energy counters can be read without root, also after the next", file=file)
    print("start of this machine, these files are written:", file=file)
    for one in granted.files:
        path = under(root, one.path)
        if one.link:
            print(f"\n--- {path}\n--- (a link to {one.text})", file=file)
        else:
            print(f"\n--- {path}\n{one.text}", end="", file=file)
    _commands(granted.commands, file)
    for note in granted.notes:
        print(f"\n{textwrap.fill(note, WIDTH)}", file=file)


def print_undo(planned: Undo, root: Path, file: IO[str] | None = None) -> None:
    """Print what would be removed and run."""
    print("These files are removed:", file=file)
    for path in planned.files:
        print(f"  {under(root, path)}", file=file)
    if planned.kept:
        print("\nThese were changed since they were written, and stay:", file=file)
        for path in planned.kept:
            print(f"  {under(root, path)}", file=file)
    _commands(planned.commands, file)


def print_failed(failed: list[tuple[Command, str]], file: IO[str] | None = None) -> None:
    """Print the commands that failed; the files are as they were shown all the same."""
    for command, said in failed:
        print(f"failed: {shlex.join(command)}: {said}", file=file)
    if failed:
        print("The files are as shown: it holds from the next start on.", file=file)


def _commands(commands: tuple[Command, ...], file: IO[str] | None) -> None:
    if commands:
        print("\nThen these commands are run, so that it holds now:", file=file)
    for command in commands:
        line = shlex.join(command)
        indented = textwrap.wrap(
            line,
            WIDTH - 4,
            initial_indent="  ",
            subsequent_indent="    ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        print(" \\\n".join(indented), file=file)
