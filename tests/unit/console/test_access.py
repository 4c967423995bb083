"""What keeps people who are not known out, and tokens where they belong."""

import base64
import json

import pytest
from tests.support.console import KEY

from aiapp.console.access.limiter import LoginLimiter
from aiapp.console.access.tokens import bearer, expiry, token_of
from aiapp.console.visiting.sealing import Sealer


def test_what_is_sealed_is_read_again_by_the_same_key_for_the_same_purpose_alone() -> None:
    sealed = Sealer(KEY).seal({"token": "secret"}, "session")
    assert Sealer(KEY).unseal(sealed, "session") == {"token": "secret"}
    assert Sealer(KEY).unseal(sealed, "other") is None
    assert Sealer(b"x" * 32).unseal(sealed, "session") is None
    assert "secret" not in sealed
    assert base64.b64encode(b"secret").decode()[:6] not in sealed


@pytest.mark.parametrize("given", ["", "x", "%%%", "ä", "AAAA", "A" * 5000])
def test_what_was_not_sealed_is_nothing(given: str) -> None:
    assert Sealer(KEY).unseal(given, "session") is None


def test_a_seal_that_was_changed_anywhere_is_nothing() -> None:
    sealed = Sealer(KEY).seal({"a": 1}, "session")
    changed = [sealed[:i] + ("A" if sealed[i] != "A" else "B") + sealed[i + 1 :] for i in range(len(sealed) - 1)]
    assert {Sealer(KEY).unseal(one, "session") for one in changed} == {None}


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 32"):
        Sealer(b"short")


def test_a_mark_is_of_one_text() -> None:
    sealer = Sealer(KEY)
    assert sealer.is_mark(sealer.mark("me"), "me")
    assert not sealer.is_mark(sealer.mark("you"), "me")
    assert not sealer.is_mark("", "me")


@pytest.mark.parametrize(
    ("values", "token"),
    [
        ([], None),
        (["Bearer abc.def"], "abc.def"),
        (["abc"], "abc"),
        (["a", "b"], None),
        (["Bearer a\r\nX: y"], None),
        (["a b"], None),
        ([""], None),
    ],
)
def test_a_token_comes_once_and_holds_nothing_that_a_header_may_not(values: list[str], token: str | None) -> None:
    assert bearer(values) == token


def test_a_token_may_be_pasted_with_line_breaks_around_it() -> None:
    assert token_of("  abc\n") == "abc"
    assert token_of("a\nb") is None


def test_a_jwt_says_when_it_ends() -> None:
    claims = base64.urlsafe_b64encode(json.dumps({"exp": 1234}).encode()).decode().rstrip("=")
    assert expiry(f"x.{claims}.y") == 1234
    assert expiry("opaque") is None
    assert expiry("x.!!.y") is None
    assert expiry(f"x.{base64.urlsafe_b64encode(b'[1]').decode()}.y") is None


def test_an_address_waits_once_it_has_tried_too_often() -> None:
    now = [0.0]
    limiter = LoginLimiter(lambda: now[0], each=2, together=3)
    assert [limiter.wait("a"), limiter.wait("a")] == [0, 0]
    assert limiter.wait("a") > 0
    assert limiter.wait("b") == 0
    assert limiter.wait("c") > 0, "all together have tried too often"
    now[0] = 61
    assert limiter.wait("a") == 0


def test_a_good_attempt_does_not_count() -> None:
    limiter = LoginLimiter(lambda: 0.0, each=2, together=3)
    for _ in range(10):
        assert limiter.wait("proxy") == 0
        limiter.forgive("proxy")
    assert [limiter.wait("proxy"), limiter.wait("proxy")] == [0, 0]
    assert limiter.wait("proxy") > 0


def test_the_limiter_forgets_addresses_when_there_are_too_many() -> None:
    limiter = LoginLimiter(lambda: 0.0, together=10_000)
    for number in range(3000):
        limiter.wait(str(number))
    assert len(limiter._by_address.items()) == 1024
