"""Endpoints that lead where no store is: refused by name, whatever the spelling, before a single byte is sent."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from typing import Any

import aiohttp
import pytest
from tests.support.engine import settles
from tests.support.stores import LOCAL, Proxy, forward_proxy

from aiapp.adapters.endpoints.connector import RefusedAddressError, connector
from aiapp.adapters.endpoints.resolver import Resolver
from aiapp.adapters.objectstore.s3 import S3Store, StoreSettings
from aiapp.api.conditions import Reason
from aiapp.domain.objectstore.endpoint_policy import DEFAULT_POLICY, EndpointPolicy
from aiapp.domain.objectstore.listing import Listed
from aiapp.domain.objectstore.location import Location
from aiapp.domain.objectstore.proxies import Proxies
from aiapp.ports.objectstore import StoreError

EMPTY = b"<ListVersionsResult><IsTruncated>false</IsTruncated></ListVersionsResult>"
LISTED = Listed("mnist/config.json", 2, '"e"')
METADATA = "169.254.169.254"
TLS_HANDSHAKE = b"\x16"


def answer(body: bytes = EMPTY, *, first: str = "200 OK", headers: str = "") -> bytes:
    return f"HTTP/1.1 {first}\r\n{headers}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


@dataclass
class Server:
    """Answers everything alike and keeps what it was asked."""

    answer: bytes = answer()
    silent_for: str = "nothing"
    """Requests with this in their first line get no answer."""
    asked: list[str] = field(default_factory=list)
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.readexactly(1)
        if first == TLS_HANDSHAKE:
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            writer.close()
            return
        asked = (first + await reader.readuntil(b"\r\n\r\n")).decode()
        self.asked.append(asked)
        if self.silent_for in asked.partition("\r\n")[0]:
            await reader.read()  # until the client has had enough
        writer.write(self.answer)
        writer.close()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """On every address of this machine, so that only the policy keeps clients away."""
    running = Server()
    listener = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
    async with await asyncio.start_server(running.serve, sock=listener):
        running.port = listener.getsockname()[1]
        yield running


@pytest.fixture
async def stores() -> AsyncIterator[Callable[..., S3Store]]:
    """Makes stores over a policy; closed at the end."""
    made: list[S3Store] = []

    def make(policy: EndpointPolicy = DEFAULT_POLICY, **more: Any) -> S3Store:
        settings = StoreSettings(allow_http=True, attempts=1, connect_seconds=1, policy=policy, **more)
        made.append(S3Store(settings))
        return made[-1]

    yield make
    for store in made:
        await store.close()


Stores = Callable[..., S3Store]


def at(host: str, port: int) -> Location:
    return Location("models", "mnist/", f"http://{host}:{port}", addressing="Path")


async def failure(store: S3Store, where: Location) -> StoreError:
    with pytest.raises(StoreError) as failed:
        await store.list(where, None)
    return failed.value


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("127.0.0.1", id="plain"),
        pytest.param("0.0.0.0", id="this host"),
        pytest.param("localhost", id="by name"),
        pytest.param("localhost.", id="by name with a dot at its end"),
        pytest.param("LOCALHOST", id="by name in capitals"),
        pytest.param("[::1]", id="IPv6"),
        pytest.param("[::]", id="this host in IPv6"),
        pytest.param("[::ffff:127.0.0.1]", id="IPv4 mapped into IPv6"),
        pytest.param("[0:0:0:0:0:ffff:7f00:1]", id="mapped, in hexadecimal"),
        pytest.param("[64:ff9b::7f00:1]", id="NAT64"),
    ],
)
async def test_this_machine_is_refused_in_every_spelling(stores: Stores, server: Server, host: str) -> None:
    refused = await failure(stores(), at(host, server.port))
    assert (refused.reason, refused.retryable) == (Reason.ENDPOINT_REFUSED, False)
    assert "AIAPP_ALLOWED_RANGES" in refused.message
    assert host.strip("[].").lower()[:9] in refused.message
    assert server.asked == []


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("2130706433", id="decimal"),
        pytest.param("0177.0.0.1", id="octal"),
        pytest.param("0x7f.0.0.1", id="hexadecimal in parts"),
        pytest.param("0x7f000001", id="hexadecimal"),
        pytest.param("127.1", id="shortened"),
    ],
)
async def test_an_address_in_an_old_spelling_is_no_endpoint_whatever_is_allowed(
    stores: Stores, server: Server, host: str
) -> None:
    refused = await failure(stores(LOCAL), at(host, server.port))
    assert (refused.reason, refused.retryable) == (Reason.ENDPOINT_REFUSED, False)
    assert f"'http://{host}:{server.port}' is not http(s)://host[:port]" in refused.message
    assert server.asked == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])
async def test_the_settings_may_allow_it(stores: Stores, server: Server, host: str) -> None:
    allowing = EndpointPolicy(allowed_ranges=(ip_network("127.0.0.0/8"), ip_network("::1")))
    assert (await failure(stores(allowing), at(host, server.port))).reason is Reason.PREFIX_EMPTY
    assert len(server.asked) == 1


async def test_ranges_of_the_cluster_may_be_refused(stores: Stores, server: Server) -> None:
    policy = EndpointPolicy(refused_ranges=(ip_network("10.96.0.0/12"),))
    refused = await failure(stores(policy), at("10.96.0.1", server.port))
    assert refused.reason is Reason.ENDPOINT_REFUSED
    assert refused.message.startswith("10.96.0.1 is an address in a refused range")


async def test_a_list_of_hosts_lets_only_these_through(stores: Stores, server: Server) -> None:
    store = stores(EndpointPolicy(allowed_hosts=("127.0.0.1",), allowed_ranges=LOCAL.allowed_ranges))
    assert (await failure(store, at("127.0.0.1", server.port))).reason is Reason.PREFIX_EMPTY
    refused = await failure(store, at("127.0.0.2", server.port))
    assert refused.reason is Reason.ENDPOINT_REFUSED
    assert "127.0.0.2 is not among the allowed hosts" in refused.message
    assert "AIAPP_ALLOWED_HOSTS" in refused.message


@dataclass
class ChangingDns:
    """Answers for one name, one after the other; the last one for ever."""

    answers: list[list[str]]
    asked: int = 0

    def __call__(self, host: str, port: int, *more: Any, **options: Any) -> list[Any]:
        if host != "store.example.com":
            return _getaddrinfo(host, port, *more, **options)
        found = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]


_getaddrinfo = socket.getaddrinfo


async def test_a_policy_that_comes_later_holds_also_for_stores_that_were_reached_before(
    stores: Stores, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By name: an address is refused as it is written, only a name is left to the connection."""
    monkeypatch.setattr(socket, "getaddrinfo", ChangingDns([["127.0.0.1"]]))
    store = stores(LOCAL)
    assert (await failure(store, at("store.example.com", server.port))).reason is Reason.PREFIX_EMPTY
    store.keep_to(DEFAULT_POLICY)
    refused = await failure(store, at("store.example.com", server.port))
    assert refused.reason is Reason.ENDPOINT_REFUSED
    assert len(server.asked) == 1


async def test_the_address_that_was_checked_is_the_one_that_is_connected_to(
    stores: Stores, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    dns = ChangingDns([["127.0.0.1"], [METADATA]])
    monkeypatch.setattr(socket, "getaddrinfo", dns)
    store = stores(LOCAL)
    assert (await failure(store, at("store.example.com", server.port))).reason is Reason.PREFIX_EMPTY
    assert dns.asked == 1
    assert "Host: store.example.com" in server.asked[0]
    refused = await failure(store, at("store.example.com", server.port))
    assert refused.reason is Reason.ENDPOINT_REFUSED
    assert refused.message.startswith(f"store.example.com resolves to {METADATA}, a cloud's metadata service")
    assert len(server.asked) == 1


async def test_one_refused_address_among_several_is_enough(
    stores: Stores, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", ChangingDns([["127.0.0.1", METADATA]]))
    assert (await failure(stores(LOCAL), at("store.example.com", server.port))).reason is Reason.ENDPOINT_REFUSED
    assert server.asked == []


async def test_another_address_is_tried_when_the_first_is_dead(
    stores: Stores, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server_only = server.port
    monkeypatch.setattr(socket, "getaddrinfo", ChangingDns([["127.255.255.255", "127.0.0.1"]]))
    assert (await failure(stores(LOCAL), at("store.example.com", server_only))).reason is Reason.PREFIX_EMPTY


@pytest.mark.parametrize("status", ["301 Moved Permanently", "302 Found", "303 See Other", "307 Moved", "308 Moved"])
@pytest.mark.parametrize("region", ["", "x-amz-bucket-region: eu-west-1\r\n"], ids=["plain", "with a region"])
async def test_no_redirect_is_followed(stores: Stores, server: Server, status: str, region: str) -> None:
    trap = Server()
    async with await asyncio.start_server(trap.serve, "127.0.0.1", 0) as listener:
        elsewhere = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/models"
        body = f"<Error><Code>PermanentRedirect</Code><Endpoint>{elsewhere}</Endpoint></Error>".encode()
        server.answer = answer(body, first=status, headers=f"Location: {elsewhere}\r\n{region}")
        store = stores(LOCAL)
        assert (await failure(store, at("127.0.0.1", server.port))).reason is Reason.BUCKET_NOT_FOUND
        with pytest.raises(StoreError):
            await store.read(at("127.0.0.1", server.port), None, LISTED, 10)
    assert trap.asked == []
    assert all("models" in asked for asked in server.asked)


async def test_a_redirect_to_the_metadata_service_ends_there(stores: Stores, server: Server) -> None:
    server.answer = answer(b"", first="307 Moved", headers=f"Location: http://{METADATA}/latest/meta-data/\r\n")
    found = await failure(stores(LOCAL), at("127.0.0.1", server.port))
    assert found.reason is Reason.BUCKET_NOT_FOUND
    assert METADATA not in found.message
    assert len(server.asked) == 1


async def test_a_proxy_is_reached_wherever_it_is_and_resolves_the_store(stores: Stores, server: Server) -> None:
    proxy = Proxy({"store.example.test": "127.0.0.1"})
    async with forward_proxy(proxy):
        store = stores(proxies=Proxies(http=proxy.url))
        found = await failure(store, at("store.example.test", server.port))
    assert found.reason is Reason.PREFIX_EMPTY
    assert proxy.seen[0].startswith(f"GET http://store.example.test:{server.port}/models?")
    assert server.asked[0].startswith("GET /models?")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])
async def test_a_proxy_is_never_asked_for_a_refused_address(stores: Stores, server: Server, host: str) -> None:
    proxy = Proxy()
    async with forward_proxy(proxy):
        refused = await failure(stores(proxies=Proxies(http=proxy.url)), at(host, server.port))
    assert refused.reason is Reason.ENDPOINT_REFUSED
    assert proxy.seen == []
    assert server.asked == []


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the names below store.test, only those of known buckets exist."""

    def resolved(host: str, port: int, *more: Any, **options: Any) -> Any:
        if host.endswith("unknown.store.test"):
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return _getaddrinfo("127.0.0.1" if host.endswith("store.test") else host, port, *more, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolved)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        pytest.param(
            {"endpoint": "https://127.0.0.1:{port}"}, "127.0.0.1:{port} does not speak TLS", id="https for http"
        ),
        pytest.param(
            {"bucket": "unknown", "endpoint": "http://store.test:{port}", "addressing": "Virtual"},
            "unknown.store.test:{port} cannot be found: its name does not resolve: set addressing: Path",
            id="a bucket that is no host",
        ),
        pytest.param(
            {"bucket": "unknown", "endpoint": "http://store.test:{port}", "addressing": "Auto"},
            "unknown.store.test:{port} cannot be found",
            id="the same, by the rule",
        ),
    ],
)
async def test_what_one_tenant_has_got_wrong_nobody_else_hears_of(
    stores: Stores, server: Server, names: None, wrong: dict[str, Any], words: str
) -> None:
    port = server.port
    mistaken = replace(at("127.0.0.1", port), **{name: value.format(port=port) for name, value in wrong.items()})
    right = at("127.0.0.1", port), replace(at("store.test", port), addressing="Virtual", bucket="known")
    store = stores(LOCAL)
    for _ in range(3):
        failures = await asyncio.gather(*(failure(store, where) for where in (mistaken, *right, mistaken, *right)))
        assert [found.reason for found in failures[1:3] + failures[4:]] == [Reason.PREFIX_EMPTY] * 4
        assert [words.format(port=port) in found.message for found in (failures[0], failures[3])] == [True, True]


async def test_a_bucket_that_is_slow_is_not_taken_for_a_store_that_is_down(stores: Stores, server: Server) -> None:
    server.silent_for = "/slow?"
    slow, store = replace(at("127.0.0.1", server.port), bucket="slow"), stores(LOCAL, read_seconds=1)
    assert "did not answer in time" in (await failure(store, slow)).message
    again = asyncio.create_task(failure(store, slow))
    await settles(lambda: len(server.asked) == 2)
    assert (await failure(store, at("127.0.0.1", server.port))).reason is Reason.PREFIX_EMPTY
    assert "did not answer in time" in (await again).message


async def test_no_connection_is_made_to_a_refused_address_however_it_was_come_by(server: Server) -> None:
    guarded = connector(Resolver(1), DEFAULT_POLICY)
    async with aiohttp.ClientSession(connector=guarded) as session:
        with pytest.raises(RefusedAddressError, match="a loopback address"):
            await session.get(f"http://127.0.0.1:{server.port}")
    assert server.asked == []


async def test_a_name_that_never_resolves_holds_up_nobody_who_asks_for_another(
    stores: Stores, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    released, asked = threading.Event(), list[str]()

    def resolved(host: str, port: int, *more: Any, **options: Any) -> Any:
        asked.append(host)
        if host.endswith("dead.test"):
            released.wait(60)
        return _getaddrinfo("127.0.0.1", port, *more, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    store = stores(LOCAL, read_seconds=60, request_seconds=60)
    try:
        dead = [asyncio.create_task(failure(store, at(f"{number}.dead.test", server.port))) for number in range(40)]
        await settles(lambda: bool(asked))
        assert (await failure(store, at("store.test", server.port))).reason is Reason.PREFIX_EMPTY
        assert {found.message.partition(":")[2] for found in await asyncio.gather(*dead)} == {
            f"{server.port} cannot be found: its name does not resolve"
        }
    finally:
        released.set()


@pytest.mark.parametrize("endpoint", ["https://[", "http://a;b", "https://host:99999", "https://\x1b[31mhost"])
async def test_an_endpoint_that_is_none_is_refused_and_shown_in_plain_letters(stores: Stores, endpoint: str) -> None:
    refused = await failure(stores(), Location("models", "", endpoint))
    assert (refused.reason, refused.retryable) == (Reason.ENDPOINT_REFUSED, False)
    assert refused.message.isprintable()
