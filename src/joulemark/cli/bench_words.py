"""Words of ``joulemark bench`` in somebody's file, refused before anything is started."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import NoReturn

from joulemark.core.errors import UsageError

HEAD = ("joulemark", "bench")


class _Refusing(ArgumentParser):
    """Refuses by an error of ours, and ends no program."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, remedy="see joulemark bench serving --help")


def check_words(words: Sequence[str]) -> None:
    """Refuse a command if ``joulemark bench`` would; any other command is let be.

    Raises:
        UsageError: if a flag is unknown, or a load or its server is not told.
        FormatError: if a file of prompts or times is not what it should be.
        StoreError: if such a file cannot be read.
    """
    if tuple(words[:2]) != HEAD or "-h" in words or "--help" in words:
        return
    from joulemark.cli.engines import SERVER
    from joulemark.cli.subjects import serving_parts
    from joulemark.cli.verbs import bench

    rest = list(words[2:])
    parser = _Refusing(prog=" ".join(HEAD), allow_abbrev=False)
    bench.arguments(parser, rest)
    args = parser.parse_args(rest)
    if rest[:1] == ["serving"]:
        serving_parts.settings_of(args, serving_parts.plan_of(args))
        if args.engine == SERVER:
            serving_parts.target_of(args)
