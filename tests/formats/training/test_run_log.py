"""A run's own log, the scaling factor and the system's description."""

from __future__ import annotations

import json

import pytest

from joulemark.core.errors import FormatError
from joulemark.formats.inference.parsed import Source
from joulemark.formats.training.parsed import RunLog
from joulemark.formats.training.run_log import MAX_RECORDS, read_run_log
from joulemark.formats.training.small import read_scaling, read_system
from tests.formats.training.samples import T0, line, result

MS = 1_000_000


def read(*lines: str) -> RunLog:
    return read_run_log(Source("result_0.txt", "\n".join(lines).encode()))


def test_a_usual_log() -> None:
    log = read_run_log(Source("result_0.txt", result(60)))
    assert (log.start, log.stop) == (T0 * MS, (T0 + 60_000) * MS)
    assert (log.start_line, log.stop_line) == (4, 6)
    assert log.status == "success"
    assert log.converged
    assert {key: value.value for key, value in log.values.items()} == {
        "submission_benchmark": "bert",
        "seed": 4711,
    }
    assert log.values["seed"].line == 3
    assert log.problems == ()


def test_a_run_that_was_aborted() -> None:
    assert not read_run_log(Source("result_0.txt", result(60, status="aborted"))).converged


def test_carriage_returns_end_lines() -> None:
    log = read_run_log(Source("result_0.txt", result(60).replace(b"\n", b"\r")))
    assert (log.start_line, log.stop_line) == (4, 6)


def test_what_is_repeated_before_the_stop_counts() -> None:
    log = read(
        line("run_start", None, 0),
        line("run_start", None, 1),
        line("run_stop", None, 9, {"status": "success"}),
        line("run_stop", None, 10, {"status": "aborted"}),
    )
    assert log.start == (T0 + 1000) * MS
    assert log.stop == (T0 + 9000) * MS
    assert log.converged
    assert [(problem.line, problem.what) for problem in log.problems] == [
        (2, "run_start again; this one counts"),
        (4, "run_stop again; it does not count"),
    ]


def test_what_is_missing_is_a_problem() -> None:
    log = read(line("eval_accuracy", 1, 0))
    assert (log.start, log.stop, log.converged) == (None, None, False)
    assert [problem.what for problem in log.problems] == [
        "there is no run_start",
        "there is no run_stop",
    ]


def test_lines_without_marker_do_not_count() -> None:
    log = read('{"key": "run_start"}', line("run_start", None, 3), line("run_stop", None, 4, {}))
    assert log.start_line == 2
    assert log.status == ""


def test_a_status_that_is_no_text() -> None:
    log = read(line("run_start", None, 3), line("run_stop", None, 4, {"status": 3}))
    assert not log.converged
    assert log.problems[0].line == 2


def test_a_damaged_line() -> None:
    log = read(line("run_start", None, 3)[:-4], line("run_start", None, 4), "x")
    assert log.start_line == 2
    assert log.problems[0].what.startswith("no record")


def test_too_many_records() -> None:
    log = read(*[line("seed", 1, 0)] * (MAX_RECORDS + 2))
    assert any(f"more than {MAX_RECORDS}" in problem.what for problem in log.problems)


def test_no_log() -> None:
    with pytest.raises(FormatError, match="no line"):
        read("nothing")


@pytest.mark.parametrize(
    ("text", "factor", "problems"),
    [
        ('{"scaling_factor": 1.25}', 1.25, 0),
        ('{"scaling_factor": 2}', 2.0, 0),
        ('{"scaling_factor": "1.25"}', 1.0, 1),
        ('{"scaling_factor": 0}', 1.0, 1),
        ('{"scaling_factor": true}', 1.0, 1),
        ('{"scaling_factor": 1' + "0" * 400 + "}", 1.0, 1),
        ("{}", 1.0, 1),
    ],
)
def test_scaling(text: str, factor: float, problems: int) -> None:
    scaling = read_scaling(Source("scaling.json", text.encode()))
    assert scaling.factor == factor
    assert len(scaling.problems) == problems


def test_a_system() -> None:
    text = json.dumps(
        {
            "submitter": "Us",
            "division": "closed",
            "number_of_nodes": "8",
            "accelerators_per_node": 4,
            "cooling": ["air"],
        },
        indent=1,
    )
    system = read_system(Source("systems/a.json", text.encode()))
    assert (system.submitter, system.division, system.status) == ("Us", "closed", "")
    assert (system.nodes, system.accelerators) == (8, 4)
    assert [problem.line for problem in system.problems] == [6]


def test_counts_that_are_none() -> None:
    system = read_system(Source("a.json", b'{"number_of_nodes": "many"}'))
    assert (system.nodes, system.accelerators) == (None, None)
    assert len(system.problems) == 2


@pytest.mark.parametrize("reader", [read_scaling, read_system])
def test_no_object(reader: object) -> None:
    with pytest.raises(FormatError, match="not a JSON object"):
        reader(Source("a.json", b"[1]"))  # type: ignore[operator]
