"""Engines within this process, for ``bench serving --engine``."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from joulemark.cli.flags import settings_flags, settings_given
from joulemark.core.errors import UsageError

if TYPE_CHECKING:
    from joulemark.procedures.serving.driver import Driver

SERVER = "openai"
"""The engine that is a server, asked in OpenAI's protocol."""
ENGINES = (SERVER, "transformers")
_SHARED = ("model", "text", "seed", "silence_s")
"""Settings that flags of the load give, or that have none."""


def engine_arguments(parser: ArgumentParser) -> None:
    """Add --engine, and the settings of the engines within this process."""
    from joulemark.workloads.hf_generation.settings import EngineSettings

    parser.add_argument(
        "--engine",
        choices=ENGINES,
        default=SERVER,
        help="a server, or continuous batching of Hugging Face in this process (default: openai)",
    )
    settings_flags(parser, "with --engine transformers", EngineSettings, "engine_", _SHARED)


def engine_driver(args: Namespace) -> Driver | None:
    """Return the engine within this process that was asked for; None for a server.

    Raises:
        UsageError: if flags of one are given for the other.
        MissingExtraError: if a package is missing.
    """
    given = settings_given(args, "engine_")
    if args.engine == SERVER:
        if given:
            flag = next(iter(given)).replace("_", "-")
            raise UsageError(
                f"--{flag} is a setting of an engine in this process",
                remedy="add --engine transformers",
            )
        return None
    if args.url or args.server:
        raise UsageError("--engine transformers has no server", remedy="leave out --url and --")
    from joulemark.workloads.hf_generation.driver import make

    if args.batch and given.setdefault("max_batch", args.batch) != args.batch:
        raise UsageError("--batch and --max-batch differ", remedy="give one of them")
    shared = {"model": args.model, "text": args.keep_text, "silence_s": args.silence}
    return make({**given, **shared})


def largest_batch(args: Namespace) -> int | None:
    """Return the most requests that run at once, where it is told."""
    told: int | None = args.batch
    return told or settings_given(args, "engine_").get("max_batch") or _default(args)


def _default(args: Namespace) -> int | None:
    from joulemark.workloads.hf_generation.settings import EngineSettings

    return None if args.engine == SERVER else EngineSettings().max_batch
