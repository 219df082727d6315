"""Pictures and films in the turns of a chat: from files beside the prompts, or made of noise.

A picture becomes a part ``image_url`` of OpenAI's protocol, with its bytes in a ``data:`` address.
A film becomes a part ``video_url``: that is a field of vLLM and SGLang, which OpenAI's protocol
does not have, and it is sent only where a prompt asks for a film (:func:`remarks` says so).
"""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from joulemark.core.errors import FormatError, UsageError
from joulemark.core.request import Prompt

IMAGE, VIDEO = "image_url", "video_url"
"""Kinds of parts."""
MOST_IMAGE, MOST_VIDEO, MOST_TOGETHER = 20 << 20, 100 << 20, 1 << 30
"""Bytes of a picture, of a film, and of all files of one list of prompts."""
MOST_SIDE = 8192
"""Pixels of a side of a picture that is made."""
MOST_PARTS = 1000
"""Pictures or films of one prompt."""
_FIELDS = (("images", IMAGE), ("videos", VIDEO))

Part = Mapping[str, object]


class Album:
    """The files beside a file of prompts, each read once.

    Args:
        folder: the only folder that files may lie in, at any depth.
    """

    def __init__(self, folder: Path) -> None:
        """Begin with no file read."""
        self._folder = folder
        self._read: dict[tuple[Path, str], Part] = {}
        self._size = 0

    def parts(self, entry: Mapping[str, object], where: str) -> list[Part]:
        """Return the parts that ``images`` and ``videos`` of a line name.

        Raises:
            FormatError: if they are no lists of names, or a file cannot be read, or
                is of no known kind.
            UsageError: if a file lies elsewhere or is too large.
        """
        found = []
        for field, kind in _FIELDS:
            names = entry.get(field, [])
            if not isinstance(names, list) or not all(isinstance(n, str) and n for n in names):
                raise FormatError(f"{field!r} is no list of names of files", where=where)
            if len(names) > MOST_PARTS:
                raise FormatError(f"{field!r} names more than {MOST_PARTS} files", where=where)
            found += [self._part(name, kind, where) for name in names]
        return found

    def _part(self, name: str, kind: str, where: str) -> Part:
        remedy = "put it beside the prompts, and name it as it is named from there"
        try:
            folder = self._folder.resolve()
            path = (folder / name).resolve()
            inside = path.is_relative_to(folder) and path.is_file()
        except (OSError, RuntimeError, ValueError):  # a loop of links; a name with a zero
            inside = False
        if not inside:
            reason = f"there is no file {name!r:.200} in the folder of the prompts"
            raise UsageError(reason, where=where, remedy=remedy)
        if (path, kind) not in self._read:
            self._read[path, kind] = self._made(path, kind)
        return self._read[path, kind]

    def _made(self, path: Path, kind: str) -> Part:
        most = MOST_IMAGE if kind == IMAGE else MOST_VIDEO
        try:
            with path.open("rb") as file:
                data = file.read(most + 1)
        except OSError as error:
            raise FormatError(f"it cannot be read: {error.strerror}", where=str(path)) from None
        self._size += len(data)
        if len(data) > most:
            raise UsageError(f"it is larger than {most >> 20} MiB", where=str(path))
        if self._size > MOST_TOGETHER:
            raise UsageError("pictures and films are larger than 1 GiB together", where=str(path))
        return part_of(data, kind, str(path))


def media_type(data: bytes) -> str:
    """Return the media type of a picture or a film, by its first bytes; empty if it is none."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[4:8] == b"ftyp":
        return "video/mp4" if data[8:12] not in (b"avif", b"heic", b"mif1") else ""
    if data.startswith(b"\x1aE\xdf\xa3") and b"webm" in data[:64]:
        return "video/webm"
    return ""


def part_of(data: bytes, kind: str, where: str) -> Part:
    """Return a part with these bytes in it.

    Args:
        data: of a picture or a film.
        kind: :data:`IMAGE` or :data:`VIDEO`.
        where: for people, should it be neither.

    Raises:
        FormatError: if it is no picture, or no film, of a known kind.
    """
    found, wanted = media_type(data), "image/" if kind == IMAGE else "video/"
    if not found.startswith(wanted):
        known = "PNG, JPEG, GIF or WebP picture" if kind == IMAGE else "MP4 or WebM film"
        raise FormatError(f"it is no {known}", where=where)
    address = f"data:{found};base64,{base64.b64encode(data).decode('ascii')}"
    return {"type": kind, kind: {"url": address}}


def counted(messages: Sequence[Mapping[str, object]], where: str) -> tuple[int, int]:
    """Return how many pictures and films messages hold.

    Raises:
        FormatError: if a list of parts holds what is no part.
    """
    kinds = [part["type"] for part in _parts(messages, where)]
    return kinds.count(IMAGE), kinds.count(VIDEO)


def _parts(messages: Sequence[Mapping[str, object]], where: str) -> Iterator[Part]:
    for message in messages:
        content = message.get("content")
        if not isinstance(content, str | list | None):
            raise FormatError("the content of a message is no text and no list", where=where)
        for part in content if isinstance(content, list) else ():
            if not isinstance(part, dict) or not isinstance(part.get("type"), str):
                raise FormatError("a part of a message needs a 'type'", where=where)
            yield part


def with_parts(prompt: Prompt, parts: Sequence[Part]) -> Prompt:
    """Return a prompt with parts behind the text of the last turn of its user.

    Args:
        prompt: plain text, or a chat.
        parts: pictures and films; a prompt without any stays as it is.
    """
    if not parts:
        return prompt
    messages = list(prompt.messages or ({"role": "user", "content": prompt.text},))
    turns = [i for i, message in enumerate(messages) if message.get("role") == "user"]
    if not turns:
        messages.append({"role": "user", "content": []})
        turns = [len(messages) - 1]
    last = messages[turns[-1]]
    before = last.get("content")
    if isinstance(before, str):
        before = [{"type": "text", "text": before}] if before else []
    content = [*(before if isinstance(before, list) else ()), *parts]
    messages[turns[-1]] = {**last, "content": content}
    kinds = [part["type"] for part in parts]
    return replace(
        prompt,
        text="",
        messages=tuple(messages),
        images=prompt.images + kinds.count(IMAGE),
        videos=prompt.videos + kinds.count(VIDEO),
    )


def with_noise(
    prompts: Sequence[Prompt], count: int, size: tuple[int, int], seed: int = 0
) -> list[Prompt]:
    """Return prompts with pictures of noise, no two alike, so that no server knows one already.

    Args:
        prompts: what is asked; one that comes again gets pictures of its own each time.
        count: pictures of each.
        size: width and height, pixels.
        seed: seed of the random numbers.

    Raises:
        UsageError: if size or count makes no sense.
    """
    if not 1 <= count <= MOST_PARTS or not all(1 <= side <= MOST_SIDE for side in size):
        remedy = f"choose from 1 to {MOST_PARTS} pictures, and sides from 1 to {MOST_SIDE} pixels"
        raise UsageError(f"{count} pictures of {size[0]}x{size[1]} cannot be made", remedy=remedy)
    rng = np.random.default_rng(seed)
    return [
        with_parts(
            one, [part_of(noise(*size, rng), IMAGE, "a picture of noise") for _ in range(count)]
        )
        for one in prompts
    ]


def parse_size(text: str) -> tuple[int, int]:
    """Return width and height of ``256x128``; ``256`` is a square.

    Raises:
        UsageError: if it is no size from 1 to :data:`MOST_SIDE` pixels.
    """
    width, _, height = text.strip().lower().partition("x")
    sides = [
        int(n) if n.isascii() and n.isdigit() and len(n) < 6 else 0
        for n in (width, height or width)
    ]
    if not all(1 <= side <= MOST_SIDE for side in sides):
        remedy = f"write it like 256x256, sides from 1 to {MOST_SIDE} pixels"
        raise UsageError(f"{text!r:.40} is no size of a picture", remedy=remedy)
    return sides[0], sides[1]


def noise(width: int, height: int, rng: np.random.Generator) -> bytes:
    """Return a picture of noise, as PNG in three colours of 8 bits.

    Args:
        width: pixels.
        height: pixels.
        rng: where the noise comes from.
    """
    rows = rng.integers(0, 256, (height, 1 + 3 * width), dtype=np.uint8)
    rows[:, 0] = 0  # no filter
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(rows.tobytes(), 1)
    blocks = ((b"IHDR", head), (b"IDAT", body), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in blocks
    )


def remarks(prompts: Sequence[Prompt]) -> list[str]:
    """Return what a reader of the results must know of pictures and films that were sent."""
    films = sum(one.videos > 0 for one in prompts)
    if not films:
        return []
    said = (
        f"{films} of {len(prompts)} prompts hold a film: {VIDEO} is a field of vLLM and SGLang, "
        "which OpenAI's protocol does not have; it was sent since the prompts ask for it"
    )
    return [said]
