"""The words of the protocol, as the scripted server writes them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from joulemark.loads.serving.pictures import IMAGE, VIDEO, media_type

WORD = " tok"
_REASONS = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    422: "Unprocessable Entity",
    429: "Too Many Requests",
    503: "Service Unavailable",
}
END = b"0\r\n\r\n"
STRICT: Mapping[str, object] = {
    "detail": [
        {
            "type": "extra_forbidden",
            "loc": ["body", "stream_options"],
            "msg": "Extra inputs are not permitted",
            "input": {"include_usage": True},
        }
    ]
}
"""What a server made with FastAPI says to a field that it does not take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question, taken apart.

    Attributes:
        prompt: its text.
        images: pictures in it.
        videos: films in it.
        chat: whether it is a chat.
        stream: whether the answer is to come as events.
        usage: whether the stream is to end with counts.
        most: most tokens of the answer.
        ignore_eos: whether the answer goes on to that.
        model: name of the model.
    """

    prompt: str
    images: int
    videos: int
    chat: bool
    stream: bool
    usage: bool
    most: int | None
    ignore_eos: bool
    model: str


def asked(path: str, body: bytes) -> Asked:
    """Return the question in a body.

    Raises:
        ValueError: if it is none; says why.
    """
    try:
        fields = json.loads(body)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(fields, dict):
        raise ValueError("it is no object")  # noqa: TRY004 # every fault of it is one kind
    options = fields.get("stream_options")
    most = fields.get("max_completion_tokens", fields.get("max_tokens"))
    if most is not None and (not isinstance(most, int) or isinstance(most, bool) or most < 1):
        raise ValueError("max_tokens is no number from 1 on")
    chat = path.endswith("/chat/completions")
    kinds = list(_kinds(fields.get("messages"))) if chat else []
    return Asked(
        prompt=_chat(fields.get("messages")) if chat else _text(fields.get("prompt")),
        images=kinds.count(IMAGE),
        videos=kinds.count(VIDEO),
        chat=chat,
        stream=fields.get("stream") is True,
        usage=isinstance(options, dict) and options.get("include_usage") is True,
        most=most,
        ignore_eos=fields.get("ignore_eos") is True,
        model=str(fields.get("model", "scripted")),
    )


def _chat(messages: object) -> str:
    if not isinstance(messages, list) or not messages:
        raise ValueError("messages is no list")
    return "\n".join(str(part["text"]) for part in _parts(messages) if "text" in part)


def _parts(messages: object) -> Iterator[dict[str, object]]:
    """Yield the parts of a chat; a message of plain text is one."""
    for message in messages if isinstance(messages, list) else ():
        content = message.get("content") if isinstance(message, dict) else None
        parts = content if isinstance(content, list) else [{"text": content}]
        yield from (part for part in parts if isinstance(part, dict))


def _kinds(messages: object) -> Iterator[str]:
    """Yield the kind of each picture and film; raise if what it holds is none."""
    for part in _parts(messages):
        kind = part.get("type")
        if kind not in (IMAGE, VIDEO):
            continue
        address = part.get(kind)
        url = address.get("url") if isinstance(address, dict) else None
        _, comma, data = url.partition(";base64,") if isinstance(url, str) else ("", "", "")
        if not comma:
            raise ValueError(f"{kind} holds no data: address; this server fetches nothing")
        wanted = "image/" if kind == IMAGE else "video/"
        try:
            found = media_type(base64.b64decode(data, validate=True))
        except ValueError:
            found = ""
        if not found.startswith(wanted):
            raise ValueError(f"{kind} holds nothing of the kind")
        yield kind


def _text(prompt: object) -> str:
    if not isinstance(prompt, str):
        raise ValueError("prompt is no text")  # noqa: TRY004
    return prompt


def head(status: int, kind: str, *, length: int | None = None, more: str = "") -> bytes:
    """Return a head; without a length, of a chunked body."""
    size = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    reason = _REASONS.get(status, "Status")
    return f"HTTP/1.1 {status} {reason}\r\nContent-Type: {kind}\r\n{more}{size}\r\n\r\n".encode()


def whole(status: int, value: object, *, more: str = "") -> bytes:
    """Return a whole answer of JSON."""
    return json_body(json.dumps(value).encode(), status, more=more)


def json_body(body: bytes, status: int = 200, *, more: str = "") -> bytes:
    """Return a whole answer of JSON that is written already."""
    return head(status, "application/json", length=len(body), more=more) + body


def chunk(data: bytes) -> bytes:
    """Return one HTTP chunk that holds an event."""
    event = b"data: " + data + b"\n\n"
    return b"%x\r\n%s\r\n" % (len(event), event)


def event(
    name: str, question: Asked, *, field: str = "content", text: str = "", finish: str | None = None
) -> bytes:
    """Return the JSON of one event."""
    choice: dict[str, object] = {"index": 0, "finish_reason": finish}
    if question.chat:
        choice["delta"] = {field: text} if text else {}
    else:
        choice["text"] = text
    kind = "chat.completion.chunk" if question.chat else "text_completion"
    value = {"id": name, "object": kind, "created": 0, "model": question.model, "choices": [choice]}
    return json.dumps(value, separators=(",", ":")).encode()


def counted(name: str, question: Asked, usage: object) -> bytes:
    """Return the JSON of the event that ends a stream with counts."""
    kind = "chat.completion.chunk" if question.chat else "text_completion"
    value = {"id": name, "object": kind, "created": 0, "model": question.model, "choices": []}
    return json.dumps({**value, "usage": usage}).encode()


def answered(
    name: str, question: Asked, said: Mapping[str, str], finish: str, usage: object
) -> bytes:
    """Return a whole answer that does not stream."""
    choice: dict[str, object] = {"index": 0, "finish_reason": finish}
    if question.chat:
        choice["message"] = {"role": "assistant", **said}
    else:
        choice["text"] = "".join(said.values())
    kind = "chat.completion" if question.chat else "text_completion"
    value = {"id": name, "object": kind, "created": 0, "model": question.model}
    return whole(200, {**value, "choices": [choice], "usage": usage})


def metrics(counts: Mapping[str, float]) -> bytes:
    """Return the text of ``/metrics``, under the names that vLLM gives such figures."""
    lines = []
    for name, value in counts.items():
        kind = "counter" if name.endswith("_total") else "gauge"
        lines += [f"# TYPE vllm:{name} {kind}", f'vllm:{name}{{model_name="scripted"}} {value}']
    body = ("\n".join(lines) + "\n").encode()
    return head(200, "text/plain; version=0.0.4", length=len(body)) + body
