"""What keeps people who are not known out, and tokens where they belong."""

import base64
import json

import pytest
from tests.support.console import KEY

from aiapp.console.access.limiter import LoginLimiter
from aiapp.console.access.tokens import bearer, expiry, holder, token_of
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


def of(**claims: object) -> str:
    return f"x.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.y"


def test_tokens_of_one_person_have_one_holder_and_other_tokens_one_each() -> None:
    ada = holder(of(iss="https://issuer", sub="ada", exp=1))
    assert holder(of(iss="https://issuer", sub="ada", exp=2)) == ada
    others = [of(iss="https://other", sub="ada"), of(iss="https://issuer", sub="bob"), "opaque", "another"]
    hostile = [of(sub="ada"), of(iss=[], sub={}), of(iss="\ud800", sub="ada"), "x.!!.y", of(iss=["x"], sub="ada")]
    assert len({ada, *map(holder, others), *map(holder, hostile)}) == 10


def test_who_has_failed_too_often_waits_and_nobody_else_at_that_address_does() -> None:
    now = [0.0]
    limiter = LoginLimiter(lambda: now[0], (6, 4, 2))
    assert [limiter.wait("ingress", "ada") for _ in range(2)] == [0, 0]
    assert limiter.wait("ingress", "ada") > 0
    assert limiter.wait("ingress", "bob") == 0
    assert limiter.wait("elsewhere", "ada") == 0
    now[0] = 61
    assert limiter.wait("ingress", "ada") == 0


def test_an_address_waits_whatever_its_tokens_say_and_so_do_all_together() -> None:
    limiter = LoginLimiter(lambda: 0.0, (6, 4, 2))
    assert [limiter.wait("a", name) for name in "tuvw"] == [0] * 4
    assert limiter.wait("a", "x") > 0
    assert [limiter.wait("b", name) for name in "tu"] == [0] * 2
    assert limiter.wait("c", "t") > 0, "all together have failed too often"


def test_a_good_attempt_does_not_count() -> None:
    limiter = LoginLimiter(lambda: 0.0, (6, 4, 2))
    for _ in range(10):
        assert limiter.wait("ingress", "ada") == 0
        limiter.forgive("ingress", "ada")
    assert [limiter.wait("ingress", "ada") for _ in range(2)] == [0, 0]
    assert limiter.wait("ingress", "ada") > 0


def test_the_limiter_forgets_who_failed_when_there_are_too_many_but_not_how_many_there_were() -> None:
    limiter = LoginLimiter(lambda: 0.0, (3000, 10, 10))
    assert {limiter.wait(str(number), "x") for number in range(3000)} == {0}
    assert len(limiter._attempts.items()) == 1024
    assert limiter.wait("another", "x") > 0
