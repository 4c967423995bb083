"""Which endpoint a Secret's annotation allows."""

import pytest

from aiapp.domain.objectstore.allowed_endpoints import is_allowed


@pytest.mark.parametrize(
    ("annotation", "scheme", "host", "port", "allowed"),
    [
        pytest.param("https://obs.example.com", "https", "obs.example.com", 443, True, id="an endpoint"),
        pytest.param("https://obs.example.com/", "https", "OBS.example.com.", 443, True, id="spelt otherwise"),
        pytest.param("obs.example.com", "http", "obs.example.com", 80, True, id="a host alone: any scheme"),
        pytest.param("a.example.com, b.example.com", "https", "b.example.com", 443, True, id="one of several"),
        pytest.param("minio:9000", "http", "minio", 9000, True, id="a port of its own"),
        pytest.param("*.example.com", "https", "obs.cn.example.com", 443, True, id="everything below a domain"),
        pytest.param("https://[fd00::1]:9000", "https", "fd00::1", 9000, True, id="an address"),
        pytest.param("*.example.com", "https", "example.com", 443, False, id="not the domain itself"),
        pytest.param("https://obs.example.com", "http", "obs.example.com", 80, False, id="another scheme"),
        pytest.param("obs.example.com", "https", "obs.example.com", 8443, False, id="another port"),
        pytest.param("obs.example.com", "https", "obs.example.com.evil.io", 443, False, id="another domain behind it"),
        pytest.param("https://obs.example.com@evil.io", "https", "obs.example.com", 443, False, id="a user before it"),
        pytest.param("", "https", "obs.example.com", 443, False, id="nothing: none"),
        pytest.param("obs.example.com:x", "https", "obs.example.com", 443, False, id="what cannot be read: none"),
    ],
)
def test_an_annotation_allows_what_it_names(annotation: str, scheme: str, host: str, port: int, allowed: bool) -> None:
    assert is_allowed(annotation, scheme, host, port) is allowed


@pytest.mark.parametrize("annotation", ["https://[", "//", "https://", "[::1", "*"])
def test_what_is_no_endpoint_allows_nothing_and_breaks_nothing(annotation: str) -> None:
    assert not is_allowed(annotation, "https", "obs.example.com", 443)
