"""Cipher suites 3 and 17 (table 22-20): codes, keys, and AES-CBC-128 (section 13.29)."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from joulemark.core.errors import MissingExtraError

BLOCK = 16


@dataclass(frozen=True, slots=True)
class Suite:
    """One set of algorithms.

    Attributes:
        number: of the suite.
        authentication: number of the algorithm of RAKP.
        integrity: that of the codes at the end of packets.
        confidentiality: that of the payloads; AES-CBC-128 in both suites.
        digest: name of the hash.
        code_length: bytes of a code at the end of a packet.
    """

    number: int
    authentication: int
    integrity: int
    confidentiality: int
    digest: str
    code_length: int

    def code(self, key: bytes, data: bytes) -> bytes:
        """Return the whole keyed hash."""
        return hmac.new(key, data, getattr(hashlib, self.digest)).digest()

    def short_code(self, key: bytes, data: bytes) -> bytes:
        """Return as much of the keyed hash as a packet carries."""
        return self.code(key, data)[: self.code_length]


SUITES: Mapping[int, Suite] = {
    3: Suite(3, 0x01, 0x01, 0x01, "sha1", 12),
    17: Suite(17, 0x03, 0x04, 0x01, "sha256", 16),
}


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of a session.

    Attributes:
        integrity: K1.
        confidentiality: the first 128 bits of K2.
    """

    integrity: bytes
    confidentiality: bytes

    @classmethod
    def of(cls, suite: Suite, session_key: bytes) -> Keys:
        """Return the keys that follow from the session integrity key (section 13.32)."""
        first, second = (suite.code(session_key, bytes([n]) * 20) for n in (1, 2))
        return cls(first, second[:BLOCK])


class Aes:
    """AES-CBC-128 by the package ``cryptography``.

    Raises:
        MissingExtraError: if it is not installed.
    """

    def __init__(self) -> None:
        """Load it."""
        try:
            from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
        except ImportError:
            raise MissingExtraError("a virtual BMC", "cryptography", "bmc") from None
        self._of: Callable[[bytes, bytes], Cipher[modes.CBC]] = lambda key, vector: Cipher(
            algorithms.AES(key), modes.CBC(vector)
        )

    def seal(self, key: bytes, payload: bytes) -> bytes:
        """Return a payload with vector and filling (table 13-20), encrypted."""
        filling = -(len(payload) + 1) % BLOCK
        plain = payload + bytes(range(1, filling + 1)) + bytes([filling])
        vector = os.urandom(BLOCK)
        worker = self._of(key, vector).encryptor()
        return vector + worker.update(plain) + worker.finalize()

    def unseal(self, key: bytes, sealed: bytes) -> bytes | None:
        """Return the payload; None if its filling is not as it must be."""
        if len(sealed) < 2 * BLOCK or len(sealed) % BLOCK:
            return None
        worker = self._of(key, sealed[:BLOCK]).decryptor()
        plain = worker.update(sealed[BLOCK:]) + worker.finalize()
        filling = plain[-1]
        end = len(plain) - 1 - filling
        if filling >= BLOCK or plain[end:-1] != bytes(range(1, filling + 1)):
            return None
        return plain[:end]
