"""TLS contexts for connections to endpoints. Never disables verification of certificates."""

import os
import ssl


def trusting(authorities: str | None, instead: str | None = None) -> ssl.SSLContext:
    """Returns a context that trusts the public authorities, or those in the file `instead`, and `authorities` (PEM).

    Raises ValueError for invalid PEM and OSError for an unreadable file.
    """
    context = ssl.create_default_context(cafile=instead)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # a bundle may contain the server's certificate itself
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # default since Python 3.13; many private authorities violate it
    if instead is None and not _has_authorities(ssl.get_default_verify_paths()):
        import certifi  # noqa: PLC0415 - images without authorities of their own

        context.load_verify_locations(certifi.where())
    if authorities is not None:
        try:
            context.load_verify_locations(cadata=authorities)
        except ssl.SSLError as error:
            raise ValueError(f"the CA bundle is no PEM: {error}") from error
    return context


def _has_authorities(paths: ssl.DefaultVerifyPaths) -> bool:
    return paths.cafile is not None or (paths.capath is not None and any(os.scandir(paths.capath)))
