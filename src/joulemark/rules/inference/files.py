"""Rules on files: which there are, whether they can be read, and whether they are the recorded."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from joulemark.core.finding import Severity
from joulemark.formats.inference.directory import (
    CLIENT,
    CONSOLE,
    DETAIL,
    POWER_LOG,
    RANGING,
    SERVER,
    SUMMARY,
    TESTING,
)
from joulemark.rules.inference.review import Review
from joulemark.rules.rule import Seen, rule

LOADGEN = (DETAIL, SUMMARY, POWER_LOG)
HASHED = (
    "power/client.log",
    CONSOLE,
    "power/server.log",
    *(f"{run}/{file}" for run in (RANGING, TESTING) for file in LOADGEN),
)
"""Files whose hash is recorded."""
REQUIRED = (CLIENT, SERVER, *HASHED)
OPTIONAL = frozenset({
    "mlperf_log_accuracy.json", "mlperf_log_trace.json", "results.json", ".gitkeep",
})  # fmt: skip
"""Files that may lie beside them."""
LISTED = 20
"""Names of files that are listed in one finding at most."""
_REPLY = re.compile(
    rb"^((?:[-0-9]{10} [.:0-9]{12}: )?(?:Response to client sent:|Avg watts).*)\n", re.M
)


@rule(
    "inference/missing-file",
    source="official checks 15 and 21; power rules, Submission",
    severity=Severity.ERROR,
    advice="Hand in all eleven files of power/, ranging/ and run_1/ as the session left them.",
)
def missing_file(review: Review) -> Iterator[Seen]:
    """All eleven files are there.

    Both session files and their logs, PTDaemon's console, and power log, summary and detail log of
    both runs.
    """
    for file in REQUIRED:
        if file not in review.directory.entries:
            yield "the file is missing", review.name_of(file), None


@rule(
    "inference/missing-content",
    source="official check 15",
    severity=Severity.ERROR,
    advice="Fetch the file (git lfs, a full clone), or ask the submitter for it, and check again.",
)
def missing_content(review: Review) -> Iterator[Seen]:
    """The content of each required file is in this copy of the tree, not its name alone."""
    for file in REQUIRED:
        if file in review.directory.entries and review.is_lost(file):
            what = "the tree names the file, but this copy does not hold its content"
            yield what, review.name_of(file), None


@rule(
    "inference/unreadable-file",
    source="official checks 1, 11, 16 and 23: each reads it",
    severity=Severity.ERROR,
    advice="Hand in the file as the session wrote it; a file of another kind, cut off or edited "
    "cannot be reviewed.",
)
def unreadable_file(review: Review) -> Iterator[Seen]:
    """Each file can be read as what it is."""
    for file in REQUIRED:
        if file in review.directory.entries and not review.is_lost(file):
            error = review.error_of(file)
            if error is not None:
                yield error.what, *review.place_of(error, file)


@rule(
    "inference/malformed-lines",
    source="our own: what a reader skips, a reviewer should know of",
    severity=Severity.WARNING,
    advice="Look at the lines; if the file was edited or damaged after the session, hand in the "
    "original.",
)
def malformed_lines(review: Review) -> Iterator[Seen]:
    """Every line of the logs is as its format wants it, and every time a time."""
    for parsed in review.logs():
        if parsed.problems:
            first = parsed.problems[0]
            more = f"; {len(parsed.problems)} such lines" if len(parsed.problems) > 1 else ""
            yield f"{first.what}{more}", parsed.name, first.line


@rule(
    "inference/unexpected-file",
    source="official check 21",
    severity=Severity.ERROR,
    advice="Leave out of power/, ranging/ and run_1/ whatever is not asked for.",
)
def unexpected_file(review: Review) -> Iterator[Seen]:
    """power/, ranging/ and run_1/ hold the required files and nothing but known others."""
    allowed = {*REQUIRED, *(f"{run}/{name}" for run in (RANGING, TESTING) for name in OPTIONAL)}
    allowed |= {f"power/{name}" for name in OPTIONAL}
    others = [file for file in review.directory.entries if _counts(file) and file not in allowed]
    others.sort()
    if others:
        listed = ", ".join(others[:LISTED])
        what = f"{len(others)} files do not belong here: {listed}"
        yield (
            what if len(others) > 1 else "the file does not belong here",
            review.name_of(others[0]),
            None,
        )


def _counts(file: str) -> bool:
    """Return whether a file lies directly in one of the three folders."""
    folder, slash, name = file.partition("/")
    return bool(slash) and folder in ("power", RANGING, TESTING) and "/" not in name


@rule(
    "inference/hash-mismatch",
    source="official check 15",
    severity=Severity.ERROR,
    advice="Hand in the file byte for byte as the session left it.",
)
def hash_mismatch(review: Review) -> Iterator[Seen]:
    """Each file is the one whose SHA-1 the session recorded, line ends aside."""
    for file, found, recorded in review.changed(HASHED):
        if not _line_ends(review.directory.read(file), recorded):
            yield f"SHA-1 is {found}, the session recorded {recorded}", review.name_of(file), None


@rule(
    "inference/line-ends",
    source="official check 15, which takes them for another file",
    severity=Severity.WARNING,
    advice="Restore the line ends; keep git from changing them ('* -text' in .gitattributes before "
    "the files are added).",
)
def line_ends(review: Review) -> Iterator[Seen]:
    """Each file has the line ends with which the session recorded its SHA-1."""
    for file, found, recorded in review.changed(HASHED):
        lost = _line_ends(review.directory.read(file), recorded)
        if lost:
            what = f"SHA-1 is {found}, the session recorded {recorded}; it would match with {lost}"
            yield what, review.name_of(file), None


def _line_ends(data: bytes, recorded: str) -> str:
    """Return with which line ends a file would match; empty if with none that are known."""
    plain = data.replace(b"\r\n", b"\n")
    if _sha1(plain.replace(b"\n", b"\r\n")) == recorded:
        return "CRLF line ends"
    if _sha1(plain) == recorded:
        return "LF line ends"
    if _sha1(_REPLY.sub(rb"\1\r\n", plain)) == recorded:
        return "CRLF after PTDaemon's replies, as it writes them, and LF after all else"
    return ""


def _sha1(data: bytes) -> str:
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


@rule(
    "inference/unrecorded-file",
    source="official check 15",
    severity=Severity.ERROR,
    advice="Hand in the session files of this very run; they record every file that belongs to it.",
)
def unrecorded_file(review: Review) -> Iterator[Seen]:
    """The hash of each required file is recorded in client.json or server.json."""
    for file in HASHED:
        if file not in review.recorded:
            yield f"neither session file records a hash of {file}", review.server.name, _at(review)


@rule(
    "inference/recorded-twice",
    source="official check 15",
    severity=Severity.ERROR,
    advice="Hand in both session files of one run.",
)
def recorded_twice(review: Review) -> Iterator[Seen]:
    """Where client.json and server.json both record a file, they record the same hash."""
    mine, theirs = review.client.results, review.server.results
    for file in HASHED:
        if file in mine and file in theirs and mine[file] != theirs[file]:
            what = f"hash of {file} is {mine[file]} to the client, {theirs[file]} to the server"
            yield what, review.server.name, _at(review)


@rule(
    "inference/left-behind",
    source="our own: the official file list leaves no place for them",
    severity=Severity.NOTE,
    advice="Nothing; keep the files (PTDaemon's ptd_out.txt among them) for an audit.",
)
def left_behind(review: Review) -> Iterator[Seen]:
    """Files that the session recorded beyond the required are there too."""
    names = sorted(
        file
        for file in review.recorded
        if file not in REQUIRED
        and file.rpartition("/")[2] not in OPTIONAL
        and file not in review.directory.entries
    )
    if names:
        listed = ", ".join(names[:LISTED])
        yield f"recorded, but not handed in: {listed}", review.server.name, _at(review)


def _at(review: Review) -> int | None:
    return review.server.lines.get("results")


RULES = (
    missing_file,
    missing_content,
    unreadable_file,
    malformed_lines,
    unexpected_file,
    hash_mismatch,
    line_ends,
    unrecorded_file,
    recorded_twice,
    left_behind,
)
