"""Requests for tokens, and what is taken for one."""

import json
import re
from typing import Any

import pytest

from aiapp.endpoints.diagnosis import UnreadableError
from aiapp.oci.access import Login
from aiapp.oci.challenges import challenges
from aiapp.oci.tokens import DEFAULT_SECONDS, RealmError, Token, authority, basic, pull_scope, token, token_request

SCOPE = (pull_scope("models/mnist"),)


def challenged(text: str) -> Any:
    return authority(challenges([f"Bearer {text}"])[0])


def test_a_token_is_asked_for_with_service_scope_and_login() -> None:
    asked = challenged('realm="https://auth.example.com/token?a=b",service="the registry"')
    request = token_request(asked, SCOPE, Login("ada", "secret"))
    assert asked.realm.origin == "https://auth.example.com"
    assert request.target == "/token?a=b&service=the+registry&scope=repository%3Amodels%2Fmnist%3Apull"
    assert (request.method, request.headers) == ("GET", {"Authorization": "Basic YWRhOnNlY3JldA=="})
    assert token_request(asked, SCOPE, None).headers == {}


def test_an_identity_token_is_exchanged_and_never_part_of_a_url() -> None:
    asked = challenged('realm="https://auth.example.com/oauth2",service="r"')
    request = token_request(asked, SCOPE, Login("0000", "", "identity"))
    assert (request.method, request.target) == ("POST", "/oauth2")
    assert b"refresh_token=identity" in (request.body or b"")
    assert b"grant_type=refresh_token" in (request.body or b"")
    assert "Authorization" not in request.headers


@pytest.mark.parametrize(
    "text", ["", 'realm=""', 'realm="auth"', 'realm="file:///etc/passwd"', 'realm="https://[x"', 'realm="http://0x7f/"']
)
def test_a_realm_that_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(RealmError):
        challenged(text or "x=y")


def test_a_realm_cannot_add_to_the_request() -> None:
    asked = challenged('realm="https://auth.example.com/a b\r\nX: y?c=d e"')
    assert not re.search(r"\s", token_request(asked, SCOPE, None).target)


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        pytest.param({"token": "t", "expires_in": 300}, Token("t", 300), id="a token"),
        pytest.param({"access_token": "t"}, Token("t", DEFAULT_SECONDS), id="its other name"),
        pytest.param({"token": "t", "expires_in": 10**9}, Token("t", 3600), id="for longer than is believed"),
        pytest.param({"token": "t", "expires_in": -1}, Token("t", DEFAULT_SECONDS), id="a time that is none"),
        pytest.param({"token": "t", "expires_in": "300"}, Token("t", DEFAULT_SECONDS), id="a text"),
    ],
)
def test_a_token_holds_as_long_as_its_authority_says(answer: Any, found: Token) -> None:
    assert token(json.dumps(answer).encode()) == found


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"token": 1}', b'{"token": "a\\r\\nX: y"}', b'{"token": ""}', b"[" * 60_000]
)
def test_what_is_no_token_is_refused(body: bytes) -> None:
    with pytest.raises(UnreadableError):
        token(body)


def test_nothing_shows_a_secret() -> None:
    request = token_request(challenged('realm="https://a.example.com/"'), (), Login("ada", "secret", "secret"))
    shown = f"{request!r} {token(json.dumps({'token': 'secret'}).encode())!r} {Login('ada', 'secret', 'secret')!r}"
    assert "secret" not in shown
    assert basic(Login("ada", "secret")) not in shown
