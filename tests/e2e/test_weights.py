"""Weights on real nodes: a Llama made here, loaded from its pinned safetensors files by an engine that is not ours.

The engine is mistral.rs, whose wheel has 26 MB and needs no other; its package has no HTTP server, so the runtime lays
one beside it, as it does with configuration files. vLLM's build for CPUs cannot be had from PyPI: it demands a build of
torch that PyPI does not have.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from tests.e2e.conftest import Installed
from tests.e2e.cpu_runtimes import in_catalogue, runtime_image, runtime_name
from tests.e2e.serving import Serving
from tests.support import tiny_llama
from tests.support.kube import Object
from tests.support.packages import upload
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

from aiapp_sandbox.images import base, libraries, loading, runtimes
from aiapp_sandbox.profiles import host_architecture
from aiapp_sandbox.progress import Silent

pytestmark = pytest.mark.timeout(1500)

ENGINE: Final = "mistralrs==0.9.5"
SERVER: Final = Path(__file__).parents[1] / "data/engines/openai_server.py"
RUNTIME: Final = runtime_name("mistralrs_0.9.5")
IMAGE: Final = runtime_image(RUNTIME, (ENGINE,))
NAME: Final = "llama"
ROLLOUT_SECONDS: Final = 400
PROMPT: Final = "Once upon a time"
TOKENS: Final = 12
ALONE: Final = """\
import sys
import mistralrs
which = mistralrs.Which.Plain(sys.argv[1], arch=mistralrs.Architecture.Llama, dtype=mistralrs.ModelDType.F32)
runner = mistralrs.Runner(which, token_source="none", no_paged_attn=True)
asked = mistralrs.CompletionRequest(prompt=sys.argv[2], model="default", max_tokens=int(sys.argv[3]), temperature=0.0)
with open(sys.argv[4], "w", encoding="utf-8", newline="") as file:
    file.write(runner.send_completion_request(asked).choices[0].text)
"""
"""The engine without a server and without a cluster; its log goes to the standard output."""


@pytest.fixture
def runtime(installed: Installed, real_cluster: Sandbox) -> Iterator[Object]:
    """The engine's image in the nodes, and its runtime in the catalogue."""
    loading.load(real_cluster.folder, runtimes.built(IMAGE, os.environ, Silent()))
    server = {
        "protocol": "OpenAI",
        "command": ["python3", "/etc/openai/server.py"],
        "args": ["{modelPath}", "{servedName}", "{port}", "F32"],
        "files": [{"path": "/etc/openai/server.py", "text": SERVER.read_text("utf-8")}],
        "readiness": {"path": "/v1/models"},
    }
    with in_catalogue(installed.kube, RUNTIME, IMAGE, server=server) as entry:
        yield entry


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The engine itself, as it is in the image."""
    folder = tmp_path_factory.mktemp("engine")
    root = base.built(host_architecture(), os.environ, Silent())
    libraries.install((ENGINE,), folder, host_architecture(), root.python)
    return folder


def test_pinned_weights_answer_through_the_service_as_the_engine_answers_alone(
    runtime: Object, serving: Serving, site: Path, tmp_path: Path
) -> None:
    answers = []
    for number, seed in (("1.0.0", 1), ("1.1.0", 2)):
        files = tiny_llama.files(seed)
        registered = _registered(serving, number, files)
        serving.registry.until(registered, "Ready", "True", timeout=120)
        _is_described(serving.registry.now(registered)["status"])
        application = serving.registry.application(NAME, number, replicas=1)
        serving.registry.until(application, "Ready", "True", timeout=ROLLOUT_SECONDS)
        serving.until_served(application, number, ROLLOUT_SECONDS)
        assert [one["id"] for one in _asked(serving, "GET", "models")["data"]] == ["tiny"]
        answers.append(_completion(serving))
        assert answers[-1] == _alone(site, tmp_path / number, files)
    assert answers[0] != answers[1]


def _registered(serving: Serving, number: str, files: dict[str, bytes]) -> Object:
    upload(serving.registry.bucket, f"{NAME}/{number}", files)
    uri = f"obs://{serving.registry.bucket.name}/{NAME}/{number}/"
    container = {
        "parameters": {"servedName": "tiny", "contextLength": 128},
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}},
    }
    return serving.registry.version(NAME, number, obs={"uri": uri}, runtime=RUNTIME, container=container)


def _is_described(status: Object) -> None:
    weights = status["model"]["weights"]
    assert (status["model"]["type"], status["model"]["algorithm"]) == ("HuggingFace", "llama")
    assert (weights["architecture"], weights["dtype"]) == ("LlamaForCausalLM", "float32")
    assert (weights["parameters"], weights["bytes"]) == (tiny_llama.parameters(), 4 * tiny_llama.parameters())
    assert (weights["contextLength"], weights["license"], weights["tokenizer"]) == (256, "apache-2.0", True)
    assert status["compatibility"]["verdict"] == "Compatible"


def _asked(serving: Serving, method: str, path: str, body: Object | None = None) -> Object:
    service = f"/api/v1/namespaces/{serving.registry.namespace}/services/{NAME}:http/proxy/v1/{path}"
    return dict(eventually(lambda: serving.registry.kube.request(method, service, body)))


def _completion(serving: Serving) -> str:
    body = {"model": "tiny", "prompt": PROMPT, "max_tokens": TOKENS}
    return str(_asked(serving, "POST", "completions", body)["choices"][0]["text"])


def _alone(site: Path, folder: Path, files: dict[str, bytes]) -> str:
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(site)}
    answer = folder.with_suffix(".txt")
    command = [sys.executable, "-c", ALONE, str(folder), PROMPT, str(TOKENS), str(answer)]
    done = subprocess.run(command, env=environ, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return answer.read_bytes().decode()
