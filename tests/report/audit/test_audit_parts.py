"""Parts of the pages: cited lines, names of pages, rows of dots, counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.formats.inference.samples import Memory

from joulemark.core.finding import Severity, Verdict
from joulemark.formats.inference.directory import Place
from joulemark.procedures.checked import Amount, Measured, Target
from joulemark.report.audit.cited import CONTEXT, MOST_FILES, MOST_LINES, Cited, lines_of, visible
from joulemark.report.audit.findings import anchor_of
from joulemark.report.audit.naming import measurements, page_of
from joulemark.report.audit.pictures import (
    MOST_ROWS,
    efficiency_by_benchmark,
    power_by_submitter,
    strips,
)
from joulemark.report.audit.summary import Seen, Summary, official_verdict
from joulemark.report.audit.tally import Tally
from joulemark.rules.official.outcome import Outcome, Word

TEXT = b"".join(b"line %d\r\n" % number for number in range(1, 101))


class TestCited:
    def test_a_line_is_shown_with_its_neighbours(self) -> None:
        cited = Cited()
        assert cited.cite("a/spl.txt", 50, "inference/gaps", TEXT) == "f1-50"
        (section,) = cited.sections()
        assert [line.number for line in section.lines] == [48, 49, 50, 51, 52]
        assert [line.anchor for line in section.lines if line.anchor] == ["f1-50"]
        assert section.lines[2].text == "line 50"
        assert section.lines[2].rules == ("inference/gaps",)

    def test_lines_that_are_apart_have_a_gap_between(self) -> None:
        cited = Cited()
        for line in (1, 3, 99):
            cited.cite("spl.txt", line, "r", TEXT)
        numbers = [line.number for line in cited.sections()[0].lines]
        assert numbers == [1, 2, 3, 4, 5, 0, 97, 98, 99, 100]

    def test_two_rules_on_one_line(self) -> None:
        cited = Cited()
        cited.cite("spl.txt", 7, "one", TEXT)
        cited.cite("spl.txt", 7, "two", TEXT)
        assert [line.rules for line in cited.sections()[0].lines if line.anchor] == [("one", "two")]

    @pytest.mark.parametrize("line", [None, 0, -3])
    def test_a_whole_file_is_not_shown(self, line: int | None) -> None:
        cited = Cited()
        assert cited.cite("spl.txt", line, "r", TEXT) == ""
        assert cited.cite("spl.txt", 3, "r", None) == ""
        assert cited.sections() == []

    def test_lines_and_files_are_bounded(self) -> None:
        cited = Cited()
        anchors = [cited.cite("spl.txt", line, "r", TEXT) for line in range(1, 101)]
        assert sum(map(bool, anchors)) == MOST_LINES
        for number in range(2 * MOST_FILES):
            cited.cite(f"{number}.txt", 1, "r", TEXT)
        sections = cited.sections()
        assert len(sections) == MOST_FILES
        assert sections[0].more == 100 - MOST_LINES

    def test_a_line_beyond_the_end(self) -> None:
        cited = Cited()
        cited.cite("spl.txt", 5000, "r", TEXT)
        assert cited.sections()[0].lines == []

    def test_what_hides_can_be_seen(self) -> None:
        assert visible("a\u202eb\x00c\td\ud800", 80) == "a\ufffdb\ufffdc d\ufffd"
        assert visible("x" * 300, 10) == "x" * 10 + "…"

    @given(st.binary(max_size=300), st.sets(st.integers(1, 20), max_size=5))
    def test_lines_are_those_of_the_file(self, data: bytes, wanted: set[int]) -> None:
        found = lines_of(data, wanted)
        lines = data.split(b"\n")
        lines = lines[:-1] if lines[-1] == b"" else lines
        assert list(found) == [n for n in sorted(wanted) if n <= len(lines)]
        for number, text in found.items():
            whole = lines[number - 1].removesuffix(b"\r").decode("utf-8", "replace")
            assert text == visible(whole, 240)

    def test_context_is_of_two_lines(self) -> None:
        assert CONTEXT == 2


def target(path: str, place: Place, *, tree: int = 0, identity: str = "") -> Target:
    name = f"{path}/run_1/spl.txt"
    return Target(tree, path, (("run_1/spl.txt", name, -1, identity),), place)


class TestNaming:
    def test_copies_share_a_page_where_the_tree_tells_or_not(self) -> None:
        place = Place("v5.1", "closed", "Example", "box", "bert-99", "Offline")
        tree = Memory({"a/run_1/spl.txt": b"1", "b/run_1/spl.txt": b"1", "c/run_1/spl.txt": b"2"})
        read = measurements([target(name, place) for name in "abc"], [tree])
        assert [[t.path for t in one.targets] for one in read] == [["a", "b"], ["c"]]
        told = [target(n, place, identity=i) for n, i in (("a", "x"), ("b", "y"), ("c", "x"))]
        assert [[t.path for t in m.targets] for m in measurements(told, [tree])] == [
            ["a", "c"],
            ["b"],
        ]

    def test_without_a_power_log_each_stands_alone(self) -> None:
        tree = Memory({})
        found = measurements([target("a", Place()), target("b", Place())], [tree])
        assert len(found) == 2

    def test_rounds_stay_apart(self) -> None:
        tree = Memory({})
        two = [target(p, Place(round=r), identity="x") for p, r in (("a", "v2.0"), ("b", "v2.1"))]
        assert len(measurements(two, [tree])) == 2

    def test_pages_tell_what_they_are_of(self) -> None:
        place = Place("v5.1", "closed", "Example", "box", "bert-99", "Offline")
        name = page_of(target("closed/Example", place), Memory({}))
        assert name.startswith("results/v5.1-Example/box-bert-99-Offline-")
        other = page_of(target("closed/Other", place), Memory({}))
        assert other != name

    @given(st.text(max_size=80), st.text(max_size=80))
    def test_any_name_makes_a_safe_path(self, submitter: str, system: str) -> None:
        place = Place("v5.1", "closed", submitter, system, "../..", "/etc")
        name = page_of(target("x", place), Memory({}))
        assert name.isascii()
        assert name.isprintable()
        assert name.count("/") == 2
        assert len(name) < 400
        assert all(part not in ("", ".", "..") and part[0] != "." for part in name.split("/"))


def summary(**others: object) -> Summary:
    usual = {
        "tree": "t",
        "path": "closed/E/results/s/b/Offline/performance",
        "place": Place("v5.1", "closed", "E", "s", "b", "Offline"),
        "verdict": Verdict.PASS,
        "metric": Amount(200.0, "W"),
        "efficiency": Amount(3.0, "samples/J"),
        "average_power_w": Measured(200.0, 1.0),
        "official": Verdict.PASS,
        "page": "results/a.html",
    }
    return Summary(**{**usual, **others})  # type: ignore[arg-type]


SEEN = Seen(rule="inference/gaps", severity=Severity.ERROR, count=3, message="m", where="w:1")


class TestTally:
    def test_counts(self) -> None:
        tally = Tally()
        bad = summary(verdict=Verdict.FAIL, seen=(SEEN,), official=Verdict.PASS)
        tally.add([summary(), bad])
        tally.add([summary(place=Place(submitter="Z"), page="", official=None)])
        assert (tally.total, tally.measurements, tally.pages) == (3, 2, 1)
        assert tally.verdicts == {Verdict.PASS: 2, Verdict.FAIL: 1}
        assert tally.pairs == {
            (Verdict.PASS, Verdict.PASS): 1,
            (Verdict.FAIL, Verdict.PASS): 1,
        }
        (rule,) = tally.rules.values()
        assert (rule.findings, rule.results, rule.page) == (3, 1, "results/a.html")
        system = tally.systems["E", "s", "v5.1", "closed"]
        assert system.worst == "inference/gaps"
        assert [row.count for row in system.rows] == [0, 3]

    def test_the_official_word(self) -> None:
        assert official_verdict({}) is None
        words = [Word.OK, Word.WARN, Word.EXC]
        outcomes = {str(n): Outcome(word) for n, word in enumerate(words)}
        assert official_verdict(outcomes) is Verdict.FAIL
        del outcomes["2"]
        assert official_verdict(outcomes) is Verdict.WARN
        del outcomes["1"]
        assert official_verdict(outcomes) is Verdict.PASS


class TestPictures:
    def test_a_dot_for_each_result(self) -> None:
        found = strips({"a": [(1.0, Verdict.PASS), (10.0, Verdict.FAIL)]}, "W")
        assert found is not None
        (row,) = found.rows
        assert [(dot.at, dot.verdict) for dot in row.dots] == [(0.0, "pass"), (100.0, "fail")]
        assert found.ticks == [(0.0, "1 W"), (100.0, "10 W")]
        assert row.range == "1.00 W – 10.0 W"

    def test_dots_at_one_place_are_one(self) -> None:
        found = strips({"a": [(5.0, Verdict.PASS)] * 900 + [(50.0, Verdict.PASS)]}, "W")
        assert found is not None
        assert [dot.text for dot in found.rows[0].dots] == [
            "about 5.00 W, 900 results: pass",
            "50.0 W: pass",
        ]

    def test_rows_are_bounded(self) -> None:
        found = strips({str(n): [(1.0, Verdict.PASS)] for n in range(100)}, "samples/J")
        assert found is not None
        assert len(found.rows) == MOST_ROWS
        assert found.left_out == 100 - MOST_ROWS

    def test_rows_of_many_submitters_are_kept(self) -> None:
        values = {str(n): [(1.0, Verdict.PASS)] * 9 for n in range(100)}
        found = strips({**values, "shared": [(2.0, Verdict.PASS)]}, "samples/J", {"shared": 3})
        assert found is not None
        assert "shared" in {row.label for row in found.rows}

    @pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf"), 1e300])
    def test_what_has_no_place_is_left_out(self, value: float) -> None:
        assert strips({"a": [(value, Verdict.PASS)]}, "W") is None

    def test_each_unit_of_work_has_its_axis(self) -> None:
        tally = Tally()
        tally.add([summary(), summary(efficiency=Amount(2.0, "tokens/J"))])
        assert [one.unit for one in efficiency_by_benchmark(tally)] == ["samples/J", "tokens/J"]
        power = power_by_submitter(tally)
        assert power is not None
        assert [row.label for row in power.rows] == ["E"]

    def test_nothing_to_draw(self) -> None:
        assert power_by_submitter(Tally()) is None
        assert efficiency_by_benchmark(Tally()) == []


def test_anchors_are_plain() -> None:
    assert anchor_of("inference/time-skew") == "rule-inference-time-skew"
    assert anchor_of('"><x>') == "rule----x-"
