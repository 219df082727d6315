"""The guard of a server: a process of its own that stops it if joulemark dies, however it dies.

It waits for the end of its standard input, which comes when the other end is gone. It stands in a
session of its own and ignores what a terminal or a supervisor sends to everyone.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

_CODE = (
    "import sys; sys.path.insert(0, sys.argv[1]);"
    " from joulemark.procedures.serving.guard import main; main()"
)
_DONE = b"done\n"
STEP_S = 0.02
WAIT_S = 5.0


def watch(group: int, grace_s: float) -> subprocess.Popen[bytes]:
    """Start a guard of a process group.

    Args:
        group: its number.
        grace_s: after so long a server that was asked to end is killed, s.
    """
    source = str(Path(__file__).parents[3])
    return subprocess.Popen(
        [sys.executable, "-P", "-c", _CODE, source, str(group), str(grace_s)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
    )


def dismiss(guard: subprocess.Popen[bytes]) -> None:
    """Let a guard end without doing anything, and wait for it."""
    with suppress(OSError):
        if guard.stdin is not None:
            guard.stdin.write(_DONE)
            guard.stdin.close()
    try:
        guard.wait(WAIT_S)
    except subprocess.TimeoutExpired:
        guard.kill()
        guard.wait()


def main() -> None:
    """Wait for the end of standard input; stop the group unless all is said to be done."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    if sys.stdin.buffer.read() != _DONE:
        stop_group(int(sys.argv[2]), float(sys.argv[3]))


def stop_group(group: int, grace_s: float) -> None:
    """Stop a process group whose processes are not ours: SIGTERM, after a grace SIGKILL."""
    until = time.monotonic() + grace_s
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGTERM)
        while time.monotonic() < until:
            time.sleep(STEP_S)
            os.killpg(group, 0)
        os.killpg(group, signal.SIGKILL)
