"""Certificates of authorities, as people put them into ConfigMaps and Secrets.

Never reads an object or a file, and never lets anything but certificates through.
"""

import re
from typing import Final

_CERTIFICATE: Final = re.compile(r"-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----")


class AuthoritiesError(ValueError):
    """The content is no CA bundle; the text says why and follows the name of the place it was found at."""


def authorities(content: bytes) -> str:
    """The certificates in `content`, one after the other; whatever else it holds (such as a private key) is left out.

    Raises `AuthoritiesError` when there is none, or one that cannot be read.
    """
    import ssl  # noqa: PLC0415 - takes a while, and `aiapp fetch` has a bundle to read only where one is given

    found = _CERTIFICATE.findall(content.decode("ascii", "replace"))
    if not found:
        raise AuthoritiesError("holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata="\n".join(found))
    except (ssl.SSLError, ValueError) as error:
        raise AuthoritiesError("holds a certificate that cannot be read: is it complete?") from error
    return "".join(f"{certificate}\n" for certificate in found)
