"""Certificates for tests: an authority, and servers that it vouches for, well or badly. Keeps no key on disk."""

import datetime as dt
import ipaddress
import ssl
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = dt.timedelta(days=1)


class Authority:
    """A certificate authority of its own."""

    def __init__(self, name: str = "a private authority") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(name)
        alternative = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        self._certificate = (
            _builder(self._name, self._name, self._key.public_key(), DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(alternative, critical=False)
            .sign(self._key, hashes.SHA256())
        )

    @property
    def pem(self) -> bytes:
        """Its certificate, for a CA bundle."""
        return self._certificate.public_bytes(serialization.Encoding.PEM)

    def server(self, name: str, ends: dt.timedelta = DAY) -> ssl.SSLContext:
        """The context of a server of that name or address; `ends` from now."""
        return _context(*self._server(name, ends))

    def server_pem(self, name: str) -> bytes:
        """The same as a file for a program: certificate and key, one after the other."""
        certificate, key = self._server(name, DAY)
        return certificate.public_bytes(serialization.Encoding.PEM) + _private(key)

    def _server(self, name: str, ends: dt.timedelta) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            _builder(_name(name), self._name, key.public_key(), ends)
            .add_extension(x509.SubjectAlternativeName([_alternative(name)]), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return certificate, key

    def as_server(self) -> ssl.SSLContext:
        """The context of a server that shows the authority's own certificate."""
        return _context(self._certificate, self._key)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, ends: dt.timedelta
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return x509.CertificateBuilder(
        subject_name=subject,
        issuer_name=issuer,
        public_key=key,
        serial_number=x509.random_serial_number(),
        not_valid_before=now - 2 * DAY,
        not_valid_after=now + ends,
    )


def _context(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        chain = Path(folder) / "chain.pem"
        chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + _private(key))
        context.load_cert_chain(chain)
    return context


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def own_certificate(name: str, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    """One that vouches for itself."""
    return _builder(_name(name), _name(name), key.public_key(), DAY).sign(key, hashes.SHA256())
