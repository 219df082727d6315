"""Who we are to a baseboard controller or a power strip: from the environment or the keyring alone.

A secret is never a setting, for settings are recorded. For a device at ``HOST`` the first of these
that is there counts, for name and password each by itself::

    JOULEMARK_BMC_USER_<HOST>, JOULEMARK_BMC_PASSWORD_<HOST>   of this device
    JOULEMARK_BMC_USER, JOULEMARK_BMC_PASSWORD                 of all of them
    the keyring (package ``keyring``), service ``joulemark-bmc/HOST``

``<HOST>`` is the address in capitals, with ``_`` for whatever is neither letter nor digit. The
user's name may also be a setting, which counts before them.
"""

from __future__ import annotations

import os

from joulemark.core.errors import PermissionNeededError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

Ring: TypeAlias = "Callable[[str, str | None], tuple[str, str] | None]"
"""Returns name and password that a keyring holds for a service (and a name, where it is known)."""

SHOWN = "[not shown]"


class Credentials:
    """A name and a password; only who asks for the password sees it.

    Args:
        user: the name; may be empty.
        password: the secret; may be empty.
    """

    __slots__ = ("password", "user")

    def __init__(self, user: str, password: str) -> None:
        """Keep both."""
        self.user = user
        self.password = password

    def __repr__(self) -> str:
        """Return what may be shown."""
        return f"Credentials({SHOWN})"

    def __reduce__(self) -> tuple[object, ...]:
        """Refuse to be written anywhere."""
        raise TypeError("credentials are not written down")

    def hidden(self, text: str) -> str:
        """Return a text without the password, should a library have put it there."""
        return text.replace(self.password, SHOWN) if self.password else text


def credentials(
    host: str,
    *,
    user: str = "",
    kind: str = "BMC",
    variables: Mapping[str, str] | None = None,
    ring: Ring | None = None,
) -> Credentials:
    """Return who we are to a device.

    Args:
        host: its address, as it stands in the settings.
        user: the name, where a setting tells it.
        kind: what the variables are named after: ``BMC``, ``PDU``.
        variables: the process environment; by default the real one.
        ring: asks a keyring; by default the package ``keyring`` where it is installed.

    Raises:
        PermissionNeededError: if the name or the password is nowhere; with what to set.
    """
    variables = os.environ if variables is None else variables
    own, general = variable_names(host, kind)
    found_user = user or variables.get(own[0]) or variables.get(general[0]) or ""
    password = variables.get(own[1]) or variables.get(general[1]) or ""
    if not found_user or not password:
        held = (ring or _keyring)(f"joulemark-{kind.lower()}/{host}", found_user or None)
        if held is not None:
            found_user, password = found_user or held[0], password or held[1]
    if not found_user or not password:
        lacking = "password" if found_user else "name and password"
        raise PermissionNeededError(
            f"no {lacking} for this {kind}",
            where=host,
            remedy=f"set {general[0]} and {general[1]} (for it alone: {own[0]}, {own[1]}), or "
            f"store them: keyring set joulemark-{kind.lower()}/{host} NAME",
        )
    return Credentials(found_user, password)


def variable_names(host: str, kind: str = "BMC") -> tuple[tuple[str, str], tuple[str, str]]:
    """Return the variables of name and password: of one device, and of all.

    >>> variable_names("node-1.bmc")[0]
    ('JOULEMARK_BMC_USER_NODE_1_BMC', 'JOULEMARK_BMC_PASSWORD_NODE_1_BMC')
    """
    end = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in host)
    user, password = f"JOULEMARK_{kind}_USER", f"JOULEMARK_{kind}_PASSWORD"
    return (f"{user}_{end.upper()}", f"{password}_{end.upper()}"), (user, password)


def _keyring(service: str, user: str | None) -> tuple[str, str] | None:
    """Ask the keyring of this user; one that is not installed, locked or broken holds nothing."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return None
    try:
        held = keyring.get_credential(service, user)
    except (KeyringError, OSError, RuntimeError):
        return None
    return None if held is None else (held.username or "", held.password or "")
