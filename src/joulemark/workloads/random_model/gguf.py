"""One file as llama.cpp reads it, by the package ``gguf``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from joulemark.core.errors import MissingExtraError
from joulemark.workloads.random_model.bpe import Tokenizer
from joulemark.workloads.random_model.hugging import CHAT
from joulemark.workloads.random_model.shape import EPSILON, THETA, Shape
from joulemark.workloads.random_model.weights import Floats, weights

_NAMES = {
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "lm_head": "output",
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
"""Names of tables: Hugging Face's and llama.cpp's."""
NORMAL, CONTROL = 1, 3
"""Kinds of tokens: of text, and not of text."""


def write_gguf(path: Path, shape: Shape, tokenizer: Tokenizer, seed: int) -> None:
    """Write configuration, tokenizer and weights (16-bit floats; the norms 32-bit).

    Args:
        path: the file.
        shape: of the model.
        tokenizer: its tokens.
        seed: chooses the weights.

    Raises:
        MissingExtraError: if the package ``gguf`` is missing.
    """
    try:
        import gguf
    except ImportError:
        raise MissingExtraError("a model as GGUF", "gguf", "llama") from None
    writer = gguf.GGUFWriter(path, "llama")
    _describe(writer, shape, gguf.LlamaFileType.MOSTLY_F16)
    _add_tokens(writer, tokenizer)
    for name, table in weights(shape, tokenizer.unsaid(), seed):
        numbers = _turned(name, table, shape)
        writer.add_tensor(_named(name), numbers if table.ndim == 1 else numbers.astype(np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _describe(writer: Any, shape: Shape, kind: int) -> None:
    writer.add_name("joulemark-random")
    writer.add_file_type(kind)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.hidden)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.inner)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_key_length(shape.head)
    writer.add_value_length(shape.head)
    writer.add_rope_dimension_count(shape.head)
    writer.add_rope_freq_base(THETA)
    writer.add_layer_norm_rms_eps(EPSILON)
    writer.add_vocab_size(shape.vocabulary)


def _add_tokens(writer: Any, tokenizer: Tokenizer) -> None:
    written = tokenizer.written()
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(written)
    writer.add_token_types([NORMAL] * tokenizer.end + [CONTROL])
    writer.add_token_merges([f"{written[a]} {written[b]}" for a, b in tokenizer.merges])
    writer.add_eos_token_id(tokenizer.end)
    writer.add_pad_token_id(tokenizer.end)
    writer.add_add_bos_token(False)  # noqa: FBT003 # their interface
    writer.add_add_eos_token(False)  # noqa: FBT003 # likewise
    writer.add_chat_template(CHAT)


def _named(name: str) -> str:
    table = name.removesuffix(".weight")
    if not table.startswith("model.layers."):
        return f"{_NAMES[table]}.weight"
    layer, _, rest = table.removeprefix("model.layers.").partition(".")
    return f"blk.{layer}.{_NAMES[rest]}.weight"


def _turned(name: str, table: Floats, shape: Shape) -> Floats:
    """Return queries and keys as llama.cpp wants them: neighbours turn together, not halves."""
    heads = {"q_proj": shape.heads, "k_proj": shape.kv_heads}.get(name.split(".")[-2])
    if heads is None:
        return table
    halves = table.reshape(heads, 2, shape.head // 2, shape.hidden)
    return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(table.shape))
