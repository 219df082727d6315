"""What a person calls a tree, opened: a folder, an archive, a git repository."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable

from joulemark.core.errors import FormatError, UnavailableError, UsageError
from joulemark.formats.trees.limits import Limits
from joulemark.formats.trees.names import shown
from joulemark.formats.trees.tree import Tree

MAGIC = 512
TAR_MAGIC = b"ustar"
WAYS = "give a folder, a .tar, .tar.gz, .tar.xz, .tar.bz2 or .zip archive, or REPO.git@REV:PATH"
Keep = Callable[[str], bool]


def open_tree(text: str, *, keep: Keep | None = None, limits: Limits | None = None) -> Tree:
    """Open what a person calls a tree.

    An archive is told by its content. A folder that is what git keeps, without files of its own
    about it, is taken as the repository's HEAD; ``REPO@REV:PATH`` names any revision of any.

    Args:
        text: path of a folder or an archive, or ``REPO@REV:PATH``.
        keep: which files of a packed tar archive will be read later; None: all.
        limits: how much is read.

    Raises:
        UsageError: if there is nothing of the name, or no such revision.
        FormatError: if it is nothing that can be a tree.
        UnavailableError: if it cannot be read, or git is not there.
    """
    if not text or "\0" in text:
        raise UsageError("no name of a tree", where=shown(text), remedy=WAYS)
    try:
        mode = os.stat(text).st_mode
    except FileNotFoundError:
        return _revision(text, limits)
    except NotADirectoryError:
        return _revision(text, limits)
    except OSError as error:
        raise UnavailableError(
            f"cannot be opened: {error.strerror or error}", where=shown(text)
        ) from None
    if stat.S_ISDIR(mode):
        from joulemark.formats.trees.git import is_bare, open_git

        if is_bare(text):
            return open_git(os.path.abspath(text), "HEAD", "", f"{text}@HEAD", limits)
        from joulemark.formats.trees.folder import FolderTree

        return FolderTree(text, limits=limits)
    if not stat.S_ISREG(mode):
        raise FormatError("neither folder nor plain file", where=shown(text), remedy=WAYS)
    return _archive(text, keep, limits)


def _revision(text: str, limits: Limits | None) -> Tree:
    """Open ``REPO@REV:PATH``; names of folders may have "@" in them, as may revisions."""
    from joulemark.formats.trees.git import git_folder, open_git

    at = text.find("@")
    seen = ""
    while at >= 0:
        if at and os.path.isdir(text[:at]):
            seen = text[:at]
            folder = git_folder(seen)
            if folder:
                revision, _, inside = text[at + 1 :].partition(":")
                return open_git(folder, revision, inside, text, limits)
        at = text.find("@", at + 1)
    if seen:
        raise UsageError(f"{shown(seen)!r} is no git repository", where=shown(text), remedy=WAYS)
    raise UsageError("there is no such file or folder", where=shown(text), remedy=WAYS)


def _archive(path: str, keep: Keep | None, limits: Limits | None) -> Tree:
    from joulemark.formats.trees.streams import ZSTD, unpacker

    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            head = os.pread(file, MAGIC, 0)
        finally:
            os.close(file)
    except OSError as error:
        raise UnavailableError(
            f"cannot be opened: {error.strerror or error}", where=shown(path)
        ) from None
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x06\x06")):
        from joulemark.formats.trees.zipped import ZipTree

        return ZipTree(path, limits=limits)
    if unpacker(head) is not None or TAR_MAGIC in head[257:265] or path.lower().endswith(".tar"):
        from joulemark.formats.trees.tarred import TarTree

        return TarTree(path, limits=limits, keep=keep)
    if head.startswith(ZSTD):
        raise UnavailableError(
            "archives packed by zstd are not read", where=shown(path), remedy="unpack it"
        )
    raise FormatError("neither folder nor archive", where=shown(path), remedy=WAYS)


def reopen(token: str, limits: Limits | None = None) -> Tree:
    """Open a tree again, in any process of the same machine, by its ``token``.

    Nothing is indexed again; what the first one made must still be there.

    Raises:
        FormatError: if an archive was changed since.
        UnavailableError: if it is gone.
    """
    said = json.loads(token)
    kind, path = said["kind"], said.get("path", "")
    if kind == "branch":
        from joulemark.formats.trees.branch import Branch

        return Branch(reopen(said["of"], limits), said["folder"])
    if kind == "folder":
        from joulemark.formats.trees.folder import FolderTree

        return FolderTree(path, said["name"], limits)
    if kind == "git":
        from joulemark.formats.trees.git import GitTree
        from joulemark.formats.trees.gitprogram import Git

        git = Git(path, said["name"], limits or Limits())
        return GitTree(git, said["tree"], said["inside"], said["name"])
    if kind == "tar":
        from joulemark.formats.trees.tarred import TarTree

        tar = TarTree(path, said["name"], limits, index=said["index"])
        tar.unchanged(said["state"])
        return tar
    from joulemark.formats.trees.zipped import ZipTree

    zipped = ZipTree(path, said["name"], limits, index=said["index"])
    zipped.unchanged(said["state"])
    return zipped
