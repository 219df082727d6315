"""Ties between a command and this process: its orphans come here, and it ends with this one."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from typing import Any

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
"""From <linux/prctl.h>."""


def become_subreaper() -> bool:
    """Let orphaned descendants become children of this process (Linux); return whether they do."""
    prctl = _prctl()
    return prctl is not None and prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0


def ending_with_parent() -> Callable[[], None] | None:
    """Return what a child calls before its program starts, so that SIGTERM ends it with its parent.

    Whatever ends the parent, SIGKILL too (Linux). None where that cannot be asked for.
    """
    prctl = _prctl()
    return None if prctl is None else lambda: prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def _prctl() -> Any:
    if not sys.platform.startswith("linux"):
        return None
    import ctypes

    try:
        return ctypes.CDLL(None, use_errno=True).prctl
    except (OSError, AttributeError):
        return None
