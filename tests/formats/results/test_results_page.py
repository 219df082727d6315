"""Tables in the form of the results page: what is in them, and every oddity that real ones have."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from joulemark.core.errors import FormatError
from joulemark.formats.inference.parsed import Source
from joulemark.formats.results import names
from joulemark.formats.results.results_page import looks_like, read_results_page

from .tables import HEAD, line, page

DATA = Path(__file__).parents[3].parent / "shared" / "data" / "hpca2025"


def test_two_rows_are_one_result_in_either_order() -> None:
    rate, power = line("1,000.5", "samples/s"), line("500.25", "System Power (W)")
    for rows in ([rate, power], [power, rate]):
        (found,) = read_results_page(page(*rows))
        assert (found.performance, found.performance_unit) == (1000.5, "samples/s")
        assert (found.power, found.per_joule) == (500.25, 2.0)
        assert (found.benchmark, found.scenario, found.public_id) == (
            "resnet50", "Offline", "4.1-0001"
        )  # fmt: skip
        assert set(found.sources) == {"page.csv:2", "page.csv:3"}
        assert (found.rows, found.remarks) == (2, ())


def test_energies_of_streams_in_joules_and_millijoules() -> None:
    rows = [
        line("2", "latency in ms", scenario="Single Stream"),
        line("0.5", "System energy (J) per stream*", scenario="Single Stream"),
        line("3", "Latency (ms)", scenario="MultiStream", version="v4.0"),
        line("250", "millijoules", scenario="MultiStream", version="v4.0"),
    ]
    single, multi = read_results_page(page(*rows))
    assert (single.scenario, single.power, single.per_joule) == ("SingleStream", 0.5, 2.0)
    assert (multi.scenario, multi.power, multi.performance) == ("MultiStream", 0.25, 0.003)


def test_rows_that_stand_there_twice_are_one_result_and_counted() -> None:
    rows = [line("10", "samples/s"), line("5", "Watts")] * 2
    (found,) = read_results_page(page(*rows))
    assert (found.rows, found.per_joule) == (4, 2.0)
    assert found.sources == tuple(f"page.csv:{number}" for number in (2, 3, 4, 5))


def test_two_variants_under_one_name_stay_two_results() -> None:
    """BERT-99 and BERT-99.9 of v3.0, both called BERT."""
    about = {"model": "", "mlc": "BERT"}
    rows = [
        line("3059.8", "samples/s", **about), line("472.4", "Power (W)", **about),
        line("1487.1", "samples/s", **about), line("463.8", "Power (W)", **about),
    ]  # fmt: skip
    first, second = read_results_page(page(*rows))
    assert (first.performance, first.power) == (3059.8, 472.4)
    assert (second.performance, second.power) == (1487.1, 463.8)
    assert first.key != second.key
    assert first.benchmark == second.benchmark == "bert"


def test_the_name_of_the_processor_in_the_column_of_the_model() -> None:
    rows = [
        line("4613.6", "Watts", model="A CPU", mlc="3d-unet-99"),
        line("41.664", "Samples/s", model="A CPU", mlc="3d-unet-99"),
    ]
    (found,) = read_results_page(page(*rows))
    assert found.benchmark == "3d-unet-99"
    assert found.remarks == ("the column of the model holds 'A CPU'",)


def test_tokens_of_a_benchmark_that_has_none() -> None:
    about = {"model": "dlrm-v2-99.0", "mlc": "dlrm-v2-99.0"}
    rows = [line("503719", "Tokens/s", **about), line("5997", "Watts", **about)]
    (found,) = read_results_page(page(*rows))
    assert (found.benchmark, found.performance_unit) == ("dlrm-v2-99", "samples/s")
    assert found.remarks == ("stated in tokens/s; dlrm-v2-99 counts samples",)
    assert found.per_joule == pytest.approx(83.995, rel=1e-4)


def test_rows_without_a_number_are_kept() -> None:
    rows = [
        line("samples", "samples/s"),
        line("closed/ACME/box", "", model="", mlc="", scenario=""),
        line("https://a.b/c", "System Power", scenario="Server"),
        line("7", "barns"),
    ]
    found = read_results_page(page(*rows))
    assert [row.remarks for row in found] == [
        ("no number where the result belongs: 'samples'", "no row of its power"),
        (
            "no number where the result belongs: 'closed/ACME/box'", "no unit",
            "benchmark '' is not known", "no row of its power",
        ),
        ("no number where the result belongs: 'https://a.b/c'", "no row of its performance"),
        ("unit 'barns' is not known", "no row of its power"),
    ]  # fmt: skip
    assert [row.per_joule for row in found] == [None] * 4
    assert len({row.key for row in found}) == 4


def test_tiny_and_training_tables() -> None:
    about = {"vdate": "Tiny v1.1", "version": "v1.1", "mlc": "MobileNetV1 (0.25x)", "scenario": ""}
    rows = [line("603.1", "Latency in ms", **about), line("24320", "Energy in uJ", **about)]
    (tiny,) = read_results_page(page(*rows))
    assert (tiny.suite, tiny.power_unit, tiny.benchmark) == (
        "tiny", "J/inference", "MobileNetV1 (0.25x)"
    )  # fmt: skip
    assert tiny.power == pytest.approx(0.02432)
    assert tiny.per_joule == pytest.approx(1 / 0.02432)
    head = "Public ID,Organization,System Name,Model MLC,Units,Units,Avg. Result at System Name"
    rows = ['1,ACME,box,gpt3,kJ,kJ,"1,676.5"', "1,ACME,box,gpt3,Latency (In minutes),x,56.9"]
    (training,) = read_results_page(page(*rows, head=head))
    assert (training.suite, training.system_name) == ("training", "box")
    assert (training.power, training.power_unit) == (1_676_500.0, "J/run")
    assert training.performance == pytest.approx(3414.0)
    assert training.performance_unit == "s"
    assert training.per_joule is None
    assert training.per_joule_unit == ""


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"a,b\n1,2\n", b'"Public ID', b"\xff\xfe\x00", b"x" * 100_000]
)
def test_what_is_no_such_table_is_refused(data: bytes) -> None:
    assert not looks_like(data)
    with pytest.raises(FormatError, match=r"no\.csv"):
        read_results_page(Source("no.csv", data))


def test_hostile_cells() -> None:
    rows = [line("1e999", "samples/s"), line("nan", "Watts"), line("5" * 100_000, "Watts")]
    found = read_results_page(page(*rows))
    assert all(row.performance is None for row in found)
    assert read_results_page(Source("x.csv", (HEAD + "\n" + "\0\0\n,,\n").encode())) == []
    huge = page(line("1", "Watts", system="x" * 200_000))
    with pytest.raises(FormatError, match=r"page\.csv:\d+"):
        read_results_page(huge)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ResNet", "resnet50"), ("BERT-99.0", "bert-99"), ("bert-99.9", "bert-99.9"),
        ("3D-UNet-99.0", "3d-unet-99"), ("SSD-Large", "ssd-resnet34"), ("RNN-T", "rnnt"),
        ("llama2-70b-99.9", "llama2-70b-99.9"), ("a-99", ""), ("Intel(R) Xeon(R)", ""),
    ],
)  # fmt: skip
def test_names_of_benchmarks(text: str, name: str) -> None:
    assert names.benchmark(text) == name


def test_numbers_as_tables_write_them() -> None:
    assert names.number("1,501,100.00") == 1501100.0
    assert [names.number(x) for x in (True, None, "", "x", "inf", 10**400)] == [None] * 6
    assert names.scenario("Multi Stream") == "MultiStream"
    assert names.scenario("none") == ""


@pytest.mark.skipif(not DATA.is_dir(), reason="the tables of the paper's artifact are not here")
@pytest.mark.parametrize(
    ("name", "results", "rows"),
    [
        ("data_cleaned_inference_datacenter.csv", 596, 1205),
        ("data_cleaned_inference_edge.csv", 883, 1647),
        ("data_cleaned_tiny.csv", 374, 511),
        ("data_cleaned_training.csv", 24, 48),
    ],
)
def test_every_row_of_the_papers_tables_is_kept(name: str, results: int, rows: int) -> None:
    found = read_results_page(Source(name, (DATA / name).read_bytes()))
    lines = Counter(place for row in found for place in row.sources)
    assert len(found) == len({row.key for row in found}) == results
    assert len(lines) == rows
    assert set(lines.values()) == {1}


@pytest.mark.skipif(not DATA.is_dir(), reason="the tables of the paper's artifact are not here")
def test_a_table_of_something_else() -> None:
    assert not looks_like((DATA / "data_performance.csv").read_bytes())
