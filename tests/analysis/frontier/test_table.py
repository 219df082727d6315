"""Any two columns of any table."""

from __future__ import annotations

from pathlib import Path

import pytest

from joulemark.analysis.calibrating.tables import Table, read_table
from joulemark.analysis.frontier.recommend import Target, recommend
from joulemark.analysis.frontier.table import Columns, table_groups
from joulemark.core.errors import FormatError, UsageError

TEXT = """\
model,gpu,batch,p99_s,joules_j,joules_j_u95,rate
a,H100,1,0.1,10,1,100
a,H100,8,0.2,5,0.5,50
a,H100,16,0.4,4,,40
b,H100,1,0.1,20,2,10
"""


@pytest.fixture
def table(tmp_path: Path) -> Table:
    """Return a table of two models."""
    path = tmp_path / "sweep.csv"
    path.write_text(TEXT)
    return read_table(path)


def test_groups_metrics_and_intervals(table: Table) -> None:
    first, second = table_groups(table, Columns(x="p99_s", y="joules_j", by=["model"]))
    assert (first.model, len(first.candidates), len(second.candidates)) == ("a", 3, 1)
    assert first.metrics["p99_s"].unit == "s"
    assert first.metrics["joules_j"].unit == "J"
    assert "model" not in first.metrics
    assert [one.name for one in first.candidates] == ["batch 1", "batch 8", "batch 16"]
    assert first.candidates[1].measures["joules_j"].u95 == 0.5
    assert first.candidates[2].measures["joules_j"].u95 is None
    assert first.candidates[0].labels["gpu"] == "H100"
    assert first.notes == ()


def test_a_recommendation_by_any_column(table: Table) -> None:
    columns = Columns(x="p99_s", y="joules_j", by=["model"], name="batch", default="1", assume=0.1)
    group = table_groups(table, columns)[0]
    answer = recommend(group, [Target("p99_s", 0.3)])
    assert answer.recommended is not None
    assert answer.recommended.name == "8"
    assert answer.saving_vs_default == 0.5
    assert group.candidates[2].measures["joules_j"].assumed


def test_more_of_a_column_may_be_better(table: Table) -> None:
    columns = Columns(x="rate", y="joules_j", by=["model"], more={"rate"}, name="batch")
    answer = recommend(table_groups(table, columns)[0], [Target("rate", 45.0)])
    assert answer.fastest is not None
    assert (answer.fastest.name, answer.recommended and answer.recommended.name) == ("1", "8")


def test_rows_are_named_by_the_words_that_differ(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("kind,flags,command,t_ms,e\na,x,run a,1,2\na,y,run b,2,1\n")
    (group,) = table_groups(read_table(path), Columns(x="t_ms", y="e"))
    assert [one.name for one in group.candidates] == ["flags x", "flags y"]
    assert group.candidates[0].command == "run a"
    assert "no uncertainty" in group.notes[0]


def test_what_is_wrong_with_a_table(table: Table, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no column 'nothing'"):
        table_groups(table, Columns(x="nothing", y="rate"))
    with pytest.raises(UsageError, match="two rows are called '1'"):
        table_groups(table, Columns(x="p99_s", y="joules_j", name="batch"))
    path = tmp_path / "t.csv"
    path.write_text("t,e\n1,2\nfast,1\n")
    with pytest.raises(FormatError, match=r"t\.csv:3: t is no number: 'fast'"):
        table_groups(read_table(path), Columns(x="t", y="e"))
    path.write_text("t,e\n1,2\n,1\n")
    (group,) = table_groups(read_table(path), Columns(x="t", y="e"))
    assert not group.candidates[1].has("t")
    path.write_text("t,e\n1,2\n1,2\n")
    (group,) = table_groups(read_table(path), Columns(x="t", y="e"))
    assert [one.name for one in group.candidates] == ["row 2", "row 3"]
