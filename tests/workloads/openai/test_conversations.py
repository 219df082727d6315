"""Written conversations: servers that answer in ways of their own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence

import pytest

from joulemark.core.request import Counted, Outcome, Prompt, Request
from joulemark.workloads.openai.client import Bounds, Client, Load
from joulemark.workloads.openai.target import Target

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
EVENT = b'data: {"choices": [{"delta": {"content": "hi"}, "finish_reason": "stop"}]}\n\n'
STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
WHOLE = json.dumps({"choices": [{"message": {"content": "hi"}}]}).encode()


def told(*writes: bytes, count: int = 1, close: bool = True) -> list[Request]:
    """Ask a server that says these bytes to each question, in these pieces."""
    kept: list[Request] = []

    async def talk() -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while await reader.readuntil(b"stream_options") and await reader.read(1000):
                for piece in writes:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0)
                if close:
                    break
            writer.close()

        server = await asyncio.start_server(_quiet(answer), "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            target = Target(url=f"http://127.0.0.1:{port}", model="m")
            client = Client(target, lambda one, _: kept.append(one), Bounds(silence_s=2.0))
            asked = [Prompt(id=str(i), text="x") for i in range(count)]
            await client.drive(Load(prompts=asked, due_s=[0.0] * count, concurrency=1))

    asyncio.run(talk())
    return kept


def _quiet(answer: Talk) -> Talk:
    async def run(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    return run


@pytest.mark.parametrize(
    "writes",
    [
        [STREAM + b"\r\n", EVENT, b"data: [DONE]\n\n"],
        [bytes([byte]) for byte in STREAM + b"\r\n" + EVENT],
        [STREAM.replace(b"1.1", b"1.0") + b"\r\n" + EVENT],
        [JSON + b"\r\n", WHOLE],
    ],
)
def test_an_answer_that_lasts_as_long_as_its_connection(writes: Sequence[bytes]) -> None:
    for one in told(*writes, count=2):
        assert (one.outcome, one.text_length) == (Outcome.OK, 2)
        assert one.counted_out is (Counted.CHUNKS if one.chunks else None)


@pytest.mark.parametrize(
    ("writes", "outcome"),
    [
        ([JSON + b"\r\n", WHOLE[:-2]], Outcome.MALFORMED),
        ([STREAM + b"\r\n: nothing\n\n"], Outcome.DROPPED),
        ([b"HTTP/1.1 500 Oh\r\n\r\n", b"broken"], Outcome.FAILED),
        ([b"220 mail.example SMTP\r\n"], Outcome.MALFORMED),
        ([JSON + b"Content-Length: 5\r\n\r\nab"], Outcome.DROPPED),
    ],
)
def test_what_the_end_of_a_connection_makes_of_it(
    writes: Sequence[bytes], outcome: Outcome
) -> None:
    (one,) = told(*writes)
    assert one.outcome is outcome
    assert one.error


def test_bytes_that_belong_to_no_answer_end_a_connection() -> None:
    whole = JSON + b"Content-Length: %d\r\n\r\n" % len(WHOLE) + WHOLE
    found = told(whole + b"HTTP/1.1 200 OK\r\n\r\n", count=3, close=False)
    assert [one.outcome for one in found] == [Outcome.OK] * 3
    late = told(whole, b"", b"HTTP/1.1 200 OK\r\n", count=3, close=False)
    assert {one.text_length for one in late if one.ok} == {2}
