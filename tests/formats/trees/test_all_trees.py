"""What every kind of tree does alike."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from joulemark.core.errors import FormatError
from joulemark.formats.trees.branch import Branch
from joulemark.formats.trees.opening import open_tree, reopen
from joulemark.formats.trees.tree import Raisable, Tree
from tests.formats.trees.making import KINDS, MAKERS, made

FILES = {
    "a": b"first\n",
    "a-b/c.txt": b"",
    "a.b/c": b"\0\xff" * 300,
    "a0/x": b"x",
    "d/e/f.json": b"{}",
    "d/e/f/deep/name with space": b"1",
    "d/ö": b"umlaut",
    "z" * 120 + "/" + "y" * 120: b"long",
}
ORDER = sorted(FILES, key=lambda path: path.encode())


@pytest.mark.parametrize("kind", KINDS)
def test_entries_come_in_the_order_of_their_bytes_and_are_read(kind: str, tmp_path: Path) -> None:
    tree = made(kind, dict(reversed(FILES.items())), tmp_path)
    entries = list(tree.entries())
    assert [entry.path for entry in entries] == ORDER
    for entry in entries:
        assert tree.read(entry.path, identity=entry.identity) == FILES[entry.path]
        assert tree.read(entry.path) == FILES[entry.path]
        assert entry.size in {-1, len(FILES[entry.path])}
        assert bool(entry.identity) == kind.startswith("git")
    assert not tree.left_out
    tree.close()
    tree.close()


@pytest.mark.parametrize("kind", KINDS)
def test_entries_below_a_folder(kind: str, tmp_path: Path) -> None:
    tree = made(kind, FILES, tmp_path)
    assert [entry.path for entry in tree.entries("d/e")] == [
        "d/e/f.json",
        "d/e/f/deep/name with space",
    ]
    assert [entry.path for entry in tree.entries("a-b/")] == ["a-b/c.txt"]
    assert list(tree.entries("nowhere")) == list(tree.entries("a")) == []
    tree.close()


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_there(kind: str, tmp_path: Path) -> None:
    tree = made(kind, FILES, tmp_path)
    for path in (
        "b",
        "d",
        "d/e",
        "a/b",
        "",
        "d/../a",
        "/a",
        "./a",
        "d//ö",
        "a\0",
        "\udcff",
        "a\nb",
        "x\n/y",
        "\ud800",
    ):
        with pytest.raises(FileNotFoundError):
            tree.read(path)
    assert tree.read("a") == FILES["a"]
    tree.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_larger_than_asked_for_is_refused_and_the_next_is_read(
    kind: str, tmp_path: Path
) -> None:
    tree = made(kind, {"big": b"1" * 300_000, "small": b"2" * 10}, tmp_path)
    with pytest.raises(
        FormatError, match=r"big: 30000\d|big: \d+ bytes are more than the 10"
    ) as at:
        tree.read("big", 10)
    assert at.value.where.startswith(tree.name)
    assert tree.read("small", 10) == b"2" * 10
    assert len(tree.read("big", 300_000)) == 300_000
    tree.close()


@pytest.mark.parametrize("kind", KINDS)
def test_another_process_opens_the_same_tree_by_its_token(kind: str, tmp_path: Path) -> None:
    tree = made(kind, FILES, tmp_path)
    code = (
        "import sys\nfrom joulemark.formats.trees.opening import reopen\n"
        "tree = reopen(sys.argv[1])\n"
        "print(tree.name, tree.location, len(list(tree.entries())), tree.read('d/e/f.json'))\n"
        "tree.close()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tree.token], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [tree.name, tree.location, str(len(FILES)), "b'{}'"]
    assert tree.read("d/e/f.json") == b"{}"
    tree.close()


@pytest.mark.parametrize("kind", ["tar", "tar.gz", "zip"])
def test_the_index_of_an_archive_goes_with_the_tree_that_made_it(kind: str, tmp_path: Path) -> None:
    tree = made(kind, FILES, tmp_path)
    folder = Path(json.loads(tree.token)["index"])
    other = reopen(tree.token)
    other.close()
    assert (folder / "index").exists()
    tree.close()
    assert not folder.exists()
    tree = open_tree(str(tmp_path / f"tree.{kind}"))
    folder = Path(json.loads(tree.token)["index"])
    del tree
    gc.collect()
    assert not folder.exists()


@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_an_archive_that_changed_is_not_the_one_that_was_indexed(kind: str, tmp_path: Path) -> None:
    tree = made(kind, FILES, tmp_path)
    token = tree.token
    with (tmp_path / f"tree.{kind}").open("ab") as file:
        file.write(b"more")
    with pytest.raises(FormatError, match="changed while it was read"):
        reopen(token)
    tree.close()


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_tree(kind: str, tmp_path: Path) -> None:
    tree = made(kind, {}, tmp_path)
    assert list(tree.entries()) == []
    tree.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_of_a_tree_is_a_tree(kind: str, tmp_path: Path) -> None:
    whole = made(kind, FILES, tmp_path)
    tree: Tree = Branch(whole, "d")
    assert [entry.path for entry in tree.entries()] == ["e/f.json", "e/f/deep/name with space", "ö"]
    assert [entry.path for entry in tree.entries("e/f")] == ["e/f/deep/name with space"]
    assert tree.read("ö") == b"umlaut"
    assert tree.name == f"{whole.name}/d"
    assert tree.location == f"{whole.location}/d"
    again = reopen(tree.token)
    assert again.read("e/f.json") == b"{}"
    again.close()
    assert tree.left_out == whole.left_out
    tree.close()


def test_trees_that_lie_in_larger_ones_are_raised(tmp_path: Path) -> None:
    MAKERS["folder"](FILES, tmp_path / "all")
    tree = open_tree(str(tmp_path / "all" / "d" / "e"))
    assert isinstance(tree, Raisable)
    higher = tree.raised(2)
    assert higher is not None
    assert higher.read("a") == b"first\n"
    assert higher.location == str(tmp_path / "all")
    assert tree.raised(1000) is None


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "git-work"])
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    names=st.sets(
        st.lists(
            st.text("aB-.0 é\n", min_size=1, max_size=4).filter(
                lambda part: part not in {".", ".."}
            ),
            min_size=1,
            max_size=3,
        ).map("/".join),
        max_size=6,
    )
)
def test_any_names(kind: str, names: set[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    files = {
        name: name.encode()
        for name in sorted(names)
        if not any(other.startswith(f"{name}/") for other in names) and ".git" not in name
    }
    tree = made(kind, files, tmp_path_factory.mktemp("names"))
    assert {entry.path: tree.read(entry.path) for entry in tree.entries()} == files
    assert [entry.path for entry in tree.entries()] == sorted(files, key=str.encode)
    tree.close()
