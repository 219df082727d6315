"""LoadGen's logs of a test, of every round with power: the detail log and the summary.

The detail log is a line of JSON after ``:::MLLOG`` for each thing logged; a few of its lines list
samples and are megabytes long. Lines of keys that matter are decoded, no others. ``:::ENDPTS``
lines, of tests that drive an endpoint, are read likewise; they have no power marks.
"""

from __future__ import annotations

import json
import re
from bisect import bisect
from collections.abc import Iterator
from typing import Any

from joulemark.core.errors import FormatError
from joulemark.formats.inference.jsontext import whole_text
from joulemark.formats.inference.parsed import Detail, Logged, Source, Summary
from joulemark.formats.inference.stamps import stamp_ns
from joulemark.formats.inference.text import MAX_LINE, Problems, chunks, content, decoded, shown

BEGIN, END = "power_begin", "power_end"
MARKERS = (b":::MLLOG", b":::ENDPTS")
MAX_RECORDS = 200_000
MAX_VALUES = 10_000
MAX_ERROR = 2000
"""Characters of an error."""
MAX_SUMMARY = 1 << 20
"""Bytes; real ones have three thousand."""
MATTER = (
    b"power_",
    b"result_",
    b"effective_",
    b"generated_",
    b"early_stopping_",
    b"loadgen_version",
    b"loadgen_git_commit_date",
    b"requested_use_token_latencies",
    b"test_datetime",
    b"sut_name",
    b"qsl_reported_",
    b"num_errors",
    b"num_warnings",
)
"""How the keys begin whose values are kept."""
_KEY = re.compile(rb'\s?\{\s?"key":\s?"([ !#-\[\]-~]{1,200})"')
_PLAIN = re.compile(
    rb',\s?"value":\s?(?:"([ !#-\[\]-~]*)"'  # a text without escapes
    rb"|(-?[1-9][0-9]{0,40}|0)|(-?[0-9]{1,40}(?:\.[0-9]{1,40})?(?:e[+-][0-9]{1,3})?)|(true|false))"
    rb',\s?"time_ms"'
)
_ERROR = re.compile(rb'"is_error":\s?true')
_NUMBER = re.compile(r"[+-]?(?=\.?[0-9])[0-9]{0,40}(?:\.[0-9]{0,40})?(?:[eE][+-]?[0-9]{1,4})?")
_NOT_FINITE = re.compile(r"[+-]?(?:nan|inf(?:inity)?)", re.IGNORECASE)


def read_detail(source: Source) -> Detail:
    """Return what a detail log says.

    Raises:
        FormatError: if it has no line of LoadGen's.
    """
    data = content(source)
    marker = next((marker for marker in MARKERS if marker in data), None)
    if marker is None:
        raise FormatError("no line of LoadGen's log in it", where=source.name)
    problems = Problems()
    values: dict[str, Logged] = {}
    errors: list[Logged] = []
    failed = [match.start() for match in _ERROR.finditer(data)]
    for number, start, stop in _records(data, marker, problems, source.name):
        key = _KEY.match(data, start, stop)
        wrong = bool(failed) and bisect(failed, stop) > bisect(failed, start)
        if key is not None and not wrong and not key[1].startswith(MATTER):
            continue
        plain = _PLAIN.match(data, key.end(), stop) if key is not None else None
        if key is not None and plain is not None and stop - start <= MAX_LINE:
            name, value = key[1].decode("ascii", "replace"), _scalar(plain)
        elif record := _record(data[start:stop], number, problems):
            name, value = record
        else:
            continue
        if wrong and len(errors) < MAX_VALUES:
            errors.append(Logged(f"{name}: {value}"[:MAX_ERROR], number))
        if name.encode().startswith(MATTER):
            _keep(values, name, Logged(value, number), problems)
    begin, end = _stamp(values, BEGIN, problems), _stamp(values, END, problems)
    return Detail(
        name=source.name,
        begin=begin,
        end=end,
        begin_line=values[BEGIN].line if BEGIN in values else 0,
        end_line=values[END].line if END in values else 0,
        values=values,
        errors=tuple(errors),
        problems=problems.all(),
        marker=marker.decode(),
    )


def _records(
    data: bytes, marker: bytes, problems: Problems, name: str
) -> Iterator[tuple[int, int, int]]:
    """Yield line number, begin and end of the JSON text of each record."""
    number, counted, after = 1, 0, 0
    place = data.find(marker)
    for _ in range(MAX_RECORDS):
        if place < 0:
            break
        number += data.count(b"\n", counted, place)
        counted = place
        if place > after and not data[after:place].isspace():
            what = data[after:place].strip()
            problems.add(number, f"before this line stands what is no record: {shown(what)}")
        start = place + len(marker)
        stop = data.find(b"\n", start)
        stop = len(data) if stop < 0 else stop
        place = data.find(marker, start)
        while 0 <= place < stop:
            if data[place - 1 : place] == b"}":
                problems.add(number, "two records on one line")
                stop = place
                break
            place = data.find(marker, place + 1)
        if not data[start:stop][-3:].rstrip().endswith(b"}"):
            problems.add(number, "the record is cut off")
        yield number, start, stop
        after = stop
    else:
        raise FormatError(f"more than {MAX_RECORDS} records", where=name)
    if not data[after:].isspace() and after < len(data):
        problems.add(
            number, f"after this line stands what is no record: {shown(data[after:].strip())}"
        )


def _scalar(plain: re.Match[bytes]) -> str | int | float | bool:
    """Return the value that stands in a record, as JSON has it."""
    text, whole, real, word = plain.groups()
    if text is not None:
        return str(text, "ascii")
    if whole is not None:
        return int(whole)
    return float(real) if real is not None else word == b"true"


def _record(text: bytes, number: int, problems: Problems) -> tuple[str, Any] | None:
    """Return key and value of a record; None, which is a problem, if it cannot be read."""
    if len(text) > MAX_LINE:
        problems.add(number, f"the record is longer than {MAX_LINE} bytes")
        return None
    try:
        record = json.loads(decoded(text, problems, number))
        name, value = record["key"], record["value"]
    except (ValueError, RecursionError, KeyError, TypeError):
        problems.add(number, f"no record of key and value: {shown(text)}")
        return None
    if not isinstance(name, str):
        problems.add(number, f"the key is no text: {shown(repr(name))}")
        return None
    if b"\\u" in text:
        name, value = whole_text(name), whole_text(value)
    return name, value


def _keep(values: dict[str, Logged], name: str, logged: Logged, problems: Problems) -> None:
    """Keep the first value of a key, as the official tools do."""
    if len(values) >= MAX_VALUES and name not in values:
        problems.add(logged.line, f"more than {MAX_VALUES} values; the others are left out")
        return
    before = values.setdefault(name, logged)
    if before is not logged and before.value != logged.value:
        problems.add(
            logged.line,
            f"{name} is {shown(repr(logged.value))} here, {shown(repr(before.value))} on line "
            f"{before.line}; the first counts",
        )


def _stamp(values: dict[str, Logged], name: str, problems: Problems) -> int | None:
    logged = values.get(name)
    if logged is None:
        return None
    text = logged.value if isinstance(logged.value, str) else ""
    time = stamp_ns(text)
    if time is None:
        shows = shown(repr(logged.value))
        problems.add(logged.line, f"{name}: {shows} is no time between 1970 and 2261")
    return time


def read_summary(source: Source) -> Summary:
    """Return what a summary says.

    Raises:
        FormatError: if it says neither scenario nor result nor any number, or is too large.
    """
    if len(source.data) > MAX_SUMMARY:
        raise FormatError(f"{len(source.data)} bytes are too many", where=source.name)
    problems = Problems()
    values: dict[str, Logged] = {}
    said: dict[str, str] = {}
    for number, name, text in _named(content(source), problems):
        if _NUMBER.fullmatch(text):
            values.setdefault(name, Logged(_number(text), number))
        elif name in ("Scenario", "Result is"):
            said.setdefault(name, text)
        elif _NOT_FINITE.fullmatch(text) and name != "SUT name":
            problems.add(number, f"{shown(name)} is {text}")
    if not (said or values):
        raise FormatError("no summary of LoadGen's", where=source.name)
    result = said.get("Result is")
    return Summary(
        name=source.name,
        scenario=said.get("Scenario", ""),
        valid=None if result is None else result == "VALID",
        values=values,
        problems=problems.all(),
    )


def _number(text: str) -> int | float:
    return int(text) if text.lstrip("+-").isdecimal() else float(text)


def _named(data: bytes, problems: Problems) -> Iterator[tuple[int, str, str]]:
    """Yield number, name and text of each line "name : text"."""
    for first, piece in chunks(data):
        for number, line in enumerate(decoded(piece, problems, first).split("\n"), first):
            if len(line) > MAX_LINE:
                problems.add(number, f"the line is longer than {MAX_LINE} bytes")
                continue
            name, _, text = line.partition(":")
            if name.strip() and text.strip():
                yield number, name.strip(), text.strip()
