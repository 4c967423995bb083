"""From what people put into ConfigMaps and Secrets to certificates, or the reason why there are none."""

import pytest
from tests.support.certificates import Authority

from aiapp.domain.objectstore.ca_bundle import MAX_CERTIFICATES, MAX_CHARACTERS, AuthoritiesError, authorities

PEM = Authority().pem
KEY = b"-----BEGIN EC PRIVATE KEY-----\nc2VjcmV0\n-----END EC PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    ("content", "number"),
    [
        pytest.param(PEM, 1, id="one"),
        pytest.param(PEM + PEM.replace(b"\n", b"\r\n"), 2, id="two, one with line ends of Windows"),
        pytest.param("# Unternehmens-CA für Entwicklung\n".encode() + PEM, 1, id="a remark in front"),
        pytest.param(KEY + PEM, 1, id="beside a private key"),
    ],
)
def test_certificates_are_taken_and_nothing_else(content: bytes, number: int) -> None:
    found = authorities(content)
    assert found.count("BEGIN CERTIFICATE") == number
    assert found.count("-----BEGIN") == number


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"", "no certificate in PEM form", id="nothing"),
        pytest.param(KEY, "no certificate in PEM form", id="a private key"),
        pytest.param(b"\x30\x82\x01\x0a", "no certificate in PEM form", id="DER"),
        pytest.param(PEM[:200], "no certificate in PEM form", id="cut off"),
        pytest.param(PEM.replace(b"M", b"!"), "cannot be read", id="not base64"),
        pytest.param(PEM[:60] + PEM[100:], "cannot be read", id="a piece is missing"),
    ],
)
def test_content_without_certificates_is_refused_saying_why(content: bytes, words: str) -> None:
    with pytest.raises(AuthoritiesError, match=words) as refused:
        authorities(content)
    assert "c2VjcmV0" not in str(refused.value)


def made_up(number: int, length: int = 4) -> bytes:
    return b"-----BEGIN CERTIFICATE-----\n%0*d\n-----END CERTIFICATE-----\n" % (length, number)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"".join(map(made_up, range(MAX_CERTIFICATES + 1))), "holds 513 certificates .* at most 512"),
        (
            made_up(0, MAX_CHARACTERS),
            "holds 1 certificates of .* 524288 are taken: keep those that this endpoint needs",
        ),
    ],
)
def test_far_more_authorities_than_anybody_needs_are_not_read(content: bytes, words: str) -> None:
    with pytest.raises(AuthoritiesError, match=words):
        authorities(content)


def test_a_certificate_that_is_there_again_and_again_is_one() -> None:
    assert authorities(PEM * (MAX_CERTIFICATES + 1)).count("BEGIN CERTIFICATE") == 1
