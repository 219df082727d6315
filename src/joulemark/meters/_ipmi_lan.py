"""The way to a baseboard controller over the network: IPMI 2.0 by the library pyghmi.

What its sessions do was looked at in release 1.6.19, against the virtual controller. It proposes
cipher suite 17 first, then 3. One thread of its own serves all sessions of a process; whoever asks
waits, so we ask from a thread, too. Where an answer is lost it asks again after 0.5 to 1 s, then
ever later, then logs in anew, half a minute in all: we have it give up after some 3 s, and log in
anew ourselves, ever more seldom. While we ask at least twice a minute it sends no words to keep a
session alive. It keeps its sockets until the process ends.
"""

from __future__ import annotations

from joulemark.core.errors import (
    MeterError,
    MissingExtraError,
    PermissionNeededError,
    UnavailableError,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from joulemark.meters._credentials import Credentials

USER = 2
"""The lowest privilege that may read power; a user who may only read is enough."""
LONGEST_RETRY_S = 2.0
NO_ANSWER = 0xFFFF
"""pyghmi's completion code of silence."""
_REFUSALS = ("password", "Unauthorized name", "Unauthorized role", "privilege", "RAKP")
_NO_LOGIN = "check its address, and that IPMI over LAN is on and UDP port 623 is not blocked"
_SUITES = {16: 17, 12: 3}
"""Cipher suite, by the bytes that its codes of integrity have."""


class Lan:
    """A session that is opened when it is needed, and again after it was lost.

    Args:
        host: address of the controller.
        port: UDP port.
        who: name and password.
        library: stands in for ``pyghmi.ipmi.command.Command``.

    Attributes:
        where: what is asked.
        suite: cipher suite of the session; None before there was one.
    """

    def __init__(self, host: str, port: int, who: Credentials, *, library: Any = None) -> None:
        """Keep the arguments; nothing is touched.

        Raises:
            MissingExtraError: without pyghmi.
        """
        self.where = f"BMC {host}" if port == 623 else f"BMC {host} port {port}"
        self.suite: int | None = None
        self._host, self._port, self._who = host, port, who
        self._command: Any = None
        self._over = False
        if library is None:
            try:
                from pyghmi.ipmi.command import Command
            except ImportError:
                raise MissingExtraError("IPMI over a network", "pyghmi", "bmc") from None
            library = Command
        self._library = library

    def ask(self, function: int, command: int, data: bytes) -> tuple[int, bytes]:
        """Return completion code and data of an answer; see ``_dcmi.Way``.

        Raises:
            MeterError: if there is none.
            PermissionNeededError: if we are not let in.
        """
        if self._over:
            raise MeterError("asked while closed", where=self.where)
        if self._command is None:
            self._command = self._log_in()
        try:
            answer = self._command.raw_command(netfn=function, command=command, data=tuple(data))
        except Exception as error:  # noqa: BLE001  the library raises what it happens to
            self._command = None
            raise MeterError(f"no answer: {self._said(error)}", where=self.where) from None
        if answer is None or answer.get("code") == NO_ANSWER:
            self._command = None
            raise MeterError("no answer", where=self.where)
        return int(answer["code"]), bytes(answer["data"])

    def _log_in(self) -> Any:
        try:
            command = self._library(
                self._host,
                self._who.user.encode(),  # told as text, a session that has ended is never let go
                self._who.password.encode(),
                port=self._port,
                privlevel=USER,
            )
        except Exception as error:  # noqa: BLE001
            raise self._not_in(error) from None
        session = command.ipmi_session
        if session.broken or not session.logged:
            raise MeterError("no answer to a login", where=self.where, remedy=_NO_LOGIN)
        session.maxtimeout, session.logontries = LONGEST_RETRY_S, 0
        self.suite = _SUITES.get(session.currhashlen)
        return command

    def _not_in(self, error: Exception) -> MeterError | UnavailableError:
        said = self._said(error)
        if any(word in said for word in _REFUSALS):
            return PermissionNeededError(
                f"it does not let us in: {said}",
                where=self.where,
                remedy="check JOULEMARK_BMC_USER and JOULEMARK_BMC_PASSWORD, and that this user "
                "may log in over the LAN with IPMI 2.0",
            )
        return MeterError(f"no login: {said}", where=self.where, remedy=_NO_LOGIN)

    def _said(self, error: Exception) -> str:
        """Return what the library says, without the password."""
        if error.args == (None,):
            return "no answer"
        return self._who.hidden(str(error))[:200] or type(error).__name__

    def interrupt(self) -> None:
        """Ask nothing more; a question that is under way ends after some seconds."""
        self._over = True

    def close(self) -> None:
        """Log out, so that others may have the session; a second call does nothing."""
        self._over = True
        command, self._command = self._command, None
        if command is None:
            return
        try:
            command.ipmi_session.logout()
        except Exception:  # noqa: BLE001  it is gone either way
            return
