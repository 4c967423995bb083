"""The console's own certificate, which is renewed in place while it serves."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.certificates import Authority

from aiapp.console.http.certificate import RenewedCertificate

ADDRESS = "127.0.0.1"


class Mounted:
    """A Secret as the kubelet mounts it: another content takes its place at once, by a link."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._version = folder, 0
        for name in ("tls.crt", "tls.key"):
            (folder / name).symlink_to(f"..data/{name}")

    @property
    def paths(self) -> tuple[Path, Path]:
        return self._folder / "tls.crt", self._folder / "tls.key"

    def holds(self, chain: bytes | None, key: bytes) -> None:
        self._version += 1
        version = self._folder / f"..{self._version}"
        version.mkdir()
        (version / "tls.key").write_bytes(key)
        if chain is not None:
            (version / "tls.crt").write_bytes(chain)
        (self._folder / "..new").symlink_to(version)
        (self._folder / "..new").replace(self._folder / "..data")


@pytest.fixture
def mounted(tmp_path: Path) -> Mounted:
    return Mounted(tmp_path)


@pytest.fixture
async def port(mounted: Mounted) -> AsyncIterator[int]:
    """A server whose certificate the first authority vouches for."""
    mounted.holds(FIRST, FIRST)
    server = await asyncio.start_server(
        lambda _, writer: writer.close(), ADDRESS, 0, ssl=RenewedCertificate(*mounted.paths).context
    )
    async with server:
        yield server.sockets[0].getsockname()[1]


AUTHORITIES = Authority("first"), Authority("second")
FIRST, SECOND = (one.server_pem(ADDRESS) for one in AUTHORITIES)


async def shows(port: int, authority: Authority) -> bool:
    """Whether a new connection gets a certificate of that authority."""
    trusting = ssl.create_default_context(cadata=authority.pem.decode())
    try:
        _, writer = await asyncio.open_connection(ADDRESS, port, ssl=trusting)
    except ssl.SSLCertVerificationError:
        return False
    writer.close()
    return True


async def test_a_certificate_that_is_renewed_is_shown_to_the_next_connection(
    port: int, mounted: Mounted, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "aiapp")
    first, second = AUTHORITIES
    assert (await shows(port, first), await shows(port, second)) == (True, False)
    mounted.holds(SECOND, SECOND)
    assert (await shows(port, first), await shows(port, second)) == (False, True)
    assert [record.levelname for record in caplog.records] == ["INFO"]


@pytest.mark.parametrize(
    ("chain", "key"),
    [
        pytest.param(FIRST, SECOND, id="not a pair"),
        pytest.param(b"", SECOND, id="empty"),
        pytest.param(None, SECOND, id="gone"),
        pytest.param(SECOND, b"no key", id="no key"),
    ],
)
async def test_the_old_certificate_stays_until_there_is_another_pair(
    port: int, mounted: Mounted, caplog: pytest.LogCaptureFixture, chain: bytes | None, key: bytes
) -> None:
    first, second = AUTHORITIES
    mounted.holds(chain, key)
    assert [await shows(port, first) for _ in range(3)] == [True] * 3
    (record,) = caplog.records
    assert f"{mounted.paths[0]} and {mounted.paths[1]} hold no other one" in record.getMessage()
    mounted.holds(SECOND, SECOND)
    assert await shows(port, second)
