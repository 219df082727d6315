"""The official checker's verdicts on a power directory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress

from joulemark.core.errors import FormatError, UsageError
from joulemark.formats.inference.directory import CLIENT, CONSOLE, SERVER, PowerDirectory
from joulemark.rules.official import dialogue
from joulemark.rules.official.case import Case
from joulemark.rules.official.console import check_ptd_logs
from joulemark.rules.official.outcome import Outcome, RefusedError, Warned, Word
from joulemark.rules.official.phases import check_phases
from joulemark.rules.official.results import HASHED, check_results
from joulemark.rules.official.revisions import REVISIONS, Revision, mended
from joulemark.rules.official.sources import check_client_sources, check_server_sources

Check = Callable[[Case], Warned | None]

CHECKS: Mapping[str, tuple[Check, str]] = {
    "client_sources": (check_client_sources, CLIENT),
    "server_sources": (check_server_sources, SERVER),
    "ptd_messages": (dialogue.check_ptd_messages, SERVER),
    "uuid": (dialogue.check_uuid, SERVER),
    "session_name": (dialogue.check_session_name, SERVER),
    "phases": (check_phases, CLIENT),
    "messages": (dialogue.check_messages, SERVER),
    "results": (check_results, SERVER),
    "ptd_logs": (check_ptd_logs, CONSOLE),
    "ptd_config": (dialogue.check_ptd_config, SERVER),
    "debug": (dialogue.check_debug, SERVER),
}
"""Each check, in the official order, and the file it is about."""

LONGEST = 1000
"""Characters of a message."""

ITS_OWN_ERRORS = (
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    ArithmeticError,
    OSError,
    RecursionError,
    FormatError,
)
"""What odd files make the official checker raise; the last is ours for files too large to read."""


def official_verdicts(
    directory: PowerDirectory, revision: str, mend: Collection[str] = ()
) -> dict[str, Outcome]:
    """Return what a round's official checker says of a power directory, check by check.

    Args:
        directory: the power directory.
        revision: one of :data:`REVISIONS`: a round, or ``head``.
        mend: faults of the checker to be taken out, of ``H1``, ``H2`` and ``H3``.

    Returns:
        Outcomes by check, in the official order. Where the checker cannot start, because a session
        file is unreadable or lacks a required field, every check is EXC.

    Raises:
        UsageError: if there is no such revision or fault.
        UnavailableError: if the tree cannot be read.
    """
    found = mended(_revision(revision), mend)
    for file in (CLIENT, SERVER, *HASHED):
        # here, so that what a tree raises is not taken for the official checker's own
        with suppress(FileNotFoundError, FormatError):
            directory.read(file)
    try:
        case = Case(directory, found)
    except ITS_OWN_ERRORS as error:
        outcome = Outcome(
            Word.EXC, f"the checker does not start: {_words(error)}", directory.name_of(CLIENT)
        )
        return dict.fromkeys(CHECKS, outcome)
    return {name: _outcome(case, check, file) for name, (check, file) in CHECKS.items()}


def _revision(name: str) -> Revision:
    if name not in REVISIONS:
        raise UsageError(
            f"there is no official checker {name!r}", remedy=f"known are {', '.join(REVISIONS)}"
        )
    return REVISIONS[name]


def _outcome(case: Case, check: Check, file: str) -> Outcome:
    name_of = case.directory.name_of
    try:
        warned = check(case)
    except RefusedError as refusal:
        where = name_of(refusal.file or file)
        return Outcome(Word.FAIL, _short(refusal.message), where, refusal.line)
    except ITS_OWN_ERRORS as error:
        return Outcome(Word.EXC, _words(error), name_of(file))
    if warned is None:
        return Outcome(Word.OK)
    return Outcome(Word.WARN, _short(warned.message), name_of(warned.file or file), warned.line)


def _words(error: BaseException) -> str:
    """Say what was raised as Python's traceback ends."""
    return _short(f"{type(error).__name__}: {error}")


def _short(text: str) -> str:
    """Return a message, cut where a file made it very long."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
