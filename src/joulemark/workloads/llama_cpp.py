"""``python -m joulemark.workloads.llama_cpp MODEL.gguf``: llama.cpp's server, from a small wheel.

The package ``xllamacpp`` holds llama.cpp's own server, which speaks OpenAI's protocol, batches what
comes together and counts what it does under ``/metrics``. It runs in this process until it is told
to end, so its processor time is that of this process.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from joulemark.core.errors import JoulemarkError, MissingExtraError, UnavailableError, UsageError

MOST_PARALLEL = 256
"""llama.cpp's own bound on sequences."""


def main(words: Sequence[str] | None = None) -> int:
    """Serve a model until a signal comes; return the exit code."""
    args = _parser().parse_args(words)
    signals = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)  # before threads start: they inherit it
    try:
        server = serve(args)
    except JoulemarkError as error:
        sys.stderr.write(f"joulemark: {error}\n")
        return error.exit_code
    sys.stdout.write(f"llama.cpp serves {args.model} at {server.listening_address}\n")
    sys.stdout.flush()
    signal.sigwait(signals)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m joulemark.workloads.llama_cpp",
        description="Serve a GGUF model by llama.cpp, in OpenAI's protocol, with /metrics.",
    )
    parser.add_argument("model", type=Path, help="file of the model")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8080, help="port to listen on; 0 for any")
    parser.add_argument("--parallel", type=int, default=32, help="most requests in a batch")
    parser.add_argument(
        "--threads",
        type=int,
        default=1,
        help="threads that compute; they wait for each other in a loop that burns the processor, "
        "so have no more than processors that are free",
    )
    parser.add_argument("--ctx", type=int, default=2048, help="most tokens of one request")
    parser.add_argument("--batch", type=int, default=512, help="most tokens of one step")
    parser.add_argument(
        "--no-prompt-cache",
        action="store_true",
        help="compute every prompt in full, also where its beginning was seen before",
    )
    parser.add_argument("--verbose", action="store_true", help="log every request")
    return parser


def serve(args: argparse.Namespace) -> Any:
    """Return a server that listens.

    Raises:
        UsageError: if an argument makes no sense.
        MissingExtraError: if the package ``xllamacpp`` is missing.
        UnavailableError: if llama.cpp does not start.
    """
    _check(args)
    try:
        import xllamacpp
    except ImportError:
        raise MissingExtraError("llama.cpp's server", "xllamacpp", "llama") from None
    try:
        return xllamacpp.Server(_settings(xllamacpp.CommonParams(), args))
    except Exception as error:  # noqa: BLE001 # whatever its C++ throws
        raise UnavailableError(
            f"llama.cpp did not start: {error}", where=str(args.model), remedy="see its log above"
        ) from None


def _check(args: argparse.Namespace) -> None:
    if not args.model.is_file():
        raise UsageError(
            "there is no such file",
            where=str(args.model),
            remedy="make one with python -m joulemark.workloads.random_model",
        )
    bounds = {
        "port": (0, 65535),
        "parallel": (1, MOST_PARALLEL),
        "threads": (1, 512),
        "ctx": (1, 1 << 20),
        "batch": (1, 1 << 16),
    }
    for name, (least, most) in bounds.items():
        value = getattr(args, name)
        if not least <= value <= most:
            raise UsageError(f"it is {least} to {most}, not {value}", where=f"--{name}")


def _settings(settings: Any, args: argparse.Namespace) -> Any:
    settings.model.path = str(args.model)
    settings.hostnames = [args.host]
    settings.port = args.port
    settings.n_parallel = args.parallel
    settings.n_ctx = args.ctx * args.parallel  # llama.cpp shares it out among those in a batch
    settings.n_batch = settings.n_ubatch = args.batch
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = args.threads
    settings.cont_batching = True
    settings.endpoint_metrics = True
    settings.ui = False
    settings.fit_params = False
    if args.no_prompt_cache:
        settings.cache_prompt = settings.cache_idle_slots = False
        settings.cache_ram_mib = 0
    settings.verbosity = 4 if args.verbose else 2
    return settings


if __name__ == "__main__":
    sys.exit(main())
