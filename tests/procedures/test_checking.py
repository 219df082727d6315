"""Order, workers, crashes, resuming: the check as a procedure, on parts that obey their files."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from joulemark.core.errors import FormatError, UsageError
from joulemark.core.finding import Severity, Verdict
from joulemark.procedures.check_state import MARK, State
from joulemark.procedures.check_worker import encoded, first_line, main, request
from joulemark.procedures.checked import Amount, Asked, Checked
from joulemark.procedures.checking import check, decoded, search
from joulemark.procedures.crew import Crew, Lost
from tests.procedures.check_fakes import PARTS, write

ASKED = Asked(round="v2.1")


def run(
    root: Path,
    asked: Asked = ASKED,
    *,
    jobs: int = 1,
    state: State | None = None,
    told: list[tuple[int, int]] | None = None,
) -> list[Checked]:
    def tell(done: int, of: int) -> None:
        if told is not None:
            told.append((done, of))

    with search([str(root)], parts=PARTS) as found:
        return list(check(found, asked, jobs=jobs, state=state, parts=PARTS, tell=tell))


def rules(checked: Checked) -> list[str]:
    return [finding.rule for finding in checked.findings]


@pytest.mark.parametrize("jobs", [1, 3])
def test_results_come_in_the_order_of_the_paths_whoever_finds_them(
    tmp_path: Path, jobs: int
) -> None:
    says = {f"closed/A/results/s/{n:03d}": "fail" if n % 7 == 0 else "pass" for n in range(40)}
    told: list[tuple[int, int]] = []
    results = run(write(tmp_path, says), jobs=jobs, told=told)
    assert [one.path for one in results] == sorted(says)
    assert [one.verdict is Verdict.FAIL for one in results] == [n % 7 == 0 for n in range(40)]
    assert told[0] == (0, 40)
    assert [done for done, _ in told[1:]] == list(range(1, 41))
    first = results[0]
    assert first.metric == Amount(200.0, "W")
    assert first.efficiency is None, "no number is no figure"
    assert first.energy_j is not None
    assert first.energy_j.u95 == pytest.approx(1.96 * 600, rel=1e-3)
    assert first.place.submitter == "A"
    assert (first.findings[0].message, first.findings[0].line) == (
        "544 of 600 samples are over 1 %",
        12,
    )


def test_a_worker_that_is_killed_costs_one_directory(tmp_path: Path) -> None:
    says = {f"d{n}": "kill" if n in (3, 4) else "pass" for n in range(9)}
    results = run(write(tmp_path, says), jobs=2)
    assert [one.verdict is Verdict.FAIL for one in results] == [n in (3, 4) for n in range(9)]
    (finding,) = results[3].findings
    assert finding.rule == "joulemark/internal"
    assert "SIGKILL" in finding.message
    assert finding.file == "d3"
    assert results[3].metric is None


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_rule_that_crashes_is_a_finding_and_the_other_rules_go_on(
    tmp_path: Path, jobs: int
) -> None:
    crashed, passed = run(write(tmp_path, {"a": "crash", "b": "warn"}), jobs=jobs)
    (finding,) = crashed.findings
    assert finding.rule == "joulemark/internal"
    assert finding.message == "inference/obey failed: ZeroDivisionError: by zero"
    assert crashed.verdict is Verdict.FAIL
    assert crashed.metric is not None
    assert rules(passed) == ["inference/glance"]


def test_what_cannot_be_read_is_one_finding_that_names_the_file(tmp_path: Path) -> None:
    (one,) = run(write(tmp_path, {"a": "refuse"}))
    (finding,) = one.findings
    assert (finding.rule, finding.message, finding.file) == (
        "joulemark/unreadable",
        "may not be read",
        "a/power/client.json",
    )
    assert one.metric is None


def test_a_file_of_another_format_leaves_figures_empty_and_says_nothing_twice(
    tmp_path: Path,
) -> None:
    (one,) = run(write(tmp_path, {"a": "format"}))
    assert one.metric is None
    assert one.findings == ()


def test_of_one_rule_a_thousand_findings_are_kept(tmp_path: Path) -> None:
    (one,) = run(write(tmp_path, {"a": "many"}))
    assert len(one.findings) == 1001
    assert one.findings[-1].message == "… and 5 more of this kind"


def test_texts_can_be_written_anywhere(tmp_path: Path) -> None:
    (one,) = run(write(tmp_path, {"a": "warn"}))
    assert one.findings[0].message == "a reviewer should \x1b[31mlook?"
    assert decoded(encoded(one)) == one


def test_rules_are_chosen_and_left_out(tmp_path: Path) -> None:
    root = write(tmp_path, {"a": "fail", "b": "refuse"})
    only = run(root, Asked(round="v2.1", rules=("inference/gl*",)))
    assert rules(only[0]) == ["inference/glance"]
    assert only[0].verdict is Verdict.WARN
    assert rules(only[1]) == ["joulemark/unreadable"], "that a rule could not look is always said"
    without = run(root, Asked(round="v2.1", ignored=("inference/obey",)))
    assert rules(without[0]) == ["inference/glance"]


def test_as_official_the_verdict_is_the_official_one(tmp_path: Path) -> None:
    says = {"v2.1/ok": "pass", "v2.1/w": "warn", "v3.1/f": "fail", "x/c": "crash"}
    asked = Asked(as_official="own", round="v3.0")
    results = {one.path: one for one in run(write(tmp_path, says), asked)}
    assert [one.verdict.value for one in results.values()] == ["pass", "warn", "fail", "fail"]
    assert results["x/c"].official == {"uuid": "OK", "phases": "EXC"}
    assert {path: one.revision for path, one in results.items()} == {
        "v2.1/ok": "v2.1",
        "v2.1/w": "v2.1",
        "v3.1/f": "head",
        "x/c": "v3.0",
    }
    (finding,) = results["v3.1/f"].findings
    assert (finding.rule, finding.severity, finding.message, finding.line) == (
        "official/phases",
        Severity.ERROR,
        "fail to head",
        3,
    )
    assert run(tmp_path, Asked(as_official="v2.1"))[3].revision == "v2.1"
    assert run(tmp_path, ASKED)[0].official is None


def test_a_round_that_nobody_tells_is_guessed_and_noted(tmp_path: Path) -> None:
    one, two = run(write(tmp_path, {"a": "guess", "b": "pass"}), Asked())
    assert (one.round, two.round) == ("v9.9", "")
    assert "look like v9.9" in one.findings[0].message
    assert one.verdict is Verdict.PASS
    assert rules(two) == ["joulemark/round"]


def test_a_directory_that_is_the_whole_tree_is_a_dot(tmp_path: Path) -> None:
    (one,) = run(write(tmp_path, {"": "fail"}))
    assert one.path == "."
    assert one.findings[0].where == "power/client.json:12"


def test_several_trees_and_submitters(tmp_path: Path) -> None:
    one = write(tmp_path / "one", {"closed/A/results/s/b": "pass"})
    two = write(tmp_path / "two", {"closed/B/results/s/b": "pass", "open/a/results/s/b": "warn"})
    with search([str(two), str(one)], submitters=["a"], parts=PARTS) as found:
        results = list(check(found, ASKED, jobs=2, parts=PARTS))
    assert [(Path(r.tree).name, r.path) for r in results] == [
        ("two", "open/a/results/s/b"),
        ("one", "closed/A/results/s/b"),
    ]
    with pytest.raises(UsageError, match="no result of C; submitters here: A, B, a"):
        search([str(one), str(two)], submitters=["C"], parts=PARTS)


def test_nothing_to_check_is_an_error_that_explains(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(FormatError, match="no power directory in it"):
        search([str(tmp_path / "empty")], parts=PARTS)
    with pytest.raises(UsageError, match="no such folder"):
        search([str(tmp_path / "absent")], parts=PARTS)


def test_a_check_that_is_broken_off_ends_its_workers(tmp_path: Path) -> None:
    root = write(tmp_path, {f"d{n:02d}": "pass" for n in range(30)})
    with search([str(root)], parts=PARTS) as found:
        results = check(found, ASKED, jobs=2, parts=PARTS)
        assert next(results).path == "d00"
        results.close()


# ------------------------------------------------------------------ resuming


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return write(tmp_path / "tree", {"a": "pass", "b": "fail", "c": "crash", "d": "beside"})


@pytest.fixture(autouse=True)
def _notes(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir(exist_ok=True)
    (tmp_path / "tree" / "notes.txt").write_text("one")


def kept(results: list[Checked]) -> str:
    return "".join(one.path for one in results if one.kept)


@pytest.mark.parametrize("jobs", [1, 2])
def test_unchanged_directories_are_taken_over(tree: Path, tmp_path: Path, jobs: int) -> None:
    path = tmp_path / "state"
    with State(path, ASKED) as state:
        before = run(tree, jobs=jobs, state=state)
    assert kept(before) == ""
    with State(path, ASKED) as state:
        again = run(tree, jobs=jobs, state=state)
    assert kept(again) == "abcd"
    assert [encoded(one) for one in again] == [
        encoded(one).replace(b'"kept":false', b'"kept":true') for one in before
    ]
    (tree / "b" / "power" / "client.json").write_text("pass")
    (tree / "c" / "power" / "more.txt").write_text("")
    with State(path, ASKED) as state:
        changed = run(tree, jobs=jobs, state=state)
    assert kept(changed) == "ad"
    assert changed[1].verdict is Verdict.PASS
    with State(path, Asked(round="v2.1", ignored=("inference/obey",))) as state:
        assert kept(run(tree, Asked(round="v2.1", ignored=("inference/obey",)), state=state)) == ""


def test_a_file_beside_the_directory_counts(tree: Path, tmp_path: Path) -> None:
    path = tmp_path / "state"
    for text, expected in (("one", ""), ("one", "abcd"), ("two", "abc")):
        (tree / "notes.txt").write_text(text)
        with State(path, ASKED) as state:
            results = run(tree, state=state)
        assert kept(results) == expected
        assert results[3].findings[0].message == f"the notes say {text}"


def test_a_torn_line_and_junk_are_left_out_and_a_strange_file_is_refused(
    tree: Path, tmp_path: Path
) -> None:
    path = tmp_path / "state"
    with State(path, ASKED) as state:
        run(tree, state=state)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:3]) + b'{"junk": [\n' + lines[3][:50])
    with State(path, ASKED) as state:
        assert kept(run(tree, state=state)) == "ab"
    with State(path, ASKED) as state:
        assert kept(run(tree, state=state)) == "abcd"

    other = tmp_path / "thesis.txt"
    other.write_text("years of work\n")
    with pytest.raises(FormatError, match="no results of an earlier check"):
        State(other, ASKED)
    assert other.read_text() == "years of work\n"


def test_what_another_version_left_goes_when_it_outweighs(tree: Path, tmp_path: Path) -> None:
    path = tmp_path / "state"
    with State(path, ASKED) as state:
        run(tree, state=state)
    old = path.read_bytes().replace(b'"tool":"', b'"tool":"x')
    path.write_bytes(old)
    with State(path, ASKED) as state:
        assert kept(run(tree, state=state)) == ""
    assert path.read_bytes().count(b"\n") == 1 + 8, "as much is old as is new"
    with State(path, ASKED) as state:
        (tree / "a" / "power" / "client.json").write_text("warn")
        run(tree, state=state)
    lines = path.read_bytes().splitlines()
    assert lines[0] + b"\n" == MARK
    assert [json.loads(line)["path"] for line in lines[1:]] == ["b", "c", "d", "a"]


# ------------------------------------------------------------------ the worker's side


def test_a_worker_answers_each_line(tree: Path) -> None:
    with search([str(tree)], parts=PARTS) as found:
        lines = [first_line(PARTS, found.trees, ASKED)]
        lines += [request(target, None) for target in found.targets]
        sink = io.BytesIO()
        assert main(io.BytesIO(b"\n".join(lines) + b"\n"), sink) == 0
    answers = [decoded(line) for line in sink.getvalue().splitlines()]
    assert [one.path for one in answers] == ["a", "b", "c", "d"]
    assert [one.identity for one in answers] == [""] * 4, "nobody asked for it"


def test_workers_that_cannot_be_started_cost_every_answer(tmp_path: Path) -> None:
    with Crew("tests.procedures.no_such_module", 2, b"{}") as crew:
        answers = list(crew.answers([b"1", b"2", b"3"], together=2))
    assert [answer.why for answer in answers if isinstance(answer, Lost)] == [
        "its worker process ended with exit code 1"
    ] * 3
