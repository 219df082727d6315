"""Rules on the files of a tiny session, and on the session itself."""

from __future__ import annotations

from collections.abc import Iterator

from joulemark.core.finding import Severity
from joulemark.formats.tiny.session import ENDINGS
from joulemark.rules.rule import Seen, rule
from joulemark.rules.tiny.review import TinyReview

INVALID = ("e-[", "Not valid", "ERROR")


@rule(
    "tiny/missing-file",
    source="submission checker: required files of every mode",
    severity=Severity.ERROR,
    advice="Hand in the whole folder of the session as the runner left it.",
)
def missing_file(review: TinyReview) -> Iterator[Seen]:
    """The log, the results, and the script or results.json are there."""
    entries = review.session.entries
    for kind, name in (("log", "log.txt"), ("results", "results.txt")):
        if kind not in entries:
            yield review.seen(f"{name} is missing", kind)
    if review.mode == "energy" and not {"script", "runner"} & entries.keys():
        yield review.seen("neither script.async nor results.json is there", "script")


@rule(
    "tiny/no-trace",
    source="our own: what is not there cannot be recomputed",
    severity=Severity.WARNING,
    advice="Hand in the trace with its stamps (results.json of the Python runner).",
)
def no_trace(review: TinyReview) -> Iterator[Seen]:
    """A result of energy comes with its trace and the stamps of its windows."""
    entries = review.session.entries
    if review.mode != "energy" or "runner" in entries:
        return
    for kind, other in (("trace", "stamps"), ("stamps", "trace")):
        if kind not in entries:
            beside = f" beside the {other}" if other in entries else ""
            yield review.seen(f"no {ENDINGS[kind].lstrip('-')}{beside}", kind)


@rule(
    "tiny/unreadable-file",
    source="our own: a file that is not what it should be",
    severity=Severity.ERROR,
    advice="Hand in the file as the runner wrote it.",
)
def unreadable_file(review: TinyReview) -> Iterator[Seen]:
    """Each file can be read as what it is."""
    if not review.read:
        for kind, error in review.errors.items():
            yield review.seen(error.what, kind)


@rule(
    "tiny/malformed",
    source="our own: what a reader skips, a reviewer should know of",
    severity=Severity.WARNING,
    advice="Look at it; if the file was edited or damaged, hand in the original.",
)
def malformed(review: TinyReview) -> Iterator[Seen]:
    """Nothing in the files is other than their formats want it."""
    files = {
        "trace": review.trace,
        "stamps": review.stamps,
        "log": review.log,
        "runner": review.runner,
        "script": review.script,
    }
    for kind, file in files.items():
        for problem in () if file is None else file.problems[:20]:
            yield review.seen(problem.what, kind, problem.line)


@rule(
    "tiny/unfinished",
    source="our own: a session that was broken off is not one",
    severity=Severity.WARNING,
    advice="Hand in the log of a session that ran to its end.",
)
def unfinished(review: TinyReview) -> Iterator[Seen]:
    """The log goes on to the end of the session."""
    if review.log is not None and not review.log.finished:
        yield review.seen("the log does not say that the session was ended and saved", "log")


@rule(
    "tiny/runner-errors",
    source="tiny rules: 10 s and 10 iterations; the runner itself says so",
    severity=Severity.ERROR,
    advice="Measure again until the runner does not complain.",
)
def runner_errors(review: TinyReview) -> Iterator[Seen]:
    """The runner reports no error, and calls no window too short."""
    reported = review.reported
    kind = "results" if "results" in review.session.entries else "log"
    for window in () if reported is None else reported.performance:
        if window.met is False:
            what = f"the runner says that window {window.index} is too short"
            yield review.seen(what, kind, window.line)
    for error in () if review.log is None else review.log.errors[:20]:
        text = error.what.strip("'\"")
        if text.startswith(INVALID) and "must take at least" not in text:
            yield review.seen(f"the runner says {error.what}", "log", error.line)


@rule(
    "tiny/virtual",
    source="our own: a rehearsal is no result",
    severity=Severity.WARNING,
    advice="Measure a real board; what is called VIRTUAL was computed.",
)
def virtual(review: TinyReview) -> Iterator[Seen]:
    """The files do not say that board and monitor were simulated."""
    if review.log is not None and review.log.virtual:
        yield review.seen("the files say that nothing was measured: a rehearsal", "log")


@rule(
    "tiny/firmware-mode",
    source="our own: energy needs firmware built for it (EE_CFG_ENERGY_MODE)",
    severity=Severity.ERROR,
    advice="Flash the firmware of the mode that is measured.",
)
def firmware_mode(review: TinyReview) -> Iterator[Seen]:
    """The board's firmware is that of the mode that is measured."""
    said = "" if review.log is None else review.log.mode
    wanted = "energy" if review.mode == "energy" else "performance"
    if said and review.mode and said != wanted:
        yield review.seen(f"the board is in {said} mode in a session of {review.mode}", "log")


@rule(
    "tiny/model",
    source="our own: the board says which model it runs",
    severity=Severity.ERROR,
    advice="Put the session into the folder of the benchmark that was run.",
)
def model(review: TinyReview) -> Iterator[Seen]:
    """The model that the board names is that of the folder's benchmark."""
    said = "" if review.log is None else review.log.board.get("model", "")
    benchmark = review.session.place.benchmark
    if said and benchmark and said.rstrip("0123456789") != benchmark:
        yield review.seen(f"the board runs {said!r} in a result of {benchmark!r}", "log")


RULES = (
    missing_file,
    no_trace,
    unreadable_file,
    malformed,
    unfinished,
    runner_errors,
    virtual,
    firmware_mode,
    model,
)
