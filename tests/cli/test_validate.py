"""``joulemark validate``: subjects, forms of output, exit codes."""

from __future__ import annotations

import json

import pytest

from joulemark.cli import main
from joulemark.cli.verbs.validate import SUBJECTS

FEW = ["validate", "virtual", "--draws", "20", "--jobs", "1", "--seed", "5"]


def test_every_subject_has_help_with_examples(capsys: pytest.CaptureFixture[str]) -> None:
    for subject in SUBJECTS:
        with pytest.raises(SystemExit) as ended:
            main(["validate", subject, "--help"])
        assert ended.value.code == 0
        text = capsys.readouterr().out
        assert "examples:" in text
        assert f"joulemark validate {subject}" in text


@pytest.mark.parametrize(
    "words",
    [
        ["validate"],
        ["validate", "nothing"],
        ["validate", "virtual", "--draws", "0"],
        ["validate", "virtual", "--draws", "1000001"],
        ["validate", "virtual", "--jobs", "-1"],
        ["validate", "virtual", "--seed", "x"],
        ["validate", "virtual", "--json", "--markdown"],
    ],
)
def test_senseless_words_are_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_an_unknown_case_is_named_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*FEW, "--case", "rapl"]) == 2
    assert "rapl-wrap" in capsys.readouterr().err


def test_a_table_of_one_case(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*FEW, "--case", "rapl-wrap"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["case", "of", "held", "interval", "bias", "width"]
    assert [line.split()[:2] for line in lines[1:3]] == [
        ["rapl-wrap", "gross"],
        ["rapl-wrap", "power"],
    ]


def test_json_and_markdown_say_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*FEW, "--case", "sum-of-boards", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["draws"], told["seed"]) == (20, 5)
    assert {row["case"] for row in told["cases"]} == {"sum-of-boards"}
    assert main([*FEW, "--case", "sum-of-boards", "--markdown"]) == 0
    text = capsys.readouterr().out
    first = told["cases"][0]
    assert f"| sum-of-boards | gross | {100 * first['share']:.1f} % |" in text
    assert f"* `sum-of-boards`: {first['note']}" in text
