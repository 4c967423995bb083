"""What the server offers beside the package's own paths: metrics, description, compression, the v2 protocol.

The v2 protocol is tested with the client that its authors publish.
"""

import gzip
import json
import pathlib
import signal
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import tritonclient.http as triton
from openapi_spec_validator import validate
from prometheus_client.parser import text_string_to_metric_families
from tests.integration.serve.conftest import Start
from tests.integration.serve.running import Server, serving
from tests.support.waiting import eventually


def samples(server: Server) -> dict[tuple[str, ...], float]:
    text = server.request("GET", "/metrics").content.decode()
    return {(s.name, *s.labels.values()): s.value for f in text_string_to_metric_families(text) for s in f.samples}


def test_metrics_count_requests_and_tell_the_state(start: Start) -> None:
    server = start("--workers", "2", "--queue", "7").wait_until_ready()
    eventually(lambda: samples(server)["aiapp_model_workers_ready",] == 2)
    for path in ("/", "/", "/nope", "/nope/2"):
        server.post({"a": 1}, path)

    read = samples(server)

    assert read["aiapp_model_requests_total", "/", "200"] == 2
    assert read["aiapp_model_requests_total", "(other)", "404"] == 2
    assert read["aiapp_model_request_duration_seconds_count", "/"] == 2
    assert read["aiapp_model_errors_total", "(other)", "NotFound"] == 2
    assert not any("/health" in series or "/metrics" in series for series in read)
    assert read["aiapp_model_queue_limit",] == 7
    assert read["aiapp_model_requests_in_flight",] == 0
    assert "route=/metrics" not in server.output


def test_a_lost_worker_is_counted_by_the_cause_of_its_end(start: Start) -> None:
    server = start("--predict-timeout", "0.5").wait_until_ready()
    server.post({"sleep": 60})
    server.wait_until_ready()
    server.post({"die": int(signal.SIGKILL)})
    server.wait_until_ready()

    read = samples(server)

    assert read["aiapp_model_worker_restarts_total", "timeout"] == 1
    assert read["aiapp_model_worker_restarts_total", "signal"] == 1


def test_the_package_is_described_in_openapi(echo: Server) -> None:
    described: Any = echo.request("GET", "/openapi.json").json

    validate(described)
    assert set(described["paths"]) == {"/", "/health"}


@pytest.fixture
def declaring(archive: pathlib.Path, package: pathlib.Path) -> Iterator[Server]:
    """A package that declares paths which the server has too."""
    apis = [{"url": "/metrics", "method": "get"}, {"url": "/v2/models/model/infer"}, {"url": "openapi.json"}]
    (package / "config.json").write_text(json.dumps({"model_type": "PyTorch", "apis": apis}))
    with serving(sys.executable, archive, package) as server:
        yield server.wait_until_ready()


def test_paths_that_a_package_declares_are_its_own(declaring: Server) -> None:
    assert declaring.request("GET", "/metrics?a=1").json == {"a": "1"}
    assert declaring.post({"any": 1}, "/v2/models/model/infer").json == {"any": 1}
    assert declaring.post([1], "/openapi.json").json == [1]
    assert declaring.request("GET", "/openapi.json").status == 405


def test_long_answers_are_compressed_for_those_who_ask(echo: Server) -> None:
    body = json.dumps({"a": "x" * 5000}).encode()
    headers = {"Content-Type": "application/json"}

    compressed = echo.request("POST", "/", body, {**headers, "Accept-Encoding": "gzip"})
    plain = echo.request("POST", "/", body, {**headers, "Accept-Encoding": "identity"})

    assert (compressed.headers["Content-Encoding"], compressed.headers["Vary"]) == ("gzip", "Accept-Encoding")
    assert len(compressed.content) < 200
    assert gzip.decompress(compressed.content) == plain.content == body
    assert "Content-Encoding" not in plain.headers
    assert plain.headers["Vary"] == "Accept-Encoding"


# The Open Inference Protocol.


@pytest.fixture
def client(echo: Server) -> Iterator[Any]:
    with triton.InferenceServerClient(f"127.0.0.1:{echo.port}") as made:
        yield made


def tensor(name: str, array: Any, datatype: str, *, is_binary: bool) -> Any:
    made = triton.InferInput(name, list(array.shape), datatype)
    made.set_data_from_numpy(array, binary_data=is_binary)
    return made


def test_a_client_finds_server_and_model(client: Any) -> None:
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("model")
    assert client.is_model_ready("model", "1")
    assert not client.is_model_ready("other")
    assert client.get_server_metadata()["extensions"] == ["binary_tensor_data"]
    assert client.get_model_metadata("model")["versions"] == ["1"]


@pytest.mark.parametrize("is_binary", [True, False], ids=["binary", "JSON"])
@pytest.mark.parametrize("compression", [None, "gzip"])
def test_a_clients_tensors_reach_the_hooks_and_come_back(client: Any, *, is_binary: bool, compression: str) -> None:
    numbers, texts = np.arange(600, dtype="float32").reshape(2, 300), np.array(["猫", ""], dtype=object)
    inputs = [
        tensor("numbers", numbers, "FP32", is_binary=is_binary),
        tensor("texts", texts, "BYTES", is_binary=is_binary),
    ]
    asked = [triton.InferRequestedOutput(name, binary_data=is_binary) for name in ("numbers", "texts")]

    answer = client.infer(
        "model",
        inputs,
        outputs=asked,
        request_id="r1",
        request_compression_algorithm=compression,
        response_compression_algorithm=compression,
    )

    assert answer.get_response()["id"] == "r1"
    assert np.array_equal(answer.as_numpy("numbers"), numbers)
    assert [getattr(text, "decode", lambda t=text: t)() for text in answer.as_numpy("texts")] == ["猫", ""]


def test_a_client_that_asks_for_nothing_gets_every_output(client: Any) -> None:
    answer = client.infer("model", [tensor("a", np.array([1, 2]), "INT64", is_binary=True)])

    assert answer.as_numpy("a").tolist() == [1, 2]


def test_a_client_is_told_why(client: Any) -> None:
    unknown = [triton.InferRequestedOutput("b")]
    with pytest.raises(triton.InferenceServerException, match="there is no output 'b'; the outputs are 'a'") as caught:
        client.infer("model", [tensor("a", np.array([1]), "INT64", is_binary=True)], outputs=unknown)

    assert caught.value.status() == "400"


def test_hooks_that_expect_text_get_the_inputs_as_json(archive: pathlib.Path, package: pathlib.Path) -> None:
    source = """
import json
from model_service.python_model_service import XgSklServingBaseService
class Service(XgSklServingBaseService):
    def _inference(self, data):
        return {"sum": sum(json.loads(data)["a"])}
"""
    (package / "customize_service.py").write_text(source)
    with serving(sys.executable, archive, package) as server:
        request = {"inputs": [{"name": "a", "shape": [2], "datatype": "INT64", "data": [1, 2]}]}
        reply = server.wait_until_ready().post(request, "/v2/models/model/infer")

        assert reply.json == {
            "model_name": "model",
            "model_version": "1",
            "outputs": [{"name": "sum", "shape": [1], "datatype": "INT64", "data": [3]}],
        }


def test_the_protocols_health_says_no_while_the_model_loads(archive: pathlib.Path, package: pathlib.Path) -> None:
    file = package / "customize_service.py"
    file.write_text("import os, time\nwhile not os.path.exists('go'): time.sleep(0.02)\n" + file.read_text())
    with serving(sys.executable, archive, package) as server:
        paths = ("/v2/health/live", "/v2/health/ready", "/v2/models/model/ready")

        replies = [server.request("GET", path) for path in paths]
        (package / "go").touch()
        server.wait_until_ready()

        assert [(r.status, r.json) for r in replies] == [
            (200, {"live": True}),
            (503, {"ready": False}),
            (503, {"name": "model", "ready": False}),
        ]
        assert [server.request("GET", path).status for path in paths] == [200, 200, 200]
