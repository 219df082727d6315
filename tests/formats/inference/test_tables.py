from __future__ import annotations

import pytest

from joulemark.core.errors import FormatError
from joulemark.formats.inference.tables import (
    MAX_ROWS,
    Analyzer,
    AnalyzerTable,
    PowerSettings,
    read_analyzer_table,
    read_power_settings,
)
from tests.formats.inference.samples import source

MARKDOWN = """\
# Analyzer table

| Vendor | Model | Firmware | Config | Interface | Wiring/topology | Number of channels used | X |
|:-------|-------|---------:|--------|-----------|-----------------|-------------------------|---|
| Acme   | W9    | 1.0      | Single | USB       | 1P2W            | 1                       | 1 |
""".replace("| X |", "| Which channel(s) |")
COMMAS = """\
System,Vendor,Model,firmware,config,Interface,wiring/ topology,number of channels,channels used
box,Acme,W9,1.0,Single,USB,1P2W,2,"1,2"
"""
ASCIIDOC = "[cols=2]\n|===\n| Vendor | Model\n\n| Acme | W9\n|===\n"
PAGE = "<tr><th>Vendor</th><th>Model</th></tr>\n<tr><td>Ac<b>me</b></td><td>W9</td></tr>"


def _table(text: str | bytes) -> AnalyzerTable:
    return read_analyzer_table(source(text))


def _settings(text: str | bytes) -> PowerSettings:
    return read_power_settings(source(text))


def test_markdown() -> None:
    table = _table(MARKDOWN)
    assert table.analyzers == (Analyzer(5, "Acme", "W9", "1.0", "Single", "USB", "1P2W", "1", "1"),)
    assert (table.empty, table.problems, table.text) == (False, (), MARKDOWN)


def test_commas() -> None:
    table = _table(COMMAS.replace("\n", "\r\n"))
    assert table.analyzers == (
        Analyzer(2, "Acme", "W9", "1.0", "Single", "USB", "1P2W", "2", "1,2", "box"),
    )
    assert table.problems == ()


@pytest.mark.parametrize(("text", "line"), [(ASCIIDOC, 5), (PAGE, 2)])
def test_asciidoc_and_html(text: str, line: int) -> None:
    table = _table(text)
    assert table.analyzers == (Analyzer(line, "Acme", "W9"),)
    assert table.problems == ()


def test_a_row_with_other_columns_is_a_problem() -> None:
    table = _table("Vendor,Model\nAcme\nAcme,W9,x\n")
    assert [(a.line, a.model) for a in table.analyzers] == [(3, "W9")]
    assert [p.line for p in table.problems] == [3]


def test_a_row_that_csv_cannot_read_is_left_out() -> None:
    assert _table("Vendor,Model\nAc\rme,W9\nAcme,W8\n").analyzers == (Analyzer(3, "Acme", "W8"),)


def test_words_between_rows_of_a_page_are_left_out() -> None:
    page = "<tr><th>Model<tr>x<td>W9<tr>y"
    assert [a.model for a in _table(page).analyzers] == ["W9"]


def test_rows_are_bounded() -> None:
    table = _table("Vendor,Model\n" + "Acme,W9\n" * (MAX_ROWS + 9))
    assert len(table.analyzers) == MAX_ROWS
    assert "more than" in table.problems[-1].what


def test_text_without_a_table() -> None:
    table = _table("We used a good meter.\n")
    assert (table.analyzers, table.empty) == ((), False)
    assert [p.line for p in table.problems] == [1]


@pytest.mark.parametrize("text", ["", " \n", "| | |\n|-|-|\n", "<table></table>"[:0]])
def test_empty_tables(text: str) -> None:
    table = _table(text)
    assert table.empty
    assert table.problems == ()


def test_settings_by_headings() -> None:
    text = "before\n# Boot Settings\n\nNone\n## Fans\r\n\r\nfull speed\r\n= Title\n"
    settings = _settings(text)
    assert [(s.line, s.level, s.title, s.text) for s in settings.sections] == [
        (1, 0, "", "before"),
        (2, 1, "Boot Settings", "None"),
        (5, 2, "Fans", "full speed"),
        (8, 1, "Title", ""),
    ]
    assert (settings.empty, settings.template, settings.problems) == (False, False, ())


def test_the_heading_of_the_example() -> None:
    title = "## An example of an unstructured document for Power management settings to reproduce"
    assert _settings(f"{title}\n# Boot\nNone\n").template


def test_empty_settings() -> None:
    assert _settings("").empty
    assert _settings("\n--\n").empty


def test_what_is_not_text() -> None:
    settings = _settings(b"\x50\x4b\x03\x04\x00\xff")
    assert {p.what for p in settings.problems} == {"NUL bytes", "not UTF-8 text"}


def test_too_large() -> None:
    for read in (_table, _settings):
        with pytest.raises(FormatError, match="too many"):
            read(b"x" * (2 << 20))
