"""The certificate that the console shows, which whoever keeps it renews in place: as files of a mounted Secret."""

import logging
import ssl
from pathlib import Path
from typing import Final

logger = logging.getLogger(__name__)

_NO_PASSPHRASE: Final = ""
"""A key that asks for one is refused; without this it would be asked for on a terminal."""
_State = tuple[tuple[int, int] | None, ...]


class RenewedCertificate:
    """Each connection gets what the files hold by then; what they held before, while that is no pair."""

    def __init__(self, chain: Path, key: Path) -> None:
        """Raises OSError, which `ssl.SSLError` is too, where the files hold no pair."""
        self._chain, self._key = chain, key
        self._seen = self._state()
        self.context = self._loaded()
        """For the server."""
        self._shown = self.context
        self.context.sni_callback = self._renew

    def _renew(self, connection: ssl.SSLObject, _: str | None, __: ssl.SSLContext) -> None:
        """Called in each handshake, whether or not the client says a name."""
        state = self._state()
        if state != self._seen:
            self._seen = state
            self._reload()
        connection.context = self._shown

    def _reload(self) -> None:
        try:
            self._shown = self._loaded()
        except OSError as error:
            logger.warning("The certificate stays as it was: %s and %s hold no other one: %s", *self._paths, error)
        else:
            logger.info("The certificate is the new one of %s", self._chain)

    def _loaded(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*self._paths, password=_NO_PASSPHRASE)
        return context

    @property
    def _paths(self) -> tuple[Path, Path]:
        return self._chain, self._key

    def _state(self) -> _State:
        """Another one after each change. It is looked at before the files are read, so none is missed."""
        return tuple(map(_state, self._paths))


def _state(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_ctime_ns
