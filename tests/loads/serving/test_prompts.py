"""What is asked and how long: files of prompts, recordings of arrivals, made-up words."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joulemark.core.errors import FormatError, JoulemarkError, UsageError
from joulemark.loads.serving.lengths import MOST, parse_lengths
from joulemark.loads.serving.prompts import read_prompts, repeated, synthetic
from joulemark.loads.serving.traces import read_trace


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "file"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_lines_with_prompts_and_with_messages(tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "hi"}]
    lines = [{"prompt": "a b", "output_len": 5, "input_len": 2}, {"messages": turns}, {"text": "c"}]
    path = written(tmp_path, "\n\n".join(map(json.dumps, lines)))
    first, second, third = read_prompts(path)
    assert (first.text, first.tokens_out, first.tokens_in) == ("a b", 5, 2)
    assert second.messages == tuple(turns)
    assert (third.text, third.tokens_out) == ("c", None)
    assert [p.id for p in repeated([first, third], 3)] == ["1", "5", "1"]


def test_conversations_are_asked_up_to_the_first_answer(tmp_path: Path) -> None:
    shared = [
        {"id": "x", "conversations": [{"from": "system", "value": "be short"},
                                      {"from": "human", "value": "q"},
                                      {"from": "gpt", "value": "a"},
                                      {"from": "human", "value": "more"}]},
        {"id": "y", "conversations": [{"from": "gpt", "value": "begins"}]},
        {"conversation": [{"role": "user", "content": "z"}]},
    ]  # fmt: skip
    first, second = read_prompts(written(tmp_path, json.dumps(shared)))
    assert [m["role"] for m in first.messages] == ["system", "user"]
    assert second.messages == ({"role": "user", "content": "z"},)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        '{"other": 1}',
        '{"prompt": ""}',
        '{"messages": []}',
        '{"messages": [1]}',
        "[1]",
        '[{"conversations": [1]}]',
        "[]",
        "[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_other_files_are_refused(tmp_path: Path, text: str | bytes) -> None:
    with pytest.raises(FormatError, match="file"):
        read_prompts(written(tmp_path, text))


@pytest.mark.parametrize("number", ["-3", "0", "1e400", "1.5", "true", '"9"', "9" * 30])
def test_a_length_that_makes_no_sense_is_not_left_out(tmp_path: Path, number: str) -> None:
    for name in ("max_tokens", "input_len"):
        with pytest.raises(FormatError, match=f":1: '{name}' is"):
            read_prompts(written(tmp_path, f'{{"prompt": "a", "{name}": {number}}}'))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for read in (read_prompts, read_trace):
        with pytest.raises(FormatError, match="cannot be read"):
            read(tmp_path / "none")


def test_synthetic_prompts_have_the_lengths_asked_for() -> None:
    lengths = parse_lengths("uniform:5,10"), parse_lengths("exponential:40")
    made = synthetic(500, *lengths, seed=3)
    words = [len(one.text.split()) for one in made]
    assert (min(words), max(words)) == (5, 10)
    outs = [one.tokens_out for one in made]
    assert np.mean([n or 0 for n in outs]) == pytest.approx(40, rel=0.2)
    assert made == synthetic(500, *lengths, seed=3)
    assert synthetic(1, parse_lengths("3"))[0].tokens_out is None


@pytest.mark.parametrize(
    ("text", "mean"),
    [
        ("200", 200),
        ("uniform:100,300", 200),
        ("normal:200,20", 200),
        ("lognormal:200,100", 200),
        ("exponential:200", 200),
        ("pareto:4,200", 200),
    ],
)
def test_distributions_have_their_mean(text: str, mean: float) -> None:
    found = parse_lengths(text).draw(20_000, np.random.default_rng(1))
    assert found.mean() == pytest.approx(mean, rel=0.05)
    assert found.min() >= 1


@given(st.text(max_size=30))
def test_no_text_makes_nonsense_of_lengths(text: str) -> None:
    try:
        lengths = parse_lengths(text)
    except UsageError:
        return
    drawn = lengths.draw(10, np.random.default_rng(0))
    assert ((drawn >= 1) & (drawn <= MOST)).all()


@pytest.mark.parametrize(
    "text", ["0", "uniform:5", "uniform:9,2", "pareto:1,5", "odd:3", "1e9", "."]
)
def test_senseless_lengths_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no distribution"):
        parse_lengths(text)


def test_recordings_of_three_layouts(tmp_path: Path) -> None:
    found = read_trace(
        written(tmp_path, '{"timestamp": 500, "input_length": 9, "output_length": 3}')
    )
    assert found.stamps_s.tolist() == [0.5]
    assert found.tokens_in is not None
    assert found.tokens_in.tolist() == [9]
    azure = "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.6805900,4808,10\n"
    found = read_trace(written(tmp_path, azure + "2023-11-16 18:15:47.5,12,20\n"))
    assert np.diff(found.stamps_s) == pytest.approx([0.81941], abs=1e-6)
    assert found.tokens_out is not None
    assert found.tokens_out.tolist() == [10, 20]
    found = read_trace(written(tmp_path, "0.5\n\n1.25\n"))
    assert found.stamps_s.tolist() == [0.5, 1.25]
    assert found.tokens_in is None


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_file_makes_a_traceback(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "hostile"
    for start in (b"", b"{", b"[", b"TIMESTAMP,ContextTokens\n", b'{"timestamp": 1'):
        path.write_bytes(start + data)
        for read in (read_prompts, read_trace):
            with contextlib.suppress(JoulemarkError):
                read(path)
