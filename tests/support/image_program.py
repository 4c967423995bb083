"""What a small image of a user's own runs; `tests.support.own_images` makes images of it.

It needs nothing but Python, and is told by environment variables: CONTENT or CONTENT_FILE is what it answers, PORT
where, CERTIFICATE (certificate and key as PEM) lets it speak TLS. It keeps the platform's contract for images:
connections stay open for 200 s, and after SIGTERM it goes on answering, over connections that end with the answer,
until STOPPING seconds are over. With STOPPING=0 it breaks that contract, and ends at once. /ws echoes what a WebSocket
sends.
"""

import asyncio
import base64
import hashlib
import json
import os
import signal
import ssl
import struct
import tempfile
from pathlib import Path

IDLE_SECONDS = 200.0
STOPPING_SECONDS = float(os.environ.get("STOPPING", "15"))
WEBSOCKET_KEY = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""RFC 6455, section 1.3."""
CLOSE = 8
"""Operation code of a closing frame."""


class Server:
    """One that answers until it is told to stop."""

    def __init__(self, content: str) -> None:
        self._content = content
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        self._stopping.set()

    async def run(self, port: int, tls: ssl.SSLContext | None) -> None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.stop)
        server = await asyncio.start_server(self._serve, "", port, ssl=tls)
        await self._stopping.wait()
        await asyncio.sleep(STOPPING_SECONDS)
        server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._answered(reader, writer):
                pass
        except (OSError, EOFError, TimeoutError, ValueError, LookupError):
            pass  # the client went away, or speaks no HTTP
        finally:
            writer.close()

    async def _answered(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection stays after one request."""
        asked = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), IDLE_SECONDS)).decode("latin-1")
        line, *lines = asked.split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in lines)}
        await reader.readexactly(int(headers.get("content-length", "0")))
        path = line.split()[1]
        if path == "/ws" and "sec-websocket-key" in headers:
            await self._echo(headers["sec-websocket-key"], reader, writer)
            return False
        stays = not self._stopping.is_set() and headers.get("connection", "").lower() != "close"
        body = json.dumps({"content": self._content, "uid": os.getuid(), "machine": os.uname().machine}).encode()
        connection = b"" if stays else b"Connection: close\r\n"
        length = f"Content-Length: {len(body)}\r\n".encode()
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + length + connection
        writer.write(head + b"\r\n" + body)
        await writer.drain()
        return stays

    async def _echo(self, key: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted = base64.b64encode(hashlib.sha1((key + WEBSOCKET_KEY).encode(), usedforsecurity=False).digest())
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accepted + b"\r\n\r\n"
        )
        while True:
            first, second = await reader.readexactly(2)
            length = second & 127
            if length > 125:
                raise ValueError("only short frames")
            mask = await reader.readexactly(4)
            payload = bytes(byte ^ mask[place % 4] for place, byte in enumerate(await reader.readexactly(length)))
            writer.write(struct.pack("!BB", first, length) + payload)
            await writer.drain()
            if first & 15 == CLOSE:
                return


def content() -> str:
    """What it is to answer."""
    file = os.environ.get("CONTENT_FILE")
    return Path(file).read_text() if file else os.environ["CONTENT"]


def tls() -> ssl.SSLContext | None:
    """How it speaks TLS, if it does."""
    pem = os.environ.get("CERTIFICATE")
    if pem is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(pem)
        file.flush()
        context.load_cert_chain(file.name)
    return context


if __name__ == "__main__":
    asyncio.run(Server(content()).run(int(os.environ["PORT"]), tls()))
