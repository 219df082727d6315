"""Power strips from settings: over which protocol; the secrets are no settings."""

from __future__ import annotations

from joulemark.core.errors import PermissionNeededError, UsageError
from joulemark.core.scope import ExitStack
from joulemark.meters._remote_settings import (
    Address,
    address,
    seconds_setting,
    text_setting,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from joulemark.core.interfaces import Settings
    from joulemark.meters._snmp import Access
    from joulemark.meters._strips import Strip

KIND = "PDU"
MOST_STRIPS = 16
TIMEOUT_S = 2.0


def strips_of(settings: Settings) -> Callable[[], Sequence[Strip]]:
    """Return what gives the strips that settings name; it asks for their secrets.

    Raises:
        UsageError: for a senseless setting.
    """
    hosts = settings["host"] if isinstance(settings["host"], list) else [settings["host"]]
    if not 0 < len(hosts) <= MOST_STRIPS:
        raise UsageError("host is no name and no list of names", where="meter pdu")
    speak = _one_of(settings, "speak", ("snmp", "redfish"))
    make = _redfish if speak == "redfish" else _snmp
    made = [make({**settings, "host": host}) for host in hosts]

    def strips() -> list[Strip]:
        with ExitStack() as owned:
            found = []
            for one in made:
                found.append(one())
                owned.callback(found[-1].close)
            owned.pop_all()
        return found

    return strips


def _redfish(settings: Settings) -> Callable[[], Strip]:
    at: Address = address("pdu", settings, port=443, kind=KIND)
    which = text_setting("pdu", settings, "strip", "")

    def strip() -> Strip:
        from joulemark.meters._redfish_strip import RedfishStrip

        return RedfishStrip(at.service(None, None), proven=at.verify, which=which)

    return strip


def _snmp(settings: Settings) -> Callable[[], Strip]:
    at = address("pdu", settings, port=161, kind=KIND)
    version = _one_of(settings, "version", ("2c", "3"))
    mib = _one_of(settings, "mib", ("", "raritan", "apc", "entity-sensor"))
    authentication = _one_of(settings, "authentication", ("SHA", "SHA256", "SHA512", "MD5"))
    privacy = _one_of(settings, "privacy", ("AES", "AES256", "DES", "none"))
    timeout_s = seconds_setting("pdu", settings, "timeout_s", TIMEOUT_S)

    def strip() -> Strip:
        from joulemark.meters._snmp import Snmp
        from joulemark.meters._snmp_strip import SnmpStrip

        access = _access(at, version, authentication, privacy)
        agent = Snmp(at.host, at.port, access, timeout_s=timeout_s)
        return SnmpStrip(agent, mib, proven=version == "3")

    return strip


def _access(at: Address, version: str, authentication: str, privacy: str) -> Access:
    """Return how we are let in.

    Raises:
        PermissionNeededError: if a secret is nowhere.
    """
    from joulemark.meters._credentials import credentials
    from joulemark.meters._snmp import Access

    who = credentials(at.host, user="community" if version == "2c" else at.user, kind=KIND)
    try:
        second = credentials(at.host, user=who.user, kind=f"{KIND}_PRIVACY").password
    except PermissionNeededError:  # one passphrase for both is usual
        second = who.password
    return Access(version, who.user, lambda: (who.password, second), authentication, privacy)


def _one_of(settings: Settings, name: str, known: tuple[str, ...]) -> str:
    """Return a setting that is one of some texts; the first by default.

    Raises:
        UsageError: if it is another.
    """
    value = settings.get(name, known[0])
    value = str(value) if name == "version" else value  # 3 reads as a number
    if value not in known:
        choice = " or ".join(each for each in known if each)
        raise UsageError(f"{name} is {value!r:.40}", where="meter pdu", remedy=f"choose {choice}")
    return str(value)
