"""Pictures and films of prompts: from files that lie beside them, and from noise."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.core.errors import FormatError, UsageError
from joulemark.core.request import Prompt
from joulemark.loads.serving import pictures
from joulemark.loads.serving.pictures import (
    IMAGE,
    MOST_IMAGE,
    VIDEO,
    media_type,
    noise,
    parse_size,
    remarks,
    with_noise,
)
from joulemark.loads.serving.prompts import read_prompts

KINDS = {
    b"\x89PNG\r\n\x1a\n....": "image/png",
    b"\xff\xd8\xff\xe0....": "image/jpeg",
    b"GIF89a....": "image/gif",
    b"RIFF\x00\x00\x00\x00WEBPVP8 ": "image/webp",
    b"\x00\x00\x00\x20ftypisom....": "video/mp4",
    b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm": "video/webm",
    b"\x00\x00\x00\x20ftypavif....": "",
    b"<svg onload=...>": "",
    b"#!/bin/sh": "",
    b"": "",
}
PNG = noise(3, 2, np.random.default_rng(0))
MP4 = next(data for data, kind in KINDS.items() if kind == "video/mp4")


def asked(folder: Path, *lines: dict[str, Any]) -> list[Prompt]:
    path = folder / "prompts.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    return read_prompts(path)


def contents(prompt: Prompt, turn: int = -1) -> list[dict[str, Any]]:
    content = prompt.messages[turn]["content"]
    assert isinstance(content, list)
    return content


def sent(part: dict[str, Any]) -> tuple[str, bytes]:
    head, _, data = part[part["type"]]["url"].partition(";base64,")
    return head, base64.b64decode(data)


@pytest.mark.parametrize(("data", "kind"), KINDS.items())
def test_a_kind_is_told_by_content(data: bytes, kind: str) -> None:
    assert media_type(data) == kind


@given(st.binary(max_size=80))
def test_any_bytes_have_a_kind_or_none(data: bytes) -> None:
    assert media_type(data) in {*KINDS.values()}


def test_files_become_parts_behind_the_text(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "cat.txt").write_bytes(PNG)  # the name tells nothing
    (tmp_path / "deep" / "clip.mp4").write_bytes(MP4)
    line = {"prompt": "what is it", "images": ["cat.txt"], "videos": ["deep/clip.mp4"]}
    one, plain = asked(tmp_path, {**line, "max_tokens": 5}, {"prompt": "no picture"})
    text, image, video = contents(one)
    assert text == {"type": "text", "text": "what is it"}
    assert (image["type"], sent(image)) == (IMAGE, ("data:image/png", PNG))
    assert (video["type"], sent(video)) == (VIDEO, ("data:video/mp4", MP4))
    assert (one.images, one.videos, one.text, one.tokens_out) == (1, 1, "", 5)
    assert (plain.text, plain.images, plain.messages) == ("no picture", 0, ())
    (said,) = remarks([one, plain])
    assert said.startswith("1 of 2 prompts hold a film: video_url is a field of vLLM and SGLang")
    assert remarks([plain]) == []


def test_parts_go_to_the_last_turn_of_the_user(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    turns = [
        {"role": "system", "content": "s"},
        {"role": "user", "content": [{"type": "text", "text": "first"}]},
        {"role": "assistant", "content": None},
    ]
    both = {"messages": turns, "images": ["a.png", "a.png"]}
    one, other = asked(tmp_path, both, {"messages": turns[:1], "images": ["a.png"]})
    assert [part["type"] for part in contents(one, 1)] == ["text", IMAGE, IMAGE]
    assert one.images == 2
    assert [m["role"] for m in other.messages] == ["system", "user"]
    first, second = contents(one, 1)[1:]
    assert first is second  # a file is read once


def test_parts_that_messages_hold_already_go_through_as_they_are(tmp_path: Path) -> None:
    part = {"type": IMAGE, "image_url": {"url": "https://example.org/x.png", "detail": "low"}}
    turns = [{"role": "user", "content": [{"type": "text", "text": "q"}, part, part]}]
    (one,) = asked(tmp_path, {"messages": turns})
    assert one.messages == tuple(turns)
    assert one.images == 2
    for bad in ([1], [{"text": "no type"}], [{"type": 5}]):
        with pytest.raises(FormatError, match="needs a 'type'"):
            asked(tmp_path, {"messages": [{"role": "user", "content": bad}]})
    with pytest.raises(FormatError, match="no text and no list"):
        asked(tmp_path, {"messages": [{"role": "user", "content": {"text": "q"}}]})


@pytest.mark.parametrize(
    "name", ["../secret.png", "/etc/passwd", "out.png", "none.png", ".", "a\0"]
)
def test_nothing_outside_the_folder_is_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.png").write_bytes(PNG)
    folder = tmp_path / "prompts"
    folder.mkdir()
    (folder / "out.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(UsageError, match="in the folder of the prompts") as caught:
        asked(folder, {"prompt": "p", "images": [name]})
    assert "prompts.jsonl:1" in str(caught.value)


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture at all")
    (tmp_path / "b.png").write_bytes(PNG)
    (tmp_path / "large.png").write_bytes(PNG + b"\0" * MOST_IMAGE)
    with pytest.raises(FormatError, match="no PNG, JPEG, GIF or WebP picture"):
        asked(tmp_path, {"prompt": "p", "images": ["a.png"]})
    with pytest.raises(FormatError, match="no MP4 or WebM film"):
        asked(tmp_path, {"prompt": "p", "videos": ["b.png"]})
    with pytest.raises(UsageError, match="larger than 20 MiB"):
        asked(tmp_path, {"prompt": "p", "images": ["large.png"]})
    wrong: list[object] = ["a.png", [1], [""], {"a": 1}]
    for names in wrong:
        with pytest.raises(FormatError, match="no list of names"):
            asked(tmp_path, {"prompt": "p", "images": names})
    with pytest.raises(FormatError, match="more than 1000"):
        asked(tmp_path, {"prompt": "p", "images": ["b.png"] * 1001})


def test_all_files_together_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MOST_TOGETHER", len(PNG) + 1)
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(PNG)
    assert asked(tmp_path, {"prompt": "p", "images": ["a", "a"]})[0].images == 2
    with pytest.raises(UsageError, match="larger than 1 GiB together"):
        asked(tmp_path, {"prompt": "p", "images": ["a", "b"]})


def test_noise_is_a_picture_of_its_size() -> None:
    data = noise(5, 3, np.random.default_rng(7))
    assert media_type(data) == "image/png"
    assert struct.unpack(">II", data[16:24]) == (5, 3)
    place, names, body = 8, [], b""
    while place < len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        block = data[place + 4 : place + 8 + length]
        names.append(block[:4])
        assert zlib.crc32(block) == struct.unpack(">I", data[place + 8 + length :][:4])[0]
        body += block[4:] if block[:4] == b"IDAT" else b""
        place += 12 + length
    assert names == [b"IHDR", b"IDAT", b"IEND"]
    rows = zlib.decompress(body)
    assert len(rows) == 3 * (1 + 5 * 3)
    assert {rows[i] for i in range(0, len(rows), 16)} == {0}


def test_no_two_pictures_of_noise_are_alike() -> None:
    prompt = Prompt(id="1", text="look", tokens_out=3)
    made = with_noise([prompt, prompt], 2, (8, 8), seed=3)
    addresses = [part["image_url"]["url"] for one in made for part in contents(one)[1:]]
    assert len(set(addresses)) == 4
    assert [one.images for one in made] == [2, 2]
    assert made == with_noise([prompt, prompt], 2, (8, 8), seed=3)
    assert made != with_noise([prompt, prompt], 2, (8, 8), seed=4)
    for count, size in ((0, (8, 8)), (1, (0, 8)), (1, (8, 9000))):
        with pytest.raises(UsageError, match="cannot be made"):
            with_noise([prompt], count, size)


def test_sizes() -> None:
    assert parse_size("256x128") == (256, 128)
    assert parse_size(" 64 ") == (64, 64)
    assert parse_size("8X9") == (8, 9)
    for text in ("", "x", "0x5", "9000x1", "1x2x3", "-1x4", "٣x٣"):
        with pytest.raises(UsageError, match="no size"):
            parse_size(text)
