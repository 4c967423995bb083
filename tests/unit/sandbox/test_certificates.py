import ssl
import threading
from pathlib import Path
from socket import create_connection, create_server

import pytest
import yaml

from aiapp_sandbox.certificates import Authority
from aiapp_sandbox.errors import SandboxError
from aiapp_sandbox.kubeconfig import kubeconfig


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    made = Authority(tmp_path)
    made.create()
    return made


def test_server_and_client_of_one_authority_trust_each_other(authority: Authority) -> None:
    server = authority.server("api", ("127.0.0.1", "10.96.0.1"), ("kubernetes",))
    client = authority.client("somebody", ("system:masters",))
    inviting = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(authority.certificate))
    inviting.verify_mode = ssl.CERT_REQUIRED
    inviting.load_cert_chain(server.certificate, server.key)
    calling = ssl.create_default_context(cafile=str(authority.certificate))
    calling.load_cert_chain(client.certificate, client.key)
    subjects: list[object] = []

    with create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with inviting.wrap_socket(connection, server_side=True) as secured:
                subjects.append((secured.getpeercert() or {})["subject"])
                secured.sendall(b"!")

        thread = threading.Thread(target=serve)
        thread.start()
        with calling.wrap_socket(create_connection(listener.getsockname()), server_hostname="127.0.0.1") as secured:
            assert secured.recv(1) == b"!"
        thread.join()
    assert subjects == [((("organizationName", "system:masters"),), (("commonName", "somebody"),))]


def test_a_kubeconfig_holds_a_token_instead_of_a_certificate_when_it_is_given_one() -> None:
    config = yaml.safe_load(kubeconfig("https://x", b"authority", token="t", namespace="n"))
    assert config["users"][0]["user"] == {"token": "t"}
    assert config["contexts"][0]["context"]["namespace"] == "n"


def test_a_machine_without_openssl_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxError, match="install the package openssl"):
        Authority(tmp_path).create()
