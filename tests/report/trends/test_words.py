"""Numbers, names and sentences of trends."""

from __future__ import annotations

import io

import pytest
from tests.analysis.trends.entries import entry
from tests.analysis.trends.test_changes import A100, H100
from tests.analysis.trends.test_own import RECORD, mine

from joulemark.analysis.trends.against import Against, against
from joulemark.analysis.trends.best import best_so_far
from joulemark.analysis.trends.hardware import hardware_changes
from joulemark.analysis.trends.macs import per_mac
from joulemark.analysis.trends.own import laid_over
from joulemark.analysis.trends.software import software_changes
from joulemark.report.trends.best import print_best
from joulemark.report.trends.changes import print_changes, print_generations, summary_lines
from joulemark.report.trends.others import beside_row, own_lines, print_against, print_macs
from joulemark.report.trends.writing import Printed, around, per_joule, signed, times, whose


def test_numbers() -> None:
    assert per_joule(327.4676) == "327.5/J"
    assert per_joule(5.576e-7) == "0.5576/MJ"
    assert per_joule(190_400.0) == "190\u202f400/J"
    assert per_joule(None) == "–"
    assert times(1.8388) == "1.84×"
    assert [signed(x) for x in (0.0316, -0.5, 2.5, 0.0)] == [
        "+3.2 %",
        "-50.0 %",
        "+250 %",
        "+0.0 %",
    ]
    assert [around(x) for x in (0.0113, None)] == ["±1.1 %", "±?"]


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({}, "NVIDIA, 8× A100-SXM-80GB"),
        ({"accelerator": "-", "system_name": "board"}, "NVIDIA, board"),
        ({"accelerators": None}, "NVIDIA, DGX A100"),
        ({"doubts": ("results/row: odd",)}, "NVIDIA, 8× A100-SXM-80GB (?)"),
        ({"submitter": "UntetherAI", "accelerator": "UntetherAI chip"}, "UntetherAI, 8× chip"),
    ],
)
def test_whose_a_result_is(more: dict[str, object], name: str) -> None:
    assert whose(entry(**more)) == name  # type: ignore[arg-type]


def printed(show: object, *what: object) -> str:
    file = io.StringIO()
    show(Printed(file), *what)  # type: ignore[operator]
    text = file.getvalue()
    assert max(map(len, text.splitlines())) <= 80
    return " ".join(text.split())


def test_names_that_are_too_long_never_cost_a_number() -> None:
    long = "a system of a very long name " * 4
    found = best_so_far([
        entry("a", 1234567.0, round="v1.0", accelerator="", system_name=long),
        entry("b", 1e-9, round="v1.1", system_name=f"\x1b[31m{long}", accelerator="-"),
        entry("c", 1234568.0, round="v1.1", runs=("x",)),
        entry("d", 1234567.0, round="v1.1", runs=("y",)),
    ])  # fmt: skip
    text = printed(print_best, found)
    assert "v1.1 1 235 000/J ±1.1 % 1.00× 3 (1) within ±" in text.replace("\u202f", " ")
    assert "\x1b" not in text


def test_many_lines_take_a_row_each() -> None:
    names = ("resnet50", "rnnt", "retinanet", "bert", "dlrm")
    entries = [entry(f"{n}{r}", 1.0 + i, benchmark=n, round=r)
               for n in names for i, r in enumerate(("v1.0", "v1.1"))]  # fmt: skip
    text = printed(print_best, best_so_far(entries))
    assert "bert v1.0-1.1 2 1.000/J 2.000/J 2.00× v1.1" in text
    assert "5 of 5 lines have results of fewer than 3 rounds" in text
    alone = printed(print_best, best_so_far([e for e in entries if e.round == "v1.0"]))
    assert "bert v1.0 1 1.000/J 1.000/J 1.00× never" in alone


def test_many_changes_are_cut_and_generations_tell_their_sources() -> None:
    entries = [
        entry(f"{n}{r}", 100.0 + n * i, benchmark=f"b{n}", round=r)
        for n in range(50)
        for i, r in enumerate(("v1.0", "v1.1"))
    ]
    text = printed(print_changes, software_changes(entries), "Title", "a note")
    assert "n = 50 changes (50 distinct pairs of measurements) of 1 machines" in text
    assert "The five least and the five most of 50; --json has all." in text
    made = [
        entry(f"{b}{n}", 1.0 + n, benchmark=b, **(A100, H100)[n]) for b in "xyz" for n in (0, 1)
    ]
    text = printed(print_generations, hardware_changes(made))
    assert "A100 SXM H100 SXM 3 +100 % +100 % few machines +100 %" in text
    assert "next of: NVIDIA's data sheets" in text


def test_what_is_said_of_own_runs() -> None:
    lines = [best.line for best in best_so_far(RECORD)]
    said = list(own_lines(*laid_over([mine(remarks=("odd",)), mine(None)], lines)))
    assert any("0.750× the best of resnet50, Offline, datacenter" in line for line in said)
    assert "  odd" in said
    assert said[-1].endswith("no energy of a unit of work is known of it")


def test_what_is_said_of_operations_and_other_quantities() -> None:
    entries = [
        entry(
            f"{n}", 10.0 * n, performance=100.0 * n, accelerators=float(1 + n % 2), runs=(f"{n}",)
        )
        for n in range(1, 8)
    ]
    text = printed(
        print_against, against([*entries, entry("alone", benchmark="rnnt")], Against.PERFORMANCE)
    )
    assert "resnet50 7 +1.00 – 20.00/J 60.00/J" in text
    assert "1 of 2 lines: fewer than 3 results, or performance all alike" in text
    text = printed(print_macs, per_mac(entries))
    assert "resnet50 7 4.09e+09 3.49 pJ 6.11 pJ NVIDIA, 2× A100-SXM-80GB" in text
    assert "resnet50: an image of 224 x 224" in text
    with pytest.raises(ValueError, match="no row"):
        beside_row(against([entry("a")], Against.PERFORMANCE)[0])


def test_what_is_said_of_too_few_changes() -> None:
    found = software_changes([entry("a", round="v1.0"), entry("b", 110.0, round="v1.1")])
    assert list(summary_lines(found)) == ["n = 1: fewer than 3 changes: nothing is summed up"]
    two = [entry("a", round="v1.0", **A100), entry("b", round="v2.0", accelerators=4.0, **H100)]
    text = printed(print_generations, hardware_changes(two))
    assert "software changed as well in 1 of 1: they are of two rounds" in text
    assert "the number of accelerators differs in 1 of 1" in text
