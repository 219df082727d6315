"""The guard: a process of its own that puts knobs back if whoever turned them dies.

It holds the journal's lock and waits for the end of its standard input, which comes when the other
is gone, however it went. A journal that is still there then has knobs to put back. It stands in a
session of its own and ignores what a terminal or a supervisor sends to everyone.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from joulemark.core.errors import UnavailableError
from joulemark.tune.journal import Journal, put_back

_CODE = "import sys; sys.path.insert(0, sys.argv[1]); from joulemark.tune.guard import main; main()"
_READY = b"ready\n"
WAIT_S = 10.0
"""So long it may take to end once its work is over."""


def start(journal: Journal) -> subprocess.Popen[bytes]:
    """Start a guard of a journal, and wait until nothing can surprise it.

    Raises:
        UnavailableError: if it does not come up.
    """
    source = str(Path(__file__).parents[2])
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", _CODE, source, str(journal.path.resolve())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        pass_fds=(journal.descriptor,),
        start_new_session=True,
        cwd="/",
    )
    said = b""
    if process.stdout is not None:
        with process.stdout as answers:
            said = answers.readline()
    if said != _READY:
        dismiss(process)
        what, remedy = "the guard of the knobs does not come up", "no knob was turned; try again"
        raise UnavailableError(what, remedy=remedy)
    return process


def dismiss(process: subprocess.Popen[bytes]) -> None:
    """Let a guard end, and wait for it."""
    if process.stdin is not None:
        process.stdin.close()
    process.wait(WAIT_S)


def main() -> None:
    """Wait for the end of standard input, then put back what the journal holds."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    os.write(1, _READY)
    while os.read(0, 64):
        pass
    sys.exit(1 if put_back(Path(sys.argv[2])) else 0)
