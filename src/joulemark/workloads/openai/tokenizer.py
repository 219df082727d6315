"""A tokenizer of a model, from its ``tokenizer.json``: counts tokens where a server does not."""

from __future__ import annotations

from pathlib import Path

from joulemark.core.errors import FormatError, MissingExtraError, UsageError
from joulemark.workloads.openai.made import Tokenizer

NAME = "tokenizer.json"
MOST_BYTES = 1 << 30


def tokenizer_of(path: str) -> Tokenizer:
    """Return what counts the tokens of a text; those that only begin and end texts are left out.

    Args:
        path: a ``tokenizer.json``, or the folder of a model with one in it.

    Raises:
        MissingExtraError: if the package ``tokenizers`` is not installed.
        FormatError: if it cannot be read, or is no tokenizer.
        UsageError: if it is too large.
    """
    try:
        from tokenizers import Tokenizer as Made
    except ImportError:
        raise MissingExtraError("a tokenizer", "tokenizers", "tokenizer") from None
    file = Path(path) / NAME if Path(path).is_dir() else Path(path)
    try:
        if file.stat().st_size > MOST_BYTES:
            raise UsageError("the tokenizer is larger than 1 GiB", where=str(file))
        text = file.read_text("utf-8")
    except UnicodeDecodeError:
        raise FormatError("it is no UTF-8 text", where=str(file)) from None
    except OSError as error:
        remedy = f"give the {NAME} of the model"
        raise FormatError(
            f"it cannot be read: {error.strerror}", where=str(file), remedy=remedy
        ) from None
    try:
        made = Made.from_str(text)
    except Exception as error:  # noqa: BLE001 # the package raises no narrower kind
        raise FormatError(f"it is no tokenizer: {error}"[:300], where=str(file)) from None
    made.no_truncation()
    made.no_padding()
    return lambda text: len(made.encode(text, add_special_tokens=False).ids)
