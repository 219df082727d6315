"""Settings of devices that are reached over HTTPS; a secret is never among them."""

from __future__ import annotations

from joulemark.core.errors import UsageError
from joulemark.core.record import record
from joulemark.meters._polled import names_setting, only_known, seconds_setting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from joulemark.core.interfaces import Settings
    from joulemark.meters._credentials import Credentials
    from joulemark.meters._redfish import Redfish

__all__ = [
    "Address", "address", "flag_setting", "host_setting", "names_of", "only_known", "port_setting",
    "seconds_setting", "text_setting",
]  # fmt: skip

TIMEOUT_S = 2.0
MAX_TEXT = 255


@record(frozen=True, slots=True)
class Address:
    """Where a Redfish service is, and how to talk to it.

    Attributes:
        host: name or address.
        port: TCP port.
        user: name to log in with; empty for that of the environment or keyring.
        kind: what the variables of name and password are named after.
        cafile: certificates that are trusted, PEM; empty for the system's.
        verify: whether it must prove to be that host.
        basic: whether name and password go with each request, instead of a session.
        timeout_s: longest time for an answer.
    """

    host: str
    port: int
    user: str = ""
    kind: str = "BMC"
    cafile: str = ""
    verify: bool = True
    basic: bool = False
    timeout_s: float = TIMEOUT_S

    @property
    def origin(self) -> str:
        """Beginning of each address, as people write it."""
        return f"https://{self.host}" if self.port == 443 else f"https://{self.host}:{self.port}"

    def service(
        self,
        who: Callable[[], Credentials] | None,
        connect: Callable[[Credentials], Redfish] | None,
    ) -> Redfish:
        """Return the service, not begun.

        Args:
            who: gives name and password; by default the environment, then the keyring.
            connect: gives the service; by default over HTTPS.

        Raises:
            PermissionNeededError: if there is no name or password.
            UsageError: if the certificates cannot be read.
        """
        from joulemark.meters._credentials import credentials
        from joulemark.meters._https import Https, tls_context
        from joulemark.meters._redfish import Redfish

        known = who() if who else credentials(self.host, user=self.user, kind=self.kind)
        if connect is not None:
            return connect(known)
        tls = tls_context(self.cafile, verify=self.verify)
        way = Https(self.host, self.port, tls, timeout_s=self.timeout_s)
        return Redfish(way, known, basic=self.basic)

    def facts(self, service: Redfish) -> dict[str, Any]:
        """Return what is known of the service."""
        root = service.root
        told = {
            name: str(root.get(name) or "")[:80] for name in ("RedfishVersion", "Vendor", "Product")
        }
        return {**told, "verified": self.verify, "auth": "basic" if self.basic else "session"}


def address(meter: str, settings: Settings, *, port: int, kind: str) -> Address:
    """Return where a service is.

    Raises:
        UsageError: for a senseless setting.
    """
    auth = text_setting(meter, settings, "auth", "session")
    if auth not in ("session", "basic"):
        raise UsageError(f"auth is {auth!r}", where=f"meter {meter}", remedy="session or basic")
    timeout_s = seconds_setting(meter, settings, "timeout_s", TIMEOUT_S)
    if not 0.05 <= timeout_s <= 60:
        raise UsageError(
            f"timeout_s is {timeout_s:g}", where=f"meter {meter}", remedy="0.05 s to 60 s"
        )
    return Address(
        host_setting(meter, settings),
        port_setting(meter, settings, port),
        user=text_setting(meter, settings, "user", ""),
        kind=kind,
        cafile=text_setting(meter, settings, "cafile", ""),
        verify=flag_setting(meter, settings, "verify", default=True),
        basic=auth == "basic",
        timeout_s=timeout_s,
    )


def host_setting(meter: str, settings: Settings) -> str:
    """Return the name or address of a host.

    Raises:
        UsageError: if it is none.
    """
    host = text_setting(meter, settings, "host", "").strip("[]")
    if not host or not host.isascii() or not all(c.isalnum() or c in ".-_:%" for c in host):
        shown = "a text with a user in it" if "@" in host else f"{host!r:.80}"
        raise UsageError(
            f"host is {shown}, not a name or an address",
            where=f"meter {meter}",
            remedy=f"write {meter}:host=bmc.example.org, without https:// and password",
        )
    return host


def port_setting(meter: str, settings: Settings, default: int) -> int:
    """Return a port.

    Raises:
        UsageError: if it is none.
    """
    port = settings.get("port", default)
    if isinstance(port, bool) or not isinstance(port, int) or not 0 < port < 65536:
        raise UsageError(f"port is {port!r:.40}", where=f"meter {meter}", remedy="1 to 65535")
    return port


def text_setting(meter: str, settings: Settings, name: str, default: str) -> str:
    """Return a text.

    Raises:
        UsageError: if it is none, or too long.
    """
    value = settings.get(name, default)
    if not isinstance(value, str) or len(value) > MAX_TEXT or not value.isprintable():
        raise UsageError(f"{name} is {value!r:.40}, not a text", where=f"meter {meter}")
    return value


def flag_setting(meter: str, settings: Settings, name: str, *, default: bool) -> bool:
    """Return a setting that is true or false.

    Raises:
        UsageError: if it is neither.
    """
    value = settings.get(name, default)
    if not isinstance(value, bool):
        what = f"{name} is {value!r:.40}, neither true nor false"
        raise UsageError(what, where=f"meter {meter}")
    return value


def names_of(meter: str, settings: Settings, name: str) -> tuple[str, ...]:
    """Return a setting that is a name, or a list of names.

    Raises:
        UsageError: if it is neither.
    """
    value = settings.get(name, [])
    listed = [value] if isinstance(value, str) else value
    return names_setting(meter, {name: listed}, name)
