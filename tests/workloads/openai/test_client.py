"""The client against a scripted server: what it measures is true, and what goes wrong is told."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from joulemark.core.errors import UsageError
from joulemark.core.finding import Severity
from joulemark.core.request import Counted, Outcome, Prompt, Request
from joulemark.virtual.redfish.certificate import self_signed
from joulemark.virtual.serving.instrument import Serving
from joulemark.virtual.serving.server import ScriptedServer
from joulemark.virtual.serving.wrongs import Wrongs
from joulemark.workloads.openai.client import Bounds, Client, Load
from joulemark.workloads.openai.findings import findings_of
from joulemark.workloads.openai.lag import Lag, together
from joulemark.workloads.openai.target import Target
from joulemark.workloads.openai.waiting import pause_s

QUICK = Bounds(silence_s=0.5, connect_s=10.0)


@contextmanager
def served(*fault: str, **settings: Any) -> Iterator[ScriptedServer]:
    given = {"first": 0.0, "step": 0.0005, "least": 8, "most": 8, **settings}
    made = Serving(fault=fault, **given).start()
    try:
        yield made.server
    finally:
        made.close()


def prompts(count: int, tokens: int | None = 8) -> list[Prompt]:
    return [Prompt(id=str(i), text=f"what is {i}", tokens_out=tokens) for i in range(count)]


def driven(
    url: str,
    asked: Sequence[Prompt],
    *,
    bounds: Bounds = QUICK,
    load: dict[str, Any] | None = None,
    tokenizer: Any = None,
    shift: int = 0,
    **target: Any,
) -> tuple[list[Request], Lag, list[str]]:
    kept: dict[int, tuple[Request, str]] = {}

    def keep(request: Request, text: str) -> None:
        assert int(request.id) not in kept
        kept[int(request.id)] = (request, text)

    client = Client(
        Target(url=url, model="m", **target), keep, bounds, tokenizer=tokenizer, shift=shift
    )
    made = Load(prompts=asked, due_s=[0.0] * len(asked), **(load or {}))
    lag = asyncio.run(client.drive(made))
    assert sorted(kept) == list(range(len(asked)))
    return [kept[i][0] for i in sorted(kept)], lag, [kept[i][1] for i in sorted(kept)]


def test_times_and_counts_are_true() -> None:
    with served(first=0.02, step=0.002) as server:
        found, lag, texts = driven(server.url, prompts(5), shift=1000, load={"concurrency": 1})
        truths = list(server.truths)
    assert [one.outcome for one in found] == [Outcome.OK] * 5
    assert texts == [" tok" * 8] * 5
    for one, truth in zip(found, truths, strict=True):
        assert (one.tokens_in, one.tokens_out, one.finish) == (3, 8, "length")
        assert (one.counted_in, one.counted_out) == (Counted.USAGE, Counted.USAGE)
        assert one.first_token is not None
        assert one.sent is not None
        assert one.sent - 1000 <= truth.arrived
        assert len(one.chunks) == 8
        # both ends read one clock; the first token cannot be read before it was planned
        assert one.first_token - 1000 >= truth.arrived + 20_000_000
        assert one.ended is not None
        assert one.ended >= one.chunks[-1] >= one.first_token >= (one.first_byte or 0)
    assert lag.events == 40
    assert {one.rule for one in findings_of(found, Lag())} <= {"sent-late"}


@pytest.mark.parametrize("chat", [True, False])
@pytest.mark.parametrize("stream", [True, False])
def test_both_endpoints_streaming_or_not(*, chat: bool, stream: bool) -> None:
    with served(reasoning=3 if chat else 0) as server:
        (one,), _, texts = driven(server.url, prompts(1), chat=chat, stream=stream)
    assert one.ok
    assert one.tokens_out == 8
    assert (one.first_token is None) == (not stream)
    assert one.reasoning_tokens == (3 if chat else None)
    assert texts == [" tok" * (5 if chat else 8)]
    assert one.reasoning_length == (12 if chat else 0)


def test_a_server_that_takes_no_counts_says_so_and_the_flag_is_told() -> None:
    with served("strict") as server:
        found, lag, _ = driven(server.url, prompts(2))
        others, _, _ = driven(server.url, prompts(2), usage=False)
    assert {one.outcome for one in found} == {Outcome.REJECTED}
    assert found[0].error == "HTTP 422: stream_options: Extra inputs are not permitted"
    (told,) = [one for one in findings_of(found, lag) if one.severity is Severity.ERROR]
    assert "does not take the field stream_options: ask without counts, --no-usage" in told.message
    assert {one.counted_out for one in others} == {Counted.CHUNKS}


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("Unsupported parameter: 'max_tokens'", "--limit-field max_completion_tokens"),
        ("max_tokens is too large: 9000", ""),
        ("Unexpected keys in the request: {'stream_options'}", "--no-usage"),
        ("model not supported", ""),
    ],
)
def test_advice_on_what_a_server_does_not_take(said: str, advice: str) -> None:
    one = Request(id="0", planned=0, outcome=Outcome.REJECTED, error=f"HTTP 400: {said}")
    (told,) = findings_of([one], Lag())
    assert advice in told.message
    assert advice or "field" not in told.message


HALF = [
    ("stalls", Outcome.STALLED, 4),
    ("drops", Outcome.DROPPED, 4),
    ("bad-chunk", Outcome.MALFORMED, 4),
    ("bad-event", Outcome.MALFORMED, 4),
    ("error-event", Outcome.FAILED, 4),
    ("huge", Outcome.MALFORMED, 4),
    ("cut", Outcome.DROPPED, 4),
    ("throttles", Outcome.THROTTLED, 0),
    ("fails", Outcome.FAILED, 0),
    ("rejects", Outcome.REJECTED, 0),
]


@pytest.mark.parametrize(("fault", "outcome", "kept"), HALF)
def test_half_of_the_requests_fail_and_the_others_do_not(
    fault: str, outcome: Outcome, kept: int
) -> None:
    with served(f"{fault}:2") as server:
        found, lag, texts = driven(server.url, prompts(6), load={"concurrency": 1})
    assert [one.outcome for one in found] == [Outcome.OK, outcome] * 3
    assert [len(one.chunks) for one in found] == [8, kept] * 3
    assert texts[1] == " tok" * kept
    assert found[1].error
    (told,) = [one for one in findings_of(found, lag) if one.severity is Severity.ERROR]
    assert f"3 of 6 requests: {outcome}" in told.message


@pytest.mark.parametrize(
    ("fault", "tokens", "counted", "said"),
    [
        ("no-usage", 8, Counted.CHUNKS, "usage is missing"),
        ("odd-usage", 8, Counted.CHUNKS, "usage holds no count"),
        ("wrong-usage", 11, Counted.USAGE, "the server counts 22 tokens, events with text 16"),
        ("no-done", 8, Counted.USAGE, "the stream has no [DONE]"),
        ("no-end", 8, Counted.USAGE, "the answer has an end, its HTTP body has none"),
        ("pairs", 8, Counted.USAGE, "the server counts 16 tokens, events with text 8"),
        ("unstreamed", 8, Counted.USAGE, ""),
        ("refusal", 8, Counted.USAGE, ""),
        ("closes", 8, Counted.USAGE, ""),
    ],
)
def test_faults_that_leave_an_answer(fault: str, tokens: int, counted: Counted, said: str) -> None:
    with served(fault) as server:
        found, _, _ = driven(server.url, prompts(2), load={"concurrency": 1})
    assert [one.outcome for one in found] == [Outcome.OK] * 2
    assert [(one.tokens_out, one.counted_out) for one in found] == [(tokens, counted)] * 2
    messages = [one.message for one in findings_of(found, Lag())]
    assert any(said in message for message in messages) or not said
    assert ("usage-over" in {one.rule for one in findings_of(found, Lag())}) == (tokens > 8)


def test_a_tokenizer_counts_where_the_server_does_not() -> None:
    with served("no-usage:2") as server:
        found, _, _ = driven(server.url, prompts(2), tokenizer=lambda text: len(text.split()) + 1)
    assert {one.counted_out for one in found} == {Counted.USAGE, Counted.TOKENIZER}
    assert {one.tokens_in for one in found} == {3, 4}
    rules = {one.rule for one in findings_of(found, Lag())}
    assert {"usage-tokenizer", "counted-apart", "server-note"} <= rules


def test_a_server_that_refuses_ends_the_run() -> None:
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        bounds = Bounds(refusals=3)
        found, _, _ = driven(url, prompts(8), bounds=bounds, load={"concurrency": 1})
    assert [one.outcome for one in found[:3]] == [Outcome.REFUSED] * 3
    assert {one.outcome for one in found[4:]} == {Outcome.CANCELLED}
    assert "connections in a row were refused" in found[-1].error
    assert found[-1].attempts == 0


def test_a_connection_that_was_closed_while_idle_is_made_anew() -> None:
    with served("hangs-up:2") as server:
        found, _, _ = driven(server.url, prompts(3), load={"concurrency": 1})
        (hung, _) = driven(server.url, prompts(2), load={"concurrency": 2})[0]
    assert [one.outcome for one in found] == [Outcome.OK] * 3
    assert found[1].notes
    assert hung.outcome is Outcome.DROPPED


def test_a_server_that_dies_leaves_what_it_said() -> None:
    with served("dies:4", step=0.005) as server:
        bounds = Bounds(refusals=2)
        found, _, _ = driven(server.url, prompts(9), bounds=bounds, load={"concurrency": 1})
    assert [one.outcome for one in found[:4]] == [Outcome.OK] * 3 + [Outcome.REFUSED]
    assert "closed a kept connection" in found[3].notes[0]
    assert not any(one.ok for one in found[4:])


@pytest.mark.parametrize("fault", ["throttles", "fails"])
def test_a_storm_is_outlived_only_when_asked_for(fault: str) -> None:
    bounds = Bounds(retries=4, most_wait_s=0.01)
    with served(f"{fault}:2") as server:
        found, lag, _ = driven(server.url, prompts(3), bounds=bounds, load={"concurrency": 1})
    assert all(one.ok for one in found)
    assert [one.attempts for one in found] == [1, 2, 2]
    assert "request-again" in {one.rule for one in findings_of(found, lag)}


def test_a_run_that_ends_first_keeps_what_came() -> None:
    with served(first=0.0, step=0.02, most=500, least=500) as server:
        found, _, texts = driven(
            server.url, prompts(3, None), load={"lasting_s": 1.0, "concurrency": 2}
        )
    assert [one.outcome for one in found] == [Outcome.CANCELLED] * 3
    assert found[0].chunks
    assert texts[0]
    assert found[2].sent is None


def test_a_closed_loop_keeps_to_its_concurrency() -> None:
    with served(step=0.002) as server:
        found, _, _ = driven(server.url, prompts(12), load={"concurrency": 3})
    edges = sorted([(one.sent or 0, 1) for one in found] + [(one.ended or 0, -1) for one in found])
    under_way, most = 0, 0
    for _, step in edges:
        under_way += step
        most = max(most, under_way)
    assert most == 3
    assert all(one.ok for one in found)


@pytest.mark.parametrize(
    "target",
    [
        {"url": "nothing"},
        {"url": "http://a:b"},
        {"url": "http://me:secret@host"},
        {"url": "http://host/?x=1"},
        {"url": "http://ho st"},
        {"url": "http://host:0"},
        {"url": "http://h", "key": "a\r\nHost: b"},
        {"url": "https://h", "cafile": "/nonexistent"},
        {"url": "http://h", "extra": {"x": float("nan")}},
        {"url": "http://h", "extra": {"x": object()}},
    ],
)
def test_senseless_targets_send_nothing(target: dict[str, Any]) -> None:
    client = Client(Target(model="m", **target), lambda *_: pytest.fail("something was sent"))
    with pytest.raises(UsageError):
        asyncio.run(client.drive(Load(prompts=prompts(1), due_s=[0.0])))


def test_questions_hold_the_protocol_and_no_more() -> None:
    target = Target(url="http://h:1/v1", model="m", key="k", extra={"ignore_eos": True})
    text = target.question(Prompt(id="", text="hi", tokens_out=5), target.head()).decode()
    head, body = text.split("\r\n\r\n")
    assert head.startswith("POST /v1/chat/completions HTTP/1.1\r\nHost: h:1\r\n")
    assert "Authorization: Bearer k" in head
    assert '"max_tokens": 5' in body
    assert body.endswith('"ignore_eos": true}')
    assert f"Content-Length: {len(body)}" in head
    assert "'k'" not in repr(target)
    plain = Target(url="http://h/v1/completions", model="m", chat=False, stream=False)
    assert plain.path == "/v1/completions"
    assert b"stream_options" not in plain.question(Prompt(id="", text="hi"), b"")
    with pytest.raises(UsageError, match="is a chat"):
        plain.question(Prompt(id="", messages=({"role": "user"},)), b"")


@pytest.mark.parametrize(
    ("told", "attempts", "wait"),
    [("3", 1, 3), ("1e9", 1, 60), ("-5", 1, 0), ("nan", 1, 0.25), ("", 3, 1), ("x", 1, 0.25),
     ("Wed, 21 Oct 2015 07:28:00 GMT", 1, 0)],
)  # fmt: skip
def test_how_long_to_wait(told: str, attempts: int, wait: float) -> None:
    assert pause_s({"retry-after": told}, attempts, 60.0) == wait


def test_lag_of_several_processes() -> None:
    assert together([]) == Lag()
    both = together([Lag(1, 0.1, 0.2, 0.3, 0.5, 10, 8, 1), Lag(2, 0.2, 0.1, 0.4, 0.9, 1, 1, 0)])
    assert both == Lag(3, 0.2, 0.2, 0.4, 0.9, 11, 9, 1)
    assert "client-late" in {one.rule for one in findings_of([], both)}
    joined = Lag(events=100, joined=50)
    late = Request(id="", planned=0, sent=10**9, ended=10**9)
    assert {"events-joined", "sent-late"} <= {one.rule for one in findings_of([late], joined)}


def test_over_tls_who_is_not_trusted_is_told_nothing(tmp_path: Path) -> None:
    certificate = self_signed("127.0.0.1", "localhost")
    certificate.hand_out(tmp_path / "ca.pem")
    script = Serving(first=0.0, step=0.0005, least=8, most=8).script()
    made = ScriptedServer(script, Wrongs(()), context=certificate.context())
    try:
        cafile = str(tmp_path / "ca.pem")
        trusted, _, texts = driven(made.url, prompts(3), cafile=cafile, load={"concurrency": 2})
        (strange,), _, _ = driven(made.url, prompts(1))
        by_name = made.url.replace("127.0.0.1", "localhost")
        (named,), _, _ = driven(by_name, prompts(1), cafile=cafile)
    finally:
        made.close()
    assert [one.outcome for one in [*trusted, named]] == [Outcome.OK] * 4
    assert texts == [" tok" * 8] * 3
    assert strange.outcome is Outcome.REFUSED
    assert "certificate" in strange.error.lower()
    assert len(made.truths) == 4


def test_answers_of_hundreds_of_streams_at_once() -> None:
    with served(first=0.01, step=0.0, least=2, most=2) as server:
        found, lag, _ = driven(server.url, prompts(400), bounds=Bounds())
    assert {one.outcome for one in found} == {Outcome.OK}
    assert lag.events == 800
