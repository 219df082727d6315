"""Import measurements and tables of results: one run for each measurement, each result once.

The parent process searches and groups; workers open the trees for themselves, read, and write the
runs. What two directories have in common is known before anything is read where the tree names
contents (git), else from the power log's digest. Runs are named by content, so nothing is stored
twice, whoever imports it when. A path that is as it was is not read again (``import_memory``).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from joulemark.core.errors import FormatError, StoreError
from joulemark.formats.inference.as_result import location_of
from joulemark.formats.inference.directory import POWER_LOG, SERVER, TESTING
from joulemark.formats.results.declared import LOGS, DeclaredResult
from joulemark.formats.trees.state import state_of
from joulemark.procedures.checked import INFERENCE
from joulemark.procedures.import_bundles import Told
from joulemark.procedures.import_hands import Found, Hands
from joulemark.procedures.import_log_paths import take_logs
from joulemark.procedures.import_memory import Memory
from joulemark.procedures.import_search import Tell, needed, read_path
from joulemark.procedures.import_worker import IDENTIFY, STORE, Answer
from joulemark.procedures.imported import Imported, Part, Refused, Target
from joulemark.rules.results.stated import doubts
from joulemark.store.declared import add_declared, read_declared, read_doubts, standing
from joulemark.store.importing import imported_path

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
    again: bool = False,
    told: Told | None = None,
    tell: Tell = _silent,
) -> Imported:
    """Import everything that is known in some trees and files.

    Args:
        paths: folders, archives, repositories, or files of results.
        store: the directory of all runs; made if it is not there.
        keep_raw: copy the logs into the runs.
        jobs: worker processes; 1 does it in this process; None: one for each processor.
        again: also read what is as it was when it was imported into this store.
        told: what is told of logs of power.
        tell: told how far it is.

    Raises:
        FormatError: if a tree is damaged, or nothing in the paths can be imported.
        UnavailableError: if a path cannot be read.
        UsageError: if there is no such path.
        StoreError: if the store cannot be written.
    """
    memory, done = Memory(store, keep_raw=keep_raw), Imported()
    with Found() as found:
        parts: list[Part] = []
        fresh: list[tuple[str, Part]] = []
        for path in paths:
            if take_logs(path, told or Told(), store, done, keep_raw=keep_raw):
                continue
            state = state_of(path, needed)
            part = None if again else memory.part(path, state)
            if part is not None:
                done.unchanged.append((path, part.since))
            else:
                part = read_path(path, state, store, found, tell, keep_raw=keep_raw)
                fresh.append((state, part))
            parts.append(part)
        rows = _measured(found, store, jobs, tell, keep_raw=keep_raw) if found.targets else []
    done.add(parts)
    if not (done.logs or done.recordings or any(part.declares for part in parts)):
        raise _nothing(paths, done)
    replaced = _declare(store, [*rows, *found.rows], parts, done, tell, fresh=bool(fresh))
    if fresh:
        memory.add(fresh, replaced)
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


def _measured(
    found: Found, store: Path, jobs: int | None, tell: Tell, *, keep_raw: bool
) -> list[DeclaredResult]:
    """Store every measurement that was found, and return its results."""
    count = min(jobs or len(os.sched_getaffinity(0)), len(found.targets))
    with Hands(found.trees, store, count, keep_raw=keep_raw) as hands:
        return _store(hands, found, _groups(hands, found, tell), store, tell)


def _groups(hands: Hands, found: Found, tell: Tell) -> dict[str, list[Target]]:
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
                part = found.part_of(target)
                part.refuse(found.where(target), answer["error"])
                part.lasting &= not answer.get("passing")
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
    hands: Hands, found: Found, groups: Mapping[str, list[Target]], store: Path, tell: Tell
) -> list[DeclaredResult]:
    """Store each measurement, and return its results."""
    known = [row for row in read_declared(store) if row.kind == LOGS]
    listed = {(row.run, row.location, round_): row for row in known for round_ in (row.round, "")}
    todo = []
    for run, targets in groups.items():
        for target in targets:
            found.part_of(target).note(run, _round(target), 0)
        places = [(run, location_of(each.path), each.place.round) for each in targets]
        if listed.keys() >= set(places) and imported_path(store, run).is_dir():
            _link(found, targets, run, [run], 1)
            for target, place in zip(targets, places, strict=True):
                found.part_of(target).rows.append((listed[place].key, ""))
        else:
            todo.append((run, targets))
    rows: list[DeclaredResult] = []
    answers = hands.answers(STORE, [targets for _, targets in todo])
    for number, ((run, targets), answer) in enumerate(zip(todo, answers, strict=True), 1):
        tell("importing", number, len(todo))
        rows += _taken(answer, run, targets, found)
    return rows


def _link(
    found: Found, targets: Sequence[Target], group: str, runs: Sequence[str], count: int
) -> None:
    """Note the runs of a group in all parts that hold it."""
    for part in found.parts_of(targets):
        part.note(group, "", count)
        part.runs += runs


def _round(target: Target) -> str:
    """Return the round of a measurement, with its suite where that is not inference."""
    round_ = target.place.round or "unknown"
    return round_ if target.kind == INFERENCE else f"{target.kind} {round_}"


def _taken(
    answer: Answer, group: str, targets: Sequence[Target], found: Found
) -> list[DeclaredResult]:
    """Return the results of a measurement that was stored, or note why it was not.

    Raises:
        StoreError: if the store cannot be written.
    """
    if answer.get("fatal"):
        remedy = "free some space, or name another --store; what is stored is kept"
        raise StoreError(answer["error"], where=answer["where"], remedy=remedy)
    if "error" in answer:
        for target in reversed(targets):  # of each part the first
            part = found.part_of(target)
            part.failed[group] = Refused(found.where(target), answer["error"])
            part.lasting &= not answer.get("passing")
        return []
    first = found.part_of(targets[0])
    first.new += int(answer["new"])
    count = int(answer["new"]) + int(answer.get("known", not answer["new"]))
    for why in answer.get("refused", ()):
        first.refuse(found.where(targets[0]), why)
    rows = [_row(record) for record in answer["rows"]]
    _link(found, targets, group, answer["runs"], count)
    trees = answer.get("trees") or [target.tree for target in targets]
    for row, tree in zip(rows, trees, strict=False):
        found.parts[tree].rows.append((row.key, row.sources[0]))
    return rows


def _row(record: Mapping[str, Any]) -> DeclaredResult:
    listed = {name: tuple(record[name]) for name in ("sources", "remarks")}
    return DeclaredResult(**{**record, **listed})


def _declare(
    store: Path,
    rows: list[DeclaredResult],
    parts: Sequence[Part],
    done: Imported,
    tell: Tell,
    *,
    fresh: bool,
) -> frozenset[str]:
    """Add results to the table of the store, and note what is doubtful among those found now.

    Returns:
        Keys of results that say another thing than before.
    """
    if not any(part.declares for part in parts):
        return frozenset()
    tell("judging", 0, 0)
    judged: dict[str, Sequence[str]] = {}

    def judge(every: Sequence[DeclaredResult]) -> Mapping[str, Sequence[str]]:
        judged.update(doubts(every))
        return judged

    if fresh:
        added = add_declared(store, rows, judge)
    else:
        added = standing(store)
        judged.update(read_doubts(store))
    done.results, done.total, done.doubtful = added.new, added.total, added.doubtful
    for part in parts:
        for key, where in part.rows:
            done.doubts += [(where, why) for why in judged.get(key, ()) if where]
    return added.replaced
