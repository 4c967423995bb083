"""What `aiapp console` refuses before it serves anything."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from aiapp.cli import main
from aiapp.cli.console import _of_this_cluster


def refused(*arguments: str) -> str:
    done = CliRunner().invoke(main, ["console", *arguments])
    assert done.exit_code == 2, done.output
    return done.output


@pytest.mark.parametrize("address", ["0.0.0.0:8600", ":8600", "[::]:8600", "192.0.2.1:8600", "example.com:8600"])
def test_the_rights_of_a_kubeconfig_are_served_on_loopback_alone(address: str) -> None:
    assert "your rights are served on loopback alone" in refused("--listen", address)


@pytest.mark.parametrize("address", ["localhost:http", "localhost:70000"])
def test_an_address_has_a_port(address: str) -> None:
    assert "is not HOST:PORT" in " ".join(refused("--listen", address).split())


@pytest.mark.parametrize("option", [("--host", "x"), ("--token-header", "X-Token")])
def test_what_is_for_many_people_needs_the_word_for_it(option: tuple[str, str]) -> None:
    assert "need --for-users" in refused(*option)


def test_a_short_key_is_refused(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes(b"short")
    assert "5 bytes, at least 32 are needed" in refused("--for-users", "--key-file", str(key))


def test_tokens_are_sent_over_tls_alone() -> None:
    assert "not an https URL, and tokens go there" in refused("--for-users", "--api-server", "http://kubernetes")


def test_a_certificate_needs_its_key(tmp_path: Path) -> None:
    chain = tmp_path / "tls.crt"
    chain.write_text("no certificate")
    assert "go together" in refused("--for-users", "--tls-certificate", str(chain))
    assert "--tls-certificate" in refused("--for-users", "--tls-certificate", str(chain), "--tls-key", str(chain))


def test_a_console_for_many_takes_no_credentials() -> None:
    assert "takes no credentials" in refused("--for-users", "--context", "admin")


def test_outside_of_a_cluster_the_api_server_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    assert "needs --api-server" in refused("--for-users")


@pytest.mark.parametrize(("host", "url"), [("10.0.0.1", "https://10.0.0.1:443"), ("fd00::1", "https://[fd00::1]:443")])
def test_in_a_cluster_it_is_the_address_that_the_kubelet_tells(
    host: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", host)
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    assert _of_this_cluster() == url
