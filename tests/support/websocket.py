"""A client of a WebSocket that echoes. It needs nothing but Python, so that it runs in a pod too.

`python3 -c SOURCE ADDRESS PORT HOST PATH TEXT...` sends each text over one connection and prints what comes back.
"""

import os
import socket
import sys
from collections.abc import Iterable, Iterator

SECONDS = 30.0
TEXT = 0x81
"""A whole message of text, in one frame (RFC 6455, section 5.2)."""


def echoed(address: str, port: int, host: str, path: str, texts: Iterable[str]) -> Iterator[str]:
    """What comes back for each text over one connection. OSError and ValueError where it is none."""
    with socket.create_connection((address, port), SECONDS) as connection, connection.makefile("rwb") as stream:
        head = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        more = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        stream.write((head + more).encode())
        stream.flush()
        answer = [stream.readline().decode().strip()]
        while answer[-1]:
            answer.append(stream.readline().decode().strip())
        if " 101 " not in answer[0]:
            raise ValueError(answer[0])
        for text in texts:
            stream.write(_frame(text.encode()))
            stream.flush()
            _, length = stream.read(2)
            yield stream.read(length).decode()


def _frame(payload: bytes) -> bytes:
    """Masked, as a client's frames are."""
    mask = os.urandom(4)
    masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
    return bytes((TEXT, 0x80 | len(payload))) + mask + masked


if __name__ == "__main__":
    address, port, host, path, *texts = sys.argv[1:]
    for text in echoed(address, int(port), host, path, texts):
        sys.stdout.write(f"{text}\n")
