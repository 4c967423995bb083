"""Access keys in all the spellings people use, and never in a message."""

import pytest

from aiapp.domain.objectstore.credentials import (
    ACCESS_KEY_NAMES,
    SECRET_KEY_NAMES,
    SESSION_TOKEN_NAMES,
    Credentials,
    CredentialsError,
    credentials,
)


@pytest.mark.parametrize(
    ("access", "secret", "token"),
    [
        pytest.param(*names, id=names[0])
        for names in zip(ACCESS_KEY_NAMES, SECRET_KEY_NAMES, SESSION_TOKEN_NAMES, strict=True)
    ],
)
def test_each_spelling_is_understood(access: str, secret: str, token: str) -> None:
    found = credentials({access: "id", secret: "hidden", token: "token"})
    assert found == Credentials("id", "hidden", "token")


def test_nothing_means_anonymous() -> None:
    assert credentials({"HOME": "/root", "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": " "}) is None


def test_the_line_feed_an_editor_added_is_dropped() -> None:
    assert credentials({"accessKeyId": "id\n", "secretAccessKey": "hidden\n"}) == Credentials("id", "hidden")


def test_the_products_own_spelling_comes_first() -> None:
    found = credentials({"AWS_ACCESS_KEY_ID": "b", "accessKeyId": "a", "secretAccessKey": "s"})
    assert found == Credentials("a", "s")


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        pytest.param({"accessKeyId": "id"}, "secretAccessKey", id="no secret"),
        pytest.param({"secretAccessKey": "hidden"}, "accessKeyId", id="no id"),
    ],
)
def test_half_a_pair_is_an_error_that_names_the_other_half(values: dict[str, str], missing: str) -> None:
    with pytest.raises(CredentialsError, match=missing) as refused:
        credentials(values)
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        pytest.param({"accessKeyId": "a\r\nHost: b", "secretAccessKey": "hidden"}, "accessKeyId", id="a line break"),
        pytest.param({"accessKeyId": "ключ", "secretAccessKey": "hidden"}, "accessKeyId", id="letters of no header"),
        pytest.param({"ak": "a", "sk": "hidden", "security_token": "t t"}, "sessionToken", id="white space in a token"),
    ],
)
def test_what_cannot_stand_in_a_header_is_an_error_that_names_the_key(values: dict[str, str], name: str) -> None:
    with pytest.raises(CredentialsError, match=f"{name} holds white space") as refused:
        credentials(values)
    assert "hidden" not in str(refused.value)
    assert not set(values.values()) & set(str(refused.value).split())


def test_a_secret_never_shows() -> None:
    assert "hidden" not in repr(Credentials("id", "hidden", "hidden too"))
