"""``cm-result.json``: rows of one result become one, and nothing of it is lost."""

from __future__ import annotations

import pytest

from joulemark.core.errors import FormatError
from joulemark.formats.inference.parsed import Source
from joulemark.formats.results.cm_results import read_cm_results
from joulemark.formats.results.declared import DeclaredResult, together

from .tables import entry, listed


def read(source: Source) -> list[DeclaredResult]:
    found = read_cm_results(source)
    assert found is not None
    return found


def test_a_rate_and_its_power() -> None:
    row = entry(Result_Power=500.0, Result_Power_Units="Watts", Inference_per_Joule=2.0)
    (found,) = read(listed(row))
    assert (found.performance, found.performance_unit) == (1000.0, "samples/s")
    assert (found.power, found.power_unit) == (500.0, "W")
    assert (found.per_joule, found.per_joule_unit) == (2.0, "samples/J")
    assert (found.benchmark, found.scenario, found.accelerators) == ("resnet50", "Offline", 8.0)
    assert (found.inferred, found.remarks) == (False, ())
    assert found.sources == ("cm-result.json:1",)


def test_an_energy_of_a_stream_is_in_joules() -> None:
    row = entry(
        Scenario="SingleStream", Result=2.5, Result_Units="Latency (ms)",
        Result_Power=250.0, Result_Power_Units="millijoules",
    )  # fmt: skip
    (found,) = read(listed(row))
    assert (found.performance, found.performance_unit) == (0.0025, "s/query")
    assert (found.power, found.power_unit) == (0.25, "J/query")
    assert (found.per_joule, found.per_joule_unit) == (4.0, "queries/J")


def test_power_in_a_row_of_its_own_is_joined_to_its_performance() -> None:
    """As v4.0 and v4.1 have it: Result null, Result_Units "Watts", no unit of the power."""
    rate = entry(version="v4.1")
    power = entry(version="v4.1", Result=None, Result_Units="Watts", Result_Power=400.0)
    for rows in ([rate, power], [power, rate]):
        (found,) = read(listed(*rows))
        assert (found.performance, found.power, found.power_unit) == (1000.0, 400.0, "W")
        assert (found.rows, found.per_joule) == (2, 2.5)
    (found,) = together([*read(listed(rate)), *read(listed(power))])
    assert found.per_joule == 2.5


def test_a_result_that_stands_in_several_files_is_one() -> None:
    one, other = listed(entry(), name="a.json"), listed(entry(), name="b.json")
    (found,) = together([*read(one), *read(other)])
    assert (found.sources, found.rows) == (("a.json:1", "b.json:1"), 2)
    assert len(together([found, *read(one)])) == 1


def test_statements_that_contradict_stay_apart() -> None:
    first, second = read(listed(entry(), entry(Result=1100.0)))
    assert (first.performance, second.performance) == (1000.0, 1100.0)
    assert first.key != second.key
    assert second.remarks == ("another statement of this result differs",)
    third = read(listed(entry(Result=1100.0)))
    assert [row.rows for row in together([first, second, *third])] == [1, 2]


@pytest.mark.parametrize(
    ("model", "version", "scenario", "unit", "remark"),
    [
        ("llama2-70b-99", "v4.1", "Offline", "tokens/s", "stated in samples/s"),
        ("llama2-70b-99", "v4.0", "Server", "samples/s", ""),
        ("gptj-99", "v4.0", "Offline", "samples/s", ""),
        ("gptj-99", "v4.1", "Offline", "tokens/s", "stated in samples/s"),
        ("bert-99", "v4.1", "Offline", "samples/s", ""),
    ],
)
def test_a_rate_has_the_unit_of_its_benchmark_and_round(
    model: str, version: str, scenario: str, unit: str, remark: str
) -> None:
    row = entry(Model=model, version=version, Scenario=scenario)
    (found,) = read(listed(row))
    assert found.performance_unit == unit
    assert "".join(found.remarks).startswith(remark)
    assert bool(found.remarks) == bool(remark)


def test_what_is_odd_is_kept_with_a_remark() -> None:
    row = entry(
        Model="a-thing", MlperfModel="a-thing", Result="fast", Result_Power="much",
        Result_Power_Units="horses", accelerators_per_node=None, inferred="no",
    )  # fmt: skip
    (found,) = read(listed(row))
    assert (found.performance, found.power, found.power_unit) == (None, None, "")
    assert (found.accelerators, found.inferred, found.benchmark) == (None, None, "")
    assert found.remarks == (
        "benchmark 'a-thing' is not known",
        "Result is no number: 'fast'",
        "Result_Power is no number: 'much'",
        "Result_Power is in 'horses'",
    )
    (found,) = read(listed(entry(Result_Units="parsecs")))
    assert found.remarks == ("Result is in 'parsecs'",)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{", b"{}", b"[]", b"[1]", b"\xff\xfe", b"[" * 100_000,
        b'[{"version": "v1", "Location": "x", "Result_Units": "", "Scenario": ""}, 3]',
    ],
)  # fmt: skip
def test_what_is_no_such_list_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError, match=r"cm\.json"):
        read_cm_results(Source("cm.json", data))


def test_numbers_beyond_all_bounds_are_none() -> None:
    text = listed(entry()).data.replace(b"1000.0", b"1" + b"0" * 400)
    (found,) = read(Source("cm.json", text))
    assert found.performance is None
    text = listed(entry()).data.replace(b"1000.0", b"NaN")
    assert read(Source("cm.json", text))[0].performance is None


def test_results_of_other_suites_are_left_to_others() -> None:
    assert read_cm_results(Source("cm.json", b'[{"Benchmark": "ad", "Result": 1}]')) is None
