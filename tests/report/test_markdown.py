"""Tables in Markdown."""

from __future__ import annotations

from joulemark.report.markdown import markdown_table


def test_columns_of_numbers_are_flush_right() -> None:
    assert markdown_table(["case", "J"], [["idle", "1.2"]]) == (
        "| case | J |\n| --- | ---: |\n| idle | 1.2 |\n"
    )


def test_nothing_in_a_cell_breaks_the_table() -> None:
    assert markdown_table(["a"], [["x|y\nz"]]).splitlines()[-1] == r"| x\|y z |"
