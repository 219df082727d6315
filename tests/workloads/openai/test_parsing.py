"""What a server sends, taken apart: any pieces give the same, and hostile bytes give an error."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joulemark.core.request import Outcome
from joulemark.workloads.openai.answer import Answer, Failure, count_of
from joulemark.workloads.openai.events import MOST_EVENT, EventReader
from joulemark.workloads.openai.http import MOST_HEAD, ProtocolError, Reader

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def pieces(data: bytes, cuts: Sequence[int]) -> list[bytes]:
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[a:b] for a, b in pairwise(places) if a < b]


def chunked(parts: Sequence[bytes]) -> bytes:
    return b"".join(b"%x;ext=1\r\n%s\r\n" % (len(p), p) for p in parts if p) + b"0\r\nT: x\r\n\r\n"


CUTS = st.lists(st.integers(0, 2000), max_size=30)


@given(st.lists(st.binary(max_size=60), max_size=8), CUTS)
def test_a_body_is_the_same_in_any_pieces(parts: list[bytes], cuts: list[int]) -> None:
    whole = b"".join(parts)
    told = HEAD + b"Content-Length: %d\r\n\r\n" % len(whole) + whole
    for data in (CHUNKED + chunked(parts), told):
        reader = Reader()
        found = [body for piece in pieces(data, cuts) for body in reader.feed(piece)]
        assert b"".join(found) == whole
        assert reader.done
        assert reader.keep
        assert not reader.surplus


@given(st.binary(max_size=200), CUTS)
def test_a_body_without_length_lasts_as_long_as_the_connection(
    body: bytes, cuts: list[int]
) -> None:
    reader = Reader()
    found = [one for piece in pieces(HEAD + b"\r\n" + body, cuts) for one in reader.feed(piece)]
    assert b"".join(found) == body
    assert not reader.done
    assert reader.end()
    assert not reader.keep


@given(st.binary(max_size=300), CUTS)
def test_no_bytes_make_a_traceback(data: bytes, cuts: list[int]) -> None:
    for start in (b"", b"HTTP/1.1 200", HEAD, CHUNKED, CHUNKED + b"5\r\nhello"):
        reader = Reader()
        try:
            for piece in pieces(start + data, cuts):
                reader.feed(piece)
        except ProtocolError:
            continue
        reader.end()


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 20x OK\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        HEAD + b"Content-Length: -5\r\n\r\n",
        HEAD + b"Content-Length: 99999999999999999999\r\n\r\n",
        HEAD + b"Transfer-Encoding: gzip\r\n\r\n",
        CHUNKED + b"nothex\r\n",
        CHUNKED + b"-5\r\n",
        CHUNKED + b"ffffffffff\r\n",
        CHUNKED + b"1" * 5000,
        CHUNKED + b"0\r\n" + b"x" * (MOST_HEAD + 1),
        b"HTTP/1.1 200 OK\r\n" + b"x" * (MOST_HEAD + 1),
    ],
)
def test_what_is_no_http(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        Reader().feed(data)


def test_what_came_before_a_fault_is_kept() -> None:
    reader = Reader()
    assert reader.feed(CHUNKED + b"2\r\nabc\r\n") == [b"ab"]
    assert "longer than its size" in str(reader.wrong)


def test_answers_follow_each_other() -> None:
    reader = Reader()
    reader.feed(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n")
    assert (reader.status, reader.done) == (204, True)
    reader.begin()
    reader.feed(b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\nmore")
    assert reader.done
    assert not reader.keep
    assert reader.surplus


TEXTS = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=20))
ENDS = st.sampled_from(["\n", "\r\n", "\r"])


@given(TEXTS, ENDS, CUTS)
def test_events_are_the_same_in_any_pieces(texts: list[str], end: str, cuts: list[int]) -> None:
    stream = "".join(f": hi{end}event: x{end}data: {text}{end}{end}" for text in texts).encode()
    reader = EventReader()
    found = [one for piece in pieces(stream, cuts) for one in reader.feed(piece)]
    assert found == [text.encode() for text in texts]


def test_events_of_several_lines_and_without_data() -> None:
    reader = EventReader()
    assert reader.feed(b"data: a\ndata:b\ndata\n\nid: 3\n\n") == [b"a\nb\n"]
    assert reader.feed(b"data: one\n\n") == [b"one"]
    assert reader.feed(b"data: x\n\ndata: y\n\nda") == [b"x", b"y"]
    assert reader.partial == b"da"


def test_an_event_that_never_ends() -> None:
    reader = EventReader()
    for _ in range(MOST_EVENT // 2**20):
        assert reader.feed(b"x" * 2**20) == []
    with pytest.raises(ProtocolError, match="16 MiB"):
        reader.feed(b"x")


def answer(status: int = 200, kind: str = "text/event-stream; charset=utf-8") -> Answer:
    made = Answer()
    made.head(status, kind)
    return made


def event(**fields: object) -> bytes:
    return b"data: " + json.dumps(fields).encode() + b"\n\n"


def test_text_reasoning_refusal_and_calls_are_told_apart() -> None:
    one = answer()
    deltas: list[dict[str, object]] = [
        {"role": "assistant", "content": ""},
        {"reasoning_content": "hm"},
        {"reasoning": "so", "content": None},
        {"content": "yes"},
        {"refusal": "no"},
        {"tool_calls": [{"index": 0}]},
    ]
    for now, delta in enumerate(deltas):
        one.body(event(choices=[{"delta": delta}], usage={"completion_tokens": now}), now)
    one.body(event(choices=[{"text": "plain", "finish_reason": "stop"}]) + b"data: [DONE]\n\n", 9)
    one.complete(10)
    assert list(one.chunks) == [1, 2, 3, 4, 5, 9]
    assert list(one.running) == [1, 2, 3, 4, 5, -1]
    assert (one.text, one.thought) == (["yes", "no", "plain"], ["hm", "so"])
    assert (one.finish, one.ended) == ("stop", 9)
    assert list(one.notes) == ["the model refused to answer"]


def test_a_whole_answer_has_no_times_of_tokens() -> None:
    one = answer(kind="application/json")
    one.body(json.dumps({"choices": [{"message": {"content": "a"}}], "usage": {}}).encode(), 3)
    one.complete(4)
    assert (one.text, len(one.chunks), one.ended) == (["a"], 0, 4)


@pytest.mark.parametrize(
    ("status", "body", "outcome", "said"),
    [
        (429, b'{"error": {"message": "slow down"}}', Outcome.THROTTLED, "slow down"),
        (503, b"<html>", Outcome.FAILED, "HTTP 503: '<html>'"),
        (422, b'{"detail": [{"msg": "extra"}]}', Outcome.REJECTED, "extra"),
        (404, b"[" * 100_000, Outcome.REJECTED, "HTTP 404"),
        (302, b"", Outcome.REJECTED, "HTTP 302"),
    ],
)
def test_errors_of_a_server(status: int, body: bytes, outcome: Outcome, said: str) -> None:
    one = answer(status, "application/json")
    one.body(body, 1)
    with pytest.raises(Failure, match=said) as failed:
        one.complete(2)
    assert failed.value.outcome is outcome


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5),
                    lambda inner: st.lists(inner, max_size=3)
                    | st.dictionaries(st.sampled_from(["choices", "delta", "usage", "content",
                                                       "error", "text", "finish_reason"]), inner),
                    max_leaves=12))  # fmt: skip
@settings(max_examples=200)
def test_no_event_makes_a_traceback(value: object) -> None:
    one = answer()
    try:
        one.body(b"data: " + json.dumps(value).encode() + b"\n\n", 1)
        one.complete(2)
    except (ProtocolError, Failure):
        pass
    assert count_of(one.usage, "completion_tokens", "deeper") is None


@pytest.mark.parametrize("bad", [-1, 10**30, True, "5", 1.5, None])
def test_what_is_no_count(bad: object) -> None:
    assert count_of({"a": bad}, "a") is None
    assert count_of({"a": {"b": 7}}, "a", "b") == 7
