from __future__ import annotations

import pytest

from joulemark.core.clock import NS
from joulemark.core.errors import FormatError
from joulemark.formats.inference import console as room
from joulemark.formats.inference.console import read_console
from joulemark.formats.inference.parsed import Console
from tests.formats.inference.samples import CONSOLE, T0, source, stamp


def _read(data: bytes | str) -> Console:
    return read_console(source(data))


def _ns(seconds: float) -> int:
    return round((T0.timestamp() + seconds) * NS)


def test_messages_banner_and_numbers_of_lines() -> None:
    console = _read(CONSOLE)
    lines = {line.line: line for line in console.lines}
    assert lines[1].text == "Selected power meter 'Yokogawa WT310' from wt310.cpp"
    assert lines[1].time is None
    assert 4 not in lines  # blank
    assert lines[6] == (6, _ns(-890), "Uncertainty checking for YokogawaWT310 is activated")
    assert lines[8].text.startswith("Buffer was")
    assert lines[8].time is None
    assert lines[12].text == "Completed test"
    assert console.problems == ()


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r\r\n"])
def test_ends_of_lines_do_not_matter(end: str) -> None:
    assert _read(CONSOLE.decode().replace("\n", end)).lines == _read(CONSOLE).lines


def test_messages_glued_on_one_line() -> None:
    first, second, third = stamp(1), stamp(2), stamp(2.5)
    text = f"{first}: a: b{second}: \n{second}: c{third}: d{third}: \n"
    assert [tuple(line) for line in _read(text).lines] == [
        (1, _ns(1), "a: b"),
        (1, _ns(2), ""),
        (2, _ns(2), "c"),
        (2, _ns(2.5), "d"),
        (2, _ns(2.5), ""),
    ]


def test_a_message_glued_to_a_line_without_stamp() -> None:
    sample = f"Time,{stamp(0)},Watts,1.0,PF,0.9"
    assert [tuple(line) for line in _read(f"{sample}{stamp(3)}: x: y\n").lines] == [
        (1, None, sample),
        (1, _ns(3), "x: y"),
    ]


def test_what_resembles_a_stamp_is_text() -> None:
    lines = _read(f"{stamp(0)}: at {stamp(1)}, and 1-2-3: no\n{stamp(0)} no colon\n").lines
    assert [line.text for line in lines] == [
        f"at {stamp(1)}, and 1-2-3: no",
        f"{stamp(0)} no colon",
    ]
    assert lines[1].time is None


def test_a_stamp_that_does_not_fit_is_a_problem() -> None:
    console = _read(f"{stamp(0)}: a\n12-31-9999 23:59:59.999: b\n")
    assert console.lines[1] == (2, None, "b")
    assert [p.line for p in console.problems] == [2]
    assert "12-31-9999" in console.problems[0].what


def test_bytes_that_are_no_text_are_replaced() -> None:
    console = _read(f"{stamp(0)}: a\n\n{stamp(0)}: ".encode() + b"\xffb\0\n")
    assert console.lines[1].text == "\ufffdb\0"
    assert {(p.line, p.what) for p in console.problems} == {(3, "NUL bytes"), (3, "not UTF-8 text")}


def test_a_line_too_long_is_a_problem() -> None:
    console = _read(f"{stamp(0)}: a\n" + "x" * 2_000_000 + f"\n{stamp(0)}: b\n")
    assert [line.line for line in console.lines] == [1, 3]
    assert [p.line for p in console.problems] == [2]


def test_pieces_keep_the_numbers_of_lines() -> None:
    text = "".join(f"{stamp(i)}: {'x' * 50}\n" for i in range(30_000))
    console = _read(text)
    assert [line.line for line in console.lines] == list(range(1, 30_001))
    assert console.lines[-1].time == _ns(29_999)


def test_messages_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MAX_MESSAGES", 2)
    console = _read(CONSOLE)
    assert "more than 2 messages" in console.problems[-1].what


@pytest.mark.parametrize(
    "data", [b"", b"\n\n", b"\x00\x01\x02\xff" * 100, b"a banner\nand no stamp\n"]
)
def test_what_is_no_console(data: bytes) -> None:
    with pytest.raises(FormatError):
        _read(data)
