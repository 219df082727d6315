from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from rich.cells import cell_len
from tests.analysis.build import board, observation
from tests.report.build import HOSTILE, hostile

from joulemark.analysis.compare import Comparison, Question, compare
from joulemark.analysis.gate import Outcome, gate
from joulemark.analysis.metrics import Metric
from joulemark.analysis.observed import observed
from joulemark.analysis.rank import rank
from joulemark.core.run import System
from joulemark.core.value import Source, Term, Value
from joulemark.report.compared import advice, gate_sentence, headline, notes, ratios
from joulemark.report.compared_json import comparison_json, ranking_json
from joulemark.report.intervals import WIDTH, axis
from joulemark.report.table_compared import (
    comparison_markdown,
    print_comparison,
    print_ranking,
    rank_sentence,
    ranking_markdown,
)

OTHER = System(host="other", cpu="Example CPU 3000")


def pair(a: Sequence[float], b: Sequence[float], margin: float = 0.02, **more: Any) -> Comparison:
    return compare([observation(a, "a")], [observation(b, "b", **more)], Question(margin=margin))


def printed(*comparisons: Comparison, gates: Sequence[str] = ()) -> str:
    file = io.StringIO()
    print_comparison(comparisons, gates, file)
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines())


GOLDEN = """\
B's energy per sample is 9.8 % lower than A's, 8.0 to 11.5 % with 95 %
confidence.

A  a: demo, 4 windows
B  b: demo, 4 windows

phase                       A               B      B/A      95 % verdict
────────────────────────────────────────────────────────────────────────────────
train         100.5 mJ/sample 90.65 mJ/sample    0.902  0.885 to  lower
                       ±5.4 %          ±5.1 %              0.920

train          ├───●────┤             ┊    │    ┊
B/A         0.874                   0.980  1  1.02                      1.14

  Scatter from 4 windows of A and 4 of B (Student's t). What changes from one
  run to the next is not in the interval: for that, give several runs of each,
  made in turn (A B A B …).
  Cancels: gain of rapl of box, assumed to be the same: host, processor and
  place of reading agree.
  The interval holds: repeats 100 %.
A and B differ in:
  joulemark: 0.1.0 against 0.2.0"""


def test_a_comparison_in_the_terminal() -> None:
    found = pair([100, 102, 99, 101], [91, 90, 90.6, 91], joulemark="0.2.0")
    assert printed(found) == GOLDEN


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (
            pair([100, 101], [100, 101], unit="token"),
            "A and B are not comparable: the units of work differ (sample against token).",
        ),
        (
            pair([100, 100.1, 99.9], [300, 300.1, 299.9]),
            "B's energy per sample is 3.0000 times A's, 2.9934 to 3.0067 with 95 % confidence.",
        ),
        (
            pair([100, 100.1, 99.9], [100.5, 100.6, 100.4]),
            (
                "B's energy per sample is 0.50 % higher than A's, 0.27 to 0.73 % with 95 % "
                "confidence; that is within the margin of 2 %."
            ),
        ),
        (
            pair([100, 100.1, 99.9], [100, 100.2, 99.8]),
            (
                "B's energy per sample equals A's within 2 %: B/A is 1.0000, 0.9959 to "
                "1.0042 with 95 % confidence."
            ),
        ),
        (
            pair([100, 105, 95], [104, 109, 99]),
            (
                "A and B cannot be told apart at this length: B/A of the energy per sample is "
                "1.04, 0.93 to 1.16 with 95 % confidence."
            ),
        ),
        (
            pair([100], [104]),
            (
                "A and B cannot be told apart: neither repeats, so that nothing is known of their "
                "scatter (B/A of the energy per sample is 1.040)."
            ),
        ),
    ],
)
def test_headlines(found: Comparison, sentence: str) -> None:
    assert headline(found) == sentence


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (pair([100], [104]), "at least three times"),
        (pair([100, 105, 95], [104, 109, 99]), "more repeats of each (about"),
        (pair([100, 105, 95], [104, 109, 99], margin=1e-5), "More than 10000 repeats"),
        (pair([100, 100.1, 99.9], [100, 100.1, 99.9]), "There are enough repeats"),
        (pair([100, 101, 99], [100, 101, 99], system=OTHER), "errors that do not cancel hide"),
        (pair([100, 101, 99], [100, 101, 99], system=OTHER), "(gain). What would help: the same"),
        (pair([100, 101], [100, 101], unit="token"), ""),
    ],
)
def test_advice(found: Comparison, said: str) -> None:
    assert said in advice(found)
    assert bool(advice(found)) is bool(said)


def test_a_model_asks_for_a_sensor() -> None:
    a = observation([100, 101, 99], "a", model=0.5, gain=0)
    far = compare([a], [replace(a, run="b", system=OTHER)])
    assert "a sensor instead of the model" in advice(far)
    assert any("does not cancel" in note for note in notes(far))
    near = compare([a], [replace(a, run="b")])
    assert any("that is an assumption" in note for note in notes(near))
    assert any(note.startswith("Cancels as far as") for note in notes(near))


def test_notes_say_what_the_interval_rests_on() -> None:
    quick = frozenset({"quick", "stand-in-data"})
    a, b = observation([1e3, 1.01e3], "a", codes=quick), observation([1e3], "b", codes=quick)
    said = " ".join(notes(compare([a], [b])))
    assert "taken to scatter like the other" in said
    assert "Both are quick runs" in said
    assert "stand-in" in said
    busy = observation([100, 101], "b", codes=frozenset({"other-load"}))
    said = " ".join(notes(compare([observation([100, 101], "a")], [busy])))
    assert "Other programs used the processor during B;" in said
    one = [observation([100, 101], "a", channel=board("1"))]
    proven = compare(one, [observation([100, 101], "b", channel=board("1"))])
    assert "the same device, by its unique number" in " ".join(notes(proven))
    others = [observation([100, 101], "b", system=OTHER)]
    told = compare([observation([100, 101], "a")], others, Question(same_meters=True))
    assert "as you say (--same-meters)" in " ".join(notes(told))
    assert list(notes(compare(one, [observation([1, 1], "b", unit="token")]))) == []
    same = observation([100, 100], "a", gain=0)
    exact = compare([same], [replace(same, run="b")])
    assert "The interval holds" not in " ".join(notes(exact))


def test_many_boards_are_not_all_named() -> None:
    made = [board(str(i), f"gpu-{i}") for i in range(8)]
    parts = {Source(Term.GAIN, f"localhost/gpu-{i}", kin="localhost/nvml"): 1.0 for i in range(8)}
    a = observation([100, 101], "a")
    a = replace(a, channels=tuple(made), energy=Value(201, "J", parts))
    said = [note for note in notes(compare([a], [replace(a, run="b")])) if "Cancels" in note]
    assert len(said) == 1
    assert "and 6 more, the same device" in said[0]


def test_gates_in_words() -> None:
    def said(found: Comparison, bound: float) -> str:
        return gate_sentence(found, gate(found, bound), bound)

    like, more = pair([100, 101, 99], [100, 101, 99]), pair([100, 101, 99], [120, 121, 119])
    assert said(like, 0.05).startswith("The energy per sample did not rise by more than 5 %: at")
    assert said(more, 0.05).startswith("The energy per sample rose by more than 5 %: at least +")
    assert "cannot be told: -" in said(like, 0.001)
    assert "more repeats" in said(like, 0.001)
    assert "cannot be told. Measure each" in said(pair([100], [100]), 0.05)
    assert "cannot be said" in said(pair([1, 1], [1, 1], unit="token"), 0.05)


def test_ratios_have_the_places_they_deserve() -> None:
    assert ratios(1.0, 0.9, 1.1) == ("1.00", "0.90", "1.10")
    assert ratios(1.0, 0.9998, 1.0002) == ("1.00000", "0.99980", "1.00020")
    assert ratios(1.0, 1.0, 1.0) == ("1.000", "1.000", "1.000")
    assert ratios(1e5, 1.0, 1e9)[0] == "100000"


def everything() -> list[Comparison]:
    long = "a very long name indeed " * 8
    settings = {"workload": {"settings": {f"setting {i} {long}": long for i in range(20)}}}
    return [
        pair([100, 102, 99, 101], [91, 90, 90.6, 91]),
        pair([100, 150, 99], [1e6, 1e3, 90.6, 91], phase=long, title=long, unit=""),
        pair([100, 150, 99], [1e6, 1e3, 90.6, 91], phase=long, title=long, settings=settings),
        pair([100], [200]),
        pair([1e-9, 2e-9], [1e9, 2e9], codes=frozenset({"quick"})),
    ]


def test_everything_fits_80_columns() -> None:
    for found in everything():
        lines = printed(found, gates=["Gate. " * 30]).splitlines()
        assert max(map(cell_len, lines)) <= 80
    assert max(map(cell_len, printed(*everything()).splitlines())) <= 80
    assert "and 9 more (see --json)" in printed(everything()[2])


def test_several_runs_are_listed_and_a_number_keeps_its_unit() -> None:
    a = [observation([100 + i, 101], f"a{i}", start_s=1e4 * i) for i in range(3)]
    b = [observation([100 + i, 101], f"b{i}", start_s=1e6 + 1e4 * i) for i in range(3)]
    shown = printed(compare(a, b), gates=["x" * n + " 1 % y" for n in range(70, 81)])
    assert "A  demo, 3 runs, 6 windows: a0, a1, a2" in shown
    assert not any(line.startswith("%") for line in shown.splitlines())


def test_hostile_text_only_shows() -> None:
    made = hostile()
    one = observed(made.run, made.results[0])
    found = compare([one], [replace(one, run="b", joulemark=HOSTILE * 2)])
    shown = printed(found) + comparison_markdown([found])
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    ranking = rank({HOSTILE: [one], "b": [replace(one, run="b")]})
    file = io.StringIO()
    print_ranking(ranking, file)
    assert "\x1b" not in file.getvalue()
    assert max(map(cell_len, file.getvalue().splitlines())) <= 80


def test_json_is_finite_and_complete() -> None:
    found = everything()
    outcomes = [gate(one, 0.05) for one in found]
    plain = comparison_json(found, outcomes, Outcome.UNDECIDED, 0.05)
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert plain["gate"] == {"max_increase": 0.05, "outcome": "undecided"}
    first, last = plain["comparisons"][0], plain["comparisons"][3]
    assert first["verdict"] == "lower"
    assert first["interval"][0] < first["ratio"] < first["interval"][1]
    assert first["one_sided_limits"][1] < first["interval"][1]
    assert first["outlook"]["difference"] == 0.02
    assert last["interval"] is None
    assert last["repeats"]["standard_uncertainty"] is None
    assert plain["comparisons"][4]["refused"][0]["reason"] == "quick"
    assert comparison_json(found[:1])["gate"] is None
    enough = pair([100, 101, 99, 100, 102], [91, 90, 90.6, 91, 92])
    assert comparison_json([enough])["comparisons"][0]["repeats"]["bootstrap_factor"] > 1.5


def test_rankings_in_words_json_and_markdown() -> None:
    sides = {name: [observation([j, j + 0.1, j - 0.1], name)] for name, j in (("a", 10), ("b", 20))}
    ranking = rank(sides)
    assert rank_sentence(ranking) == "Lowest energy in train: a, with 95 % confidence."
    plain = ranking_json(ranking)
    assert plain["best"] == "a"
    assert plain["refused"] is None
    assert plain["places"][1]["over_first"][0] > 1.9
    assert ranking_markdown(ranking).splitlines()[2].startswith("| 1 | a |")
    unread = rank({**sides, "c": [observation([1, 1], "c", energy=None)]}, Question())
    assert rank_sentence(unread).startswith("No best is named for energy in train: not comparable")
    assert ranking_json(unread)["places"][2]["figure"] is None
    assert "–" in ranking_markdown(unread)


def test_markdown_has_a_row_for_each_phase() -> None:
    lines = comparison_markdown(everything()).splitlines()
    assert lines[0] == "| phase | figure | A | B | B/A | 95 % interval | verdict |"
    assert len(lines) == 2 + 5
    assert "| not comparable |" in lines[-1]
    assert "| unknown | undecided |" in lines[-2]


def test_the_picture_marks_interval_one_and_margin() -> None:
    found = pair([100, 100.1, 99.9], [100, 100.2, 99.8])
    line, scale = axis([("x", 1.0, (0.99, 1.01))], found)
    middle = line.index("●")
    assert line[:middle].count("┊") == 1
    assert line.index("├") - 12 == (WIDTH - 1) - (line.index("┤") - 12) - 1
    assert scale.index(" 1 ") + 1 == middle
    far, _ = axis([("x", 1e4, (1e-4, 1e9))], found)
    assert "◂" in far
    assert "▸" in far
    assert axis([("x", None, None), ("y", 1.0, None)], found) == []


def test_every_metric_has_a_name() -> None:
    a, b = observation([100, 101], "a"), observation([100, 101], "b")
    for metric in Metric:
        if metric is not Metric.NET:
            found = compare([a], [b], Question(metric=metric))
            assert found.figures[0] is not None
            assert headline(found).startswith(("B's", "A and B"))
