"""A folder as Hugging Face's libraries read it; NumPy and JSON suffice to write it."""

from __future__ import annotations

import json
from pathlib import Path

from joulemark.workloads.random_model.bpe import END, Tokenizer
from joulemark.workloads.random_model.shape import EPSILON, THETA, Shape
from joulemark.workloads.random_model.weights import weights

CHAT = (
    "{% for message in messages %}{{ message['role'] + ': ' + message['content'] + '\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ 'assistant:' }}{% endif %}"
)
"""How turns of a chat become one text."""


def write_folder(folder: Path, shape: Shape, tokenizer: Tokenizer, seed: int) -> None:
    """Write configuration, weights (32-bit floats) and tokenizer.

    Args:
        folder: is made if need be.
        shape: of the model.
        tokenizer: its tokens.
        seed: chooses the weights.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "config.json": _config(shape, tokenizer.end),
        "generation_config.json": {"eos_token_id": tokenizer.end, "pad_token_id": tokenizer.end},
        "tokenizer.json": _tokenizer(tokenizer),
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "eos_token": END,
            "pad_token": END,
            "model_max_length": shape.context,
            "clean_up_tokenization_spaces": False,
            "chat_template": CHAT,
        },
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content, indent=1) + "\n", "utf-8")
    _write_safetensors(folder / "model.safetensors", shape, tokenizer, seed)


def _config(shape: Shape, end: int) -> dict[str, object]:
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "dtype": "float32",
        "torch_dtype": "float32",
        "hidden_size": shape.hidden,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "head_dim": shape.head,
        "intermediate_size": shape.inner,
        "vocab_size": shape.vocabulary,
        "max_position_embeddings": shape.context,
        "rms_norm_eps": EPSILON,
        "rope_theta": THETA,
        "hidden_act": "silu",
        "attention_bias": False,
        "mlp_bias": False,
        "tie_word_embeddings": False,
        "bos_token_id": None,
        "eos_token_id": end,
        "pad_token_id": end,
        "use_cache": True,
    }


def _tokenizer(tokenizer: Tokenizer) -> dict[str, object]:
    written = tokenizer.written()
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
    end = {
        "id": tokenizer.end,
        "content": END,
        "single_word": False,
        "lstrip": False,
        "rstrip": False,
        "normalized": False,
        "special": True,
    }
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [end],
        "normalizer": None,
        "pre_tokenizer": {**level, "use_regex": True},
        "post_processor": None,
        "decoder": {**level, "use_regex": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": {token: i for i, token in enumerate(written)},
            "merges": [[written[a], written[b]] for a, b in tokenizer.merges],
        },
    }


def _write_safetensors(path: Path, shape: Shape, tokenizer: Tokenizer, seed: int) -> None:
    """Write the weights: length and JSON of a head, then the numbers one after the other."""
    tables = dict(weights(shape, tokenizer.unsaid(), seed))
    head: dict[str, object] = {"__metadata__": {"format": "pt"}}
    place = 0
    for name, table in tables.items():
        after = place + table.nbytes
        head[name] = {"dtype": "F32", "shape": table.shape, "data_offsets": [place, after]}
        place = after
    text = json.dumps(head).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for table in tables.values():
            file.write(table.astype("<f4").tobytes())
