"""The scripted server: its times, its counts, its batches, and what it says over HTTP."""

from __future__ import annotations

import http.client
import json
import re
import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.core.errors import UnavailableError, UsageError
from joulemark.virtual.serving.engine import Engine
from joulemark.virtual.serving.instrument import Serving
from joulemark.virtual.serving.script import Script
from joulemark.virtual.serving.stream import Truth
from joulemark.virtual.serving.wrongs import Wrongs


class Loop:
    """A loop whose time moves when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0
        self.due: list[tuple[float, Any, tuple[Any, ...]]] = []

    def time(self) -> float:
        return self.now

    def call_at(self, due: float, call: Any, *args: Any) -> Any:
        self.due.append((due, call, args))
        return self

    def run(self) -> None:
        while self.due:
            self.due.sort(key=lambda one: one[0])
            self.now, call, args = self.due.pop(0)
            call(*args)


class Counting:
    def __init__(self, loop: Loop, tokens: int, prefill_s: float = 0.5) -> None:
        self.prefill_s = prefill_s
        self.truth = Truth(0)
        self.left = tokens
        self.times: list[float] = []
        self._loop = loop

    def token(self) -> bool:
        self.times.append(round(self._loop.now, 6))
        self.left -= 1
        return self.left > 0


def test_alone_each_goes_its_own_way() -> None:
    loop = Loop()
    engine = Engine(Script(step_s=0.1), loop)  # type: ignore[arg-type]
    one, other = Counting(loop, 3), Counting(loop, 2, 0.25)
    engine.add(one)
    engine.add(other)
    assert len(engine.running) == 2
    loop.run()
    assert one.times == [0.5, 0.6, 0.7]
    assert other.times == [0.25, 0.35]
    assert not engine.running


def test_in_a_batch_steps_are_shared_and_the_others_wait() -> None:
    loop = Loop()
    engine = Engine(Script(step_s=0.1, step_request_s=0.05, slots=2), loop)  # type: ignore[arg-type]
    ones = [Counting(loop, tokens, 0.0) for tokens in (2, 1, 2)]
    for one in ones:
        engine.add(one)
    assert engine.waiting == 2
    loop.run()
    assert [one.times for one in ones] == [[0.15, 0.35], [0.35], [0.5, 0.65]]


@given(st.text(), st.integers(1, 50), st.integers(0, 50))
def test_lengths_are_known_beforehand(prompt: str, least: int, more: int) -> None:
    script = Script(least=least, most=least + more, prompt_token_s=0.5)
    out = script.tokens_out(prompt, None)
    assert least <= out <= least + more
    assert script.tokens_out(prompt, 3) == min(3, out)
    assert script.tokens_out(prompt, 999, ignore_eos=True) == 999
    assert script.prefill_s(script.tokens_in(prompt)) == 0.05 + 0.5 * script.tokens_in(prompt)
    assert script.tokens_in(prompt, 2, 1) == script.tokens_in(prompt) + 2 * 256 + 1024


def test_what_it_says_over_http() -> None:
    made = Serving(first=0.0, step=0.0, least=2, most=2).start()
    talk = http.client.HTTPConnection(*made.server.address)
    try:

        def said(verb: str, path: str, body: object = None) -> tuple[int, bytes]:
            talk.request(verb, path, None if body is None else json.dumps(body))
            answer = talk.getresponse()
            return answer.status, answer.read()

        asked = {"model": "x", "prompt": "a b c"}
        status, body = said("POST", "/v1/completions", asked)
        assert json.loads(body)["usage"]["prompt_tokens"] == 3
        status, body = said("POST", "/v1/completions", {**asked, "stream": True})
        assert (status, body.count(b"data: ")) == (200, 4)
        chat = {"messages": [{"role": "user", "content": [{"type": "text", "text": "hi you"}]}]}
        status, body = said("POST", "/v1/chat/completions", chat)
        assert json.loads(body)["choices"][0]["message"]["content"] == " tok tok"
        metrics = said("GET", "/metrics")[1].decode()
        assert re.search(r"^vllm:generation_tokens_total\S* 6$", metrics, re.MULTILINE)
        truth = json.loads(said("GET", "/truth")[1])
        assert [one["tokens_in"] for one in truth] == [3, 3, 2]
        assert all(one["whole"] and one["arrived"] <= one["first"] <= one["last"] for one in truth)
        assert said("GET", "/v1/models")[0] == said("GET", "/health")[0] == 200
        assert said("GET", "/other")[0] == 404
        wrong: list[object] = [[], {"prompt": 5}, {"prompt": "", "max_tokens": 0}]
        for bad in wrong:
            assert said("POST", "/v1/completions", bad)[0] == 400
        assert said("POST", "/v1/chat/completions", {"messages": []})[0] == 400
    finally:
        talk.close()
        made.close()
        made.close()


def test_the_truth_keeps_times_where_they_are_asked_for() -> None:
    for times in (False, True):
        made = Serving(first=0.0, step=0.0, least=3, most=3, times=times).start()
        talk = http.client.HTTPConnection(*made.server.address)
        try:
            talk.request("POST", "/v1/completions", json.dumps({"prompt": "how many 17"}))
            talk.getresponse().read()
            talk.request("GET", "/truth")
            (row,) = json.loads(talk.getresponse().read())
        finally:
            talk.close()
            made.close()
        assert row["asked"] == ("17" if times else "")
        assert len(row["times"]) == (3 if times else 0)
        assert not times or [row["times"][0], row["times"][-1]] == [row["first"], row["last"]]


@pytest.mark.parametrize(
    "data", [b"x" * 70_000, b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n"]
)
def test_what_is_too_long_is_refused(data: bytes) -> None:
    made = Serving().start()
    try:
        with socket.create_connection(made.server.address) as talk:
            talk.sendall(data)
            assert talk.recv(100).startswith(b"HTTP/1.1 400")
    finally:
        made.close()


def test_settings_that_make_no_sense() -> None:
    for made in (
        Serving(first=-1.0),
        Serving(step=float("nan")),
        Serving(least=0),
        Serving(slots=-1),
    ):
        with pytest.raises(UsageError):
            made.start()
    for fault in ("nothing", "drops:0", "drops:x", "drops:"):
        with pytest.raises(UsageError, match="choose from"):
            Wrongs([fault])
    assert Wrongs(["drops:2", "closes"]).of(4) == {"drops", "closes"}
    served = Serving().start()
    try:
        with pytest.raises(UnavailableError, match="cannot listen"):
            Serving(port=served.server.address[1]).start()
    finally:
        served.close()
