"""Whom to ask and how: the bytes of a question, in OpenAI's protocol and nothing beyond it."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from joulemark.core.errors import UsageError
from joulemark.core.request import Prompt

AGENT = "joulemark"
_PLAIN = re.compile(r"[\x21-\x7e]([\x20-\x7e\t]*[\x21-\x7e])?")
_HOST = re.compile(r"[A-Za-z0-9._:\-%\[\]]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A server, a model, and how it is asked.

    Attributes:
        url: the server's address, with or without ``/v1``.
        model: name of the model.
        chat: chat completions, or else completions.
        stream: whether the answer comes as events.
        usage: whether a stream is asked for its counts of tokens (``stream_options``).
        limit: name of the field that bounds the answer (newer: ``max_completion_tokens``).
        extra: more fields of the question, as they are; fields of one vendor only stand here.
        key: secret that the server asks for; never shown.
        cafile: file of the certificate of an https server; empty for those that the system trusts.
    """

    url: str
    model: str
    chat: bool = True
    stream: bool = True
    usage: bool = True
    limit: str = "max_tokens"
    extra: Mapping[str, object] = field(default_factory=dict)
    key: str = field(default="", repr=False)
    cafile: str = ""

    @property
    def parts(self) -> SplitResult:
        """The address, checked.

        Raises:
            UsageError: if it is none of a server.
        """
        remedy = "write http://HOST:PORT or https://HOST"
        try:
            parts = urlsplit(self.url)
            port = parts.port
        except ValueError:
            raise UsageError(f"the address {self.url!r} makes no sense", remedy=remedy) from None
        plain = _PLAIN.fullmatch(self.url) and " " not in self.url
        named = parts.hostname is not None and _HOST.fullmatch(parts.hostname)
        if parts.scheme not in ("http", "https") or not (plain and named) or port == 0:
            raise UsageError(f"the address {self.url!r} makes no sense", remedy=remedy)
        if "@" in parts.netloc or parts.query or parts.fragment:
            remedy = "give the address alone, and the key apart"
            raise UsageError("the address holds more than a server and a path", remedy=remedy)
        return parts

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        parts = self.parts
        return str(parts.hostname), parts.port or (443 if parts.scheme == "https" else 80)

    @property
    def path(self) -> str:
        """Path of the questions."""
        base = self.parts.path.rstrip("/")
        last = "/chat/completions" if self.chat else "/completions"
        if base.endswith("/completions"):
            return base
        return (base if base.endswith("/v1") else base + "/v1") + last

    @property
    def path_is_given(self) -> bool:
        """Whether the address names the very path of the questions."""
        return self.parts.path.rstrip("/").endswith("/completions")

    def context(self) -> ssl.SSLContext | None:
        """Return what an https server is checked by; None for http.

        Raises:
            UsageError: if the file of the certificate cannot be read.
        """
        if self.parts.scheme != "https":
            return None
        try:
            return ssl.create_default_context(cafile=self.cafile or None)
        except (OSError, ssl.SSLError) as error:
            raise UsageError(f"it holds no certificate: {error}", where=self.cafile) from None

    def head(self) -> bytes:
        """Return the head of every question, up to the length of its body.

        Raises:
            UsageError: if the key holds characters that a head cannot.
        """
        lines = [
            f"POST {self.path} HTTP/1.1",
            f"Host: {self.parts.netloc}",
            f"User-Agent: {AGENT}",
            f"Accept: {'text/event-stream' if self.stream else 'application/json'}",
            "Content-Type: application/json",
        ]
        if self.key:
            if not _PLAIN.fullmatch(self.key):
                raise UsageError("the key holds characters that no key has")
            lines.append(f"Authorization: Bearer {self.key}")
        return "\r\n".join([*lines, "Content-Length: "]).encode("ascii")

    def question(self, prompt: Prompt, head: bytes) -> bytes:
        """Return the bytes that ask a prompt.

        Args:
            prompt: what is asked.
            head: of :meth:`head`.

        Raises:
            UsageError: if the prompt is a chat, and this asks for plain completions; or if it holds
                what JSON cannot.
        """
        fields: dict[str, object] = {"model": self.model}
        if self.chat:
            turns = prompt.messages or ({"role": "user", "content": prompt.text},)
            fields["messages"] = list(turns)
        elif prompt.messages:
            raise UsageError(
                f"prompt {prompt.id} is a chat, and completions take plain text",
                remedy="ask the chat endpoint",
            )
        else:
            fields["prompt"] = prompt.text
        if prompt.tokens_out is not None:
            fields[self.limit] = prompt.tokens_out
        fields["stream"] = self.stream
        if self.stream and self.usage:
            fields["stream_options"] = {"include_usage": True}
        try:
            body = json.dumps({**fields, **self.extra}, allow_nan=False).encode("ascii")
        except (TypeError, ValueError, RecursionError) as error:
            raise UsageError(f"prompt {prompt.id} cannot be written: {error}") from None
        return b"%s%d\r\n\r\n%s" % (head, len(body), body)
