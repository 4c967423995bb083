"""Gives tokens for a registry, as the real one takes them: signed, for what was asked for and no more."""

import base64
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from tests.support.certificates import own_certificate
from tests.support.quirky_store import Asked, Reply, serving
from tests.support.registries import HOST, PASSWORD, USER, Registry, login, running

ISSUER, SERVICE = "the token server", "the registry"


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


@dataclass
class TokenServer:
    """Knows USER, who may pull. Whoever else asks gets no token."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    seen: list[Asked] = field(default_factory=list)
    sent: int = 0
    seconds: int = 300
    """How long tokens hold."""
    identity: str = "an identity token"
    pushes: str = "copies/"
    """How the repositories begin that USER may push to."""
    hides: str = "hidden/"
    """How the repositories begin that USER may not see."""

    @cached_property
    def certificate(self) -> x509.Certificate:
        return own_certificate(ISSUER, self.key)

    def answer(self, asked: Asked) -> Reply:
        form = parse_qs(asked.body.decode())
        scopes = form.get("scope") or parse_qs(urlsplit(asked.target).query).get("scope", [])
        if form:
            allowed = form["refresh_token"] == [self.identity]
        else:
            allowed = asked.headers.get("authorization") == login(USER, PASSWORD)["Authorization"]
        if not allowed:
            return Reply(401, b'{"errors":[{"code":"UNAUTHORIZED"}]}')
        given = {"token": self.granted(*scopes), "expires_in": self.seconds}
        return Reply(200, json.dumps(given).encode(), {"Content-Type": "application/json"})

    def granted(self, *scopes: str) -> str:
        """What is asked for, as far as USER may have it."""
        asked = [scope.split(":") for scope in scopes]
        return self.token(
            {
                name: [action for action in actions.split(",") if action == "pull" or name.startswith(self.pushes)]
                for _, name, actions in asked
                if not name.startswith(self.hides)
            }
        )

    def token(self, access_of: Mapping[str, Sequence[str]]) -> str:
        """For actions by repository."""
        access = [{"type": "repository", "name": name, "actions": list(given)} for name, given in access_of.items()]
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": SERVICE,
            "sub": USER,
            "access": access,
            "jti": str(now),
            "iat": now,
            "nbf": now - 10,
            "exp": now + self.seconds,
        }
        chain = [base64.b64encode(self.certificate.public_bytes(serialization.Encoding.DER)).decode()]
        head: Mapping[str, Any] = {"typ": "JWT", "alg": "ES256", "x5c": chain}
        signed = ".".join(_encoded(json.dumps(part).encode()) for part in (head, claims))
        first, second = decode_dss_signature(self.key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{signed}.{_encoded(first.to_bytes(32, 'big') + second.to_bytes(32, 'big'))}"


@dataclass(frozen=True)
class Tokened:
    """A registry that takes tokens, and who gives them."""

    registry: Registry
    tokens: TokenServer

    def pushing(self, repository: str) -> Registry:
        """The registry for a test that pushes there."""
        token = self.tokens.token({repository: ["pull", "push", "delete"]})
        return Registry(self.registry.address, self.registry.data, {"Authorization": f"Bearer {token}"})


@contextmanager
def with_tokens(folder: Path) -> Iterator[Tokened]:
    """Both of them."""
    tokens = TokenServer()
    (folder / "roots.pem").write_bytes(tokens.certificate.public_bytes(serialization.Encoding.PEM))
    with serving(tokens) as port:
        auth = {
            "token": {
                "realm": f"http://{HOST}:{port}/token",
                "service": SERVICE,
                "issuer": ISSUER,
                "rootcertbundle": str(folder / "roots.pem"),
            }
        }
        with running(folder, auth=auth) as registry:
            yield Tokened(registry, tokens)
