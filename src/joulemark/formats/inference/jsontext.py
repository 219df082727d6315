"""JSON that a stranger wrote: bounded, and what is odd in it becomes a problem."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

from joulemark.core.errors import FormatError
from joulemark.formats.inference.parsed import Source
from joulemark.formats.inference.text import Problems, content, decoded, shown

MAX_JSON = 8 << 20
"""Bytes of a JSON file; real ones have some ten thousand."""
MAX_DEPTH = 64
MAX_REPEATED = 10
_WORD = re.compile(r'"(?:[^"\\]|\\.)*+"|[{}\[\],:\n]', re.DOTALL)
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def load_object(source: Source, problems: Problems) -> tuple[dict[str, Any], dict[str, int]]:
    """Return the object that a file holds, and the line on which each of its keys stands.

    Raises:
        FormatError: if it is none, is nested too deeply, or is too large.
    """
    data = content(source)
    if len(data) > MAX_JSON:
        raise FormatError(f"{len(data)} bytes are too many", where=source.name)
    text = decoded(data, problems)
    value = _loaded(text, source.name, problems)
    if not isinstance(value, dict):
        raise FormatError("not a JSON object", where=source.name)
    lines = _key_lines(text, source.name)  # after decoding: now every text is known to end
    return (whole_text(value) if _SURROGATE.search(text) else value), lines


def _loaded(text: str, name: str, problems: Problems) -> Any:
    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(items)
        if len(found) < len(items):
            counts = Counter(key for key, _ in items)
            for key in [key for key, count in counts.items() if count > 1][:MAX_REPEATED]:
                problems.add(_again(text, key), f"the key {shown(key)} stands more than once")
        return found

    def constant(word: str) -> float:
        problems.add(_line_of(text, word), f"{word} is no number of JSON")
        return float(word)

    try:
        return json.loads(text, object_pairs_hook=pairs, parse_constant=constant)
    except json.JSONDecodeError as error:
        raise FormatError(f"no JSON: {error.msg}", where=f"{name}:{error.lineno}") from None
    except (ValueError, RecursionError):
        raise FormatError("a number or a nesting beyond all bounds", where=name) from None


def whole_text(value: Any) -> Any:
    """Return a JSON value whose texts hold no half of a surrogate pair."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [whole_text(item) for item in value]
    if isinstance(value, dict):
        return {whole_text(key): whole_text(item) for key, item in value.items()}
    return value


def _key_lines(text: str, name: str) -> dict[str, int]:
    """Return the line of the last appearance of each key of the outermost object.

    Raises:
        FormatError: if it is nested too deeply.
    """
    lines: dict[str, int] = {}
    depth, line, last, last_line = 0, 1, "", 1
    for found in _WORD.finditer(text):
        word = found[0]
        if word == "\n":
            line += 1
        elif word[0] == '"':
            last, last_line = word, line
            line += word.count("\n")
        elif word in "{[":
            depth += 1
            if depth > MAX_DEPTH:
                raise FormatError(f"nested deeper than {MAX_DEPTH}", where=f"{name}:{line}")
        elif word in "}]":
            depth -= 1
        elif word == ":" and depth == 1:
            lines[_plain(last)] = last_line
    return lines


def _plain(quoted: str) -> str:
    """Return the text that stands between quotes in valid JSON."""
    return str(whole_text(json.loads(quoted))) if "\\" in quoted else quoted[1:-1]


def _again(text: str, key: str) -> int:
    """Return the line on which a key stands the second time."""
    quoted = json.dumps(key)
    first = text.find(quoted)
    second = text.find(quoted, first + 1)
    return text.count("\n", 0, max(second, 0)) + 1


def _line_of(text: str, word: str) -> int:
    return text.count("\n", 0, max(text.find(word), 0)) + 1
