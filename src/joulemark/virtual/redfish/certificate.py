"""A certificate for the life of a virtual service, signed by itself."""

from __future__ import annotations

import ssl
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from joulemark.core.errors import MissingExtraError

if TYPE_CHECKING:
    from cryptography.x509 import GeneralName

DAYS = 7


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its key, PEM.

    Attributes:
        public: what others are given to trust.
        private: the key.
    """

    public: bytes
    private: bytes

    def context(self) -> ssl.SSLContext:
        """Return how a server speaks TLS with it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.NamedTemporaryFile(suffix=".pem") as file:  # ssl reads files only
            file.write(self.private + self.public)
            file.flush()
            context.load_cert_chain(file.name)
        return context

    def hand_out(self, path: Path) -> None:
        """Write the public half."""
        path.write_bytes(self.public)


def self_signed(*names: str) -> Certificate:
    """Make a certificate for names and addresses; the key never leaves this process.

    Raises:
        MissingExtraError: if ``cryptography`` is not installed.
    """
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
    except ImportError:
        raise MissingExtraError("a virtual Redfish service", "cryptography", "bmc") from None
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "joulemark virtual instrument")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=DAYS))
        .add_extension(x509.SubjectAlternativeName(list(map(_general, names))), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Certificate(made.public_bytes(pem), private)


def _general(name: str) -> GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
