"""Requests of a run: what is damaged is refused with its place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from joulemark.core.errors import FormatError
from joulemark.core.request import Request
from joulemark.store.requests import REQUESTS, Kept, folder_of, line_of, read_requests

DAY_NS = 86_400 * 10**9
ONE = Request(id="1", planned=DAY_NS, sent=DAY_NS, ended=DAY_NS + 1, tokens_out=1)


def written(run: Path, *entries: Kept, end: bytes = b"") -> Path:
    folder_of(run).mkdir(parents=True)
    (folder_of(run) / REQUESTS).write_bytes(b"".join(map(line_of, entries)) + end)
    return run


def test_what_was_written_is_read(tmp_path: Path) -> None:
    entries = [Kept(0, ONE), Kept(1, ONE, "text")]
    assert read_requests(written(tmp_path, *entries, end=b"{")) == entries


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (Kept(0, replace(ONE, tokens_out=-1)), "request 2 of this file: a count"),
        (Kept(0, replace(ONE, chunks=(9, 8))), "not in the order"),
        (Kept(0, replace(ONE, sent=500 * DAY_NS, ended=500 * DAY_NS)), "more than 100 days"),
        (Kept(-1, ONE), "the repeat is -1"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, second: Kept, said: str) -> None:
    with pytest.raises(FormatError, match=said):
        read_requests(written(tmp_path, Kept(0, ONE), second))


def test_a_line_that_is_nested_without_end_is_refused(tmp_path: Path) -> None:
    deep = b'{"repeat":0,"x":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001 + b"\n"
    with pytest.raises(FormatError, match="no entry of this file"):
        read_requests(written(tmp_path, end=deep))
