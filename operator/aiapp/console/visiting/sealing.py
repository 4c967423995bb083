"""Sealed text for cookies, and marks that only this console can make. Keys never leave this file."""

import base64
import binascii
import hashlib
import hmac
import secrets
from typing import Any, Final

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12


class Sealer:
    """AES-256-GCM and HMAC-SHA-256, with keys derived from one secret of at least 32 bytes."""

    def __init__(self, secret: bytes) -> None:
        """Raises `ValueError` if the secret is too short."""
        if len(secret) < KEY_BYTES:
            raise ValueError(f"the key has {len(secret)} bytes: at least {KEY_BYTES} random ones are needed")
        self._cipher = AESGCM(_derived(secret, "seal"))
        self._mark_key = _derived(secret, "mark")

    @classmethod
    def random(cls) -> "Sealer":
        """With a secret that ends with this process."""
        return cls(secrets.token_bytes(KEY_BYTES))

    def seal(self, document: dict[str, Any], purpose: str) -> str:
        """The document, readable for nobody else and good for that purpose only."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, orjson.dumps(document), purpose.encode())
        return base64.urlsafe_b64encode(nonce + sealed).decode().rstrip("=")

    def unseal(self, text: str, purpose: str) -> dict[str, Any] | None:
        """What `seal` was given; None for anything else."""
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            found = self._cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], purpose.encode())
        except (binascii.Error, ValueError, InvalidTag):
            return None
        document: dict[str, Any] = orjson.loads(found)
        return document

    def mark(self, text: str) -> str:
        """The mark of a text: the same each time, and not to be guessed."""
        return hmac.new(self._mark_key, text.encode(), hashlib.sha256).hexdigest()

    def is_mark(self, given: str, text: str) -> bool:
        """Whether `given` is the mark of the text; takes as long whatever is given."""
        return hmac.compare_digest(self.mark(text).encode(), given.encode(errors="replace"))


def _derived(secret: bytes, purpose: str) -> bytes:
    return hmac.new(secret, f"aiapp console {purpose}".encode(), hashlib.sha256).digest()
