"""Tables, JSON and pages of frontiers."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from tests.report.frontier.answers import of_a_sweep, rated, served

from joulemark.core.errors import StoreError, UsageError
from joulemark.report.frontier.as_json import answer_json
from joulemark.report.frontier.colours import colours_of
from joulemark.report.frontier.page import group_page, index_page, page_name
from joulemark.report.frontier.table import print_answers, print_frontiers
from joulemark.report.frontier.words import confidence_text, number, saving
from joulemark.report.frontier.writing import write_pages

EVIL = "</script><img src=x onerror=alert(1)>\u202e\x1b[31m"


def printed(*answers: object, full: bool = False) -> str:
    """Return what is printed of answers, at most 80 columns wide."""
    file = io.StringIO()
    (print_frontiers if full else print_answers)(answers, file)  # type: ignore[arg-type]
    text = file.getvalue()
    assert max(map(len, text.splitlines())) <= 80
    return text


def test_one_group_in_full() -> None:
    text = printed(served())
    assert "least energy that meets the target: median time between tokens at most 100.0 ms" in text
    assert re.search(r"recommended +1×B200 batch 256 +80\.00 ms", text)
    assert re.search(r"fastest +1×B200 batch 8 ", text)
    assert "default (misses the target)" in text
    assert "vllm serve org/small --tensor-parallel-size 1 --max-num-seqs 256" in " ".join(
        text.split()
    )
    assert "no confidence can be stated" in text
    assert "ML.ENERGY/energy-per-request/V3" in text


def test_nothing_to_recommend_says_why() -> None:
    text = printed(served(1e-3))
    assert "Nothing can be recommended: no configuration meets median time between tokens" in text


def test_many_groups_take_a_line_each() -> None:
    text = printed(served(), served(1e-3), served(None), rated())
    assert "ML.ENERGY V3 · lm-arena-chat" in text
    assert re.search(r"Small +1×B200 batch 256 +80\.0 ms", text)
    assert "small: no configuration meets" in text
    assert "29 configurations in 4 groups; 3 recommended." in " ".join(text.split())
    assert "* The default misses the target." in " ".join(text.split())


def test_frontiers_with_ties() -> None:
    text = printed(rated(), full=True)
    assert "Frontier: 3 of 5 configurations, 1 tied with it." in text
    assert re.search(r"~ +c2 ", text)
    assert re.search(r"→ +c1 ", text)
    tied = printed(rated(40.0))
    assert "Tied, its energy cannot be told from that of: c2." in tied
    assert "Met with a confidence of 99.9 % or more." in tied


def test_words() -> None:
    assert [saving(x) for x in (None, 0.44, -0.1, 0.0004, float("nan"))] == [
        "–", "−44 %", "+10 %", "0 %", "0 %"
    ]  # fmt: skip
    assert number(0.1, "s") == "100.0 ms"
    assert number(12.0, "tokens/s") == "12.00 tokens/s"
    assert "(interval assumed)" in confidence_text(served(assume=0.02))
    assert confidence_text(served(None)) == ""
    assert "97.5 %" in confidence_text(rated(48.0))


def test_json_has_one_shape() -> None:
    value = answer_json(served())
    json.dumps(value, allow_nan=False)
    assert (value["source"], value["task"], value["model"]) == (
        "ML.ENERGY V3",
        "lm-arena-chat",
        "org/small",
    )
    point = value["recommended"]
    assert (point["gpu"], point["gpus"], point["unit"]) == ("B200", 1, "J/request")
    assert point["latency"] == pytest.approx(0.08)
    assert point["config"]["max_num_seqs"] == 256
    assert value["saving_vs_fastest"] > 0.8
    assert value["default_meets_targets"] is False
    assert value["time"]["definition"] == "ML.ENERGY/itl/V3"
    assert value["uncertainty"] is False
    assert value["targets"] == [{"metric": "itl_p50", "bound": 0.1, "unit": "s", "way": "at_most"}]
    assert len(value["frontier"]) == len(served().frontier.points)
    none = answer_json(served(1e-3))
    assert (none["recommended"], none["saving_vs_fastest"]) == (None, None)
    assert none["reason"]
    tied = answer_json(rated())
    assert [one["tied_with"] for one in tied["tied"]] == [["c1"]]


def test_pages_hold_what_was_asked_for(tmp_path: Path) -> None:
    answers = [served(), rated(), served(1e-3)]
    index = write_pages(answers[:2], tmp_path / "pages", confidence=0.9)
    assert index.name == "index.html"
    names = sorted(path.name for path in index.parent.iterdir())
    assert len(names) == 3
    text = (index.parent / page_name(answers[0])).read_text()
    assert "1×B200 batch 256" in text
    assert "http" not in re.sub(r"http-equiv|http://www\.w3\.org/2000/svg", "", text)
    assert f'href="{page_name(answers[0])}"' in index.read_text()
    with pytest.raises(UsageError, match="exists already"):
        write_pages(answers[:2], index.parent)
    write_pages(answers[:2], index.parent, force=True)
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError):
        write_pages(answers[:1], tmp_path / "file" / "below")
    assert "no configuration meets" in group_page(answers[2], confidence=0.95)


def test_a_sweep_has_a_page_for_each_pair_of_its_numbers(tmp_path: Path) -> None:
    answer = of_a_sweep()
    index = write_pages([answer], tmp_path / "pages")
    pages = sorted(path for path in index.parent.iterdir() if path.name != "index.html")
    assert len(pages) == 6, "two times and a rate, by two energies"
    for page in pages:
        linked = re.findall(r'href="([^"#]+\.html)"', page.read_text())
        others = set(linked) - {"index.html"}
        assert len(others) == 3, "two other times and one other energy"
        assert all((index.parent / name).is_file() for name in linked)
    own = (index.parent / page_name(answer)).read_text()
    assert 'data-bound="0.05"' in own
    assert '<b aria-current="page">mean time per output token</b>' in own
    assert "serve --cap 2&#10;load --rate 1" in own, "a line for each command"
    assert "serve --cap 2\n  load" in printed(answer)


def test_a_sweep_without_gpus_is_coloured_by_its_first_axis() -> None:
    rows = of_a_sweep().group.candidates
    colours = colours_of(rows)
    assert colours.kinds == ("batch 1", "batch 2", "batch 10")
    assert colours.of == (0, 0, 1, 1, 2, 2)
    one = [row for row in rows if row.labels["rate"] == 1]
    assert colours_of(one).legend() == []
    assert colours_of(served().group.candidates).kinds == ("B200", "H100")


def test_texts_that_mean_harm_only_show() -> None:
    answer = rated(evil=EVIL)
    for page in (
        group_page(answer, confidence=0.95),
        index_page([answer], [page_name(answer)], confidence=0.95),
    ):
        assert "<img" not in page
        assert "\u202e" not in page
        assert "\x1b" not in page
    assert "\x1b" not in printed(answer)
    assert re.fullmatch(r"[a-z0-9-]+\.html", page_name(answer))
    assert page_name(answer) != page_name(rated())


def test_numbers_without_a_logarithm_have_no_picture() -> None:
    answer = rated()
    measures = answer.group.candidates[0].measures
    measures["e"] = type(measures["e"])(0.0)  # type: ignore[index]
    page = group_page(answer, confidence=0.95)
    assert "No picture" in page
