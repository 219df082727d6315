"""``python -m joulemark.workloads.random_model OUT``: make a small random model."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from joulemark.core.errors import JoulemarkError, UsageError
from joulemark.workloads.random_model.bpe import documentation, learn
from joulemark.workloads.random_model.gguf import write_gguf
from joulemark.workloads.random_model.hugging import write_folder
from joulemark.workloads.random_model.shape import SHAPES


def main(words: Sequence[str] | None = None) -> int:
    """Make a model; return the exit code."""
    args = _parser().parse_args(words)
    try:
        sys.stdout.write(_made(args) + "\n")
    except JoulemarkError as error:
        sys.stderr.write(f"joulemark: {error}\n")
        return error.exit_code
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m joulemark.workloads.random_model",
        description="Make a small Llama with random weights and its tokenizer; nothing is "
        "downloaded. It never ends an answer by itself.",
    )
    parser.add_argument("out", type=Path, help="file (gguf) or folder (transformers) to write")
    parser.add_argument("--format", choices=["gguf", "transformers"], default="gguf")
    parser.add_argument("--size", choices=list(SHAPES), default="7M", help="parameters")
    parser.add_argument("--seed", type=int, default=0, help="chooses the weights")
    parser.add_argument(
        "--text",
        type=Path,
        help="file that the tokenizer is learnt from; by default the documentation of Python's "
        "standard library",
    )
    return parser


def _made(args: argparse.Namespace) -> str:
    if args.seed < 0:
        raise UsageError(f"a seed is not negative, this is {args.seed}", where="--seed")
    shape = SHAPES[args.size]
    try:
        text = args.text.read_text("utf-8", "replace") if args.text else documentation()
        tokenizer = learn(text, shape.vocabulary)
        write = write_gguf if args.format == "gguf" else write_folder
        write(args.out, shape, tokenizer, args.seed)
    except OSError as error:
        raise UsageError(error.strerror or str(error), where=str(error.filename or "")) from None
    return (
        f"{args.out}: {shape.parameters / 1e6:.1f} million random weights (seed {args.seed}), "
        f"{shape.vocabulary} tokens, at most {shape.context} tokens a request"
    )


if __name__ == "__main__":
    sys.exit(main())
