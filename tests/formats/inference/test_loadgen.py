from __future__ import annotations

import pytest

from joulemark.core.clock import NS
from joulemark.core.errors import FormatError
from joulemark.formats.inference import loadgen as room
from joulemark.formats.inference.loadgen import read_detail, read_summary
from joulemark.formats.inference.parsed import Detail, Logged, Summary
from tests.formats.inference.samples import SUMMARY, T0, detail, record, source


def _detail(data: bytes | str) -> Detail:
    return read_detail(source(data))


def _summary(data: bytes | str) -> Summary:
    return read_summary(source(data))


def test_begin_and_end() -> None:
    read = _detail(detail())
    assert read.begin == T0.timestamp() * NS
    assert read.end == (T0.timestamp() + 600) * NS
    assert (read.begin_line, read.end_line) == (5, 6)
    assert read.values["effective_scenario"] == Logged("Offline", 3)
    assert read.values["result_samples_per_second"] == Logged(1403.82, 8)
    assert read.values["loadgen_version"].value.startswith("5.1.0")
    assert "loaded_qsl_set" not in read.values
    assert "loadgen_git_log_message" not in read.values
    assert (read.errors, read.problems, read.marker) == ((), (), ":::MLLOG")


def test_lines_that_are_not_wanted_may_be_long_and_even_damaged() -> None:
    data = detail() + b':::MLLOG {"key": "loaded_qsl_set", "value": [' + b"1," * 1_000_000 + b"}}\n"
    assert _detail(data).problems == ()


def test_the_first_value_counts() -> None:
    read = _detail(detail(record("result_validity", "INVALID"), record("sut_name", "x")))
    assert read.values["result_validity"].value == "VALID"
    assert [(p.line, "first counts" in p.what) for p in read.problems] == [(9, True)]
    assert _detail(detail(record("result_validity", "VALID"))).problems == ()


def test_errors_of_loadgen() -> None:
    text = "Ending early: ran out of queries"
    read = _detail(
        detail(record("error_runtime", text, error=True), record("generic_message", "x"))
    )
    assert read.errors == (Logged(f"error_runtime: {text}", 9),)
    assert "error_runtime" not in read.values


def test_a_test_without_marks() -> None:
    read = _detail(record("effective_scenario", "Server") + "\n")
    assert (read.begin, read.end, read.begin_line, read.end_line) == (None, None, 0, 0)


def test_endpoints_have_no_marks() -> None:
    data = record("result_validity", "VALID", marker=":::ENDPTS") + "\n"
    read = _detail(data)
    assert read.marker == ":::ENDPTS"
    assert (read.begin, read.problems) == (None, ())
    assert read.values["result_validity"].value == "VALID"


@pytest.mark.parametrize("value", ["12-31-9999 23:59:59.999", "yesterday", 5, None, ["x"]])
def test_marks_that_are_no_times(value: object) -> None:
    read = _detail(record("power_begin", value) + "\n" + record("power_end", "x") + "\n")
    assert (read.begin, read.begin_line) == (None, 1)
    assert [p.line for p in read.problems] == [1, 2]


def test_records_glued_on_one_line() -> None:
    data = record("result_validity", "VALID") + record("effective_scenario", "Offline") + "\n"
    read = _detail(data)
    assert read.values["effective_scenario"] == Logged("Offline", 1)
    assert [p.what for p in read.problems] == ["two records on one line"]


def test_a_marker_within_a_message_is_text() -> None:
    read = _detail(record("result_invalid_reason", 'x :::MLLOG {"key": "y"}') + "\n")
    assert read.values["result_invalid_reason"].value.startswith("x :::MLLOG")
    assert read.problems == ()


def test_what_is_no_record_is_a_problem_of_its_line() -> None:
    good = record("result_validity", "VALID")
    read = _detail(f"junk\n{good}\nmore junk\n{good}\nend")
    assert [(p.line, "no record" in p.what) for p in read.problems] == [
        (2, True),
        (4, True),
        (4, True),
    ]
    assert read.values["result_validity"].line == 2


@pytest.mark.parametrize(
    "line",
    [
        ':::MLLOG {"key": "result_x", "value": ',
        ':::MLLOG {"key": "result_x"}',
        ':::MLLOG {"key": 5, "value": 1}',
        ":::MLLOG [1]",
        ":::MLLOG 5}",
        ":::MLLOG }",
        ':::MLLOG {"key": "result_x", "value": ' + "[" * 30_000 + "}",
        ':::MLLOG {"key": "result_x", "value": ' + "9" * 5000 + "}",
        ':::MLLOG {"key": "result_x", "value": "' + "9" * 70_000 + '"}',
    ],
)
def test_records_that_cannot_be_read(line: str) -> None:
    read = _detail(record("result_validity", "VALID") + f"\n{line}\n")
    assert "result_x" not in read.values
    assert {p.line for p in read.problems} == {2}


def test_ends_of_lines() -> None:
    assert _detail(detail().replace(b"\n", b"\r\n")).values == _detail(detail()).values
    assert _detail(detail().rstrip()).values == _detail(detail()).values


def test_halves_of_surrogate_pairs_are_replaced() -> None:
    read = _detail(record("result_invalid_reason", "a\ud800") + "\n")
    assert read.values["result_invalid_reason"].value == "a\ufffd"


def test_records_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MAX_RECORDS", 3)
    with pytest.raises(FormatError, match="more than 3 records"):
        _detail(detail())


@pytest.mark.parametrize(
    "data", [b"", b"\xff\x00" * 50, b"MLPerf Results Summary\n", b'{"key": 1}\n']
)
def test_what_is_no_detail_log(data: bytes) -> None:
    with pytest.raises(FormatError):
        _detail(data)


def test_summary() -> None:
    read = _summary(SUMMARY)
    assert (read.scenario, read.valid) == ("Offline", True)
    assert read.values["Samples per second"] == Logged(1403.82, 7)
    assert read.values["target_latency (ns)"] == Logged(0, 14)
    assert read.values["qsl_rng_seed"].value == 14771362308971278857
    assert "SUT name" not in read.values
    assert "Min duration satisfied" not in read.values
    assert read.problems == ()


def test_an_invalid_result_and_a_number_that_is_none() -> None:
    read = _summary(b"Result is : INVALID\nSamples per second: inf\nSamples per second: 2e3\n")
    assert read.valid is False
    assert read.values["Samples per second"] == Logged(2000.0, 3)
    assert [(p.line, p.what) for p in read.problems] == [(2, "'Samples per second' is inf")]


def test_the_first_line_of_a_name_counts() -> None:
    read = _summary(b"Scenario : Server\r\nx : 1\r\nx : 2\r\nScenario : Offline\r\n")
    assert (read.scenario, read.valid) == ("Server", None)
    assert read.values["x"].value == 1


def test_a_line_of_a_summary_too_long() -> None:
    read = _summary(b"a : 1\n" + b"b : " + b"1" * 70_000 + b"\nc : 3\n")
    assert set(read.values) == {"a", "c"}
    assert [p.line for p in read.problems] == [2]


def test_a_summary_too_large() -> None:
    with pytest.raises(FormatError, match="too many"):
        _summary(SUMMARY + b"\n" * room.MAX_SUMMARY)


@pytest.mark.parametrize("data", [b"", b"\x00\x01\xff" * 9, b"no colon here\n"])
def test_what_is_no_summary(data: bytes) -> None:
    with pytest.raises(FormatError):
        _summary(data)
