"""A revision of a git repository as a tree."""

from __future__ import annotations

import json
import os
import re
import weakref
from collections import Counter
from collections.abc import Iterator

from joulemark.core.errors import FormatError, UsageError
from joulemark.formats.trees.gitprogram import Conversation, Git
from joulemark.formats.trees.limits import Limits
from joulemark.formats.trees.names import is_path, one_by_one, shown, to_bytes, to_text
from joulemark.formats.trees.tree import MAX_FILE, Entry

OBJECT = re.compile(r"[0-9a-f]{40,64}")
LEFT_OUT = {b"120000": "link", b"160000": "submodule"}
PARTIAL = "promisor remote"
MARKS = ("HEAD", "objects", "refs")


def git_folder(path: str) -> str:
    """Return what git would call ``GIT_DIR`` of a repository; empty if a folder is none."""
    for folder in (path, f"{path}/.git"):
        if is_bare(folder):
            return os.path.abspath(folder)
    return os.path.abspath(f"{path}/.git") if os.path.isfile(f"{path}/.git") else ""


def is_bare(path: str) -> bool:
    """Say whether a folder looks like what git keeps, with no files of its own about it."""
    head, *folders = (os.path.join(path, mark) for mark in MARKS)
    return os.path.isfile(head) and all(os.path.isdir(folder) for folder in folders)


class GitTree:
    """Files of one revision, read by the git program.

    Args:
        git: the program, for the repository.
        tree: id of the tree object of the whole revision.
        inside: folder of it that is the root; empty for all of it.
        name: for messages.

    Attributes:
        name, left_out: see :class:`joulemark.formats.trees.tree.Tree`.
    """

    def __init__(self, git: Git, tree: str, inside: str, name: str) -> None:
        """Keep the arguments; nothing is started."""
        self.name = name
        self.left_out: Counter[str] = Counter()
        self._git = git
        self._tree = tree
        self._inside = inside
        self._prefix = f"{inside}/" if inside else ""
        self._reader = _Reader(git)
        self._folder = "\0", b""  # the last whose tree object was looked into

    @property
    def location(self) -> str:
        """Path of the repository, and of the root in it."""
        folder = self._git.folder.removesuffix("/.git").removesuffix(".git")
        return f"{folder}/{self._inside}" if self._inside else folder

    @property
    def token(self) -> str:
        """Text by which the tree is opened again; a branch that moves on does not change it."""
        return json.dumps(
            {
                "kind": "git",
                "path": self._git.folder,
                "tree": self._tree,
                "inside": self._inside,
                "name": self.name,
            }
        )

    def raised(self, levels: int) -> GitTree | None:
        """Return the tree rooted so many folders higher, within the revision."""
        parts = self._inside.split("/") if self._inside else []
        if levels > len(parts):
            return None
        inside = "/".join(parts[: len(parts) - levels])
        name = f"{self._git.folder}@{self._tree[:12]}" + (f":{inside}" if inside else "")
        higher = GitTree(self._git, self._tree, inside, name)
        higher._reader = self._reader
        return higher

    def entries(self, under: str = "") -> Iterator[Entry]:
        """Yield every plain file in the order of the paths' bytes, with the id of its blob.

        Sizes are not told: git would have to look up every object.

        Raises:
            FormatError: if the repository is damaged or hostile, naming it and the entry.
            UnavailableError: if git cannot be run.
        """
        self.left_out.clear()
        under = under.strip("/")
        top = f"{self._tree}:{self._prefix}{under}".removesuffix("/")
        if under and self._git.ask("cat-file", "-t", top) != "tree":
            return iter(())
        prefix = f"{under}/" if under else ""
        return one_by_one(self._listed(top, prefix), self.name, self._git.limits)

    def read(self, path: str, limit: int = MAX_FILE, *, identity: str = "") -> bytes:
        """Return the content of one file.

        Raises:
            FileNotFoundError: if there is no such file, or the repository lacks its blob.
            FormatError: if it is larger than ``limit``, or damaged.
            UnavailableError: if git cannot be run.
        """
        where = f"{shown(self.name)}: {shown(path)}"
        if not OBJECT.fullmatch(identity):
            identity = self._identity(path, where)
        data = self._reader.read(identity, b"blob", limit, where)
        if data is None:
            raise FileNotFoundError(path)
        return data

    def close(self) -> None:
        """End the program."""
        self._reader.close()

    def _listed(self, top: str, prefix: str) -> Iterator[Entry]:
        listing = self._git.start("ls-tree", "-r", "-z", "--full-tree", top)
        try:
            rest = b""
            while piece := listing.some():
                *records, rest = (rest + piece).split(b"\0")
                for record in records:
                    entry = self._entry(record, prefix)
                    if entry is not None:
                        yield entry
                if len(rest) > 2 * self._git.limits.path:
                    raise self._damaged(rest)
            complaint = listing.complaint()
            if complaint or rest:
                raise FormatError(
                    f"git cannot list it: {complaint or 'it stopped early'}",
                    where=shown(self.name),
                )
        finally:
            listing.close()

    def _identity(self, path: str, where: str) -> str:
        """Return the id of a plain file's blob, from the tree object of its folder."""
        folder, _, name = path.rpartition("/")
        if not is_path(path):
            raise FileNotFoundError(path)
        if self._folder[0] != folder:
            asked = f"{self._tree}:{self._prefix}{folder}".removesuffix("/")
            if "\n" in asked:  # which would end the question
                asked = self._git.ask("rev-parse", "--verify", "--quiet", asked) or "-"
            self._folder = folder, self._reader.read(asked, b"tree", MAX_FILE, where) or b""
        wanted, length = to_bytes(name), len(self._tree) // 2
        at, data = 0, self._folder[1]
        while at < len(data):
            end = data.find(b"\0", at)
            mode, _, found = data[at:end].partition(b" ")
            at = end + 1 + length
            if found == wanted and mode[:3] == b"100":
                return data[end + 1 : at].hex()
        raise FileNotFoundError(path)

    def _entry(self, record: bytes, prefix: str) -> Entry | None:
        head, tab, raw = record.partition(b"\t")
        if head[:3] != b"100":
            self.left_out[LEFT_OUT.get(head[:6], "device")] += 1
            return None
        if (
            not tab
            or len(raw) > self._git.limits.path
            or raw[:1] == b"/"
            or b"//" in raw
            or (b"." in raw and not {b"", b".", b".."}.isdisjoint(raw.split(b"/")))
        ):
            raise self._damaged(raw)
        return Entry(prefix + to_text(raw), identity=head[head.rfind(b" ") + 1 :].decode("ascii"))

    def _damaged(self, raw: bytes) -> FormatError:
        return FormatError(
            "a path that no file can have",
            where=f"{shown(self.name)}: {shown(to_text(raw))}",
            remedy="git fsck tells more",
        )


class _AbsentError(Exception):
    """Git ended because an object is absent."""


class _Reader:
    """One git that hands out objects, started when first asked and again after it died."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._talk: Conversation | None = None
        self._end = weakref.finalize(self, lambda: None)

    def read(self, asked: str, kind: bytes, limit: int, where: str) -> bytes | None:
        """Return an object; None if there is none of that kind."""
        if self._talk is None:
            self._talk = self._git.start("cat-file", "--batch")
            self._end = weakref.finalize(self, self._talk.close)
        try:
            found, data = self._answer(self._talk, to_bytes(asked), limit, where)
        except _AbsentError:
            self.close()
            return None
        except BaseException:
            self.close()  # whatever it may still say belongs to no question
            raise
        return data if found == kind else None

    def close(self) -> None:
        self._talk = None
        self._end()

    @staticmethod
    def _answer(talk: Conversation, asked: bytes, limit: int, where: str) -> tuple[bytes, bytes]:
        """Return kind and content of an object; no kind if there is none."""
        talk.say(asked + b"\n")
        line = talk.line()
        kind, _, number = line[line.find(b" ") + 1 :].partition(b" ")
        if line.endswith((b" missing", b" submodule")):
            return b"", b""
        if not number.isdigit():
            complaint = talk.complaint() or "it stopped"
            if PARTIAL in complaint:  # git ends over what a partial clone lacks
                raise _AbsentError
            raise FormatError(f"git cannot read it: {complaint}", where=where)
        size = int(number)
        if size > limit:
            raise FormatError(f"{size} bytes are more than the {limit} that are read", where=where)
        data = talk.exactly(size + 1)
        if len(data) <= size:
            complaint = talk.complaint() or "it stopped"
            raise FormatError(f"git cannot read it: {complaint}", where=where)
        return kind, data[:-1]


def open_git(
    folder: str, revision: str, inside: str, name: str, limits: Limits | None = None
) -> GitTree:
    """Return a revision of a repository, or a folder of it.

    Raises:
        UsageError: if there is no such revision or folder.
        FormatError: if git does not answer.
        UnavailableError: if there is no git.
    """
    git = Git(folder, name, limits or Limits())
    if not revision or revision.startswith("-") or not revision.isprintable():
        raise UsageError(
            f"{shown(revision)!r} is no revision", where=shown(name), remedy="REPO.git@HEAD:PATH"
        )
    parts = [part for part in inside.split("/") if part not in {"", "."}]
    if ".." in parts or "\0" in inside:
        raise UsageError('a path in a repository has no ".."', where=shown(name))
    tree = git.ask("rev-parse", "--verify", "--quiet", f"{revision}^{{tree}}")
    if tree is None or not OBJECT.fullmatch(tree):
        raise UsageError(
            f"the repository has no revision {shown(revision)!r} that can be read",
            where=shown(name),
            remedy="git branch -a lists branches",
        )
    inside = "/".join(parts)
    if inside and git.ask("cat-file", "-t", f"{tree}:{inside}") != "tree":
        raise UsageError(f"the revision has no folder {shown(inside)!r}", where=shown(name))
    return GitTree(git, tree, inside, name)
