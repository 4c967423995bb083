"""The server for tickets and its certificates, asked by the fetcher over real TLS on this machine."""

import ssl
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.ticket_server import NOW, serving_tickets, shown_by_a_pod

from aiapp.adapters.tickets.certificates import Authority, AuthorityError, new_authority, renew, server_context
from aiapp.adapters.tickets.server import FROM_ONE, WINDOW_SECONDS, Rate
from aiapp.api.conditions import Reason
from aiapp.domain.artifact.entry import Entry
from aiapp.domain.exeml.tickets import FILES, Asked, Ticket, TicketRefusedError
from aiapp.fetch.failures import FetchError
from aiapp.fetch.http import backoff
from aiapp.fetch.http.tickets import SPARE_SECONDS, Operator, Tickets
from aiapp.ports import ApiError

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


def page(asked: Asked) -> Ticket:
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

    def answer(token: str, asked: Asked) -> Ticket:
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
    def final(token: str, asked: Asked) -> Ticket:
        raise TicketRefusedError("pod", "pod p is not as the operator made it: spec.volumes differs")

    with (
        serving_tickets(final, authority) as (url, counted),
        pytest.raises(FetchError, match=r"spec\.volumes differs") as error,
    ):
        tickets(url, authority, shown)
    assert error.value.reason is Reason.TICKET_REFUSED
    assert counted == ["pod"]

    answers = iter([TicketRefusedError("proof", "not yet", soon=True), ApiError(0, "Lost", "secret words"), None])

    def later(token: str, asked: Asked) -> Ticket:
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
