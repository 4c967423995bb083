"""The server for tickets and its certificates, asked by the fetcher over real TLS on this machine."""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.support.ticket_server import NOW, serving_tickets, shown_by_a_pod

from aiapp.adapters.tickets import connections
from aiapp.adapters.tickets.certificates import Authority, AuthorityError, new_authority, renew, server_context
from aiapp.adapters.tickets.server import AT_ONCE, FROM_ONE, WINDOW_SECONDS, Rate
from aiapp.api.conditions import Reason
from aiapp.domain.artifact.entry import Entry
from aiapp.domain.exeml.tickets import FILES, PATH, Ticket, TicketRefusedError, TicketRequest
from aiapp.domain.objectstore.location import Location
from aiapp.fetch.failures import FetchError
from aiapp.fetch.http import backoff
from aiapp.fetch.http.s3_reader import Access, S3Reader
from aiapp.fetch.http.tickets import SPARE_SECONDS, Operator, Tickets
from aiapp.ports.kubernetes import ApiError

ENTRIES = [Entry(f"f{number:04}", 1, "e") for number in range(FILES + 3)]
PIN = "sha256:1"


@pytest.fixture(scope="module")
def authority() -> Authority:
    return new_authority(NOW)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST_SECONDS", 0.001)


@pytest.fixture
def shown(tmp_path: Path) -> tuple[Path, Path]:
    return shown_by_a_pod(tmp_path)


def page(asked: TicketRequest) -> Ticket:
    targets = tuple(f"/b/{entry.path}?X=1" for entry in ENTRIES[asked.first : asked.first + FILES])
    return Ticket(origin="https://obs.lan:8443", seconds=300, first=asked.first, targets=targets)


def tickets(
    url: str, authority: Authority, shown: tuple[Path, Path], clock: Callable[[], float] = lambda: 0
) -> Tickets:
    operator = Operator(url=url, authority=authority.certificate, token=shown[0], proof=shown[1])
    return Tickets(operator, PIN, ENTRIES, clock)


def test_the_fetcher_gets_addresses_page_by_page_and_again_before_they_end(
    authority: Authority, shown: tuple[Path, Path]
) -> None:
    seen: list[tuple[str, int, bytes]] = []

    def answer(token: str, asked: TicketRequest) -> Ticket:
        seen.append((token, asked.first, asked.proof))
        return page(asked)

    now = 0.0
    with serving_tickets(answer, authority) as (url, counted):
        found = tickets(url, authority, shown, lambda: now)
        assert (found.address.hostname, found.address.port) == ("obs.lan", 8443)
        assert found.target(ENTRIES[0]) == "/b/f0000?X=1"
        assert found.target(ENTRIES[-1]) == f"/b/{ENTRIES[-1].path}?X=1"
        assert [first for _, first, _ in seen] == [0, FILES]
        now = 300 - SPARE_SECONDS
        found.target(ENTRIES[0])
        found.renew(ENTRIES[0])
        found.target(ENTRIES[0])
    assert [first for _, first, _ in seen] == [0, FILES, 0, 0]
    assert {(token, proof) for token, _, proof in seen} == {("the-token", b"p" * 32)}
    assert counted == ["given"] * 4


def test_a_refusal_ends_the_fetch_with_its_words_and_one_that_may_pass_is_asked_about_again(
    authority: Authority, shown: tuple[Path, Path]
) -> None:
    def final(token: str, asked: TicketRequest) -> Ticket:
        raise TicketRefusedError("pod", "pod p is not as the operator made it: spec.volumes differs")

    with (
        serving_tickets(final, authority) as (url, counted),
        pytest.raises(FetchError, match=r"spec\.volumes differs") as error,
    ):
        tickets(url, authority, shown)
    assert error.value.reason is Reason.TICKET_REFUSED
    assert counted == ["pod"]

    answers = iter([TicketRefusedError("proof", "not yet", soon=True), ApiError(0, "Lost", "secret words"), None])

    def later(token: str, asked: TicketRequest) -> Ticket:
        if (error := next(answers)) is not None:
            raise error
        return page(asked)

    with serving_tickets(later, authority) as (url, counted):
        assert tickets(url, authority, shown).target(ENTRIES[0])
    assert counted == ["proof", "api", "given"]


def test_another_authority_is_not_believed(authority: Authority, shown: tuple[Path, Path]) -> None:
    other = serving_tickets(lambda _, asked: page(asked), new_authority(NOW))
    with other as (url, counted), pytest.raises(FetchError, match="not vouched for by the authority") as error:
        tickets(url, authority, shown)
    assert error.value.reason is Reason.TLS_NOT_TRUSTED
    assert counted == []


def test_a_ticket_server_that_is_not_found_is_for_an_administrator(
    authority: Authority, shown: tuple[Path, Path]
) -> None:
    with pytest.raises(
        FetchError, match="an administrator lets pods find and reach what AIAPP_EXEML_URL names"
    ) as error:
        tickets("https://127.0.0.1:1", authority, shown).target(ENTRIES[0])
    assert error.value.reason is Reason.ENDPOINT_UNREACHABLE


def test_a_store_that_cannot_be_used_is_not_named(authority: Authority, shown: tuple[Path, Path]) -> None:
    with serving_tickets(lambda _, asked: replace(page(asked), authorities="no PEM"), authority) as (url, _):
        access = Access(Location("", ""), tickets=tickets(url, authority, shown))
        with pytest.raises(FetchError, match="cannot be used") as error:
            S3Reader(access, lambda: None)
    assert "obs.lan" not in error.value.message


def test_a_pod_without_its_token_says_so_and_shows_nothing(authority: Authority, shown: tuple[Path, Path]) -> None:
    shown[0].unlink()
    with serving_tickets(lambda _, asked: page(asked), authority) as (url, _), pytest.raises(FetchError, match="token"):
        tickets(url, authority, shown)


def test_an_address_that_asks_too_often_has_to_wait() -> None:
    now = 0.0
    rate = Rate(lambda: now)
    assert not any(rate.is_too_high("10.0.0.1") for _ in range(FROM_ONE))
    assert rate.is_too_high("10.0.0.1")
    assert not rate.is_too_high("10.0.0.2")
    now = WINDOW_SECONDS + 1
    assert not rate.is_too_high("10.0.0.1")


def test_a_running_server_gets_another_certificate(authority: Authority) -> None:
    context = server_context(authority, "tickets.system.svc", NOW)
    renew(context, authority, "10.0.0.1", NOW + timedelta(days=1))
    assert isinstance(context, ssl.SSLContext)


@pytest.mark.parametrize("broken", [Authority("", ""), Authority("no PEM", "no PEM")], ids=["empty", "no PEM"])
def test_a_secret_that_holds_no_authority_is_refused(broken: Authority) -> None:
    with pytest.raises(AuthorityError):
        server_context(broken, "x", NOW)


OTHER_POD = "127.0.0.2"
UNFINISHED = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\nContent-Length: 100\r\n\r\n".encode()


@contextmanager
def opened_by_another(url: str, number: int) -> Iterator[list[socket.socket]]:
    """Connections of another address, without a word of TLS."""
    where = urlsplit(url)
    with ExitStack() as all_of_them:
        yield [
            all_of_them.enter_context(
                socket.create_connection((where.hostname, where.port), 10, source_address=(OTHER_POD, 0))
            )
            for _ in range(number)
        ]


def no_secrets(authority: Authority) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=authority.certificate)


def test_whoever_sends_half_of_a_request_keeps_no_other_pod_waiting(
    authority: Authority, shown: tuple[Path, Path]
) -> None:
    with (
        serving_tickets(lambda _, asked: page(asked), authority) as (url, counted),
        opened_by_another(url, 2 * AT_ONCE) as plain,
        ExitStack() as all_of_them,
    ):
        for one in plain:
            wrapped = no_secrets(authority).wrap_socket(one, server_hostname="127.0.0.1")
            all_of_them.enter_context(wrapped).sendall(UNFINISHED)
        assert tickets(url, authority, shown).target(ENTRIES[0])
    assert counted == ["given"]


def test_one_address_has_no_more_than_its_share_of_the_connections(
    authority: Authority, shown: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "CONNECTIONS", 8)
    with (
        serving_tickets(lambda _, asked: page(asked), authority) as (url, counted),
        opened_by_another(url, 16) as plain,
    ):
        assert all(one.recv(1) == b"" for one in plain[4:])
        assert tickets(url, authority, shown).target(ENTRIES[0])
    assert counted == ["given"]


@pytest.mark.parametrize("limit", ["HANDSHAKE_SECONDS", "LONGEST_SECONDS"])
def test_a_connection_that_says_nothing_is_closed_and_gives_its_place_back(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(connections, "CONNECTIONS", 1)
    monkeypatch.setattr(connections, limit, 0.01)
    with serving_tickets(lambda _, asked: page(asked), authority) as (url, _):
        for _ in range(3):
            with opened_by_another(url, 1) as (silent,):
                assert silent.recv(1) == b""
