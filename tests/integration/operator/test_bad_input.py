"""What a person sees for each kind of bad input, and that it goes on by itself when it is mended."""

import json
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.support.packages import CONFIG, SERVICE, Registry, keys, package, secret, upload
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

from aiapp_sandbox.ports import reserved
from aiapp_sandbox.profiles import SimulatedNode


def config(**changes: Any) -> str:
    return json.dumps(CONFIG | changes)


FAULTY = [
    pytest.param({"model__config_json": None}, "ConfigMissing", "config.json", id="no config.json"),
    pytest.param({"config_json": json.dumps(CONFIG)}, "ConfigAmbiguous", "config.json", id="two of them"),
    pytest.param(
        {"model__config_json": '{\n  "model_type": "PyTorch",\n  oops\n}'},
        "ConfigInvalid",
        "config.json line 3 column 3",
        id="invalid JSON",
    ),
    pytest.param(
        {"model__config_json": config(model_algorithm="9lives")},
        "ConfigInvalid",
        "/model_algorithm",
        id="a wrong value",
    ),
    pytest.param(
        {"model__config_json": config(model_type="Prolog")}, "ModelTypeUnsupported", "'Prolog'", id="unknown model type"
    ),
    pytest.param(
        {"model__customize_service_py": None}, "ServiceCodeMissing", "customize_service.py", id="no inference code"
    ),
    pytest.param(
        {"model__customize_service_py": "import x\n\ndef f(:\n"},
        "ServiceCodeInvalid",
        "customize_service.py line 3 column 7",
        id="a syntax error",
    ),
    pytest.param({"model__model_pkl": None, "model__model.pkl": None}, "ModelFilesMissing", "model", id="no weights"),
]


@pytest.mark.parametrize(("files", "reason", "message"), FAULTY)
def test_a_faulty_package_is_told_and_heals_after_an_upload(
    registry: Registry, files: dict[str, str | None], reason: str, message: str
) -> None:
    upload(registry.bucket, "mnist", package(**files))
    version = registry.version()
    found = registry.until(version, "PackageValid", "False", reason)
    assert message in found["message"]
    assert registry.condition(version, "Stalled")["status"] == "True"
    for name in package(**files):
        registry.bucket.client.delete_object(Bucket=registry.bucket.name, Key=f"mnist/{name}")
    upload(registry.bucket, "mnist", package())
    registry.until(version, "Ready", "True")


def test_an_absent_bucket_is_told_and_heals(registry: Registry) -> None:
    name = f"{registry.bucket.name}-late"
    version = registry.version(obs={"uri": f"obs://{name}/mnist/"})
    found = registry.until(version, "SourceResolved", "False", "BucketNotFound")
    assert name in found["message"]
    registry.bucket.client.create_bucket(Bucket=name)
    for key, body in package().items():
        registry.bucket.client.put_object(Bucket=name, Key=f"mnist/{key}", Body=body)
    registry.until(version, "Ready", "True")


def test_an_empty_prefix_is_told(registry: Registry) -> None:
    upload(registry.bucket, "mnist2", package())
    found = registry.until(registry.version(), "SourceResolved", "False", "PrefixEmpty")
    assert "mnist/" in found["message"]


def test_a_wrong_key_is_told_and_a_mended_secret_counts(registry: Registry) -> None:
    upload(registry.bucket, "mnist", package())
    wrong = secret(
        "store", registry.namespace, accessKeyId=registry.bucket.access_key, secretAccessKey="not-the-secret"
    )
    registry.kube.apply(wrong, force="true")
    version = registry.version()
    found = registry.until(version, "SourceResolved", "False", "AccessDenied")
    assert "not-the-secret" not in found["message"]
    registry.kube.apply(keys(registry.bucket, registry.namespace), force="true")
    registry.until(version, "Ready", "True")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(None, "Secret other does not exist", id="there is no such Secret"),
        pytest.param({"user": "x"}, "has no accessKeyId", id="it has none of the keys"),
        pytest.param({"accessKeyId": "x"}, "set secretAccessKey", id="it has half a pair"),
    ],
)
def test_a_useless_secret_is_told(registry: Registry, data: dict[str, str] | None, message: str) -> None:
    if data is not None:
        registry.kube.create(secret("other", registry.namespace, **data))
    version = registry.version(obs={"credentialsSecretRef": {"name": "other"}})
    assert message in registry.until(version, "SourceResolved", "False", "SecretNotFound")["message"]


def test_an_endpoint_that_is_down_is_told_and_heals(registry: Registry) -> None:
    upload(registry.bucket, "mnist", package())
    with reserved("127.0.0.1", ("store",)) as ports:
        port = ports["store"]
        version = registry.version(obs={"endpoint": f"http://127.0.0.1:{port}"})
        found = registry.until(version, "SourceResolved", "False", "EndpointUnreachable")
        assert f"127.0.0.1:{port}" in found["message"]
        assert registry.condition(version, "Stalled")["status"] == "absent"
        with forwarded(port, registry.bucket.endpoint):
            registry.until(version, "Ready", "True")


def test_a_certificate_of_nobody_is_told(registry: Registry, tmp_path: Path) -> None:
    with https(tmp_path) as port:
        version = registry.version(obs={"endpoint": f"https://127.0.0.1:{port}"})
        registry.until(version, "SourceResolved", "False", "TlsNotTrusted")


@pytest.mark.parametrize(
    ("runtime", "reason", "message"),
    [
        pytest.param(
            "sklearn_1.6-cpu-py_3.11-ubuntu_22.04-x86_64", "RuntimeUnknown", "did you mean sklearn_1.6.1", id="mistyped"
        ),
        pytest.param("my-own", "RuntimeUnknown", "'my-own'", id="unknown"),
        pytest.param(
            "sklearn_1.6.1-cpu-py_3.11-ubuntu_22.04-aarch64", "ImageNotConfigured", "set its spec.image", id="no image"
        ),
        pytest.param(
            "pytorch_1.11.0-cann_6.3.0-py_3.7-euler_2.8.3-aarch64",
            "EngineMismatch",
            "which is for PyTorch, but model_type is Scikit_Learn",
            id="of another engine",
        ),
    ],
)
def test_a_runtime_that_cannot_be_used_is_told(registry: Registry, runtime: str, reason: str, message: str) -> None:
    upload(registry.bucket, "mnist", package())
    version = registry.version(runtime=runtime)
    found = registry.until(version, "RuntimeResolved", "False", reason)
    assert message in found["message"]
    assert registry.condition(version, "PackageValid")["status"] == "True"


def test_a_version_with_typos_in_source_and_runtime_is_mended_in_place(registry: Registry) -> None:
    upload(registry.bucket, "mnist", package(model__config_json="{"))
    upload(registry.bucket, "mended", package())
    version = registry.version(runtime="sklaern", obs={"endpoint": registry.bucket.endpoint})
    registry.until(version, "PackageValid", "False", "ConfigInvalid")
    registry.version(runtime="sklaern", obs={"uri": f"obs://{registry.bucket.name}/mended/"})
    registry.until(version, "ArtifactPinned", "True")
    assert registry.now(version)["status"]["source"]["uri"].endswith("/mended/model/")
    registry.until(version, "RuntimeResolved", "False", "RuntimeUnknown")
    registry.version(runtime="python3.7", obs={"uri": f"obs://{registry.bucket.name}/mended/"})
    registry.until(version, "Ready", "True")


def test_a_removed_runtime_is_refused_with_another_name(registry: Registry) -> None:
    number = int(registry.bucket.name[-4:], 16)
    name = f"sklearn_0.{number}-cpu-py_3.6-ubuntu_18.04-x86_64"
    spec = {"name": name, "image": "r/old:1", "lifecycle": "Removed"}
    metadata = {"name": name.replace("_", "-")}
    removed = registry.kube.create(
        {"apiVersion": "aiapp.dev/v1alpha1", "kind": "InferenceRuntime", "metadata": metadata, "spec": spec}
    )
    upload(registry.bucket, "mnist", package())
    found = registry.until(registry.version(runtime=name), "RuntimeResolved", "False", "RuntimeRemoved")
    assert "no longer maintained: make a new version with" in found["message"]
    registry.kube.delete(removed)


def test_an_application_waits_for_nodes_and_goes_on_when_one_appears(registry: Registry, sandbox: Sandbox) -> None:
    upload(registry.bucket, "mnist", package())
    with sandbox.simulated(SimulatedNode(name="other", arch="arm64")):
        version, application = registry.version(), registry.application()
        found = registry.until(version, "RuntimeCompatible", "False", "Incompatible")
        assert "ArchitectureMismatch" in found["message"]
        assert registry.condition(version, "Ready")["status"] == "True"
        registry.until(application, "WorkloadsAvailable", "False", "WaitingForNodes")
        assert registry.now(application)["status"]["phase"] == "Waiting"
        assert registry.find("apps/v1", "Deployment", "mnist-1-0-0") is None
        sandbox.simulate(SimulatedNode(name="fitting", arch="amd64"))
        eventually(lambda: registry.find("apps/v1", "Deployment", "mnist-1-0-0"))
        registry.until(application, "Ready", "True")


@pytest.mark.parametrize(
    ("kind", "api_version", "name"), [("Service", "v1", "mnist"), ("Deployment", "apps/v1", "mnist-1-0-0")]
)
def test_a_strangers_object_of_that_name_is_not_touched(
    registry: Registry, kind: str, api_version: str, name: str
) -> None:
    spec: dict[str, Any] = {"ports": [{"port": 1}]}
    if kind == "Deployment":
        labels = {"app": "strange"}
        pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "x", "image": "x"}]}}
        spec = {"replicas": 0, "selector": {"matchLabels": labels}, "template": pod}
    metadata = {"name": name, "namespace": registry.namespace}
    strange = registry.kube.create({"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec})
    upload(registry.bucket, "mnist", package())
    registry.version()
    application = registry.application()
    found = registry.until(application, "WorkloadsAvailable", "False", "NameTaken")
    assert f"{kind} {name}" in found["message"]
    untouched = registry.find(api_version, kind, name)
    assert untouched is not None
    assert untouched["spec"] == strange["spec"]
    assert "ownerReferences" not in untouched["metadata"]
    registry.kube.delete(strange)
    eventually(lambda: "ownerReferences" in (registry.find(api_version, kind, name) or {"metadata": {}})["metadata"])


def test_secrets_reach_neither_status_nor_events(registry: Registry) -> None:
    upload(registry.bucket, "mnist", package(model__customize_service_py=SERVICE))
    version = registry.version()
    registry.until(version, "Ready", "True")
    events = registry.kube.list("v1", "Event", registry.namespace)
    said = json.dumps([registry.now(version), events])
    assert registry.bucket.secret_key not in said
    assert registry.bucket.access_key not in said


@contextmanager
def forwarded(port: int, endpoint: str) -> Iterator[None]:
    """The store, reachable at that port too."""
    host, _, target = endpoint.removeprefix("http://").partition(":")

    def pump(source: socket.socket, sink: socket.socket) -> None:
        with source, sink:
            while data := source.recv(65536):
                sink.sendall(data)

    def serve(listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            far = socket.create_connection((host, int(target)))
            for pair in ((near, far), (far, near)):
                threading.Thread(target=_quietly, args=(pump, *pair), daemon=True).start()

    with socket.create_server(("127.0.0.1", port)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        yield
        listener.shutdown(socket.SHUT_RDWR)


def _quietly(work: Any, *arguments: Any) -> None:
    try:
        work(*arguments)
    except OSError:
        return


@contextmanager
def https(folder: Path) -> Iterator[int]:
    """A TLS server whose certificate nobody signed."""
    certificate = folder / "server.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1"),
            *("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(certificate), "-out", str(folder / "cert.pem")),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", certificate)

    def serve(listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
                _quietly(_shake, context, near)
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def _shake(context: ssl.SSLContext, near: socket.socket) -> None:
    with near, context.wrap_socket(near, server_side=True) as secure:
        secure.recv(1)
