"""What is kept for directories that hold copies of the same files."""

from __future__ import annotations

import pytest

from joulemark.core.errors import FormatError
from joulemark.formats.inference.directory import CLIENT, CONSOLE, PowerDirectory
from joulemark.formats.inference.shelf import Shelf
from joulemark.formats.trees.tree import Entry
from tests.formats.inference.samples import Memory
from tests.inference_samples import Sample


class Counting(Memory):
    """A tree in memory that counts what is read."""

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(files)
        self.reads: list[str] = []

    def read(self, path: str, limit: int = 1 << 20, *, identity: str = "") -> bytes:
        self.reads.append(path)
        return super().read(path, limit, identity=identity)


def twins(*, named: bool, **changed: bytes) -> tuple[Counting, PowerDirectory, PowerDirectory]:
    """Return two directories with the same files, but for those of the second that are changed."""
    files = Sample().files()
    second = {
        **files,
        **{CONSOLE if name == "console" else CLIENT: d for name, d in changed.items()},
    }
    tree = Counting(
        {f"a/{n}": d for n, d in files.items()} | {f"b/{n}": d for n, d in second.items()}
    )
    shelf = Shelf()

    def made(path: str, held: dict[str, bytes]) -> PowerDirectory:
        entries = {
            name: Entry(f"{path}/{name}", len(data), str(hash(data)) if named else "")
            for name, data in held.items()
        }
        return PowerDirectory(tree, path, entries, shelf=shelf)

    return tree, made("a", files), made("b", second)


def test_what_a_copy_says_is_not_worked_out_again_and_has_its_own_name() -> None:
    _, a, b = twins(named=False)
    assert a.console.lines is b.console.lines
    assert a.testing_power.time is b.testing_power.time
    assert a.notices is b.notices
    assert a.sha1(CONSOLE) == b.sha1(CONSOLE)
    assert (a.console.name, b.console.name) == (f"a/{CONSOLE}", f"b/{CONSOLE}")
    assert (a.client.name, b.client.name) == (f"a/{CLIENT}", f"b/{CLIENT}")
    assert a.client.messages is b.client.messages


def test_a_file_that_differs_is_read_for_itself() -> None:
    console = Sample().files()[CONSOLE] + b"01-01-2025 00:00:00.000: ERROR: more\r\n"
    _, a, b = twins(named=True, console=console)
    assert len(b.console.lines) == len(a.console.lines) + 1
    assert len(b.notices) == len(a.notices) + 1
    assert a.sha1(CONSOLE) != b.sha1(CONSOLE)


def test_content_that_the_tree_names_is_read_once() -> None:
    tree, a, b = twins(named=True)
    for file in a.entries:
        assert a.read(file) is b.read(file)
    assert len(tree.reads) == len(set(Sample().files().values())), "two files may be alike"
    assert all(path.startswith("a/") for path in tree.reads)
    tree, a, b = twins(named=False)
    for file in a.entries:
        assert a.read(file) == b.read(file)
    assert len(tree.reads) == 2 * len(a.entries)


def test_errors_are_not_kept_and_name_each_file() -> None:
    tree, a, b = twins(named=False, client=b"[]")
    tree.files[f"a/{CLIENT}"] = b"[]"
    for one in (a, b):
        with pytest.raises(FormatError) as raised:
            _ = one.client
        assert raised.value.where == one.name_of(CLIENT)


def test_the_longest_unused_goes_first_and_what_is_too_large_is_not_kept() -> None:
    shelf = Shelf(10)
    made: list[str] = []

    def get(key: str, size: int) -> str:
        def make() -> str:
            made.append(key)
            return key

        return shelf.kept(key, size, make)

    for key, size in [("a", 4), ("b", 4), ("a", 4), ("c", 4), ("b", 4), ("a", 4), ("large", 11)]:
        assert get(key, size) == key
    assert made == ["a", "b", "c", "b", "a", "large"]
    get("large", 11)
    get("a", 4)
    assert made[6:] == ["large"]
