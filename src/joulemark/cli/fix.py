"""``joulemark meters --fix``: show, ask, write; or take it back."""

from __future__ import annotations

import os
import shlex
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

from joulemark.cli.common import print_json
from joulemark.core.errors import PermissionNeededError, UnavailableError, UsageError

Ask = Callable[[str], str]


def fix_arguments(parser: ArgumentParser) -> None:
    """Add the arguments that belong to ``--fix``."""
    group = parser.add_argument_group(
        "let a normal user read the processor's energy counters (RAPL) for good"
    )
    group.add_argument("--fix", action="store_true", help="show what would do it, ask, and do it")
    group.add_argument("--group", metavar="NAME", help="who may read (default: group joulemark)")
    group.add_argument("--world", action="store_true", help="everybody may read: a security risk")
    group.add_argument("--yes", action="store_true", help="do not ask")
    group.add_argument("--dry-run", action="store_true", help="only show")
    group.add_argument("--undo", action="store_true", help="remove what --fix wrote")
    group.add_argument(
        "--root", type=Path, metavar="DIR", help="the root of a machine's image, not of this one"
    )


def fix(args: Namespace, ask: Ask = input) -> int:
    """Show what would be changed, ask, and change it; 1 if a command failed.

    Args:
        args: what ``fix_arguments`` asks for, and ``json``.
        ask: asks a question and returns the answer.

    Raises:
        UsageError: if the folder is not there, or nobody is there to be asked.
        PermissionNeededError: if this user may not; the message has the command for one who may.
        UnavailableError: in a container, whose rights are those of its host.
    """
    root = Path("/") if args.root is None else args.root.absolute()
    if not root.is_dir():
        raise UsageError("no such folder", where=str(root))
    host = False
    if args.root is None:
        from joulemark.meters._system import describe_system

        host = on_host(describe_system().container, only_shown=args.dry_run and not args.undo)
    if args.undo:
        return _take_back(args, root, ask)
    return _give(args, root, ask, host=host)


def _give(args: Namespace, root: Path, ask: Ask, *, host: bool) -> int:
    from joulemark.procedures.grant import grant
    from joulemark.procedures.granting import apply, state
    from joulemark.report.grant import grant_json, print_failed, print_grant

    user = os.environ.get("SUDO_USER", "") if args.root is None else ""
    granted = grant(root, group=args.group, world=args.world, user=user, host=host)
    _show(args, grant_json(granted, root), lambda: print_grant(granted, root))
    if args.dry_run:
        return 0
    if state(root, granted) == "done":
        print("\nAll of it is in place already: nothing was changed.", file=sys.stderr)
        return 0
    if not agreed(args, ask):
        return 0
    failed = apply(root, granted)
    print_failed(failed, sys.stderr)
    print("done; joulemark meters --fix --undo takes it back", file=sys.stderr)
    return 1 if failed else 0


def _take_back(args: Namespace, root: Path, ask: Ask) -> int:
    from joulemark.procedures.granting import undo, undone
    from joulemark.report.grant import print_failed, print_undo, undo_json

    planned = undone(root)
    _show(args, undo_json(planned, root), lambda: print_undo(planned, root))
    if args.dry_run or not agreed(args, ask):
        return 0
    failed = undo(root, planned)
    print_failed(failed, sys.stderr)
    print("done", file=sys.stderr)
    return 1 if failed else 0


def _show(args: Namespace, value: dict[str, Any], printed: Callable[[], None]) -> None:
    if args.json:
        print_json(value)
    else:
        printed()


def agreed(args: Namespace, ask: Ask, user_id: int | None = None) -> bool:
    """Ask; whoever may not write is told the command instead.

    Args:
        args: the arguments of the verb.
        ask: asks a question and returns the answer.
        user_id: who asks; by default the user of this process.

    Raises:
        PermissionNeededError: if this user is not root and the machine itself is to be changed.
    """
    user_id = os.geteuid() if user_id is None else user_id
    if args.root is None and user_id != 0:
        words = [sys.executable, "-m", "joulemark", "meters", "--fix"]
        words += ["--group", args.group] if args.group else []
        words += [f"--{name}" for name in ("world", "undo", "yes") if getattr(args, name)]
        raise PermissionNeededError(
            "nothing was changed: only root may", remedy=f"sudo {shlex.join(words)}"
        )
    if args.yes:
        return True
    try:
        answer = ask("\nDo this? [y/N] ")
    except EOFError:
        raise UsageError("nobody is there to be asked", remedy="--yes or --dry-run") from None
    yes = answer.strip().lower() in ("y", "yes")
    if not yes:
        print("nothing was changed", file=sys.stderr)
    return yes


def on_host(kind: str, *, only_shown: bool) -> bool:
    """Return whether what is shown belongs on the host of a container, which is not changed.

    Args:
        kind: the kind of container; empty outside one.
        only_shown: whether nothing would be changed.

    Raises:
        UnavailableError: if this is a container and it would be changed.
    """
    if not kind:
        return False
    if only_shown:
        print(f"this is a container ({kind}): what follows belongs on its host\n", file=sys.stderr)
        return True
    raise UnavailableError(
        f"this is a container ({kind}): who may read is decided on its host",
        remedy="run this there (--dry-run shows what it would do); for an image: --root DIR; "
        "joulemark meters says what to pass",
    )
