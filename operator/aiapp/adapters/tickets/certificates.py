"""The authority that vouches for the ticket server, and the server's certificates. Keeps no key on a disk."""

import ssl
import tempfile
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_DAYS: Final = 3650
"""Its certificate stands in the templates of pods: another one replaces all of them."""
SERVER_DAYS: Final = 30
_EARLIER: Final = timedelta(hours=1)
"""Clocks of nodes differ."""
_NAME: Final = "aiapp ticket authority"
_SERVER: Final = "aiapp ticket server"
"""Another name than the authority's, or the certificate would look like one that vouches for itself."""


class AuthorityError(ValueError):
    """A key or certificate that is none."""


@dataclass(frozen=True, slots=True)
class Authority:
    """A key pair in PEM form."""

    certificate: str
    key: str = field(repr=False)


def new_authority(now: datetime) -> Authority:
    """An authority that vouches for nobody yet."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _NAME)])
    made = (
        _certificate(name, name, key.public_key(), now, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Authority(_pem(made), _key_pem(key))


def server_context(authority: Authority, host: str, now: datetime) -> ssl.SSLContext:
    """TLS for a server of that name. Raises `AuthorityError`."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    renew(context, authority, host, now)
    return context


def renew(context: ssl.SSLContext, authority: Authority, host: str, now: datetime) -> None:
    """Give a server another certificate, for connections from now on. Raises `AuthorityError`."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer, signer = _read(authority)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _SERVER)])
    made = (
        _certificate(name, issuer.subject, key.public_key(), now, SERVER_DAYS)
        .add_extension(x509.SubjectAlternativeName([_name_of(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )
    # ssl reads from files alone.
    with tempfile.TemporaryDirectory() as folder:
        chain = Path(folder) / "server.pem"
        chain.touch(mode=0o600)
        chain.write_text(_key_pem(key) + _pem(made))
        context.load_cert_chain(chain)


def _read(authority: Authority) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    try:
        certificate = x509.load_pem_x509_certificate(authority.certificate.encode())
        key = serialization.load_pem_private_key(authority.key.encode(), None)
    except (ValueError, TypeError) as error:
        raise AuthorityError("it holds no certificate with its key in PEM form") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise AuthorityError("its key is not on an elliptic curve")
    return certificate, key


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now + timedelta(days=days))
    )


def _name_of(host: str) -> x509.GeneralName:
    """How pods reach the server: by its Service's name, or its address."""
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
