"""Shapes of models whose random weights are made where they compute, without a folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from joulemark.core.errors import FormatError, UsageError
from joulemark.workloads.random_model.shape import SHAPES, Shape

_LARGE: Mapping[str, Shape] = {
    "1.5B": Shape(hidden=2048, layers=16, heads=32, kv_heads=8, inner=8192, vocabulary=128256),
    "8B": Shape(hidden=4096, layers=32, heads=32, kv_heads=8, inner=14336, vocabulary=128256),
}
"""Shapes of Llama 3.2 1B (with a table of words out of its own) and of Llama 3.1 8B."""


def sizes() -> dict[str, Shape]:
    """Return shapes by what they are called, which is roughly how many weights they have."""
    return {**SHAPES, **_LARGE}


def config_of(name: str, context: int) -> dict[str, Any]:
    """Return the content of a ``config.json``: of a size by its name, or of a file.

    Args:
        name: one of :func:`sizes`, or the path of a ``config.json``.
        context: most tokens of a request; a size takes it for its longest, a file has its own.

    Raises:
        UsageError: if it is neither a size nor a file.
        FormatError: if the file holds no configuration.
    """
    shape = sizes().get(name)
    if shape is not None:
        return {
            "model_type": "llama",
            "hidden_size": shape.hidden,
            "num_hidden_layers": shape.layers,
            "num_attention_heads": shape.heads,
            "num_key_value_heads": shape.kv_heads,
            "intermediate_size": shape.inner,
            "vocab_size": shape.vocabulary,
            "max_position_embeddings": context,
            "tie_word_embeddings": False,
            "bos_token_id": None,
            "eos_token_id": None,
        }
    path = Path(name).expanduser()
    try:
        found = json.loads(path.read_text("utf-8"))
    except OSError:
        raise UsageError(
            f"{name!r} is neither a size nor a file that can be read",
            where="setting random_config",
            remedy=f"choose from {', '.join(sizes())}, or give a config.json",
        ) from None
    except (ValueError, RecursionError) as error:
        raise FormatError(f"it is no JSON: {error}", where=name) from None
    if not isinstance(found, dict) or not isinstance(found.get("model_type"), str):
        raise FormatError("it has no 'model_type'", where=name, remedy="give a config.json")
    return found
