"""The study's claims on its own tables alone: what is known of them comes out, with its reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from joulemark.analysis.claims.audit import Audit, audit
from joulemark.analysis.claims.stored import known, read_tables
from joulemark.analysis.claims.verdict import Judged, Verdict
from joulemark.store.declared import add_declared

DATA = Path(__file__).parents[4] / "shared/data/hpca2025"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Audit:
    if not DATA.exists():
        pytest.skip("the study's tables are not here")
    store = tmp_path_factory.mktemp("study") / "store"
    add_declared(store, read_tables(DATA), lambda every: {})
    return audit(known(store))


def of(found: Audit, id_: str) -> Judged:
    return next(one for one in found.judged if one.claim.id == id_)


@pytest.mark.parametrize(
    ("claim", "verdict", "value", "reason"),
    [
        ("count", Verdict.OTHER, None, ""),
        ("2-datacenter-greatest", Verdict.OTHER, 6154.8, "scenario"),
        ("5a-resnet50", Verdict.OTHER, 1.839, "foreign power"),
        ("5a-dlrm-v2-99", Verdict.OTHER, 1.530, "unit"),
        ("5a-text-gptj", Verdict.FALLS, 1.725, "unit"),
        ("5a-text-llama2", Verdict.FALLS, 1.374, "unit"),
        ("5b-bert-99", Verdict.STANDS, 3.996, ""),
        ("6-energy", Verdict.OTHER, 3.894, ""),
        ("7-tiny", Verdict.FALLS, None, "identity"),
        ("7-datacenter", Verdict.OTHER, None, "scenario"),
        ("9-cited", Verdict.FALLS, 0.0, "category"),
        ("10-pairs", Verdict.FALLS, None, "version pairs"),
        ("11a-efficiency", Verdict.FALLS, None, "identity"),
        ("11b-efficiency", Verdict.UNKNOWN, None, ""),
    ],
)
def test_what_is_known_of_the_study_comes_out(
    found: Audit, claim: str, verdict: Verdict, value: float | None, reason: str
) -> None:
    one = of(found, claim)
    assert one.verdict is verdict
    if value is not None:
        assert one.parts[0].recomputed == pytest.approx(value, rel=1e-3)
    assert not reason or reason in {seen.detector for seen in one.found}


def test_the_last_bar_of_figure_11a_by_its_own_numbers(found: Audit) -> None:
    part = of(found, "11a-efficiency").parts[-1]
    assert part.published == pytest.approx(1.2779, rel=1e-4)
    assert part.recomputed == pytest.approx(1.2224, rel=1e-4)


def test_swapped_digits_of_figure_7_are_seen(found: Audit) -> None:
    (seen,) = of(found, "7-tiny").found
    assert "1.0-9002" in seen.what
    assert any("two digits are swapped" in text for text in seen.evidence)


def test_errors_in_the_tables_are_found_without_another_source(found: Audit) -> None:
    by_kind: dict[str, set[str]] = {}
    for seen in found.found:
        by_kind.setdefault(seen.detector, set()).add(" ".join((seen.what, *seen.evidence)))
    assert any("4.1-0066" in text and "4.1-0049" in text for text in by_kind["foreign power"])
    assert any("energy is off by a factor of 1000" in text for text in by_kind["unit"])
    assert any("as performance and as power" in text for text in by_kind["duplicate"])
    assert any("3d-unet Offline" in text for text in by_kind["definition"])
