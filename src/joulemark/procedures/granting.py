"""Doing and undoing what :mod:`joulemark.procedures.grant` says; nothing else is touched."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joulemark.core.errors import FormatError, PermissionNeededError, StoreError, UnavailableError
from joulemark.procedures import grant as what
from joulemark.procedures.grant import Grant, Written

Command = tuple[str, ...]
Run = Callable[[Command], str]
"""Runs a command; returns what went wrong, nothing if it went well."""

OURS = (what.RULE, what.UNIT, what.WANTED, what.USERS)
"""All that is ever removed, beside the record of it."""
_TIMEOUT_S = 60


@dataclass(frozen=True, slots=True)
class Undo:
    """What takes the right back.

    Attributes:
        files: what is removed.
        kept: what was changed since it was written, and therefore stays.
        commands: what is run afterwards.
    """

    files: tuple[str, ...]
    kept: tuple[str, ...]
    commands: tuple[Command, ...]


def run_command(command: Command) -> str:
    """Run a command; return what went wrong, nothing if it went well."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    said = (done.stderr or done.stdout).strip().splitlines()
    return "" if done.returncode == 0 else f"exit code {done.returncode}: {' '.join(said[-1:])}"


def under(root: Path, path: str) -> Path:
    """Return where a path of the machine lies when its root is elsewhere."""
    return root / path.lstrip("/")


def _inside(root: Path, path: str) -> Path:
    """Return the same for a path that is written to.

    Raises:
        StoreError: if a link in an image leads out of it.
    """
    there = under(root, path)
    if not there.parent.resolve().is_relative_to(root.resolve()):
        raise StoreError("a link leads out of the image", where=str(there))
    return there


def state(root: Path, granted: Grant) -> str:
    """Return ``new``, or ``done`` if all of it is there already.

    Raises:
        StoreError: if something else is in the way.
    """
    there = [file for file in granted.files if os.path.lexists(under(root, file.path))]
    if not there:
        return "new"
    record = under(root, what.RECORD).is_file()
    lasting = [file for file in granted.files if file.path not in (what.RECORD, what.USERS)]
    if record and all(_is(root, file) for file in lasting):
        return "done"
    foreign = [file for file in there if not _is(root, file)]
    remedy = "joulemark meters --fix --undo, then again" if record else "move it away"
    first = (foreign or there)[0]
    raise StoreError(
        "another file is in the way", where=str(under(root, first.path)), remedy=remedy
    )


def _is(root: Path, file: Written) -> bool:
    path = under(root, file.path)
    if file.link or path.is_symlink():
        return file.link and path.is_symlink() and str(path.readlink()) == file.text
    try:
        return path.read_bytes() == file.text.encode()
    except OSError:
        return False


def apply(root: Path, granted: Grant, run: Run = run_command) -> list[tuple[Command, str]]:
    """Write the files, all or none, then run the commands.

    Returns:
        the commands that failed, and what they said.

    Raises:
        PermissionNeededError: if this user may not write there.
        StoreError: if a file cannot be written; those written before are removed again.
    """
    written: list[Path] = []
    try:
        for file in granted.files:
            path = _inside(root, file.path)
            path.parent.mkdir(parents=True, exist_ok=True)
            if file.link:
                path.symlink_to(file.text)
            else:
                with path.open("x") as out:
                    written.append(path)
                    out.write(file.text)
                path.chmod(0o644)
            written.append(path)
    except (OSError, StoreError) as error:
        for each in written:
            each.unlink(missing_ok=True)
        if isinstance(error, StoreError):
            raise
        kind = PermissionNeededError if isinstance(error, PermissionError) else StoreError
        raise kind(error.strerror or "cannot be written", where=str(path)) from None
    return _run_all(granted.commands, run)


def undone(root: Path) -> Undo:
    """Return what would take the right back.

    Raises:
        UnavailableError: if nothing was written.
        FormatError: if the record of it is not readable.
    """
    record = _record(root)
    files: list[str] = []
    kept: list[str] = []
    for path, digest in record["files"]:
        if path not in OURS:
            raise FormatError(f"{path!r:.80} is not ours", where=str(under(root, what.RECORD)))
        if os.path.lexists(under(root, path)):
            same = _digest(under(root, path)) == digest
            (files if same else kept).append(path)
    commands = _undo_commands(record, files) if root == Path("/") else ()
    return Undo((*files, what.RECORD), tuple(kept), tuple(commands))


def _record(root: Path) -> dict[str, Any]:
    path = under(root, what.RECORD)
    if not path.is_file():
        raise UnavailableError("nothing was written by joulemark meters --fix", where=str(path))
    try:
        record = json.loads(path.read_text())
        texts = [text for name, digest in record["files"] for text in (name, digest)]
        texts += [record[key] for key in ("made", "group", "member")]
        good = all(isinstance(text, str) for text in texts)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        good = False
    if not good:
        raise FormatError("not the record of joulemark meters --fix", where=str(path))
    return dict(record)


def _digest(path: Path) -> str:
    text = str(path.readlink()) if path.is_symlink() else path.read_text(errors="replace")
    return Written(str(path), text).digest


def _undo_commands(record: dict[str, Any], files: Sequence[str]) -> list[Command]:
    commands: list[Command] = []
    if what.RULE in files:
        commands.append(("udevadm", "control", "--reload"))
    if what.UNIT in files:
        commands.append(("systemctl", "daemon-reload"))
    commands.append(("/bin/sh", "-c", what.forbid()))
    if record["made"]:
        commands.append(("groupdel", record["made"]))
    elif record["member"]:
        commands.append(("gpasswd", "-d", record["member"], record["group"]))
    return commands


def undo(root: Path, planned: Undo, run: Run = run_command) -> list[tuple[Command, str]]:
    """Remove the files, then run the commands.

    Returns:
        the commands that failed, and what they said.

    Raises:
        PermissionNeededError: if this user may not remove them.
        StoreError: if a file cannot be removed.
    """
    for path in [_inside(root, path) for path in planned.files]:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            kind = PermissionNeededError if isinstance(error, PermissionError) else StoreError
            raise kind(error.strerror or "cannot be removed", where=str(path)) from None
    folder = under(root, what.RECORD).parent
    if not any(folder.iterdir()):
        folder.rmdir()
    return _run_all(planned.commands, run)


def _run_all(commands: Sequence[Command], run: Run) -> list[tuple[Command, str]]:
    return [(command, said) for command in commands if (said := run(command))]
