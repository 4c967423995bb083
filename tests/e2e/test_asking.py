"""A served model is deployed, asked, read and stopped by command, with the rights of persons who may and may not."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from tests.e2e.serving import NAME, Serving
from tests.support import accounts
from tests.support.packages import CONFIG, package, upload

from aiapp.domain.kubernetes.resources import Json

pytestmark = pytest.mark.timeout(900)

FORM = {"type": "object", "properties": {"images": {"type": "file"}, "threshold": {"type": "string"}}}
UPLOADS = CONFIG | {
    "apis": [{"url": "/", "method": "POST", "request": {"Content-type": "multipart/form-data", "data": FORM}}]
}
SIZES = """\
from model_service.model_service import SingleNodeService


class Sizes(SingleNodeService):
    def _inference(self, data):
        ((name, file),) = data["images"].items()
        return {"name": name, "bytes": len(file.read()), "threshold": data.get("threshold")}
"""
"""Takes an uploaded image, and says what it got."""
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


@dataclass(frozen=True)
class Person:
    """Somebody with a role in the namespace."""

    kubeconfig: Path
    namespace: str

    def __call__(self, *arguments: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
        place = ("--kubeconfig", str(self.kubeconfig), "-n", self.namespace)
        command = [sys.executable, "-m", "aiapp", *arguments, *place]
        return subprocess.run(command, capture_output=True, text=True, timeout=400, check=False, input=given)

    @contextmanager
    def meanwhile(self, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
        """A command that goes on."""
        command = [
            sys.executable,
            "-m",
            "aiapp",
            *arguments,
            "--kubeconfig",
            str(self.kubeconfig),
            "-n",
            self.namespace,
        ]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            try:
                yield process
            finally:
                process.kill()

    def until(self, *arguments: str, end: str) -> None:
        """A command that waits, and what it says at its end."""
        done = self(*arguments, "--wait", "--timeout", "5m")
        assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, [f"{NAME}: {end}"]), done.stderr


def person(serving: Serving, role: str, folder: Path) -> Person:
    """Binds that ClusterRole in the namespace."""
    kube, namespace = serving.registry.kube, serving.registry.namespace
    token = accounts.person(kube, namespace, role, role)
    config = yaml.safe_load(serving.kubectl.kubeconfig.read_text("utf-8"))
    for user in config["users"]:
        user["user"] = {"token": token}
    file = folder / f"{role}.kubeconfig"
    file.write_text(yaml.safe_dump(config), "utf-8")
    return Person(file, namespace)


def refused(done: subprocess.CompletedProcess[str], words: str) -> None:
    assert (done.returncode, words in done.stderr) == (1, True), done.stderr


def answers_in_json(editor: Person, viewer: Person, picture: Path) -> None:
    answered = editor("predict", NAME, "-", given="{}")
    assert (answered.returncode, answered.stdout) == (0, '{"content": "digits"}\n'), answered.stderr
    refused(editor("predict", NAME, str(picture)), "takes application/json, and digit.png is none")
    missing = f"you may not create services/proxy in namespace {viewer.namespace}"
    refused(viewer("predict", NAME, "-", given="{}"), missing)


def counts_calls(editor: Person, viewer: Person) -> None:
    shown = editor("get", NAME, "--calls")
    assert (shown.returncode, shown.stdout.split()[-4::3]) == (0, ["1.0.0", "1"]), shown.stderr
    total, failed = map(int, shown.stdout.split()[-3:-1])
    assert (total > 0, failed) == (True, 0)
    refused(viewer("get", NAME, "--calls"), "get pods/proxy")


def writes_logs(viewer: Person, pod: str) -> None:
    log = viewer("logs", NAME, "--tail", "50")
    assert (log.returncode, "asked" in log.stdout.splitlines()) == (0, True), log.stderr
    fetched = viewer("logs", NAME, "1.0.0", "--fetch", "--prefix").stdout.splitlines()
    assert fetched
    assert [line for line in fetched if not line.startswith(f"[{pod}] ")] == []


def takes_uploads(editor: Person, picture: Path) -> None:
    got = {"name": "digit.png", "bytes": len(PICTURE)}
    uploaded = editor("predict", NAME, "2.0.0", str(picture))
    assert (uploaded.returncode, json.loads(uploaded.stdout)) == (0, got | {"threshold": None}), uploaded.stderr
    form = editor("predict", NAME, "-F", f"images=@{picture}", "-F", "threshold=0.5")
    assert (form.returncode, json.loads(form.stdout)) == (0, got | {"threshold": "0.5"}), form.stderr
    refused(editor("predict", NAME, "-F", "other=1"), "the model answered")


def changes_pods(serving: Serving, editor: Person, picture: Path) -> list[Json]:
    """Another version, new pods of it, and none; all pods that there were."""
    seen = serving.pods()
    editor.until("deploy", NAME, "2.0.0", end="Running")
    takes_uploads(editor, picture)
    before = serving.pods()
    editor.until("restart", NAME, end="new pods")
    after = serving.pods()
    assert {one["metadata"]["uid"] for one in before}.isdisjoint(one["metadata"]["uid"] for one in after)
    editor.until("stop", NAME, end="Stopped")
    return [*seen, *before, *after]


def test_a_model_is_deployed_asked_read_and_stopped(serving: Serving, tmp_path: Path) -> None:
    editor, viewer = (person(serving, role, tmp_path) for role in ("edit", "view"))
    picture = tmp_path / "digit.png"
    picture.write_bytes(PICTURE)
    serving.upload("1.0.0", "digits")
    serving.register()
    files = {"model/config.json": json.dumps(UPLOADS), "model/customize_service.py": SIZES}
    upload(serving.registry.bucket, f"{NAME}/2.0.0", package(**files))
    serving.register("2.0.0")
    for number in ("1.0.0", "2.0.0"):
        serving.kubectl("wait", f"aiappv/{NAME}-{number}", "--for=condition=Ready", "--timeout=2m")
    editor.until("deploy", NAME, "1.0.0", "--replicas", "1", end="Running")
    answers_in_json(editor, viewer, picture)
    counts_calls(editor, viewer)
    writes_logs(viewer, serving.pods()[0]["metadata"]["name"])
    with viewer.meanwhile("logs", NAME, "-f", "--prefix") as log:
        before = changes_pods(serving, editor, picture)
        written, told = log.communicate(timeout=120)
    assert log.returncode == 0, told
    assert {one["metadata"]["name"] for one in before} <= {line[1:].partition("]")[0] for line in written.splitlines()}
    refused(editor("predict", NAME, "-F", f"images=@{picture}"), f"no pod of {NAME} is ready: Stopped")
