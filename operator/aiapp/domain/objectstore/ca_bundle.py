"""Certificates of authorities, as people put them into ConfigMaps and Secrets.

Never reads an object or a file, and never lets anything but certificates through.
"""

import re
from collections.abc import Sequence
from typing import Final

MAX_CERTIFICATES: Final = 512
"""Public authorities are some 150. All of them are read at each look, and remembered by the connections."""
MAX_CHARACTERS: Final = 512 << 10
"""Of all certificates together; those of the public authorities have 230,000."""
_CERTIFICATE: Final = re.compile(r"-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----")


class AuthoritiesError(ValueError):
    """The content is no CA bundle; the text says why and follows the name of the place it was found at."""


def authorities(content: bytes) -> str:
    """The certificates in `content`, one after the other; whatever else it holds (such as a private key) is left out.

    Raises `AuthoritiesError` when there is none, one that cannot be read, or far more than anybody needs.
    """
    import ssl  # noqa: PLC0415 - takes a while, and `aiapp fetch` has a bundle to read only where one is given

    found = list(dict.fromkeys(_CERTIFICATE.findall(content.decode("ascii", "replace"))))
    if not found:
        raise AuthoritiesError("holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)")
    _require_few(found)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata="\n".join(found))
    except (ssl.SSLError, ValueError) as error:
        raise AuthoritiesError("holds a certificate that cannot be read: is it complete?") from error
    return "".join(f"{certificate}\n" for certificate in found)


def _require_few(certificates: Sequence[str]) -> None:
    characters = sum(map(len, certificates))
    if len(certificates) > MAX_CERTIFICATES or characters > MAX_CHARACTERS:
        raise AuthoritiesError(
            f"holds {len(certificates)} certificates of {characters} characters; at most {MAX_CERTIFICATES} and "
            f"{MAX_CHARACTERS} are taken: keep those that this endpoint needs, the public ones are trusted anyway"
        )
