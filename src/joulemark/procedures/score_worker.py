"""What a worker process of a score does: one result after another, each answered by a line."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, BinaryIO

import msgspec

from joulemark.accounting.training_official import Algorithm
from joulemark.core.errors import JoulemarkError
from joulemark.core.finding import Finding, Severity
from joulemark.formats.tiny.session import TinySession
from joulemark.formats.tiny.sessions import session_at
from joulemark.formats.training.benchmarks import directory_at
from joulemark.formats.training.directory import BenchmarkDirectory
from joulemark.formats.trees.opening import reopen
from joulemark.formats.trees.tree import Entry, Tree
from joulemark.procedures.checked import TINY, TRAINING
from joulemark.procedures.judging import INTERNAL, plain, writable
from joulemark.procedures.score_paths import Published
from joulemark.procedures.score_tiny import ENERGY, score_tiny
from joulemark.procedures.score_training import score_training
from joulemark.procedures.scored import NOT_SCORED, OWN, Scored, Target, lost
from joulemark.rules.tiny.register import review as review_tiny
from joulemark.rules.training.register import review as review_training
from joulemark.rules.training.review import TrainingReview

SAMPLED = frozenset({"trace", "runner"})
"""Kinds of a session's files that hold samples."""


class Desk:
    """Scores what lies in several trees.

    Args:
        open_tree: opens a tree by its number; called when it is another than before.
        algorithm: version of the official summarizer, or ``own``.
    """

    def __init__(self, open_tree: Callable[[int], Tree], algorithm: str = OWN) -> None:
        """Keep the arguments; nothing is opened."""
        self._open_tree = open_tree
        self._algorithm = None if algorithm == OWN else Algorithm(algorithm)
        self._open: tuple[int, Tree] | None = None

    def answer(self, target: Target) -> Scored:
        """Return the score of a target; whatever goes wrong is a finding."""
        name = ""
        try:
            tree = self._tree(target.tree)
            name = plain(tree.name)
            entries = {key: Entry(path, size, known) for key, path, size, known in target.files}
            if target.kind == TRAINING:
                return self._training(directory_at(tree, target.path, entries), name)
            return self._tiny(session_at(tree, target.path, entries), name)
        except JoulemarkError as error:
            return lost(target, name, plain(str(error)))
        except Exception as error:  # noqa: BLE001 # one result must not end the score of thousands
            return lost(target, name, plain(f"{type(error).__name__}: {str(error)[:300]}"))

    def _tree(self, number: int) -> Tree:
        if self._open is None or self._open[0] != number:
            self._open = number, self._open_tree(number)
        return self._open[1]

    def _training(self, directory: BenchmarkDirectory, name: str) -> Scored:
        about = TrainingReview(directory)
        figures, folder, reasons = score_training(directory, self._algorithm, about.see)
        place = directory.place
        names = _published(directory.tree, directory.path, place.submitter, place.division)
        found = [
            *guarded(lambda: review_training(about)),
            *_missing(("official", "in_run"), reasons),
        ]
        return Scored(
            kind=TRAINING,
            tree=name,
            path=plain(names.of("")),
            round=plain(place.round),
            division=plain(place.division),
            submitter=plain(place.submitter),
            system=plain(place.system),
            benchmark=plain(folder.benchmark),
            training=figures,
            reasons=reasons,
            findings=_named(found, names),
        )

    def _tiny(self, session: TinySession, name: str) -> Scored:
        score, reasons = score_tiny(session)
        place = session.place
        names = _published(session.tree, session.path, place.submitter, place.division)
        found = guarded(lambda: review_tiny(session))
        if score.mode == ENERGY and SAMPLED & session.entries.keys():
            found += _missing(("recomputed_uj",), reasons)
        return Scored(
            kind=TINY,
            tree=name,
            path=plain(names.of("")),
            round=plain(place.round),
            division=plain(place.division),
            submitter=plain(place.submitter),
            system=plain(place.system),
            benchmark=plain(session.benchmark),
            tiny=score,
            reasons=reasons,
            findings=_named(found, names),
        )


def _published(tree: Tree, path: str, submitter: str, division: str) -> Published:
    location = [part for part in tree.location.split("/") if part]
    return Published(location, path, submitter, division)


def guarded(review: Callable[[], list[Finding]]) -> list[Finding]:
    """Return what rules find; that they fail is a finding too, and leaves the figures."""
    try:
        return review()
    except Exception as error:  # noqa: BLE001 # a rule must not cost the figures
        what = f"the rules failed: {type(error).__name__}: {str(error)[:300]}"
        return [Finding(rule=INTERNAL, severity=Severity.ERROR, message=what)]


def _missing(figures: Sequence[str], reasons: Mapping[str, str]) -> list[Finding]:
    """Return a finding for each figure that should be there and is not."""
    return [
        Finding(rule=NOT_SCORED, severity=Severity.ERROR, message=f"{one}: {reasons[one]}")
        for one in figures
        if one in reasons
    ]


def _named(findings: Sequence[Finding], names: Published) -> tuple[Finding, ...]:
    """Return findings whose files are named as published, and whose texts can be written."""
    return tuple(
        writable(
            Finding(
                rule=one.rule,
                severity=one.severity,
                message=one.message,
                file=names.of(one.file),
                line=one.line,
            )
        )
        for one in findings
    )


def first_line(trees: Sequence[Tree], algorithm: str) -> bytes:
    """Return what a worker is told first."""
    return json.dumps({"tokens": [t.token for t in trees], "algorithm": algorithm}).encode()


def request(target: Target) -> bytes:
    """Return a target as a line for a worker."""
    return json.dumps(asdict(target)).encode()


def encoded(scored: Scored) -> bytes:
    """Return a score as one line of JSON."""
    return msgspec.json.encode(scored, enc_hook=str)


def decoded(line: bytes) -> Scored:
    """Return a score from one line of JSON."""
    from joulemark.store.schema import converted

    return converted(msgspec.json.decode(line), Scored)


def main(source: BinaryIO | None = None, sink: BinaryIO | None = None) -> int:
    """Answer lines of standard input until it ends.

    Args:
        source: where requests come from; standard input by default.
        sink: where answers go; standard output by default.
    """
    source, sink = source or sys.stdin.buffer, sink or sys.stdout.buffer
    told = json.loads(source.readline())
    opened: dict[int, Tree] = {}

    def open_tree(number: int) -> Tree:
        for other in list(opened):
            opened.pop(other).close()
        return opened.setdefault(number, reopen(told["tokens"][number]))

    desk = Desk(open_tree, told["algorithm"])
    for line in source:
        sink.write(encoded(desk.answer(target_of(json.loads(line)))) + b"\n")
        sink.flush()
    for tree in opened.values():
        tree.close()
    return 0


def target_of(record: dict[str, Any]) -> Target:
    """Return a target from its record in a request."""
    return Target(**{**record, "files": tuple(map(tuple, record["files"]))})
