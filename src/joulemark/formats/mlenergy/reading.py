"""All configurations of a tree: each file is told by what it holds, each result stands once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from joulemark.core.errors import FormatError, JoulemarkError
from joulemark.formats.mlenergy import run, v2, v3
from joulemark.formats.mlenergy.configuration import Configuration
from joulemark.formats.mlenergy.values import MAX_JSON, Fields, loaded, written
from joulemark.formats.trees.tree import NOT_HERE, Entry, Tree

_FOLDERS = ("tasks", "models")
_NAMES = "models.json"
_LEGACY = "/legacy/"
_ENDING = ".json"
SAME = 1e-9


@dataclass(slots=True)
class Reading:
    """What was read.

    Attributes:
        configurations: each once, in the order of first mention.
        repeated: how many statements of a configuration were left out, since another says the same.
        refused: files and places that could not be read, each with why.
        other: how many files were looked at that hold no result of this benchmark.
        legacy: how many files of V1 were left aside.
        nicknames: of models, by identity, as files beside the results tell them.
    """

    configurations: list[Configuration] = field(default_factory=list)
    repeated: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    other: int = 0
    legacy: int = 0
    nicknames: dict[str, str] = field(default_factory=dict)
    _seen: dict[tuple[str, ...], list[int]] = field(default_factory=dict)

    def add(self, one: Configuration) -> None:
        """Add a configuration; one that is there already counts as repeated."""
        numbers = self._seen.setdefault(one.identity, [])
        for number in numbers:
            if _same(self.configurations[number], one):
                self.repeated += 1
                self.configurations[number] = _fuller(self.configurations[number], one)
                return
        if numbers:
            said = f"{self.configurations[numbers[0]].source} states other figures of it"
            one = replace(one, remarks=(*one.remarks, said))
        numbers.append(len(self.configurations))
        self.configurations.append(one)

    def name_models(self) -> None:
        """Give configurations without a nickname that of their model."""
        for number, one in enumerate(self.configurations):
            if not one.nickname and one.model in self.nicknames:
                named = replace(one, nickname=self.nicknames[one.model])
                self.configurations[number] = named


def is_result_name(path: str) -> bool:
    """Return whether a file of a tree may hold results of this benchmark."""
    folder, _, name = path.rpartition("/")
    if not name.endswith(_ENDING):
        return False
    numbered = name.startswith("bs") and name[2:3].isdigit()
    return name in (run.NAME, _NAMES) or numbered or folder.rpartition("/")[2] in _FOLDERS


def read_tree(tree: Tree, into: Reading) -> None:
    """Read every file of a tree that may hold results.

    Those are the ones that bear a name of the benchmark's, or lie in a folder of such a name; where
    there is no result in these, all files of JSON.

    Raises:
        FormatError: if the tree is damaged or hostile.
        UnavailableError: if it cannot be read.
    """
    before, rest = len(into.configurations) + into.repeated, []
    for entry in tree.entries():
        if _LEGACY in f"/{entry.path}":
            into.legacy += 1
        elif is_result_name(entry.path):
            _read_entry(tree, entry, into)
        elif entry.path.endswith(_ENDING):
            rest.append(entry)
    if len(into.configurations) + into.repeated == before:
        for entry in rest:
            _read_entry(tree, entry, into)
    into.name_models()


def _read_entry(tree: Tree, entry: Entry, into: Reading) -> None:
    read_file(
        lambda: tree.read(entry.path, MAX_JSON, identity=entry.identity),
        entry.path,
        into,
        f"{tree.location}/{entry.path}",
    )


def read_file(read: Callable[[], bytes], name: str, into: Reading, path: str = "") -> None:
    """Read one file.

    Args:
        read: returns its bytes.
        name: of the file, for messages.
        into: what is read is added to it.
        path: of the file, as far up as is known, which may tell task and GPU; empty: the name.
    """
    try:
        if name.rpartition("/")[2] == _NAMES:
            into.nicknames |= _nicknames(loaded(read(), name))
            return
        for one in _configurations(loaded(read(), name), name, path or name):
            if isinstance(one, FormatError):
                into.refused.append((one.where, one.what))
            elif one is None:
                into.other += 1
            else:
                into.add(one)
    except FileNotFoundError:
        into.refused.append((name, NOT_HERE))
    except JoulemarkError as error:
        into.refused.append((error.where or name, error.what))


def _configurations(
    record: Mapping[str, Any], name: str, path: str
) -> Iterator[Configuration | FormatError | None]:
    """Yield what an object holds; None where it is of something else."""
    if v3.is_v3(record):
        yield from v3.read_v3(record, name)
    elif v2.is_v2(record):
        yield v2.read_v2(record, name, path)
    elif run.is_run(record):
        yield run.read_run(record, name, path)
    else:
        yield None


def _nicknames(record: Mapping[str, Any]) -> dict[str, str]:
    """Return the nicknames of models that a file states."""
    fields = {model: Fields(said) for model, said in record.items() if isinstance(said, dict)}
    named = {written(model): said.text("nickname") for model, said in fields.items()}
    return {model: name for model, name in named.items() if name}


def _same(one: Configuration, other: Configuration) -> bool:
    """Return whether two statements of a configuration have the same figures."""
    shared = one.figures.keys() & other.figures.keys()
    pairs = [(one.figures[name].value, other.figures[name].value) for name in shared]
    return bool(pairs) and all(abs(a - b) <= SAME * max(a, b) for a, b in pairs)


def _fuller(one: Configuration, other: Configuration) -> Configuration:
    """Return a configuration with what only its other statement says."""
    return replace(
        one,
        nickname=one.nickname or other.nickname,
        figures={**other.figures, **one.figures},
    )
