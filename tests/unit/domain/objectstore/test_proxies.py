"""HTTPS_PROXY, HTTP_PROXY and NO_PROXY: which request goes where, and what pods are told."""

import pytest

from aiapp.domain.objectstore.proxies import NO_PROXIES, Proxies

PROXIES = Proxies("http://secure:3128", "http://plain:3128")


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        pytest.param("https://obs.example.com", "http://secure:3128", id="https"),
        pytest.param("http://obs.example.com", "http://plain:3128", id="http"),
    ],
)
def test_each_scheme_has_its_proxy(url: str, proxy: str) -> None:
    assert PROXIES.of(url) == proxy
    assert NO_PROXIES.of(url) is None


@pytest.mark.parametrize(
    ("exempt", "url", "direct"),
    [
        pytest.param("*", "https://obs.example.com", True, id="everything"),
        pytest.param("localhost, example.com", "https://obs.example.com", True, id="below a name"),
        pytest.param("obs.example.com", "https://OBS.example.com.", True, id="the name, in capitals and with a dot"),
        pytest.param(".example.com", "https://obs.example.com", True, id="below a name with a dot"),
        pytest.param("*.example.com", "https://obs.example.com", True, id="below a name with a star"),
        pytest.param("ample.com", "https://obs.example.com", False, id="a name that only ends alike"),
        pytest.param("obs.example.com:443", "https://obs.example.com", True, id="the port it has anyway"),
        pytest.param("obs.example.com:8443", "https://obs.example.com", False, id="another port"),
        pytest.param("10.0.0.0/8,.svc", "http://10.1.2.3:9000", True, id="a range"),
        pytest.param("10.1.2.3", "http://10.1.2.3:9000", True, id="an address"),
        pytest.param("fd00::/8", "http://[fd00::1]:9000", True, id="a range of IPv6"),
        pytest.param("10.0.0.0/8", "http://obs.example.com", False, id="a range and a name"),
        pytest.param("", "http://obs.example.com", False, id="nothing"),
    ],
)
def test_exempt_hosts_are_reached_directly(exempt: str, url: str, *, direct: bool) -> None:
    found = Proxies("http://secure:3128", "http://plain:3128", exempt).of(url)
    assert (found is None) is direct


def test_pods_are_told_without_user_and_password() -> None:
    proxies = Proxies("http://user:pass@secure:3128", "", "10.0.0.0/8")
    assert proxies.environment == {"HTTPS_PROXY": "http://secure:3128", "NO_PROXY": "10.0.0.0/8"}
    assert proxies.has_password
    assert not PROXIES.has_password


def test_without_a_proxy_pods_are_told_nothing() -> None:
    assert Proxies(exempt="10.0.0.0/8").environment == {}
