"""Makes trees of every kind from a mapping of paths to contents."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from joulemark.formats.trees.opening import open_tree
from joulemark.formats.trees.tree import Tree

Files = Mapping[str, bytes]
GIT = shutil.which("git")
needs_git = pytest.mark.skipif(GIT is None, reason="the program git is not installed")


def folder(files: Files, at: Path) -> str:
    """A folder with the files."""
    for path, data in files.items():
        file = at / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    at.mkdir(exist_ok=True)
    return str(at)


def tarred(files: Files, at: Path, mode: str = "w", form: int = tarfile.PAX_FORMAT) -> str:
    """A tar archive with the files, in the order given."""
    with tarfile.open(at, mode, format=form) as archive:  # type: ignore[call-overload]
        for path, data in files.items():
            archive.addfile(member(path, len(data)), io.BytesIO(data))
    return str(at)


def member(
    path: str, size: int = 0, kind: bytes = tarfile.REGTYPE, link: str = ""
) -> tarfile.TarInfo:
    """An entry of a tar archive."""
    info = tarfile.TarInfo(path)
    info.size, info.type, info.linkname = size, kind, link
    return info


def zipped(files: Files, at: Path, method: int = zipfile.ZIP_DEFLATED) -> str:
    """A zip archive with the files, in the order given."""
    with zipfile.ZipFile(at, "w", method) as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    return str(at)


def git(*arguments: str, at: Path, data: bytes = b"") -> str:
    """Run git; return what it prints."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "A",
        "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_COMMITTER_NAME": "A",
        "GIT_COMMITTER_EMAIL": "a@example.org",
    }
    done = subprocess.run(
        ["git", *arguments], cwd=at, env=environment, input=data, capture_output=True, check=True
    )
    return done.stdout.decode().strip()


def repository(files: Files, at: Path) -> str:
    """A repository with a work tree, and the files in one commit."""
    folder(files, at)
    git("init", "-q", "-b", "main", at=at)
    git("add", "-A", at=at)
    git("commit", "-q", "--allow-empty", "-m", "results", at=at)
    return str(at)


def bare(files: Files, at: Path) -> str:
    """A bare repository with the files in one commit."""
    work = at.parent / f"{at.name}-work"
    repository(files, work)
    git("clone", "-q", "--bare", str(work), str(at), at=at.parent)
    return str(at)


MAKERS: dict[str, Callable[[Files, Path], str]] = {
    "folder": folder,
    "tar": tarred,
    "tar.gz": lambda files, at: tarred(files, at, "w:gz"),
    "tar.bz2": lambda files, at: tarred(files, at, "w:bz2"),
    "tar.xz": lambda files, at: tarred(files, at, "w:xz"),
    "zip": zipped,
    "git": bare,
    "git-work": lambda files, at: f"{repository(files, at)}@main",
}
KINDS = [pytest.param(kind, marks=needs_git) if kind.startswith("git") else kind for kind in MAKERS]


def made(kind: str, files: Files, tmp_path: Path) -> Tree:
    """A tree of a kind, opened."""
    return open_tree(MAKERS[kind](files, tmp_path / f"tree.{kind}"))
