"""virtual: the energy counter of a virtual instrument, for rehearsals: nothing is measured.

``joulemark virtual serving`` with costs shows joules at ``/energy`` that follow from what it
served. Its channel says what it is, so that every result of it carries the caution ``virtual`` and
is shown as estimated. A counter of this kind is asked often, and its rows are its changes.
"""

from __future__ import annotations

import http.client
import math
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

from joulemark.core.caution import Caution, Code
from joulemark.core.channel import SOFTWARE, Accuracy, Channel, Domain, Quantity, as_it_is
from joulemark.core.errors import MeterError, UnavailableError, UsageError
from joulemark.core.interfaces import Settings
from joulemark.core.jsonlight import loads
from joulemark.meters._polled import only_known, seconds_setting
from joulemark.meters._remote import Remote

PACE_S = 0.02
TIMEOUT_S = 2.0
MAX_BODY = 65536
REMEDY = "start one: joulemark virtual serving --base-w 120 --token-j 0.25 …; virtual:url=ADDRESS"


class Counter:
    """The counter of one instrument.

    Args:
        host: name or address.
        port: TCP port.
        pace_s: how often it is asked, s.

    Attributes:
        channels: its one channel; known once it was asked.
        failures: always empty.
        cautions: that nothing is measured, until it is taken out.
    """

    def __init__(self, host: str, port: int, pace_s: float) -> None:
        """Connect, and ask what it is.

        Raises:
            MeterError: if there is no such instrument.
        """
        self.failures: list[MeterError] = []
        self.cautions: list[Caution] = [Caution(Code.VIRTUAL)]
        self._where = f"http://{host}:{port}/energy"
        self._line = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
        about = self._said().get("about")
        if not isinstance(about, str) or SOFTWARE not in about:
            self.close()
            raise MeterError("this is no virtual instrument of ours", where=self._where)
        channel = Channel(
            name="virtual/server",
            meter="virtual",
            part="server",
            domain=Domain.GPU,
            quantity=Quantity.ENERGY,
            unit="J",
            resolution=1e-6,
            accuracy=Accuracy(source="a virtual counter is exact"),
            update_s=pace_s,
            source=self._where,
            note=about[:300],
        )
        self.channels: Sequence[Channel] = (as_it_is(channel),)

    def ask(self) -> Sequence[float]:
        """Return what the counter shows, J.

        Raises:
            MeterError: if it does not answer.
        """
        joules = self._said().get("joules")
        if isinstance(joules, bool) or not isinstance(joules, int | float):
            raise MeterError("it tells no joules", where=self._where)
        if not math.isfinite(joules):
            raise MeterError(f"it tells {joules} J", where=self._where)
        return (float(joules),)

    def interrupt(self) -> None:
        """End a question that another thread is waiting for."""
        line: socket.socket | None = self._line.sock
        if line is not None:
            line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of it."""
        self._line.close()

    def _said(self) -> dict[str, object]:
        try:
            self._line.request("GET", "/energy")
            answer = self._line.getresponse()
            body = answer.read(MAX_BODY)
            said = loads(body) if answer.status == http.client.OK else None
        except (OSError, http.client.HTTPException, ValueError, RecursionError) as error:
            self._line.close()  # the next question makes another connection
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise MeterError(f"no answer: {reason}", where=self._where) from None
        if not isinstance(said, dict):
            self._line.close()
            raise MeterError(
                f"it tells of no energy (HTTP {answer.status})",
                where=self._where,
                remedy="give it costs: --base-w, --prompt-j, --token-j",
            )
        return said


class Virtual(Remote):
    """The counter of a virtual instrument.

    Args:
        host: name or address; empty for none.
        port: TCP port.
        pace_s: time between two questions.
        background: whether a thread asks; else each ``read`` asks once.
    """

    name = "virtual"

    def __init__(
        self, host: str, port: int, *, pace_s: float = PACE_S, background: bool = True
    ) -> None:
        """Keep the settings; nothing is touched."""
        super().__init__(pace_s=pace_s, background=background)
        self._address = (host, port)

    def _connect(self) -> Counter:
        if not self._address[0]:
            raise UnavailableError("no instrument is named", where="meter virtual", remedy=REMEDY)
        return Counter(*self._address, self._pace_s)


def virtual(settings: Settings) -> Virtual:
    """Make the meter from JSON settings: ``url`` of the instrument, ``pace_s`` (0.02).

    Raises:
        UsageError: for an unknown or senseless setting.
    """
    only_known("virtual", settings, ("url", "pace_s"))
    pace_s = seconds_setting("virtual", settings, "pace_s", PACE_S)
    if "url" not in settings:
        return Virtual("", 0, pace_s=pace_s)
    url, host, port = settings["url"], None, None
    try:
        parts = urlsplit(url) if isinstance(url, str) else urlsplit("")
        host, port = parts.hostname, parts.port
    except ValueError:
        pass
    if not host or parts.scheme != "http":
        raise UsageError(f"url is {url!r}", where="meter virtual", remedy="write http://HOST:PORT")
    return Virtual(host, port or 80, pace_s=pace_s)
