"""A sandbox's own certificate authority, by the openssl command. Its keys never leave the sandbox's folder."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from aiapp_sandbox.errors import SandboxError

DAYS = "3650"
_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc")


@dataclass(frozen=True)
class KeyPair:
    """A certificate and its private key, both PEM files."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class Authority:
    """Signs every certificate of one sandbox: servers', administrators', components', nodes'."""

    folder: Path

    @property
    def certificate(self) -> Path:
        """What a client has to trust (PEM)."""
        return self.folder / "ca.crt"

    @property
    def service_account_key(self) -> Path:
        """Signs service account tokens."""
        return self.folder / "service-account.key"

    @property
    def service_account_public_key(self) -> Path:
        """Verifies service account tokens."""
        return self.folder / "service-account.pub"

    def create(self) -> None:
        """Make the authority's own key, and the key for service account tokens."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        extensions = ("basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign,digitalSignature")
        self._request(self._files("ca"), "/CN=aiapp-sandbox", extensions, signed=False)
        _openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", self.service_account_key)
        _openssl("pkey", "-in", self.service_account_key, "-pubout", "-out", self.service_account_public_key)

    def client(self, user: str, groups: tuple[str, ...] = ()) -> KeyPair:
        """A certificate by which the API server knows its bearer as `user` in `groups`."""
        subject = "".join(f"/O={group}" for group in groups) + f"/CN={user}"
        return self._request(self.client_files(user), subject, ("extendedKeyUsage=clientAuth",))

    def client_files(self, user: str) -> KeyPair:
        """Where `client` puts what it makes for `user`."""
        return self._files(f"client-{user.replace(':', '-')}")

    def server(self, name: str, addresses: tuple[str, ...], dns: tuple[str, ...] = ()) -> KeyPair:
        """A certificate for a server reached under these IP addresses and names."""
        names = ",".join([*(f"IP:{address}" for address in addresses), *(f"DNS:{entry}" for entry in dns)])
        return self._request(
            self._files(f"server-{name}"), f"/CN={name}", ("extendedKeyUsage=serverAuth", f"subjectAltName={names}")
        )

    def _files(self, name: str) -> KeyPair:
        return KeyPair(self.folder / f"{name}.crt", self.folder / f"{name}.key")

    def _request(self, pair: KeyPair, subject: str, extensions: tuple[str, ...], *, signed: bool = True) -> KeyPair:
        authority = ("-CA", self.certificate, "-CAkey", self.folder / "ca.key") if signed else ()
        added = [argument for extension in extensions for argument in ("-addext", extension)]
        _openssl(
            *("req", "-x509", *authority, *_KEY, "-days", DAYS, "-subj", subject, *added),
            *("-keyout", pair.key, "-out", pair.certificate),
        )
        return pair


def _openssl(*arguments: str | Path) -> None:
    program = shutil.which("openssl")
    if program is None:
        raise SandboxError("the openssl command is needed for the sandbox's certificates: install the package openssl")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SandboxError(f"openssl {arguments[0]} failed (version 3 is needed): {done.stderr.strip()}")
