"""The files of the site: written once, then only what changed."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.report.site.made import HOSTILE, entry, few, hostile
from tests.store.build import written

from joulemark.analysis.record.entry import Entry, Evidence
from joulemark.core.errors import StoreError
from joulemark.report.format import clean
from joulemark.report.site.page import TITLE
from joulemark.report.site.pages import Pages
from joulemark.report.site.script import MODULES, program
from joulemark.report.site.sections import sections
from joulemark.report.site.writing import Wanted, write_site


def never() -> Iterable[Entry]:
    raise AssertionError("the record was read though nothing has changed")


@pytest.fixture
def wanted(tmp_path: Path) -> Wanted:
    store = tmp_path / "store"
    store.mkdir()
    return Wanted(folder=tmp_path / "site", store=store)


def texts(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): p.read_text() for p in folder.rglob("*") if p.is_file()}


def data(text: str, *first: str) -> object:
    inside = json.loads(f"[{text.strip().partition('(')[2].removesuffix(')')}]")
    assert inside[:-1] == list(first)
    return json.loads(inside[-1])


def test_a_site_and_its_data(wanted: Wanted) -> None:
    done = write_site(wanted, few)
    found = texts(wanted.folder)
    assert done.entries == 10
    assert done.new == len(found) - 1  # its note is not counted
    rows = data(found["data/rows.js"])
    assert isinstance(rows, dict)
    assert rows["count"] == 10
    key = few()[0].key
    shard = data(found[f"data/details/{key[:2]}.js"], key[:2])
    assert isinstance(shard, dict)
    assert shard[key]["sources"] == ["closed/Maker/one:1"]
    assert TITLE in found["index.html"]


def test_nothing_is_looked_at_where_nothing_changed(wanted: Wanted) -> None:
    write_site(wanted, few)
    before = {path: path.stat().st_mtime_ns for path in wanted.folder.rglob("*")}
    done = write_site(wanted, never)
    assert done.unchanged
    assert done.entries == 10
    assert {path: path.stat().st_mtime_ns for path in wanted.folder.rglob("*")} == before


def test_only_what_changed_is_written(wanted: Wanted) -> None:
    write_site(wanted, few)
    (wanted.store / "declared.parquet").write_bytes(b"x")
    changed = [replace(few()[0], remarks=("new",)), *few()[1:]]
    done = write_site(wanted, lambda: changed)
    assert done.new == 2  # its details, and the page that names the data
    assert done.same == len(texts(wanted.folder)) - 3


def test_what_is_gone_is_removed_and_nothing_else(wanted: Wanted) -> None:
    write_site(wanted, few)
    (wanted.folder / "mine.html").write_text("kept")
    (wanted.store / "declared.parquet").write_bytes(b"x")
    done = write_site(wanted, lambda: few()[:1])
    assert done.gone == len({e.key[:2] for e in few()}) - 1
    assert (wanted.folder / "mine.html").read_text() == "kept"


def test_a_note_that_means_harm_removes_nothing_outside(wanted: Wanted) -> None:
    write_site(wanted, few)
    outside = wanted.folder.parent / "outside.html"
    outside.write_text("kept")
    note = json.loads((wanted.folder / "site.json").read_text())
    note["files"] |= {"../outside.html": 4, "runs/../../outside.html": 4}
    note["stamp"] = "another"
    (wanted.folder / "site.json").write_text(json.dumps(note))
    write_site(wanted, few)
    assert outside.read_text() == "kept"


@pytest.mark.parametrize("text", ["{", "[]", '{"made_by": "joulemark site", "files": 3}', "null"])
def test_a_damaged_note_only_costs_time(wanted: Wanted, text: str) -> None:
    write_site(wanted, few)
    (wanted.folder / "site.json").write_text(text)
    assert write_site(replace(wanted, force=True), few).entries == 10


def test_a_file_that_was_lost_is_written_again(wanted: Wanted) -> None:
    write_site(wanted, few)
    (wanted.folder / "data/rows.js").unlink()
    assert write_site(wanted, few).new == 1


def test_other_folders_are_left_alone(wanted: Wanted) -> None:
    wanted.folder.mkdir()
    (wanted.folder / "thesis.txt").write_text("mine")
    with pytest.raises(StoreError, match="something else"):
        write_site(wanted, never)
    assert write_site(replace(wanted, force=True), few).entries == 10
    assert (wanted.folder / "thesis.txt").read_text() == "mine"


def test_pages_of_other_verbs_may_be_there_before(wanted: Wanted) -> None:
    (wanted.folder / "figures").mkdir(parents=True)
    (wanted.folder / "figures/index.html").write_text("")
    write_site(wanted, few)
    assert 'href="figures/index.html"' in (wanted.folder / "index.html").read_text()


def test_a_place_that_cannot_be_written(wanted: Wanted) -> None:
    wanted.folder.write_text("a file")
    with pytest.raises(StoreError):
        write_site(wanted, never)


def test_an_empty_store(wanted: Wanted) -> None:
    assert write_site(wanted, list).entries == 0
    assert "holds no result yet" in (wanted.folder / "index.html").read_text()


def own(store: Path) -> Callable[[], list[Entry]]:
    name = written(store).name
    return lambda: [*few(), entry("own", evidence=Evidence.OWN, runs=(name,))]


def test_runs_have_pages_that_are_made_once(wanted: Wanted) -> None:
    made = own(wanted.store)
    done = write_site(wanted, made)
    (page,) = (wanted.folder / "runs").iterdir()
    assert done.unread == ["20260101-mine"]
    details = "".join(t for n, t in texts(wanted.folder).items() if "details" in n)
    assert f'[\\"{page.stem}\\",true]' in details
    before = page.stat().st_mtime_ns
    (wanted.store / "declared.parquet").write_bytes(b"x")
    write_site(wanted, made)
    assert page.stat().st_mtime_ns == before
    assert write_site(replace(wanted, pages=Pages.NONE), made).gone == 1
    assert not page.exists()


def test_pages_of_all_runs(wanted: Wanted) -> None:
    name = written(wanted.store).name
    found = [entry("logs", runs=(name, "../../etc", HOSTILE))]
    assert write_site(wanted, lambda: found).unread == []
    assert not (wanted.folder / "runs").exists()
    assert write_site(replace(wanted, pages=Pages.ALL), lambda: found).unread == []
    assert [path.name for path in (wanted.folder / "runs").iterdir()] == [f"{name}.html"]


def test_nothing_hostile_is_markup(wanted: Wanted) -> None:
    write_site(replace(wanted, title=HOSTILE), hostile)
    for name, text in texts(wanted.folder).items():
        if name.endswith(".js"):
            assert text.isascii()
            assert re.fullmatch(
                r'joulemark\.(rows|details)\(("[^"\\\n]*",)?"(\\.|[^"\\\n])*"\)\n', text
            )
        if name.endswith(".html"):
            assert "<script>window" not in text
            assert "<img" not in text
            assert text.count("<script>") == 1


def test_pages_of_other_verbs_are_linked(tmp_path: Path) -> None:
    assert sections(tmp_path) == []
    pages = {
        "what-the-record-says.html": "",
        "frontier/a 'x'.html": "<title>Llama 3 &amp; <b></title>",
        "frontier/b.html": f"<title>{html.escape(HOSTILE)}</title>",
        "frontier/index.html": "<title>All</title>",
    }
    for name, text in pages.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    more, frontier = sections(tmp_path)
    assert [link for _, link in more.links] == ["what-the-record-says.html"]
    assert frontier.links == (
        ("All", "frontier/index.html"),
        ("a 'x'", "frontier/a%20%27x%27.html"),
        (clean(HOSTILE, 120), "frontier/b.html"),
    )


def test_a_page_that_came_later_is_linked_the_next_time(wanted: Wanted) -> None:
    write_site(wanted, few)
    (wanted.folder / "what-the-record-says.html").write_text("")
    assert write_site(wanted, few).new == 1
    assert 'href="what-the-record-says.html"' in (wanted.folder / "index.html").read_text()


def test_the_script_is_all_of_the_modules() -> None:
    text = program()
    assert "import " not in text
    assert "export " not in text
    names = re.findall(r"^(?:const|class|let) (\w+)", text, re.MULTILINE)
    assert len(names) == len(set(names))
    assert len(MODULES) == 12
    folder = Path(__file__).parents[3] / "src/joulemark/report/static/site"
    assert {path.stem for path in folder.iterdir()} == set(MODULES)
