from __future__ import annotations

import json
from typing import Any

import pytest

from joulemark.core.errors import FormatError
from joulemark.formats.inference.parsed import Exchange, Phase, Session
from joulemark.formats.inference.session import read_session
from tests.formats.inference.samples import SESSION, T0, session, source


def _read(data: bytes | str) -> Session:
    return read_session(source(data))


def _whats(read: Session) -> list[str]:
    return [problem.what for problem in read.problems]


def test_the_servers_file() -> None:
    data = session(server=True)
    read = _read(data)
    assert read.problems == ()
    assert read.session == SESSION
    assert read.uuid == {"client": "c", "server": "s"}
    assert read.messages == (
        Exchange("mlcommons/power client v3", "x v3", command_time=1.5, reply_time=2.0),
    )
    assert read.ptd_messages[0].command == "Identify"
    assert read.analyzers[0]["device_type"] == 49
    assert read.phases["testing"][1] == Phase(T0.timestamp() - 20, 4980.0)
    assert len(read.phases["ranging"]) == 4
    assert read.debug is False
    assert read.document["version"] == "1.0"
    for number, line in enumerate(data.decode().split("\n"), 1):
        if line.startswith('    "'):
            assert read.lines[line.split('"')[1]] == number


def test_the_clients_file_has_no_words_with_the_daemon() -> None:
    read = _read(session(ptd_config=[None]))
    assert (read.ptd_messages, read.analyzers, read.problems) == ((), (), ())


@pytest.mark.parametrize(
    ("config", "count"), [({"device_type": 8}, 1), ([{"a": 1}, {"a": 2}], 2), (None, 0), ([], 0)]
)
def test_settings_of_analyzers_of_all_rounds(config: object, count: int) -> None:
    read = _read(session(server=True, ptd_config=config))
    assert len(read.analyzers) == count
    assert read.problems == ()


def test_phases_without_a_monotonic_clock() -> None:
    read = _read(session(phases={"ranging": [1.5, 2.5], "testing": [[3], [4.0]]}))
    assert read.phases["ranging"] == (Phase(1.5), Phase(2.5))
    assert read.phases["testing"] == (Phase(3.0), Phase(4.0))
    assert read.problems == ()


@pytest.mark.parametrize(
    "field",
    [
        "version",
        "timezone",
        "modules",
        "sources",
        "messages",
        "uuid",
        "session_name",
        "results",
        "phases",
    ],
)
def test_each_required_field(field: str) -> None:
    without: dict[str, Any] = {field: ...}
    assert _whats(_read(session(**without))) == [f"the field {field!r} is missing"]


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"timezone": "UTC"}, "timezone is no finite number"),
        ({"timezone": True}, "timezone is no finite number"),
        ({"timezone": 10**400}, "timezone is no finite number"),
        ({"session_name": 5}, "session_name is no text"),
        ({"sources": []}, "sources is no object"),
        ({"sources": {"a.py": 1}}, "sources['a.py'] is no text"),
        ({"uuid": "x"}, "uuid is no object"),
        ({"messages": {}}, "messages is no list"),
        ({"messages": ["time"]}, "messages[0] is no object"),
        ({"messages": [{"cmd": "time"}]}, "messages[0] is no command with its reply"),
        ({"messages": [{"cmd": "", "reply": "", "cmd_time": "x"}]}, "messages[0].cmd_time is no"),
        ({"ptd_config": 5}, "ptd_config is no object or list"),
        ({"ptd_config": [5]}, "ptd_config[0] is no object"),
        ({"phases": []}, "phases is no object"),
        ({"phases": {"testing": 1}}, "phases['testing'] is no list"),
        ({"phases": {"testing": [[1, 2, 3]]}}, "phases['testing'][0] is no stamp"),
        ({"phases": {"testing": [["a"]]}}, "phases['testing'][0] is no stamp"),
        ({"phases": {"testing": [[]]}}, "phases['testing'][0] is no stamp"),
        ({"debug": "yes"}, "debug is neither"),
    ],
)
def test_fields_of_a_wrong_kind(changed: dict[str, Any], what: str) -> None:
    data = session(server=True, **changed)
    read = _read(data)
    assert what in _whats(read)[0]
    field = next(iter(changed))
    assert read.problems[0].line == read.lines[field] > 1
    assert data.decode().split("\n")[read.lines[field] - 1].startswith(f'    "{field}"')


def test_a_message_of_a_wrong_kind_keeps_its_place() -> None:
    read = _read(session(messages=[{"cmd": "a", "reply": "b"}, 5, {"cmd": "c", "reply": "d"}]))
    assert [m.command for m in read.messages] == ["a", "", "c"]


def test_debug_mode() -> None:
    assert _read(session(debug=True)).debug is True
    assert _read(session(debug=False)).debug is False


def test_keys_that_stand_twice() -> None:
    text = session().decode()
    twice = text.replace('"uuid":', '"timezone": 3600,\n    "uuid":')
    read = _read(twice)
    assert read.timezone_s == 3600
    assert _whats(read) == ["the key 'timezone' stands more than once"]
    assert twice.split("\n")[read.problems[0].line - 1].startswith('    "timezone": 3600')
    assert read.lines["timezone"] == read.problems[0].line


def test_lines_of_keys_do_not_depend_on_the_layout() -> None:
    text = '{"version":"a{[\\"b",\n"debug"\n:false,"phases":{"debug":\n[1]},\n\n"a\\u0062": 1}'
    assert _read(text).lines == {"version": 1, "debug": 2, "phases": 3, "ab": 6}


def test_numbers_that_json_does_not_know() -> None:
    read = _read(session(timezone=float("nan")))
    assert "NaN is no number of JSON" in _whats(read)
    assert read.timezone_s == 0


def test_halves_of_surrogate_pairs_are_replaced() -> None:
    read = _read(session(session_name="a\ud800b", uuid={"\udc00": "\ud83d\ude00"}))
    assert read.session == "a\ufffdb"
    assert read.uuid == {"\ufffd": "😀"}
    json.dumps(read.document, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "empty"),
        (b"\x00\xff\xfe\x80", "no JSON"),
        (b"{", "no JSON"),
        (b'{"a": 1}\n{"b": 2}', "no JSON"),
        (b"[1, 2]", "not a JSON object"),
        (b"[" * 100_000 + b"]" * 100_000, "beyond all bounds"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "beyond all bounds"),
        (b'{"a":' * 80 + b"1" + b"}" * 80, "nested deeper"),
        (b'{"a": ' + b"9" * 5000 + b"}", "beyond all bounds"),
        (b" " * (9 << 20) + b"{}", "too many"),
        (b'"' + b'\\"' * 100_000, "no JSON"),
    ],
)
def test_what_is_no_session_file(data: bytes, what: str) -> None:
    with pytest.raises(FormatError, match=what):
        _read(data)


def test_a_damaged_file_is_named_with_its_line() -> None:
    with pytest.raises(FormatError) as caught:
        _read(session().replace(b'"uuid"', b"uuid"))
    assert caught.value.where.startswith("f:")
    assert int(caught.value.where[2:]) > 1
