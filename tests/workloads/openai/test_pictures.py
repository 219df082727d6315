"""Pictures, reasoning and large questions over a real socket, against the scripted server."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from joulemark.core.errors import UsageError
from joulemark.core.request import Check, Counted, Outcome, Prompt, Request
from joulemark.loads.serving.pictures import noise, with_noise
from joulemark.loads.serving.prompts import read_prompts, repeated
from joulemark.virtual.serving.instrument import Serving
from joulemark.workloads.openai import questions as module
from joulemark.workloads.openai.answer import Answer
from joulemark.workloads.openai.client import Bounds, Client, Load
from joulemark.workloads.openai.made import End, Maker, Tokenizer
from joulemark.workloads.openai.questions import different, questions
from joulemark.workloads.openai.target import Target
from joulemark.workloads.openai.worker import Order, packed, unpacked
from joulemark.workloads.openai.workers import drive_apart


def driven(
    asked: list[Prompt], *, apart: bool = False, fault: tuple[str, ...] = (), **settings: Any
) -> tuple[list[Request], list[Any]]:
    target = {key: settings.pop(key) for key in ("stream", "chat") if key in settings}
    given = {"first": 0.0, "step": 0.0005, "least": 4, "most": 4, **settings}
    made = Serving(fault=fault, **given).start()
    kept: dict[int, Request] = {}

    def keep(request: Request, text: str) -> None:
        del text
        kept[int(request.id)] = request

    try:
        to = Target(url=made.server.url, model="m", **target)
        load = Load(prompts=asked, due_s=[0.0] * len(asked), concurrency=2)
        if apart:
            drive_apart(to, load, keep, processes=2)
        else:
            asyncio.run(Client(to, keep, Bounds(silence_s=5)).drive(load))
        truths = list(made.server.truths)
    finally:
        made.close()
    return [kept[i] for i in sorted(kept)], truths


def test_pictures_from_files_reach_the_server(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(noise(40, 30, np.random.default_rng(0)))
    (tmp_path / "b.mp4").write_bytes(b"\x00\x00\x00\x20ftypisom" + b"\0" * 50_000)
    lines: list[dict[str, Any]] = [
        {"prompt": "two words", "images": ["a.png", "a.png"], "answer": "tok", "check": "contains"},
        {"prompt": "and a film", "videos": ["b.mp4"]},
        {"prompt": "none"},
    ]
    path = tmp_path / "prompts.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    found, truths = driven(read_prompts(path), image=100, video=700)
    assert [one.outcome for one in found] == [Outcome.OK] * 3
    assert [(one.images, one.videos, one.tokens_in) for one in found] == [
        (2, 0, 202),
        (0, 1, 703),
        (0, 0, 1),
    ]
    assert sorted((t.images, t.videos) for t in truths) == [(0, 0), (0, 1), (2, 0)]
    assert [one.prompt for one in found] == ["1", "2", "3"]
    assert (found[0].answer, found[0].check) == ("tok", Check.CONTAINS)


@pytest.mark.parametrize("apart", [False, True])
def test_large_pictures_of_noise(*, apart: bool) -> None:
    asked = with_noise([Prompt(id="1", text="look", tokens_out=2)] * 3, 1, (512, 512))
    found, truths = driven([*asked, *asked], apart=apart)
    assert [one.outcome for one in found] == [Outcome.OK] * 6
    assert {one.tokens_in for one in found} == {257}
    assert sum(t.images for t in truths) == 6


def test_what_is_no_picture_is_rejected_by_the_server() -> None:
    def turn(url: object, kind: str = "image_url") -> Prompt:
        part = {"type": kind, kind: {"url": url}}
        return Prompt(id="1", messages=({"role": "user", "content": [part]},), images=1)

    bad = [turn("https://example.org/x.png"), turn("data:image/png;base64,!!!!"), turn(5)]
    film = turn("data:image/png;base64,iVBORw0KGgo=", "video_url")
    found, truths = driven([*bad, film, turn("data:image/png;base64,iVBORw0KGgo=")])
    assert [one.outcome for one in found] == [Outcome.REJECTED] * 4 + [Outcome.OK]
    assert "fetches nothing" in found[0].error
    assert len(truths) == 1


def test_a_question_that_comes_again_is_written_once(monkeypatch: pytest.MonkeyPatch) -> None:
    target = Target(url="http://127.0.0.1:1", model="m")
    pair = [Prompt(id="a", text="x" * 100), Prompt(id="b", text="y")]
    load = Load(prompts=repeated(pair, 5), due_s=[0.0] * 5)
    made = questions(target, load.prompts)
    assert made[0] is made[2] is made[4]
    assert made[1] is made[3]
    assert different(load.prompts) == (pair, [0, 1, 0, 1, 0])
    order = packed(Order(target, load, Bounds(), 0))
    assert list(order.load.prompts) == pair
    assert list(unpacked(order).load.prompts) == list(load.prompts)
    monkeypatch.setattr(module, "MOST_BYTES", 200)
    with pytest.raises(UsageError, match="fewer different prompts"):
        questions(target, load.prompts)


def test_questions_that_were_prepared_are_sent_once() -> None:
    async def drive(url: str, kept: list[Request]) -> None:
        client = Client(Target(url=url, model="m"), lambda request, _: kept.append(request))
        load = Load(prompts=[Prompt(id="a", text="one")], due_s=[0.0])
        client.prepare(load)
        await client.drive(load)
        await client.drive(replace(load, prompts=[Prompt(id="b", text="two words")], first=1))

    made, kept = Serving(first=0.0, step=0.0).start(), list[Request]()
    try:
        asyncio.run(drive(made.server.url, kept))
    finally:
        made.close()
    assert [(one.prompt, one.tokens_in) for one in kept] == [("a", 1), ("b", 2)]


PLAIN = [Prompt(id="1", text="think", tokens_out=8)]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"reasoning": 6}, (6, Counted.USAGE)),
        ({"reasoning": 6, "fault": ("no-usage",)}, (6, Counted.CHUNKS)),
        ({"reasoning": 6, "fault": ("no-usage",), "stream": False}, (None, None)),
        ({"reasoning": 0}, (None, None)),
        ({"reasoning": 0, "fault": ("no-usage",)}, (None, None)),
    ],
)
def test_reasoning_is_counted_by_whoever_tells(
    settings: dict[str, Any], told: tuple[int | None, Counted | None]
) -> None:
    (one,), _ = driven(PLAIN, **{"least": 8, "most": 8, **settings})
    assert (one.reasoning_tokens, one.counted_reasoning) == told


def test_reasoning_that_only_its_text_tells() -> None:
    said = {"content": "abc", "reasoning_content": "abcdef"}
    body = {"choices": [{"message": said, "finish_reason": "stop"}]}
    usage = {"prompt_tokens": 1, "completion_tokens": 12}
    end = End(0, 9, Outcome.OK, "", 1)

    def made(tokenizer: Tokenizer | None) -> Request:
        answer = Answer()
        answer.head(200, "application/json")
        answer.body(json.dumps({**body, "usage": usage}).encode(), 5)
        answer.complete(6)
        return Maker(0, tokenizer, asked_usage=True).request("0", PLAIN[0], answer, end)

    one, other = made(None), made(len)
    assert (one.reasoning_tokens, one.counted_reasoning) == (8, Counted.LENGTH)
    assert (other.reasoning_tokens, other.counted_reasoning) == (6, Counted.TOKENIZER)
