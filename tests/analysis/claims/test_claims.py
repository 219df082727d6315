"""Claims are held against results: what stands, what does not, and where a figure is from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from joulemark.analysis.claims import planting_cited
from joulemark.analysis.claims.audit import Audit, audit, ways
from joulemark.analysis.claims.claim import KINDS, Claim, Claims, claims, read_claims, step
from joulemark.analysis.claims.corpus import Corpus
from joulemark.analysis.claims.known import Known
from joulemark.analysis.claims.rates import cited_rates
from joulemark.analysis.claims.verdict import Judged, Part, Verdict, verdict
from joulemark.analysis.published.plotted import plotted
from joulemark.analysis.record.entry import Category, Entry, Evidence
from joulemark.analysis.record.index import Record
from joulemark.core.errors import FormatError
from joulemark.formats.results.declared import DeclaredResult

ENTRY = Entry(
    key="a", suite="inference", category=Category.DATACENTER, round="v2.0", date="",
    division="closed", submitter="ACME", system="box", system_name="Box", public_id="2.0-001",
    benchmark="resnet50", target="", scenario="Offline", processor="P", accelerator="Thing",
    accelerators=8.0, nodes=1.0, software="", work="sample", performance=1000.0, latency_s=None,
    power_w=100.0, energy_j=0.1, u95=0.01, evidence=Evidence.LOGS, sources=("closed/ACME/box",),
)  # fmt: skip


def entry(key: str, **more: object) -> Entry:
    made = replace(ENTRY, key=key, **more)  # type: ignore[arg-type] # attributes of an entry
    return replace(made, sources=made.sources or (key,))


def at(key: str, round_: str, per_joule: float, **more: object) -> Entry:
    number = f"{round_[1:]}-{key}"
    known: dict[str, object] = {"round": round_, "energy_j": 1 / per_joule, "public_id": number}
    return entry(key, **{**known, "performance": 100 * per_joule, **more})


def known(
    *entries: Entry, rows: Sequence[DeclaredResult] = (), windows: dict[str, float] | None = None
) -> Known:
    return Known(Record(entries), Corpus.of(rows), (), windows or {})


def asked(kind: str, value: str = "", **more: object) -> Claim:
    return Claim(id="one", where="Page 1", says="so", kind=kind, value=value, **more)  # type: ignore[arg-type] # attributes of a claim


def judged(claim: Claim, held: Known) -> Judged:
    found = audit(held, Claims("a paper", (claim,)))
    assert found.source == "a paper"
    return found.judged[0]


GROWTH = {"category": "datacenter", "benchmark": "resnet50"}


@pytest.mark.parametrize(
    ("published", "recomputed", "explained", "is_"),
    [
        ("3.89", 3.894, False, Verdict.STANDS),
        ("3.8", 3.894, False, Verdict.OTHER),
        ("1.278", 1.222, False, Verdict.FALLS),
        ("3.058", 1.839, True, Verdict.OTHER),
        ("3.058", 1.839, False, Verdict.FALLS),
        ("1.1", 0.9, True, Verdict.FALLS),
        ("1000", 80.0, True, Verdict.FALLS),
        ("2", None, True, Verdict.UNKNOWN),
    ],
)
def test_a_figure_is_judged(
    published: str, recomputed: float | None, explained: bool, is_: Verdict
) -> None:
    part = Part(
        published=float(published), recomputed=recomputed, step=step(published), ratio=True,
        explained=explained,
    )  # fmt: skip
    assert verdict(part) is is_


def test_growth_is_the_best_of_all_in_the_best_of_the_first_round() -> None:
    held = known(at("1", "v2.0", 10.0), at("2", "v2.0", 8.0), at("3", "v3.0", 25.0),
                 at("4", "v4.0", 20.0), at("5", "v5.0", 90.0))  # fmt: skip
    one = judged(asked("growth", "2.5", until="v4.1", **GROWTH), held)
    assert one.verdict is Verdict.STANDS
    assert one.parts[0].recomputed == pytest.approx(2.5)
    assert one.parts[0].u95 == pytest.approx(2.5 * 0.01 * 2**0.5)
    assert one.parts[0].keys == ("1", "3")
    assert judged(asked("growth", "2.5", since="v3.0", **GROWTH), held).verdict is Verdict.FALLS
    assert judged(asked("growth", "8", at_least=True, **GROWTH), held).verdict is Verdict.STANDS


def test_growth_of_nothing_cannot_be_verified() -> None:
    one = judged(asked("growth", "2.5", **GROWTH), known())
    assert one.verdict is Verdict.UNKNOWN
    assert one.untraced


def test_what_is_not_from_logs_is_said() -> None:
    held = known(at("1", "v2.0", 10.0), at("2", "v3.0", 20.0, evidence=Evidence.PAGE, u95=None))
    one = judged(asked("growth", "2.0", **GROWTH), held)
    assert one.parts[0].u95 is None
    assert one.untraced == (
        "v3.0 3.0-2 resnet50 Offline: results page, its logs are not in the store",
    )


def test_growth_ends_where_the_benchmark_was_defined_anew() -> None:
    old = at("1", "v1.1", 1.0, benchmark="3d-unet", target="99")
    new = [at(str(n), f"v{n}.0", float(n), benchmark="3d-unet", target="99") for n in (2, 3)]
    one = judged(
        asked("growth", "1.5", category="datacenter", benchmark="3d-unet-99"), known(old, *new)
    )
    assert one.verdict is Verdict.STANDS
    assert one.found[0].detector == "definition"


def test_a_trend_does_not_begin_with_a_window_that_is_too_short() -> None:
    tiny = {"suite": "tiny", "category": Category.TINY, "benchmark": "ad", "scenario": ""}
    first = at("1", "v0.5", 1.0, runs=("short",), **tiny)
    held = known(first, at("2", "v0.7", 10.0, **tiny), at("3", "v1.0", 80.0, **tiny),
                 windows={"short": 0.1})  # fmt: skip
    claim = asked("growth", "80", suite="tiny", category="tiny", benchmark="ad", scenario="")
    one = judged(claim, held)
    assert one.parts[0].recomputed == pytest.approx(8.0)
    assert one.found[0].detector == "window"
    assert "0.100 s" in one.found[0].what


def row(identity: str, rate: float, power: float, line: int) -> DeclaredResult:
    return DeclaredResult(
        kind="results-page", identity=identity,
        sources=(f"page.csv:{line}", f"page.csv:{line + 1}"),
        round="v3.0", public_id="3.0-2", submitter="ACME", system_name="Box",
        system_type="datacenter", benchmark="resnet50", scenario="Offline", accelerator="Thing",
        performance=rate, performance_unit="samples/s", power=power, power_unit="W",
    )  # fmt: skip


def test_a_best_that_is_made_of_two_rows_is_told() -> None:
    rows = [row("a", 1500.0, 100.0, 2), row("b", 400.0, 50.0, 4)]
    held = known(at("1", "v2.0", 10.0), at("2", "v3.0", 15.0), rows=rows)
    one = judged(asked("growth", "3.0", **GROWTH), held)
    assert one.verdict is Verdict.FALLS
    (seen,) = one.found
    assert seen.detector == "foreign power"
    assert seen.sources == ("page.csv:2", "page.csv:5")
    assert "15.00 samples/J" in seen.correction


def test_tokens_that_are_taken_for_samples() -> None:
    gptj = {"benchmark": "gptj", "target": "99"}
    held = known(at("1", "v4.0", 0.02, **gptj), at("2", "v4.1", 2.7, work="token", **gptj))
    claim = asked(
        "growth", "100", at_least=True, category="datacenter", benchmark="gptj-99", work="sample"
    )
    one = judged(claim, held)
    assert one.verdict is Verdict.FALLS
    assert one.parts[0].recomputed == pytest.approx(2.7 / 69 / 0.02)
    assert one.found[0].detector == "unit"


def tiny(number: str, values: dict[str, float]) -> list[Entry]:
    return [
        entry(f"{number}{name}", suite="tiny", category=Category.TINY, scenario="", benchmark=name,
              public_id=number, system_name=f"board {number}", energy_j=value, sources=(number,))
        for name, value in values.items()
    ]  # fmt: skip


def claim_of(id_: str) -> Claim:
    return next(one for one in claims().claims if one.id == id_)


def test_bars_that_belong_to_another_board_name_it() -> None:
    right = tiny("1.2-0004", {"vww": 3.9e-3, "ic": 6.9e-3, "kws": 1.8e-3, "ad": 0.2e-3})
    other = tiny("1.0-9", {"vww": 40.801e-6, "ic": 27.711e-6, "kws": 18.561e-6, "ad": 5.252e-6})
    one = judged(claim_of("7-tiny"), known(*right, *other))
    assert one.verdict is Verdict.FALLS
    (seen,) = one.found
    assert seen.detector == "identity"
    assert "1.0-9" in seen.what
    assert any("two digits are swapped" in text for text in seen.evidence)


def test_a_bar_of_another_scenario() -> None:
    bars = {point.x: point.y for point in claim_of("7-datacenter").points}
    names = claim_of("7-datacenter").benchmarks
    held = [
        entry(name, public_id="4.0-0063", benchmark=of.removesuffix("-99.9"),
              target="99.9" if of.endswith("-99.9") else "", energy_j=bars[name])
        for name, of in names.items()
    ]  # fmt: skip
    llama = next(e for e in held if e.benchmark == "llama2-70b")
    held.append(replace(llama, key="s", scenario="Server"))
    held[held.index(llama)] = replace(llama, energy_j=97.9)
    one = judged(claim_of("7-datacenter"), known(*held))
    assert one.verdict is Verdict.OTHER
    assert [seen.detector for seen in one.found] == ["scenario"]


def test_a_series_that_is_of_another_system_is_found() -> None:
    numbers = [point.y for point in claim_of("11a-power").points]
    cited = [point.label for point in claim_of("11a-power").points]
    held = []
    for number, share, wrong in zip(cited, numbers, (1.0, 0.9, 0.8, 0.7), strict=True):
        round_ = f"v{number.partition('-')[0]}"
        held.append(entry(number, round=round_, public_id=number, power_w=500.0 * wrong))
        held.append(
            entry(f"x{number}", round=round_, public_id=f"x{number}", power_w=800.0 * share)
        )
    one = judged(claim_of("11a-power"), known(*held))
    assert one.verdict is Verdict.FALLS
    assert one.found[0].detector == "identity"
    alone = judged(claim_of("11a-power"), known(*held[::2]))
    assert alone.found[0].detector == "hard-coded"


def test_results_that_are_of_another_suite() -> None:
    held = [
        entry(f"{point.label}{target}", public_id=point.label, benchmark="bert", target=target)
        for point in claim_of("9-cited").points
        for target in ("99", "99.9")
    ]
    one = judged(claim_of("9-cited"), known(*held))
    assert one.verdict is Verdict.FALLS
    assert {seen.detector for seen in one.found} == {"category"}
    assert judged(claim_of("9-cited"), known()).verdict is Verdict.UNKNOWN


def test_ratios_of_targets_name_whose_they_are() -> None:
    points = claim_of("9-ratios").points
    held = []
    for point in points:
        round_ = f"v{point.label.partition('-')[0]}"
        for number, ratio in ((point.label, 0.6), (f"{round_[1:]}-999", point.y)):
            for target, share in (("99", 1.0), ("99.9", ratio)):
                held.append(
                    entry(f"{number}{target}", round=round_, public_id=number, benchmark="bert",
                          target=target, energy_j=1 / share)
                )  # fmt: skip
    one = judged(claim_of("9-ratios"), known(*held))
    assert one.verdict is Verdict.OTHER
    assert len(one.found) == len(points)
    assert "1.0-999 has it" in one.found[0].what


def test_a_cut_figure_stands_with_another() -> None:
    runs = [
        entry(number, suite="training", public_id=number, benchmark="llama2_70b_lora", scenario="",
              energy_j=energy)
        for number, energy in (("4.0-0094", 11.77e6), ("4.0-0095", 45.837e6))
    ]  # fmt: skip
    one = judged(claim_of("6-energy"), known(*runs))
    assert one.verdict is Verdict.OTHER
    assert one.parts[0].recomputed == pytest.approx(3.894, rel=1e-3)


def test_pairs_of_targets_that_a_table_lacks() -> None:
    held = [
        at(f"{n}{target}", "v3.0", share, benchmark="bert", target=target, system=f"box{n}",
           public_id=f"3.0-{n}")
        for n in range(4)
        for target, share in (("99", 2.0), ("99.9", 1.0))
    ]  # fmt: skip
    rows = [
        replace(row(f"{n}{target}", 1.0, 1.0, 2), public_id=f"3.0-{n}", benchmark=f"bert-{target}")
        for n in range(3)
        for target in ("99", "99.9")
    ]
    claim = asked("variants", "3", category="datacenter", benchmark="bert")
    one = judged(claim, known(*held, rows=rows))
    assert one.parts[0].recomputed == 4.0
    assert one.verdict is Verdict.OTHER
    assert one.found[0].detector == "missing"
    assert "3.0-3" in one.found[0].evidence[0]
    assert judged(claim, known()).verdict is Verdict.UNKNOWN


def test_consecutive_rounds_are_next_to_each_other() -> None:
    held = [at(str(n), f"v{n}", 10.0 + n) for n in (2.0, 2.1, 3.0, 4.0)]
    rows = [
        replace(row(str(n), 100 + n, 10.0, 2), round=f"v{n}", public_id=f"{n}-1", accelerators=8.0)
        for n in (2.0, 2.1, 3.0)
    ]
    claim = asked("consecutive", "2", category="datacenter")
    one = judged(claim, known(*held, rows=rows))
    assert one.parts[0].recomputed == 2.0
    assert one.verdict is Verdict.STANDS
    assert one.found[0].detector == "version pairs"
    assert "1 are not of consecutive rounds: 2.0-1 of v2.0 and 3.0-1" in one.found[0].evidence[1]


def test_an_end_of_another_scenario_is_told() -> None:
    server = at("3", "v2.0", 1.0, power_w=900.0, scenario="Server", public_id="2.0-2")
    held = known(at("1", "v2.0", 1.0, power_w=500.0), at("2", "v2.0", 1.0, power_w=700.0), server)
    most = asked("end", "900", unit="W", end="greatest", category="datacenter")
    one = judged(most, held)
    assert (one.verdict, one.parts[0].recomputed) == (Verdict.OTHER, 700.0)
    assert one.found[0].detector == "scenario"
    least = replace(most, value="500", end="least")
    assert judged(least, held).verdict is Verdict.STANDS
    assert judged(least, known()).verdict is Verdict.UNKNOWN


def test_counts_and_what_nobody_can_verify() -> None:
    held = replace(known(), counts={"measurements": (1490.0, "rows")})
    assert judged(claim_of("count"), held).verdict is Verdict.OTHER
    assert judged(claim_of("count"), known()).verdict is Verdict.UNKNOWN
    assert judged(claim_of("11b-efficiency"), held).verdict is Verdict.UNKNOWN


def test_the_claims_of_the_study_can_all_be_asked() -> None:
    every = claims().claims
    assert len({one.id for one in every}) == len(every)
    assert {one.kind for one in every} <= set(ways())
    assert all(one.figure in plotted() for one in every if one.figure)
    found = audit(known())
    assert isinstance(found, Audit)
    assert found.verdicts[Verdict.UNKNOWN] == len(every)


OWN = """
source = "a press release"
[[claims]]
id = "one"
says = "twice"
kind = "growth"
value = "2.0"
category = "edge"
benchmark = "resnet50"
"""


def test_claims_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "claims.toml"
    path.write_text(OWN)
    found = read_claims(path)
    assert found.source == "a press release"
    assert (found.claims[0].number, found.claims[0].step) == (2.0, 0.1)


@pytest.mark.parametrize(
    "text",
    [
        "not toml [",
        "claims = 3",
        "claims = []",
        "claims = [3]",
        OWN.replace("growth", "listed"),
        OWN.replace('"2.0"', "2.0"),
        OWN.replace('"2.0"', '"-2"'),
        OWN.replace('"2.0"', '"nan"'),
        OWN.replace('"2.0"', '"1e999"'),
        OWN.replace('"2.0"', '"many"'),
        OWN.replace('id = "one"', ""),
        OWN + "figure = '7'\n",
        OWN + "colour = 'red'\n",
        OWN + "at_least = 'yes'\n",
        "[" * 5000,
        "\0",
    ],
)
def test_files_that_are_no_claims(text: str, tmp_path: Path) -> None:
    path = tmp_path / "claims.toml"
    path.write_text(text)
    with pytest.raises(FormatError, match=r"claims\.toml"):
        read_claims(path)


def test_the_names_of_kinds_are_those_that_are_known() -> None:
    assert set(KINDS) <= set(ways())
    json.dumps(KINDS)


def cited_groups() -> list[Entry]:
    random = Random(5)
    return [
        entry(f"{number}{name}{scenario}", round="v4.0", public_id=f"4.0-{number}", benchmark=name,
              scenario=scenario, energy_j=random.uniform(0.001, 10), system_name=f"Box {number}")
        for number in range(4)
        for name in ("resnet50", "rnnt", "retinanet", "gptj", "dlrm")
        for scenario in ("Offline", "Server")
    ]  # fmt: skip


def test_errors_planted_in_cited_figures_are_found() -> None:
    found = cited_rates(known(*cited_groups()), times=12, since="v3.0", until="v4.1")
    assert {one.kind for one in found.caught} == set(planting_cited.kinds())
    assert all(one.found == one.planted for one in found.caught)
    assert (found.right, found.alarms) == (12, 0)
    nothing = cited_rates(known(*cited_groups()), times=3, since="v5.0", until="")
    assert (list(nothing.caught), nothing.right) == ([], 0)
