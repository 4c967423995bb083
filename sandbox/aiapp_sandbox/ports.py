"""Free TCP ports that stay free until the program they are meant for has taken them. Never listens itself."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def reserved(host: str, names: tuple[str, ...]) -> Iterator[dict[str, int]]:
    """A free port on `host` for each name, kept from everybody else while the context lasts.

    The kernel hands a bound port to nobody who asks for "any port", neither listener nor outgoing
    connection; a program that names the port and sets SO_REUSEADDR, as every Go program does, may still
    listen on it because nothing else does.
    """
    sockets = [_bound(host) for _ in names]
    try:
        yield {name: sock.getsockname()[1] for name, sock in zip(names, sockets, strict=True)}
    finally:
        for sock in sockets:
            sock.close()


def _bound(host: str) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((host, 0))
    return sock


def listening(host: str, port: int) -> bool:
    """Whether something accepts connections there now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.settimeout(1)
        return sock.connect_ex((host, port)) == 0
