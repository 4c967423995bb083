"""What registries want of whom they do not know yet, in every spelling and with whatever they make up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiapp.oci.challenges import MAX_CHARACTERS, MAX_PARAMETER_CHARACTERS, Challenge, challenges

REALM = "https://auth.example.com/token"


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        pytest.param([], [], id="none"),
        pytest.param(['Basic realm="a registry"'], [Challenge("basic", {"realm": "a registry"})], id="basic"),
        pytest.param(
            [f'Bearer realm="{REALM}",service="registry",scope="repository:a/b:pull,push"'],
            [Challenge("bearer", {"realm": REALM, "service": "registry", "scope": "repository:a/b:pull,push"})],
            id="bearer, with a comma in a value",
        ),
        pytest.param(
            [f'BEARER  Realm = "{REALM}" , SERVICE=registry'],
            [Challenge("bearer", {"realm": REALM, "service": "registry"})],
            id="upper case, blanks and no quotes",
        ),
        pytest.param(
            [f'Basic realm="r", Bearer realm="{REALM}"'],
            [Challenge("basic", {"realm": "r"}), Challenge("bearer", {"realm": REALM})],
            id="two in one header",
        ),
        pytest.param(
            ['Basic realm="r"', f'Bearer realm="{REALM}"'],
            [Challenge("basic", {"realm": "r"}), Challenge("bearer", {"realm": REALM})],
            id="two in two headers",
        ),
        pytest.param(
            ['Negotiate YII+/abc==, Basic realm="r"'],
            [Challenge("negotiate"), Challenge("basic", {"realm": "r"})],
            id="a token instead of parameters",
        ),
        pytest.param([r'Basic realm="a \"b\" \\"'], [Challenge("basic", {"realm": r'a "b" \\'[:-1]})], id="escapes"),
        pytest.param(['Basic realm="r", realm="s"'], [Challenge("basic", {"realm": "r"})], id="the first one counts"),
        pytest.param(['realm="r"'], [], id="a parameter of nothing"),
        pytest.param(['Bearer realm="never closed'], [Challenge("bearer")], id="an open quote"),
        pytest.param(['Basic realm="\udce9"'], [Challenge("basic", {"realm": "?"})], id="bytes that are no UTF-8"),
        pytest.param(["Bearer \x00"], [Challenge("bearer")], id="a control character"),
    ],
)
def test_every_challenge_is_read(headers: list[str], found: list[Challenge]) -> None:
    assert challenges(headers) == found


@given(st.lists(st.text(alphabet='Bearer Basic="\\,;\t\x00é', max_size=200), max_size=4))
def test_whatever_a_registry_writes_is_read(headers: list[str]) -> None:
    for found in challenges(headers):
        assert found.scheme == found.scheme.lower()


@pytest.mark.parametrize("piece", ['a="', "a,", "a ", 'a="\\', ", ", "Bearer a=b,"])
def test_a_long_header_takes_no_longer_than_it_is(piece: str) -> None:
    assert len(challenges([piece * 100_000])) <= MAX_CHARACTERS


def test_no_parameter_is_longer_than_anyone_needs() -> None:
    (found,) = challenges([f'Bearer realm="{"a" * 8000}"'])
    assert len(found.parameters["realm"]) == MAX_PARAMETER_CHARACTERS
