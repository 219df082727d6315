"""Measure one node, or one switch, of a distributed training.

The agent is a measurement like any other: meters, a run directory that is written as it goes. What
it has beside that is a line to whoever gathers (:mod:`.line`), the official power log of what it
measured, and a copy of the training's own log, if it is told where that is.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from joulemark.core.caution import Code
from joulemark.core.errors import JoulemarkError, UsageError
from joulemark.core.run import Status
from joulemark.procedures.command import Signals, execute, find_program
from joulemark.procedures.session import Options, Session
from joulemark.procedures.stopping import handled
from joulemark.procedures.subreaper import become_subreaper
from joulemark.procedures.training.identity import Identity
from joulemark.procedures.training.line import Line
from joulemark.procedures.training.nodes import CLOCK_FILE, PROCEDURE, RUN_LOG, write_power_log
from joulemark.store.files import new_file

LONGEST_PERIOD_S = 1.0
"""The rules of MLPerf Training ask for a reading a second."""
MOST_LOG = 256 << 20
"""Larger logs of a training are left where they are, bytes."""
_LOOK_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an agent is asked to do.

    Attributes:
        identity: which node it is.
        options: how to measure.
        gatherer: address; None to measure only.
        token: the shared token.
        run_log: the log that the training writes; None if another node has it.
        patience_s: how long a gatherer is waited for at the end.
        say: told what a person should know, a line at a time.
    """

    identity: Identity
    options: Options
    gatherer: tuple[str, int] | None = None
    token: str = ""
    run_log: Path | None = None
    patience_s: float = 30.0
    say: Callable[[str], None] = print


def run_agent(argv: Sequence[str], asked: Asked) -> tuple[Path, int]:
    """Measure a node while a command runs, or until told to stop; deliver the run.

    The command keeps its terminal, its environment and its signals, and its exit code is passed on.
    Without a command it ends by SIGTERM, SIGINT or a word of the gatherer.

    Args:
        argv: the command; empty for none.
        asked: what to do.

    Returns:
        The run directory and the exit code.

    Raises:
        UsageError: if there is no such command, or the period is too long for the rules.
    """
    if asked.options.period_s > LONGEST_PERIOD_S:
        raise UsageError(
            "MLPerf Training asks for a reading a second", remedy="choose a shorter --period"
        )
    program = find_program(argv) if argv else ""
    become_subreaper()
    session = _session(argv, asked)
    caught = Signals()
    line: Line | None = None
    with handled((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), caught.take), session:
        line = _line(session, argv, asked)
        with session.window("run") as mark:
            if program:
                code = execute(session, mark, program, argv, caught)
            else:
                code = 0
                _wait(line, caught)
        if line is not None:
            line.finish()
        _end(session, argv, code, caught)
        _keep(session, asked)
    if line is not None and asked.gatherer is not None:
        lost = line.deliver(session.path, code, asked.patience_s)
        line.close()
        if lost:
            asked.say(f"not delivered: {lost}; the run is kept in {session.path}")
    return session.path, code


def _session(argv: Sequence[str], asked: Asked) -> Session:
    identity = asked.identity
    settings = {
        "command": list(argv),
        "identity": identity.as_json(),
        "run_log": "" if asked.run_log is None else str(asked.run_log),
    }
    options = replace(asked.options, own_work=False)
    return Session(PROCEDURE, f"{identity.part} of a training", options, settings)


def _line(session: Session, argv: Sequence[str], asked: Asked) -> Line | None:
    if asked.gatherer is None:
        return None
    hello = {
        "identity": asked.identity.as_json(),
        "run": session.path.name,
        "waits": not argv,
    }
    kept = session.path / "raw" / CLOCK_FILE
    line = Line(asked.gatherer, asked.token, hello, session.clock, kept)
    line.start()
    return line


def _wait(line: Line | None, caught: Signals) -> None:
    """Rest until a signal comes, or the gatherer says that it is over."""
    while not caught.signals:
        if line is None:
            time.sleep(_LOOK_S)
        elif line.stop.wait(_LOOK_S):
            return


def _end(session: Session, argv: Sequence[str], code: int, caught: Signals) -> None:
    """Say how the command ended; without one a signal is how it ends."""
    if not argv:
        return
    if caught.signals:
        names = ", ".join(signal.Signals(number).name for number in caught.signals)
        session.caution(Code.INTERRUPTED, names)
        session.status = Status.INTERRUPTED
    elif code != 0:
        session.caution(Code.COMMAND_FAILED, f"exit code {code}", "run")


def _keep(session: Session, asked: Asked) -> None:
    """Put the official power log and the training's own log beside the samples."""
    try:
        write_power_log(session.path, asked.identity.part)
    except JoulemarkError as error:
        asked.say(f"no power log: {error}")
    if asked.run_log is not None:
        _keep_log(session, asked, asked.run_log)


def _keep_log(session: Session, asked: Asked, log: Path) -> None:
    """Copy the training's log, which is written on one node only where they share no files."""
    try:
        if log.stat().st_size <= MOST_LOG:
            new_file(session.path / "raw" / RUN_LOG, log.read_bytes())
            return
        why = "it is too large"
    except OSError as error:
        if isinstance(error, FileNotFoundError) and asked.identity.node not in (None, 0):
            return
        why = error.strerror or str(error)
    asked.say(f"{log}: the training's log is left out ({why})")
