"""Settings from the environment: lists, and the names that every network program knows."""

from ipaddress import ip_network

import pytest
from pydantic import ValidationError

from aiapp.settings import Settings
from aiapp.wiring import endpoint_policy, proxies


def test_lists_are_separated_by_commas_or_spaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIAPP_ALLOWED_HOSTS", "*.myhuaweicloud.com,minio.storage.svc")
    monkeypatch.setenv("AIAPP_ALLOWED_RANGES", "127.0.0.0/8, fd00::1")
    monkeypatch.setenv("AIAPP_REFUSED_RANGES", "")
    policy = endpoint_policy(Settings())
    assert policy.allowed_hosts == ("*.myhuaweicloud.com", "minio.storage.svc")
    assert policy.allowed_ranges == (ip_network("127.0.0.0/8"), ip_network("fd00::1/128"))
    assert policy.refused_ranges == ()


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy"])
def test_a_proxy_is_named_in_either_case(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "http://proxy:3128")
    assert proxies(Settings()).of("https://store") == "http://proxy:3128"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("AIAPP_ALLOWED_RANGES", "127.0.0.1/8", id="a range that begins in its middle"),
        pytest.param("AIAPP_ALLOWED_HOSTS", "https://obs.example.com/", id="a URL for a host"),
        pytest.param("AIAPP_ALLOWED_HOSTS", "obs.*.com", id="a star in the middle"),
        pytest.param("AIAPP_PIP_INDEX_URL", "https://user:secret@index/simple", id="a password that pods would show"),
        pytest.param("HTTPS_PROXY", "socks5://proxy:1080", id="a proxy of another kind"),
    ],
)
def test_what_cannot_be_meant_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError):
        Settings()
