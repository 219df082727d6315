"""The library pyghmi leaves a thread and sockets behind; later tests fork, and want neither."""

from __future__ import annotations

import sys
from typing import Any


def end_pyghmi() -> None:
    """End its thread and close its sockets, if it was used."""
    session: Any = sys.modules.get("pyghmi.ipmi.private.session")
    if session is None or session.iothread is None:
        return
    session.iothread.join()
    session.iothread, session.iothreadready = None, False
    for socket in session.iosockets:
        socket.close()
    session.iosockets.clear()
    session.Session.socketpool.clear()
    session.Session.bmc_handlers.clear()
