"""Pages of whole trees: written in parallel, again, and where it must not be."""

from __future__ import annotations

import io
import json
from dataclasses import asdict, replace
from pathlib import Path
from posixpath import dirname, normpath

import pytest
from tests.example_tree import write
from tests.report.audit.test_audit_parts import summary
from tests.report.reader import Reader

from joulemark.core.errors import FormatError, StoreError
from joulemark.procedures.checked import Asked
from joulemark.procedures.checking import PARTS, search
from joulemark.procedures.importing import import_paths
from joulemark.procedures.known import known_rules
from joulemark.report.audit import worker
from joulemark.report.audit.stated import Stated, stated_in, trees_in
from joulemark.report.audit.tally import Tally
from joulemark.report.audit.tree_page import tree_page
from joulemark.report.audit.worker import write_page
from joulemark.report.audit.writing import INDEX, Wanted, write_pages


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("example"))


def written(tree: Path, folder: Path, **others: object) -> Tally:
    with search([str(tree)]) as found:
        wanted = {"folder": folder, "asked": Asked(), "jobs": 1, **others}
        return write_pages(found, Wanted(**wanted))  # type: ignore[arg-type]


def pages(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def test_every_link_leads_to_something(tree: Path, tmp_path: Path) -> None:
    tally = written(tree, tmp_path / "review")
    assert (tally.total, tally.measurements, tally.pages) == (5, 3, 3)
    found = pages(tmp_path / "review")
    assert len(found) == 4
    ids = {
        name: {a["id"] for _, a in Reader(text.decode()).tags if "id" in a}
        for name, text in found.items()
    }
    for name, text in found.items():
        for link in Reader(text.decode()).all("a"):
            path, _, anchor = link["href"].partition("#")
            target = normpath(f"{dirname(name)}/{path}") if path else name
            assert target.lstrip("/") in ids
            assert not anchor or anchor in ids[target.lstrip("/")]


def test_workers_write_the_same_bytes(tree: Path, tmp_path: Path) -> None:
    written(tree, tmp_path / "one")
    told: list[tuple[str, int, int]] = []
    with search([str(tree)]) as found:
        wanted = Wanted(folder=tmp_path / "two", asked=Asked(), jobs=2)
        write_pages(found, wanted, lambda *what: told.append(what))
    assert pages(tmp_path / "one") == pages(tmp_path / "two")
    assert told[-1] == ("writing", 5, 5)


def test_a_second_time_nothing_is_written(tree: Path, tmp_path: Path) -> None:
    written(tree, tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.html")}
    written(tree, tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.html")} == before


def test_only_what_fails(tree: Path, tmp_path: Path) -> None:
    tally = written(tree, tmp_path, only_failing=True)
    assert (tally.total, tally.pages) == (5, 2)
    assert not any("server-3psu" in name for name in pages(tmp_path))
    words = Reader((tmp_path / INDEX).read_text()).words
    assert "server-3psu" in words
    assert "Only measurements of which a result fails" in words


def test_a_folder_of_something_else_is_left_alone(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(StoreError, match="holds something else"):
        written(tree, tmp_path)
    (tmp_path / INDEX).write_text("<html>mine</html>")
    with pytest.raises(StoreError, match="holds something else"):
        written(tree, tmp_path)
    written(tree, tmp_path, force=True)
    assert (tmp_path / "thesis.tex").read_text() == "years of work"
    assert "Submitters and systems" in (tmp_path / INDEX).read_text()


def test_a_folder_that_cannot_be_made(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError):
        written(tree, tmp_path / "file" / "review")
    with pytest.raises(StoreError):
        write_page(tmp_path / "file" / "page.html", "x")


def test_an_interrupted_index_says_so(tree: Path, tmp_path: Path) -> None:
    with search([str(tree)]) as found:

        def stop(what: str, done: int, of: int) -> None:
            if what == "writing":
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            write_pages(found, Wanted(folder=tmp_path, asked=Asked(), jobs=1), stop)
    assert "are being written" in (tmp_path / INDEX).read_text()
    assert written(tree, tmp_path).pages == 3
    assert "are being written" not in (tmp_path / INDEX).read_text()


def test_a_worker_that_is_killed_costs_one_measurement(tmp_path: Path) -> None:
    from tests.procedures.check_fakes import PARTS as FAKES
    from tests.procedures.check_fakes import write as faked

    says = {f"v5.1/closed/E/results/{name}/b/Offline": name for name in ("kill", "pass", "warn")}
    root = faked(tmp_path / "tree", says)
    with search([str(root)], parts=FAKES) as found:
        wanted = Wanted(folder=tmp_path / "review", asked=Asked(), jobs=2, parts=FAKES)
        tally = write_pages(found, wanted)
    assert tally.total == 3
    assert "joulemark/internal" in {rule for _, rule in tally.rules}
    assert "ended by SIGKILL" in (tmp_path / "review" / INDEX).read_text()


def test_what_was_imported_is_found_again(tree: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    with pytest.raises(FormatError, match="no power directory was imported"):
        trees_in(store)
    import_paths([str(tree)], store, jobs=1)
    assert trees_in(store) == [str(tree)]
    with search(trees_in(store)) as found:
        known = stated_in(store, found.targets)
        assert len(known) == 5
        assert all(one.kind == "logs" and one.run for each in known.values() for one in each)
        wanted = Wanted(folder=tmp_path / "review", asked=Asked(), jobs=2, store=store)
        write_pages(found, wanted)
    shown = [b"joulemark show " in text for text in pages(tmp_path / "review").values()]
    assert sum(shown) == 3


class TestThePageOfATree:
    def test_what_it_says(self, tree: Path, tmp_path: Path) -> None:
        written(tree, tmp_path)
        reader = Reader((tmp_path / INDEX).read_text())
        assert reader.open == []
        words = reader.words
        assert "from 3 measurements on 3 systems of 2 submitters" in words
        assert "official pass official warn official fail" in words
        assert "inference/range-exceeded" in words
        assert "Average power of the test, by submitter" in words
        assert "MLPerf is a trademark of MLCommons" in words

    def test_hostile_names_are_only_shown(self) -> None:
        from tests.report.audit.made import HOSTILE

        from joulemark.formats.inference.directory import Place

        tally = Tally()
        place = Place("v5.1", "closed", HOSTILE, HOSTILE, HOSTILE, HOSTILE)
        tally.add([summary(place=place, path=HOSTILE, page="results/x.html")])
        text = tree_page(tally, known_rules(), trees=[HOSTILE])
        reader = Reader(text)
        assert len(reader.all("script")) == 1
        assert reader.all("img") == []
        assert "\u202e" not in text

    def test_nothing_found(self) -> None:
        text = tree_page(Tally(), {}, trees=[])
        assert "None of the rules found anything" in Reader(text).words


def test_a_worker_answers_line_by_line(tree: Path, tmp_path: Path) -> None:
    said = io.BytesIO()
    with search([str(tree)]) as found:
        told = {"asked": asdict(Asked()), "folder": str(tmp_path), "only_failing": False}
        stated = Stated(kind="cm-result", source="cm.json:1", value=1.0, unit="W", doubts=("d",))
        lines = [worker.first_line(PARTS, found.trees, told)]
        lines += [
            worker.request([one], f"{i}.html", [[stated]]) for i, one in enumerate(found.targets)
        ]
        gone = replace(found.targets[0], tree=7)
        lines.append(worker.request([gone], "gone.html"))
        assert worker.main(io.BytesIO(b"\n".join(lines)), said) == 0
    answers = [json.loads(line) for line in said.getvalue().splitlines()]
    assert [len(answer) for answer in answers] == [1] * 6
    assert answers[0][0]["page"] == "0.html"
    assert "cm.json:1" in (tmp_path / "0.html").read_text()
    assert answers[-1][0]["page"] == ""
    assert answers[-1][0]["seen"][0]["rule"] == "joulemark/internal"
