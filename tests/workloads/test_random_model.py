"""Random models: the tokenizer is one, the weights never end an answer, the files are read."""

from __future__ import annotations

import importlib.util
import json
import struct
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from joulemark.core.errors import UnavailableError
from joulemark.workloads.random_model.__main__ import main
from joulemark.workloads.random_model.bpe import END, documentation, learn
from joulemark.workloads.random_model.gguf import write_gguf
from joulemark.workloads.random_model.hugging import write_folder
from joulemark.workloads.random_model.shape import SHAPES, Shape
from joulemark.workloads.random_model.weights import weights

TINY = Shape(hidden=32, layers=2, heads=2, kv_heads=1, inner=48, vocabulary=300)
TEXT = "low lower lowest newer wider beside every other wordé with many letters \n" * 20


def test_the_commonest_pair_becomes_a_token_first() -> None:
    made = learn("abab abab abab abab cd cd x", 260)
    assert made.tokens[256:] == (b"ab", b"abab", b" abab", b"")
    assert made.merges == ((97, 98), (256, 256), (32, 257))
    assert made.end == 259


def test_repeated_letters_are_joined_from_the_left() -> None:
    made = learn(" aaaaa" * 3, 259)
    assert made.tokens[256:258] == (b"aa", b" aa")


def test_a_tokenizer_is_the_same_each_time_and_a_longer_one_begins_with_it() -> None:
    short, long = learn(TEXT, 280), learn(TEXT, 300)
    assert learn(TEXT, 300) == long
    assert long.merges[: len(short.merges)] == short.merges


def test_files_write_a_token_as_one_visible_character_a_byte() -> None:
    written = learn(TEXT, 300).written()
    assert len(set(written)) == 300
    assert written[0x41] == "A"
    assert written[0x20] == "\u0120"  # as in the files of GPT-2
    assert written[0x0A] == "\u010a"
    assert written[-1] == END
    assert all(len(token) == 1 and token.isprintable() for token in written[:256])


def test_only_printable_ascii_may_be_said() -> None:
    made = learn(TEXT, 300)
    unsaid = set(made.unsaid())
    assert made.end in unsaid
    for i, token in enumerate(made.tokens[:-1]):
        assert (i in unsaid) == (not token.isascii() or any(b < 32 and b != 10 for b in token)
                                 or 127 in token)  # fmt: skip


def test_too_little_text_is_said() -> None:
    with pytest.raises(UnavailableError, match=r"the text gives 2\d\d tokens and 4096 are needed"):
        learn("a word and a word", 4096)


def test_no_source_of_the_library_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="--text"):
        documentation(tmp_path)
    (tmp_path / "a.py").write_text('"""Says é."""\ndef f():\n    """Plain words."""\n')
    assert documentation(tmp_path) == "Plain words."


def test_sizes_are_what_they_are_called() -> None:
    for name, shape in SHAPES.items():
        assert shape.parameters / 1e6 == pytest.approx(float(name[:-1]), rel=0.06)
        made = sum(table.size for _, table in weights(shape, [], 0))
        assert made == shape.parameters


def test_weights_follow_the_seed() -> None:
    one, again, other = (dict(weights(TINY, [1], seed)) for seed in (3, 3, 4))
    assert all(np.array_equal(one[name], again[name]) for name in one)
    assert not np.array_equal(one["lm_head.weight"], other["lm_head.weight"])


def _norm(x: np.ndarray) -> np.ndarray:
    return x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-5)  # type: ignore[no-any-return]


def _logits(shape: Shape, tables: dict[str, np.ndarray], tokens: list[int]) -> np.ndarray:
    """A Llama without positions: what may be said does not hang on them."""
    x = tables["model.embed_tokens.weight"][tokens]
    for layer in range(shape.layers):
        part = {
            key.removeprefix(f"model.layers.{layer}.").removesuffix(".weight"): table
            for key, table in tables.items()
        }
        h = _norm(x)
        q, k, v = (h @ part[f"self_attn.{name}_proj"].T for name in "qkv")
        q = q.reshape(len(tokens), shape.heads, shape.head)
        k, v = (np.repeat(a.reshape(len(tokens), -1, shape.head),
                          shape.heads // shape.kv_heads, axis=1) for a in (k, v))  # fmt: skip
        score = np.einsum("ihd,jhd->hij", q, k) / np.sqrt(shape.head)
        score += np.triu(np.full(score.shape[1:], -1e9), 1)
        share = np.exp(score - score.max(-1, keepdims=True))
        share /= share.sum(-1, keepdims=True)
        x = x + np.einsum("hij,jhd->ihd", share, v).reshape(x.shape) @ part["self_attn.o_proj"].T
        h = _norm(x)
        gate = h @ part["mlp.gate_proj"].T
        x = x + (gate / (1 + np.exp(-gate)) * (h @ part["mlp.up_proj"].T)) @ part["mlp.down_proj"].T
    return _norm(x) @ tables["lm_head.weight"].T  # type: ignore[no-any-return]


@pytest.mark.parametrize("size", ["tiny", "0.6M"])
def test_what_may_not_be_said_is_far_below_all_else(size: str) -> None:
    shape = TINY if size == "tiny" else SHAPES[size]
    unsaid = [0, 5, shape.vocabulary - 1]
    tables = dict(weights(shape, unsaid, 2))
    tokens = [0, shape.vocabulary - 1, 5, *range(20, 80)]  # also after what is never said
    logits = _logits(shape, tables, tokens)
    said = np.delete(logits, unsaid, axis=1)
    assert logits[:, unsaid].max() < -25
    assert said.min() > -14
    assert 1.0 < said.std() < 3.0


def test_a_folder_for_transformers_has_what_they_read(tmp_path: Path) -> None:
    made = learn(TEXT, 300)
    write_folder(tmp_path / "new" / "model", TINY, made, 5)
    folder = tmp_path / "new" / "model"
    config = json.loads((folder / "config.json").read_text())
    assert config["eos_token_id"] == made.end
    raw = (folder / "model.safetensors").read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    head = json.loads(raw[8 : 8 + length])
    place = head["lm_head.weight"]
    start, stop = place["data_offsets"]
    body = np.frombuffer(raw[8 + length :][start:stop], "<f4").reshape(place["shape"])
    assert np.array_equal(body, dict(weights(TINY, made.unsaid(), 5))["lm_head.weight"])
    assert (8 + length) % 8 == 0
    ends = [one["data_offsets"] for name, one in head.items() if name != "__metadata__"]
    assert ends[-1][1] == len(raw) - 8 - length
    assert all(a[1] == b[0] for a, b in pairwise(ends))


def test_the_tokenizer_is_what_its_library_makes_of_the_file(tmp_path: Path) -> None:
    library = pytest.importorskip("tokenizers", reason="tokenizers is not installed")
    made = learn(TEXT, 300)
    write_folder(tmp_path, TINY, made, 5)
    read = library.Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    for text in ("low lowest é\n newer", "A  b\t"):
        assert read.decode(read.encode(text).ids) == text
    assert read.encode(" lower").ids == [made.tokens.index(b" lower")]


def test_a_gguf_is_read_back(tmp_path: Path) -> None:
    library = pytest.importorskip("gguf", reason="gguf is not installed")
    made = learn(TEXT, 300)
    write_gguf(tmp_path / "model.gguf", TINY, made, 5)
    read = library.GGUFReader(tmp_path / "model.gguf")
    tables = {tensor.name: tensor for tensor in read.tensors}
    assert len(tables) == 3 + 9 * TINY.layers
    source = dict(weights(TINY, made.unsaid(), 5))
    out = np.asarray(tables["output.weight"].data)
    assert np.array_equal(out, source["lm_head.weight"].astype(np.float16))
    queries = np.asarray(tables["blk.1.attn_q.weight"].data, np.float32)
    theirs = source["model.layers.1.self_attn.q_proj.weight"].astype(np.float16)
    half = TINY.head // 2  # rows 0 and 1 turn together, which were rows 0 and half
    assert np.array_equal(queries[1], theirs[half])
    assert np.array_equal(queries[2], theirs[1])


def test_a_missing_package_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "gguf", None)
    assert main([str(tmp_path / "model.gguf"), "--size", "0.6M"]) == 3
    assert "joulemark[llama]" in capsys.readouterr().err


def test_the_command_says_what_it_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "model"
    assert main([str(out), "--size", "0.6M", "--format", "transformers"]) == 0
    assert "0.6 million random weights (seed 0), 4096 tokens" in capsys.readouterr().out
    assert (out / "model.safetensors").stat().st_size > 2_400_000


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--seed", "-1"], 2, "--seed: a seed is not negative, this is -1"),
        (["--text", "/nowhere/text"], 2, "/nowhere/text: No such file"),
        (["--text", __file__], 3, "name a longer text"),
    ],
)
def test_a_bad_argument_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: int, said: str
) -> None:
    given = [str(tmp_path / "model"), "--size", "7M", "--format", "transformers", *words]
    assert main(given) == code
    assert said in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    words = ["--size", "0.6M", "--format", "transformers"]
    assert main([str(tmp_path / "file" / "model"), *words]) == 2
    assert "file" in capsys.readouterr().err
    if importlib.util.find_spec("gguf"):
        assert main([str(tmp_path / "none" / "model"), "--size", "0.6M"]) == 2
