"""Import measurements and tables of results: one run for each measurement, each result once.

The parent process searches and groups; workers open the trees for themselves, read, and write the
runs. What two directories have in common is known before anything is read where the tree names
contents (git), else from the power log's digest. Runs are named by content, so nothing is stored
twice, whoever imports it when.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from joulemark.core.errors import FormatError, JoulemarkError, StoreError, UnavailableError
from joulemark.formats.inference.as_result import location_of
from joulemark.formats.inference.directory import POWER_LOG, SERVER, TESTING
from joulemark.formats.mlenergy.reading import is_result_name
from joulemark.formats.results.declared import LOGS, DeclaredResult
from joulemark.formats.trees.opening import open_tree
from joulemark.procedures.checked import INFERENCE, TINY, TRAINING
from joulemark.procedures.import_bundles import Told
from joulemark.procedures.import_hands import Found, Hands
from joulemark.procedures.import_kinds import targets_in, wanted
from joulemark.procedures.import_log_paths import take_logs
from joulemark.procedures.import_recording import import_recording, is_recording
from joulemark.procedures.import_tables import is_table_name, read_table, table_file, tables_in
from joulemark.procedures.import_worker import IDENTIFY, STORE, Answer
from joulemark.procedures.imported import Imported, Target
from joulemark.rules.results.stated import doubts
from joulemark.store.declared import add_declared, read_declared
from joulemark.store.importing import imported_path

Tell = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and of how much; 0 where nobody knows."""

_NAMED = 3
"""So many reasons a message gives."""


def _silent(what: str, done: int, of: int) -> None:
    """Say nothing."""


def import_paths(
    paths: Sequence[str],
    store: Path,
    *,
    keep_raw: bool = False,
    jobs: int | None = None,
    told: Told | None = None,
    tell: Tell = _silent,
) -> Imported:
    """Import everything that is known in some trees and files.

    Args:
        paths: folders, archives, repositories, or files of results.
        store: the directory of all runs; made if it is not there.
        keep_raw: copy the logs into the runs.
        jobs: worker processes; 1 does it in this process; None: one for each processor.
        told: what is told of logs of power.
        tell: told how far it is.

    Raises:
        FormatError: if a tree is damaged, or nothing in the paths can be imported.
        UnavailableError: if a path cannot be read.
        UsageError: if there is no such path.
        StoreError: if the store cannot be written.
    """
    done, found, told = Imported(), Found(), told or Told()
    with ExitStack() as stack:
        stack.callback(found.close)
        for path in paths:
            if is_recording(path):
                _take_recording(path, store, done, keep_raw=keep_raw)
            elif not take_logs(path, told, store, done, keep_raw=keep_raw):
                _search(path, found, done, tell)
        kinds = [target.kind for target in found.targets]
        done.directories, done.statements = kinds.count(INFERENCE), len(found.rows)
        done.benchmarks, done.sessions = kinds.count(TRAINING), kinds.count(TINY)
        if not (found.targets or found.rows or done.recordings or done.logs):
            raise _nothing(paths, done)
        if not (found.targets or found.rows):
            return done
        count = min(jobs or len(os.sched_getaffinity(0)), max(len(found.targets), 1))
        hands = stack.enter_context(Hands(found.trees, store, count, keep_raw=keep_raw))
        groups = _groups(hands, found, done, tell)
        rows = _store(hands, found, groups, store, done, tell)
    _declare(store, [*rows, *found.rows], done, tell)
    return done


def _nothing(paths: Sequence[str], done: Imported) -> FormatError:
    what = "nothing that can be imported: no power directory, no power log of a training run, "
    what += "no trace of a tiny board, no recording, no log of power and no table of results"
    reasons = "; ".join(f"{each.where}: {each.why}" for each in done.refused[:_NAMED])
    return FormatError(
        f"{what} ({reasons})" if reasons else what,
        where=", ".join(paths[:_NAMED]),
        remedy="name a result tree, a cm-result.json, a CSV of the results page or ML.ENERGY files",
    )


def _take_recording(path: str, store: Path, done: Imported, *, keep_raw: bool) -> None:
    """Store a recording, or note why it cannot be read."""
    try:
        new = import_recording(path, store, keep_raw=keep_raw)
    except (FormatError, UnavailableError) as error:
        done.refuse(path, str(error))
        return
    done.recordings += 1
    done.new += int(new)
    done.known += int(not new)


def _search(path: str, found: Found, done: Imported, tell: Tell) -> None:
    """Look for power directories and tables in one path."""
    if is_table_name(path) and Path(path).is_file():
        _take_table(table_file(path), path, found, done, "", str(Path(path).absolute()))
        return
    tree = open_tree(path, keep=lambda name: wanted(name) or is_table_name(name))
    found.number_of(tree)
    tables = set()
    for name in tables_in(tree):
        above = f"{tree.location}/{name}"
        if _take_table(lambda name=name: tree.read(name), name, found, done, tree.name, above):  # type: ignore[misc]
            tables.add(name)
    for target in targets_in(tree, found.number_of):
        files = {path for _, path, _, _ in target.entries}
        if files and files <= tables:  # results.json of a served model, at the root
            continue
        found.targets.append(target)
        tell("looking", len(found.targets), 0)


def _take_table(
    read: Callable[[], bytes],
    name: str,
    found: Found,
    done: Imported,
    tree: str = "",
    path: str = "",
) -> bool:
    """Take the results of a file that may be a table, and say whether it is one.

    One of a tree that is none is left out.
    """
    try:
        rows = read_table(read(), name, path)
    except JoulemarkError as error:
        done.refuse(f"{tree}: {name}" if tree else name, str(error))
        return False
    except FileNotFoundError:
        done.refuse(f"{tree}: {name}", "its content is not in this copy")
        return False
    if rows is None and tree:
        done.other_tables += int(not is_result_name(name))  # many things are called results.json
    elif rows is None:
        done.refuse(name, "no table of results that is known")
    if rows is None:
        return False
    done.tables += 1
    found.rows += [replace(row, tree=tree or name) for row in rows]
    return True


def _groups(hands: Hands, found: Found, done: Imported, tell: Tell) -> dict[str, list[Target]]:
    """Return the directories of each measurement, by the name of its run."""
    alike: dict[Any, list[Target]] = {}
    for number, target in enumerate(found.targets):
        alike.setdefault(_content(target) or number, []).append(target)
    firsts = [[targets[0]] for targets in alike.values()]
    groups: dict[str, list[Target]] = {}
    answers = hands.answers(IDENTIFY, firsts)
    for number, (targets, answer) in enumerate(zip(alike.values(), answers, strict=True), 1):
        tell("telling apart", number, len(firsts))
        if "error" in answer:
            for target in targets:
                done.refuse(found.where(target), answer["error"])
        else:
            groups.setdefault(answer["id"], []).extend(targets)
    return groups


def _content(target: Target) -> tuple[str, str] | None:
    """Return what names the content of a directory; None where the tree does not say."""
    known = {name: identity for name, _, _, identity in target.entries}
    if target.kind != INFERENCE:
        return None
    log, server = known.get(f"{TESTING}/{POWER_LOG}", ""), known.get(SERVER, "")
    return (log, server) if log and server else None


def _store(
    hands: Hands,
    found: Found,
    groups: Mapping[str, list[Target]],
    store: Path,
    done: Imported,
    tell: Tell,
) -> list[DeclaredResult]:
    """Store each measurement, and return its results."""
    known = [row for row in read_declared(store) if row.kind == LOGS]
    listed = {(row.run, row.location, round_) for row in known for round_ in (row.round, "")}
    todo = []
    for run, targets in groups.items():
        name = _round(targets[0])
        done.rounds[name] = done.rounds.get(name, 0) + 1
        places = {(run, location_of(each.path), each.place.round) for each in targets}
        if places <= listed and imported_path(store, run).is_dir():
            done.known += 1
        else:
            todo.append(targets)
    rows: list[DeclaredResult] = []
    for number, answer in enumerate(hands.answers(STORE, todo), 1):
        tell("importing", number, len(todo))
        rows += _taken(answer, found.where(todo[number - 1][0]), done)
    return rows


def _round(target: Target) -> str:
    """Return the round of a measurement, with its suite where that is not inference."""
    round_ = target.place.round or "unknown"
    return round_ if target.kind == INFERENCE else f"{target.kind} {round_}"


def _taken(answer: Answer, where: str, done: Imported) -> list[DeclaredResult]:
    """Return the results of a measurement that was stored, or note why it was not.

    Raises:
        StoreError: if the store cannot be written.
    """
    if answer.get("fatal"):
        remedy = "free some space, or name another --store; what is stored is kept"
        raise StoreError(answer["error"], where=answer["where"], remedy=remedy)
    if "error" in answer:
        done.refuse(where, answer["error"])
        return []
    done.new += int(answer["new"])
    done.known += int(answer.get("known", not answer["new"]))
    for why in answer.get("refused", ()):
        done.refuse(where, why)
    return [_row(record) for record in answer["rows"]]


def _row(record: Mapping[str, Any]) -> DeclaredResult:
    listed = {name: tuple(record[name]) for name in ("sources", "remarks")}
    return DeclaredResult(**{**record, **listed})


def _declare(store: Path, rows: list[DeclaredResult], done: Imported, tell: Tell) -> None:
    """Add results to the table of the store, and note what is doubtful among them."""
    tell("judging", 0, 0)
    judged: dict[str, Sequence[str]] = {}

    def judge(every: Sequence[DeclaredResult]) -> Mapping[str, Sequence[str]]:
        judged.update(doubts(every))
        return judged

    added = add_declared(store, rows, judge)
    done.results, done.total, done.doubtful = added.new, added.total, added.doubtful
    for row in rows:
        done.doubts += [(row.sources[0], why) for why in judged.get(row.key, ())]
