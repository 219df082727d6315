"""Git repositories: revisions, what is absent, and what nobody has to trust."""

from __future__ import annotations

import os
import shutil
import subprocess
import zlib
from pathlib import Path

import pytest

from joulemark.core.errors import FormatError, UnavailableError, UsageError
from joulemark.formats.trees.git import open_git
from joulemark.formats.trees.limits import Limits
from joulemark.formats.trees.opening import open_tree, reopen
from joulemark.formats.trees.tree import Raisable, Tree
from tests.formats.trees.making import bare, folder, git, needs_git, repository

pytestmark = needs_git
TWO = {"a/b/f": b"old", "a/g": b"g"}


def paths(tree: Tree, under: str = "") -> list[str]:
    return [entry.path for entry in tree.entries(under)]


def stored(at: Path, kind: str, data: bytes) -> str:
    """Put any bytes into a repository as an object."""
    return git("hash-object", "-t", kind, "-w", "--stdin", "--literally", at=at, data=data)


def commit(at: Path, tree: str) -> str:
    return git("commit-tree", "-m", "x", tree, at=at)


def test_revisions_folders_and_raised_trees(tmp_path: Path) -> None:
    path = repository(TWO, tmp_path / "re@po")
    folder({"a/b/f": b"new"}, tmp_path / "re@po")
    git("commit", "-qam", "second", at=tmp_path / "re@po")
    for revision, data in (("main", b"new"), ("HEAD~1", b"old"), ("HEAD@{0}", b"new")):
        tree = open_tree(f"{path}@{revision}")
        assert tree.read("a/b/f") == data
        tree.close()
    tree = open_tree(f"{path}@HEAD:a//b/")
    assert paths(tree) == ["f"]
    assert tree.read("f") == b"new"
    assert tree.location == f"{path}/a/b"
    assert isinstance(tree, Raisable)
    higher = tree.raised(2)
    assert higher is not None
    assert paths(higher, "a/b") == ["a/b/f"]
    assert higher.read("a/g") == b"g"
    assert paths(reopen(higher.token)) == ["a/b/f", "a/g"]
    assert tree.raised(3) is None
    tree.close()


def test_a_folder_that_is_a_bare_repository_is_its_head(tmp_path: Path) -> None:
    tree = open_tree(bare(TWO, tmp_path / "r.git"))
    assert paths(tree) == ["a/b/f", "a/g"]
    assert tree.location == str(tmp_path / "r")
    tree.close()
    with_work_tree = open_tree(str(tmp_path / "r.git-work"))
    assert ".git/HEAD" in paths(with_work_tree)


@pytest.mark.parametrize(
    "rest", ["", "-h", "--output=x", "nothing", "HEAD:nowhere", "HEAD:a/g", "HEAD:../x", "a\nb"]
)
def test_what_is_no_revision(rest: str, tmp_path: Path) -> None:
    path = bare(TWO, tmp_path / "r.git")
    with pytest.raises(UsageError) as at:
        open_tree(f"{path}@{rest}")
    assert at.value.where.startswith(path)
    assert str(at.value).isprintable()


def test_a_token_stays_with_its_revision(tmp_path: Path) -> None:
    path = repository(TWO, tmp_path / "r")
    tree = open_tree(f"{path}@main")
    folder({"a/b/f": b"new"}, tmp_path / "r")
    git("commit", "-qam", "second", at=tmp_path / "r")
    again = reopen(tree.token)
    assert again.read("a/b/f") == b"old"
    again.close()
    tree.close()


def test_links_and_submodules_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "link").symlink_to("/etc/passwd")
    path = repository({"f": b"1", "run.sh": b"2"}, tmp_path / "r")
    (tmp_path / "r" / "run.sh").chmod(0o755)
    git("add", "run.sh", at=tmp_path / "r")
    head = git("rev-parse", "HEAD", at=tmp_path / "r")
    git("update-index", "--add", "--cacheinfo", f"160000,{head},sub", at=tmp_path / "r")
    git("commit", "-qm", "second", at=tmp_path / "r")
    tree = open_tree(f"{path}@HEAD")
    assert paths(tree) == ["f", "run.sh"]
    assert tree.left_out == {"link": 1, "submodule": 1}
    for name in ("link", "sub", "link/x", "sub/x"):
        with pytest.raises(FileNotFoundError):
            tree.read(name)
    assert tree.read("run.sh") == b"2"
    tree.close()


def test_a_missing_blob_is_a_missing_file_and_the_others_are_read(tmp_path: Path) -> None:
    path = bare({"a": b"gone", "b": b"here"}, tmp_path / "r.git")
    tree = open_tree(path)
    gone, here = tree.entries()
    (tmp_path / "r.git" / "objects" / gone.identity[:2] / gone.identity[2:]).unlink()
    for identity in (gone.identity, ""):
        with pytest.raises(FileNotFoundError):
            tree.read("a", identity=identity)
        assert tree.read("b", identity=here.identity if identity else "") == b"here"
    assert paths(tree) == ["a", "b"]
    tree.close()


def test_a_damaged_blob_is_an_error_and_the_others_are_read(tmp_path: Path) -> None:
    path = bare({"a": b"x" * 5000, "b": b"here"}, tmp_path / "r.git")
    tree = open_tree(path, limits=Limits(answer_s=3))
    bad, good = tree.entries()
    file = tmp_path / "r.git" / "objects" / bad.identity[:2] / bad.identity[2:]
    file.chmod(0o644)
    file.write_bytes(zlib.compress(b"blob 5000\0" + b"y" * 20))
    with pytest.raises(FormatError, match=r"a: git cannot read it|has not answered"):
        tree.read("a", identity=bad.identity)
    assert tree.read("b", identity=good.identity) == b"here"
    file.write_bytes(b"junk")
    with pytest.raises((FormatError, FileNotFoundError)):
        tree.read("a")
    assert tree.read("b") == b"here"
    tree.close()


@pytest.mark.parametrize("name", [b"..", b".", b"", b"a/b", b"a/../../x"])
def test_hostile_trees(name: bytes, tmp_path: Path) -> None:
    at = Path(bare({"a": b"1"}, tmp_path / "r.git"))
    blob = bytes.fromhex(stored(at, "blob", b"1"))
    inner = bytes.fromhex(stored(at, "tree", b"100644 f\0" + blob))
    mode = b"40000 " if b"/" not in name else b"100644 "
    bad = commit(
        at, stored(at, "tree", mode + name + b"\0" + (inner if mode[:1] == b"4" else blob))
    )
    tree = open_tree(f"{at}@{bad}")
    if name == b"a/b":  # a slash within a name reads as a folder, and leads nowhere else
        assert paths(tree) == ["a/b"]
    else:
        with pytest.raises(FormatError, match=r"no file can have|git cannot list it"):
            paths(tree)
    tree.close()


def test_a_tree_that_has_a_name_twice(tmp_path: Path) -> None:
    at = Path(bare({"a": b"1"}, tmp_path / "r.git"))
    blob = bytes.fromhex(stored(at, "blob", b"1"))
    bad = commit(at, stored(at, "tree", (b"100644 f\0" + blob) * 2))
    tree = open_tree(f"{at}@{bad}")
    with pytest.raises(FormatError, match="f: the entry is there twice"):
        paths(tree)
    tree.close()


def test_a_missing_tree_object_is_an_error_that_git_words(tmp_path: Path) -> None:
    at = Path(bare({"a/f": b"1", "b": b"2"}, tmp_path / "r.git"))
    gone = git("rev-parse", "HEAD:a", at=at)
    (at / "objects" / gone[:2] / gone[2:]).unlink()
    tree = open_tree(str(at))
    with pytest.raises(FormatError, match="git cannot list it"):
        paths(tree)
    tree.close()


def test_nothing_that_a_repository_names_is_run(tmp_path: Path) -> None:
    at = Path(repository(TWO, tmp_path / "r"))
    script = tmp_path / "run-me"
    script.write_text(f"#!/bin/sh\ntouch {tmp_path}/was-run\ncat\n")
    script.chmod(0o755)
    (at / ".gitattributes").write_text("* diff=evil filter=evil\n")
    git("add", "-A", at=at)
    git("commit", "-qam", "second", at=at)
    for key in (
        "core.fsmonitor",
        "core.pager",
        "core.sshCommand",
        "core.alternateRefsCommand",
        "diff.evil.textconv",
        "filter.evil.smudge",
        "filter.evil.clean",
        "pager.ls-tree",
        "pager.cat-file",
        "alias.ls-tree",
        "uploadpack.packObjectsHook",
        "remote.origin.uploadpack",
        "credential.helper",
    ):
        git("config", key, str(script), at=at)
    hooks = at / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("post-checkout", "reference-transaction", "post-index-change"):
        shutil.copy(script, hooks / name)
    tree = open_tree(f"{at}@HEAD")
    for entry in tree.entries():
        tree.read(entry.path)
        tree.read(entry.path, identity=entry.identity)
    tree.close()
    assert not (tmp_path / "was-run").exists()


def test_a_partial_clone_fetches_nothing(tmp_path: Path) -> None:
    source = Path(bare({"a": b"absent", "b": b"2"}, tmp_path / "source.git"))
    git("config", "uploadpack.allowFilter", "true", at=source)
    git("clone", "-q", "--bare", "--filter=blob:none", f"file://{source}", "part.git", at=tmp_path)
    script = tmp_path / "run-me"
    script.write_text(f'#!/bin/sh\ntouch {tmp_path}/was-run\nexec git-upload-pack "$@"\n')
    script.chmod(0o755)
    at = tmp_path / "part.git"
    git("config", "remote.origin.uploadpack", str(script), at=at)
    tree = open_tree(str(at))
    assert paths(tree) == ["a", "b"]
    for _ in range(2):
        with pytest.raises(FileNotFoundError):
            tree.read("a")
    for entry in tree.entries():
        with pytest.raises(FileNotFoundError):
            tree.read(entry.path, identity=entry.identity)
    tree.close()
    assert not (tmp_path / "was-run").exists()


def test_replaced_objects_are_not_taken(tmp_path: Path) -> None:
    at = Path(bare({"a": b"true"}, tmp_path / "r.git"))
    git("replace", git("rev-parse", "HEAD:a", at=at), stored(at, "blob", b"false"), at=at)
    tree = open_tree(str(at))
    assert tree.read("a") == b"true"
    tree.close()


def test_settings_of_the_environment_do_not_matter(tmp_path: Path) -> None:
    at = bare(TWO, tmp_path / "r.git")
    other = bare({"other": b""}, tmp_path / "o.git")
    code = (
        "import sys; from joulemark.formats.trees.opening import open_tree\n"
        "print([e.path for e in open_tree(sys.argv[1]).entries()])"
    )
    import sys

    done = subprocess.run(
        [sys.executable, "-c", code, at],
        env={**os.environ, "GIT_DIR": other, "GIT_OBJECT_DIRECTORY": f"{other}/objects"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "['a/b/f', 'a/g']"


def test_a_git_that_does_not_answer(tmp_path: Path) -> None:
    at = Path(bare({"a": b"1", "b": b"2"}, tmp_path / "r.git"))
    limits = Limits(answer_s=0.3)
    tree = open_git(str(at), "HEAD", "", str(at), limits)
    stuck, fine = tree.entries()
    file = at / "objects" / stuck.identity[:2] / stuck.identity[2:]
    file.unlink()
    os.mkfifo(file)
    with pytest.raises(FormatError, match=r"has not answered for 0\.3 s"):
        tree.read("a", identity=stuck.identity)
    assert tree.read("b", identity=fine.identity) == b"2"
    tree.close()
    (at / "config").unlink()
    os.mkfifo(at / "config")
    with pytest.raises(FormatError, match="has not answered"):
        open_git(str(at), "HEAD", "", str(at), limits)


def test_too_many_entries(tmp_path: Path) -> None:
    at = bare({str(i): b"" for i in range(6)}, tmp_path / "r.git")
    tree = open_tree(at, limits=Limits(entries=5))
    with pytest.raises(FormatError, match="more than 5 files"):
        paths(tree)


def test_no_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at = bare(TWO, tmp_path / "r.git")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UnavailableError, match="apt install git"):
        open_tree(at)


def test_a_work_tree_beside_its_repository(tmp_path: Path) -> None:
    repository(TWO, tmp_path / "r")
    git("worktree", "add", "-q", str(tmp_path / "w"), at=tmp_path / "r")
    tree = open_tree(f"{tmp_path}/w@HEAD")
    assert paths(tree) == ["a/b/f", "a/g"]
    tree.close()
