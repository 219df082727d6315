"""Right and wrong answers, and expressions that may not run away."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.core.errors import FormatError
from joulemark.core.request import Check, Outcome, Request
from joulemark.loads.serving.checking import MOST_TEXT, correct, mark, marks_of
from joulemark.loads.serving.prompts import read_prompts

RIGHT = [
    (Check.EXACT, "42", "  42\n"),
    (Check.CONTAINS, "New  York", "It is in NEW\nYORK, I think."),
    (Check.CONTAINS, "42", "So 142 is wrong, 42 is right"),
    (Check.CONTAINS, "(b)", "that is (b)x"),
    (Check.NUMBER, "1200", "First 7, so it is 1,200.00."),
    (Check.NUMBER, "-3.5", "x = \u22123.5"),
    (Check.NUMBER, "0.5", "about .5"),
    (Check.NUMBER, "1e3", "$1000"),
    (Check.NUMBER, "18", "16 - 3 - 4 = 9; 9 * 2 = 18\n#### 18"),
    (Check.NUMBER, "42", "The answer is 42."),
    (Check.CHOICE, "b", "B"),
    (Check.CHOICE, "B", "(B) since A is wrong"),
    (Check.CHOICE, "B", "A is tempting. The answer is (B)."),
    (Check.CHOICE, "C", "**Answer: C** since A fails"),
    (Check.CHOICE, "D", "so \\boxed{D}"),
    (Check.CHOICE, "D", "so \\boxed{\\text{D}}"),
    (Check.REGEX, r"\bforty-?two\b", "it is forty-two"),
]
WRONG = [
    (Check.EXACT, "42", "It is 42"),
    (Check.CONTAINS, "42", "1427"),
    (Check.CONTAINS, "cat", "concatenate"),
    (Check.NUMBER, "42", "42 or 43"),
    (Check.NUMBER, "42", "none"),
    (Check.NUMBER, "3", "1.2.3"),
    (Check.NUMBER, "42", ""),
    (Check.CHOICE, "A", "The answer is A matter of taste"),
    (Check.CHOICE, "A", "Apples"),
    (Check.CHOICE, "A", "The answer is B, not A"),
    (Check.CHOICE, "A", ""),
    (Check.REGEX, "^x$", "xx"),
]


@pytest.mark.parametrize(("check", "answer", "text"), RIGHT)
def test_right(check: Check, answer: str, text: str) -> None:
    assert correct(check, answer, text)


@pytest.mark.parametrize(("check", "answer", "text"), WRONG)
def test_wrong(check: Check, answer: str, text: str) -> None:
    assert not correct(check, answer, text)


@given(st.sampled_from(list(Check)), st.text(max_size=60))
def test_any_text_is_right_or_wrong(check: Check, text: str) -> None:
    answer = {Check.CHOICE: "A", Check.REGEX: "a+b"}.get(check, "12")
    assert correct(check, answer, text) in (True, False)


@given(st.integers(-(10**12), 10**12), st.integers(0, 6))
def test_a_number_is_the_same_however_it_is_written(number: int, places: int) -> None:
    said = f"First 1, then 2: {number:,}" + (f".{'0' * places}" if places else "") + " apples"
    assert correct(Check.NUMBER, str(number), said)
    assert not correct(Check.NUMBER, str(number + 1), said)


@pytest.mark.parametrize("expression", ["(a+)+$", "(a|aa)+$", "(.*)*x", "(a*)*(a*)*c"])
def test_no_expression_runs_away(expression: str) -> None:
    begun = time.process_time()
    assert not correct(Check.REGEX, expression, "a" * 10 * MOST_TEXT + "b")
    assert time.process_time() - begun < 5  # with backtracking it would not end


def test_long_texts_are_looked_at_from_their_end() -> None:
    digits = "1" * MOST_TEXT
    assert correct(Check.NUMBER, "7", digits * 3 + " 7")
    assert not correct(Check.CONTAINS, "begin", "begin " + digits)
    for check in Check:
        assert correct(check, "A" if check is Check.CHOICE else "7", digits) in (True, False)


def lines(folder: Path, **entry: object) -> Path:
    path = folder / "prompts.jsonl"
    path.write_text(json.dumps({"prompt": "6 x 7?", **entry}))
    return path


def test_prompts_carry_the_right_answer(tmp_path: Path) -> None:
    (one,) = read_prompts(lines(tmp_path, answer=42, check="number"))
    assert (one.answer, one.check) == ("42", Check.NUMBER)
    (one,) = read_prompts(lines(tmp_path, answer="yes"))
    assert (one.answer, one.check) == ("yes", Check.EXACT)
    (one,) = read_prompts(lines(tmp_path))
    assert (one.answer, one.check) == (None, None)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"answer": ""}, "no text or number"),
        ({"answer": True}, "no text or number"),
        ({"answer": ["a"]}, "no text or number"),
        ({"answer": "x" * 10_001}, "no text or number"),
        ({"check": "exact"}, "no text or number"),
        ({"answer": "x", "check": "fuzzy"}, "exact, contains, number, choice, regex"),
        ({"answer": "x", "check": 5}, "no check is called"),
        ({"answer": "x", "check": ["exact"]}, "no check is called"),
        ({"answer": "many", "check": "number"}, "is no number"),
        ({"answer": "AB", "check": "choice"}, "is no letter"),
        ({"answer": "(", "check": "regex"}, "no expression: .*missing"),
        ({"answer": "(?=x)", "check": "regex"}, "no expression"),
        ({"answer": "\ud800", "check": "regex"}, "no expression"),
    ],
)
def test_answers_that_make_no_sense(tmp_path: Path, entry: dict[str, object], reason: str) -> None:
    with pytest.raises(FormatError, match=reason):
        read_prompts(lines(tmp_path, **entry))


def test_nothing_tells_of_an_answer_that_did_not_come() -> None:
    whole = Request(id="1", planned=0, answer="42", check=Check.EXACT)
    assert mark(whole, "42") is True
    assert mark(whole, "43") is False
    cut = Request(id="1", planned=0, answer="42", check=Check.EXACT, outcome=Outcome.DROPPED)
    assert mark(cut, "42") is None
    assert mark(Request(id="1", planned=0), "42") is None


def test_marks_of_a_load() -> None:
    plain = Request(id="0", planned=0)
    asked = [Request(id=str(i), planned=0, answer="42", check=Check.EXACT) for i in (1, 2, 3)]
    assert marks_of([plain], {}) is None
    marks = marks_of([plain, *asked], {"1": "42", "2": "41"})
    assert marks == {"0": None, "1": True, "2": False, "3": False}  # an empty answer is wrong
    assert marks_of([plain, *asked], None) == dict.fromkeys("0123", None)
