from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from rich.cells import cell_len
from tests.report.build import (
    Made,
    channel,
    counter,
    empty,
    estimated,
    hostile,
    killed,
    made,
    many_gpus,
    run_of,
    steady,
    unread,
    window,
)
from tests.report.demo import demo

from joulemark.core.caution import Caution, Code
from joulemark.core.channel import Domain
from joulemark.core.run import System
from joulemark.core.window import Role, Work
from joulemark.report.table import WIDTH, print_run
from joulemark.report.table_budget import bar


def printed(of: Made, *, budget: bool = True) -> str:
    file = io.StringIO()
    print_run(of.run, of.results, "/data/runs/x", budget=budget, file=file)
    return file.getvalue()


LONG = "a very long name indeed " * 8


def long_names() -> Made:
    work = Work(12_345_678.9, LONG)
    part = channel(LONG, Domain.PACKAGE, meter=LONG, node=LONG, source=LONG, note=LONG)
    run = run_of(
        [window(LONG, 1, 11, work=work), window("b", 12, 22, work=Work(3, "step"))],
        id=LONG,
        title=LONG,
        system=System(host=LONG, cpu=LONG, threads=10**9, gpus=(LONG,) * 3, virtual=LONG),
        cautions=tuple(Caution(Code.GAP, f"{LONG}{n}", LONG) for n in range(9)),
    )
    return made(run, [counter(part, 30)])


def several_units() -> Made:
    windows = [
        window("train", 1, 11, work=Work(10, "sample")),
        window("serve", 12, 22, work=Work(10, "token")),
        window("idle", 23, 29, Role.IDLE),
    ]
    return made(run_of(windows), [counter(channel("package-0", Domain.PACKAGE), 30)])


EVERY: list[Callable[[], Made]] = [
    demo,
    empty,
    killed,
    unread,
    estimated,
    hostile,
    long_names,
    several_units,
    lambda: many_gpus(8, 2),
    lambda: steady(watts=3.7e-6, joules_per_sample=2.2e-12),
    lambda: steady(watts=47e6, joules_per_sample=9.9e5, unit="inference-step"),
    lambda: steady(watts=1e14, joules_per_sample=1e-3),
]


@pytest.mark.parametrize("make", EVERY)
def test_every_line_fits_80_columns(make: Callable[[], Made]) -> None:
    for line in printed(make()).splitlines():
        assert cell_len(line) <= WIDTH, line


@pytest.mark.parametrize("make", EVERY)
def test_nothing_but_text_is_printed(make: Callable[[], Made]) -> None:
    text = printed(make())
    assert all(c == "\n" or (c.isprintable() and c != "\x1b") for c in text)


def test_the_table_has_what_was_asked_for() -> None:
    text = printed(demo(), budget=False)
    heading = next(line for line in text.splitlines() if line.startswith("phase"))
    assert heading.split() == [
        "phase", "time", "mean", "W", "gross", "J", "net", "J", "J/sample", "samples/J",
        "provenance",
    ]  # fmt: skip
    lines = text.splitlines()
    train = next(n for n, line in enumerate(lines) if line.startswith("train"))
    assert "kJ" in lines[train]
    assert "mJ" in lines[train]
    assert lines[train].rstrip().endswith("measured")
    assert lines[train + 1].startswith("3 windows")
    assert lines[train + 1].count("±") == 5
    assert "resnet18 train" in lines[0]
    assert "rapl (measured) and nvml (measured)" in text
    assert "NVIDIA A100-PCIE-40GB (×2)" in text
    assert "Uncertainty of" not in text


def test_parts_show_what_is_inside_and_what_is_missing() -> None:
    text = printed(demo())
    core = next(line for line in text.splitlines() if "core-0" in line)
    assert core.startswith("└ core-0")
    assert "inside" in core
    assert "Not in the total: board, disks and fans, power supply losses, network" in text
    shares = [line.split() for line in text.splitlines() if line.startswith("gpu-")]
    assert all("%" in cells for cells in shares)


def test_the_budget_is_shown_on_request() -> None:
    text = printed(demo(), budget=True)
    assert "Uncertainty of train: 148.1 ± 6.5 mJ/sample (±4.4 %)" in text
    gain = next(line for line in text.splitlines() if line.startswith("gain"))
    assert "█" in gain
    assert "times 1.96 for the 95 % interval" in " ".join(text.split())


def test_what_is_unknown_is_a_dash() -> None:
    text = printed(unread())
    serve = next(line for line in text.splitlines() if line.startswith("serve"))
    assert serve.split()[3:8] == ["–"] * 5
    assert "no data" in text
    assert "nothing is known of it" in text
    assert " 0 J" not in text


def test_headings_follow_the_unit() -> None:
    assert "J/unit" in printed(several_units())
    assert "Unit of work: train: sample, serve: token." in " ".join(
        printed(several_units()).split()
    )
    long = printed(steady(unit="inference-step"))
    assert "Unit of work: inference-step." in " ".join(long.split())
    assert "queries/J" in printed(steady(unit="query"))


def test_coverage_is_shown_where_it_lacks() -> None:
    windows = [window("train", 1, 41)]
    half = made(run_of(windows), [counter(channel("package-0", Domain.PACKAGE), 21)])
    assert "50 % cov" in printed(half)


def test_warnings_are_grouped_and_bounded() -> None:
    text = " ".join(printed(long_names()).split())
    assert text.count(Code.GAP.text) == 1
    assert "… and 5 more (see --json)" in text


def test_how_the_run_ended_is_said() -> None:
    assert "it ended with an error" in printed(empty())
    assert "there is nothing to show" in printed(empty())
    assert "it was killed" in " ".join(printed(killed()).split())
    assert "status" not in printed(demo())


def test_a_run_with_loadgen_carries_the_disclaimer() -> None:
    text = printed(steady(results={"loadgen-1": {}}))
    assert "not an MLPerf result; not verified by MLCommons" in text


def test_bars() -> None:
    assert bar(0.0, 4) == ""
    assert bar(1.0, 4) == "████"
    assert bar(0.5, 3) == "█▌"
    assert bar(2.0, 2) == "██"
