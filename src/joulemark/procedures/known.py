"""All that a check may find, in words: our rules, the official checks, and its own findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any

from joulemark.core.errors import UsageError
from joulemark.core.finding import Severity
from joulemark.procedures.checked import OWN
from joulemark.procedures.described import Described
from joulemark.procedures.judging import INTERNAL, NO_OFFICIAL, UNKNOWN_ROUND, UNREADABLE
from joulemark.procedures.scored import NOT_SCORED
from joulemark.rules.rule import Rule

_SOURCE = "compliance/check.py of mlcommons/power-dev, as the chosen round ran it"
_PACKAGE = "package_checker/power_checker.py of mlcommons/logging, since 2025-02"
_PACKAGE_ADVICE = "Name folders and logs as it wants them, and hand in all of every run."
_OFFICIAL = {
    "client_sources": (
        "The client is a released revision of the power tool, file by file.",
        "Run an unchanged release of the tool that the round names.",
    ),
    "server_sources": (
        "The server is a released revision of the power tool, file by file.",
        "Run an unchanged release of the tool that the round names.",
    ),
    "ptd_messages": (
        (
            "PTDaemon's version and analyser are accepted, every command was answered as it must "
            "be, and the ranges were restored at the end."
        ),
        "Use a PTDaemon and an analyser of the round's list; repeat a run whose commands failed.",
    ),
    "uuid": (
        "Client and server recorded the same identifiers of the session.",
        "Hand in both session files of one session.",
    ),
    "session_name": (
        "Client and server recorded the same name of the session.",
        "Hand in both session files of one session.",
    ),
    "phases": (
        (
            "Both hosts stamped each phase within the tolerance, LoadGen's window lies within the "
            "run, and ranging was as long as testing and drew about the same power."
        ),
        "Keep both clocks on one time server; repeat a run whose phases do not fit.",
    ),
    "messages": (
        "Client and server recorded the same conversation.",
        "Hand in both session files of one session.",
    ),
    "results": (
        "Every required file has the SHA-1 that a session file records.",
        "Hand in files as the session wrote them, line ends included.",
    ),
    "ptd_logs": (
        (
            "PTDaemon checked the uncertainty, and reported neither errors outside ranging nor, "
            "under load, warnings; a reading over the limit fails in the rounds that say so."
        ),
        "Choose ranges and an analyser that fit the load; repeat a run with errors.",
    ),
    "ptd_config": (
        "The analyser's type number is accepted, and one with several channels names them.",
        "Set device type and channels in the server's configuration.",
    ),
    "debug": ("The server did not run in debug mode.", "Unset MLPP_DEBUG and repeat the run."),
}


def own_rules() -> list[Described]:
    """Return what a check may find whatever is asked for."""
    return [
        Described(
            UNREADABLE,
            "Every file that the check needs can be read.",
            "our own: what cannot be read cannot pass",
            Severity.ERROR,
            "Give the right to read the file, or fetch what this copy of the tree lacks.",
        ),
        Described(
            INTERNAL,
            "The check of a directory ends by itself.",
            "our own: a fault of joulemark, or of this machine, is not one of the result",
            Severity.ERROR,
            "Please report it with the message; check the directory again with --jobs 1.",
        ),
        Described(
            NOT_SCORED,
            "A result that holds readings of energy or power has its energy.",
            "our own: a figure that cannot be given is no figure",
            Severity.ERROR,
            "The message says what is missing; hand in every log of the counted runs as written.",
        ),
        Described(
            UNKNOWN_ROUND,
            "The round of a result is known.",
            "our own: rules differ from round to round",
            Severity.NOTE,
            "Name it with --round, or check a folder whose name tells (inference_results_v5.1).",
        ),
        Described(
            NO_OFFICIAL,
            "What an official checker says is told where joulemark knows one.",
            "our own: of MLPerf Tiny none looks at energy",
            Severity.NOTE,
            "Leave out --as-official.",
        ),
    ]


def official_checks() -> list[Described]:
    """Return the checks of the official checkers; none in words that they do not have."""
    from joulemark.rules.official import CHECKS, package

    of_inference = [
        Described(f"official/{name}", told[0], _SOURCE, Severity.ERROR, told[1])
        for name, told in ((name, _OFFICIAL[name]) for name in CHECKS)
    ]
    of_training = [
        Described(f"official/{name}", demands, _PACKAGE, Severity.WARNING, _PACKAGE_ADVICE)
        for name, demands in package.CHECKS.items()
    ]
    return of_inference + of_training


def known_rules() -> dict[str, Described]:
    """Return all rules by id, ours first."""
    from joulemark.rules.inference.policy import rounds
    from joulemark.rules.inference.register import rules_of
    from joulemark.rules.tiny.register import all_rules as tiny
    from joulemark.rules.training.register import all_rules as training

    held: dict[str, list[str]] = {}
    found: dict[str, Rule[Any]] = {}
    for round_ in rounds():
        for rule in rules_of(round_):
            held.setdefault(rule.id, []).append(round_)
            found[rule.id] = rule
    ours = [_described(rule, held[name], len(rounds())) for name, rule in found.items()]
    others = [_described(rule, [], 0) for rule in training()]
    others += [_described(rule, [], 0) for rule in tiny()]
    return {rule.id: rule for rule in (*ours, *others, *official_checks(), *own_rules())}


def result_rules() -> dict[str, Described]:
    """Return the rules on stated results by id; an import looks for these."""
    from joulemark.rules.mlenergy.identities import rules as mlenergy
    from joulemark.rules.results.stated import rules

    found: list[Rule[Any]] = [*rules(), *mlenergy()]
    return {rule.id: _described(rule, [], 0) for rule in found}


def _described(rule: Rule[Any], rounds: list[str], of: int) -> Described:
    named = "" if len(rounds) == of else ", ".join(rounds)
    return Described(rule.id, rule.demands, rule.source, rule.severity, rule.advice, named)


def named(name: str, known: Iterable[str]) -> str:
    """Return the id that a person means; the part after the slash may do.

    Raises:
        UsageError: if no rule, or more than one, is called so.
    """
    ids = list(known)
    found = [one for one in ids if name in (one, one.partition("/")[2])]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"several rules are called {name!r}", remedy=f"say {' or '.join(found)}")
    raise _unknown(name, ids)


def check_patterns(patterns: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """Return patterns of rules, each of which fits a rule.

    Raises:
        UsageError: if one fits none.
    """
    ids = list(known)
    return tuple(_checked(patterns, ids))


def _checked(patterns: Iterable[str], ids: list[str]) -> Iterator[str]:
    for pattern in patterns:
        if any(fnmatchcase(one, pattern) for one in ids):
            yield pattern
        else:
            yield named(pattern, ids)


def _unknown(name: str, ids: list[str]) -> UsageError:
    close = get_close_matches(name, [*ids, *(one.partition("/")[2] for one in ids)], 1)
    remedy = f"did you mean {close[0]!r}?" if close else "joulemark explain lists them"
    return UsageError(f"there is no rule {name!r}", remedy=remedy)


def is_revision(name: str) -> bool:
    """Return whether a name is that of an official checker's revision, or of each round's own."""
    from joulemark.rules.official import REVISIONS

    return name == OWN or name in REVISIONS


def check_faults(names: Iterable[str]) -> tuple[str, ...]:
    """Return names of faults of the official checker, each once.

    Raises:
        UsageError: if there is no such fault.
    """
    from joulemark.rules.official import FAULTS

    asked = tuple(dict.fromkeys(names))
    for name in asked:
        if name not in FAULTS:
            raise UsageError(
                f"no fault of the official checker is called {name!r}",
                remedy=f"one of {', '.join(FAULTS)}",
            )
    return asked


def check_round(name: str) -> str:
    """Return the name of a round.

    Raises:
        UsageError: if there is none of that name.
    """
    from joulemark.formats.inference.rounds import round_of

    return round_of(name).name
