"""What may be declared, and how it is written."""

from __future__ import annotations

import pytest

from joulemark.analysis.cost.factors import Factors, intensity, overhead, price
from joulemark.analysis.cost.regions import find_region, grid_of, regions
from joulemark.core.errors import UsageError


@pytest.mark.parametrize(
    ("text", "grams"),
    [("350", 350), (" 350 g/kWh", 350), ("0.35kgCO2e/kWh", 350), ("3.5e2", 350), ("0", 0)],
)
def test_an_intensity(text: str, grams: float) -> None:
    grid = intensity(text, "our supplier")
    assert grid.g_per_kwh == pytest.approx(grams)
    assert grid.by == "our supplier"
    assert grid.basis.startswith("not said")


@pytest.mark.parametrize("text", ["", "much", "-1", "nan", "inf", "1e999", "350 lb/MWh", "3 5"])
def test_no_intensity(text: str) -> None:
    with pytest.raises(UsageError):
        intensity(text)


@pytest.mark.parametrize(
    ("text", "currency", "per_kwh", "name"),
    [
        ("0.30 EUR/kWh", "", 0.3, "EUR"),
        ("0.30EUR/kWh", "eur", 0.3, "EUR"),
        ("300 usd/MWh", "", 0.3, "USD"),
        ("0.3 CHF", "", 0.3, "CHF"),
        ("0.3", "JPY", 0.3, "JPY"),
        ("0", "EUR", 0, "EUR"),
    ],
)
def test_a_price(text: str, currency: str, per_kwh: float, name: str) -> None:
    found = price(text, currency)
    assert found.per_kwh == pytest.approx(per_kwh)
    assert found.currency == name
    assert found.by == "command line"


@pytest.mark.parametrize(
    ("text", "currency", "says"),
    [
        ("0.30", "", "names no currency"),
        ("-0.1 EUR/kWh", "", "below zero"),
        ("0.30 EUR/kWh", "USD", "two currencies"),
        ("0.30 EUR/day", "", "no price of energy"),
        ("0.30 euros/kWh", "", "no currency: 'EUROS'"),
        ("cheap", "EUR", "is no number"),
    ],
)
def test_no_price(text: str, currency: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        price(text, currency)


def test_an_overhead() -> None:
    assert overhead("1.2").pue == 1.2
    assert overhead("1").pue == 1
    assert Factors().pue == 1
    assert Factors(overhead=overhead("1.4")).pue == 1.4


@pytest.mark.parametrize(("text", "says"), [("0.9", "below 1"), ("x", "number"), ("1.2 W", "unit")])
def test_no_overhead(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        overhead(text)


@pytest.mark.parametrize("text", ["DE", "de", "DEU", "germany", " Germany "])
def test_a_region_by_code_and_name(text: str) -> None:
    assert find_region(text).code == "DE"


def test_other_names_and_subregions() -> None:
    assert find_region("UK").name == "United Kingdom"
    assert find_region("camx").code == "US-CAMX"
    assert find_region("EU").kind == "aggregate"


def test_every_region_has_source_year_and_licence() -> None:
    known = regions()
    assert len({one.code for one in known}) == len(known)
    for one in known:
        assert 0 < one.g_per_kwh < 1000
        assert one.year in (2022, 2024)
        for what in ("what", "url", "read_in", "retrieved", "licence", "basis"):
            assert one.source[what]
    grid = grid_of(find_region("US-ERCT"))
    assert (grid.code, grid.year) == ("US-ERCT", 2022)
    assert "direct" in grid.basis
    assert "eGRID2022" in grid.by
    assert "life cycle" in grid_of(find_region("FR")).basis


def test_figures_as_their_sources_have_them() -> None:
    published = {"DE": 342.06, "FR": 44.18, "US": 383.55, "WORLD": 472.94, "US-CAMX": 226.47}
    assert {code: find_region(code).g_per_kwh for code in published} == published
    assert find_region("US-AKGD").g_per_kwh == pytest.approx(1057.841 * 0.45359237, abs=0.006)


def test_an_unknown_region_names_the_closest() -> None:
    with pytest.raises(UsageError, match=r"closest are DE \(Germany\)"):
        find_region("Germny")
    with pytest.raises(UsageError, match="US-CAMX"):
        find_region("US-CA")
    with pytest.raises(UsageError, match="--regions lists them"):
        find_region("@@@@")
