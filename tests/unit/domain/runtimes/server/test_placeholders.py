"""What stands for the placeholders of a runtime's server."""

from typing import Any

import pytest
from pydantic import ValidationError

from aiapp.api.parameters import ServerParameters
from aiapp.api.runtime_server import PLACEHOLDERS, RuntimeServer, ServerFile
from aiapp.domain.runtimes.server.placeholders import Subject, filled, filled_words, missing, parameters, values


def server(**fields: Any) -> RuntimeServer:
    return RuntimeServer.model_validate({"command": ["serve"], "readiness": {"path": "/"}} | fields)


def known(npus: int = 0, own: RuntimeServer | None = None, **asked: Any) -> dict[str, str]:
    subject = Subject(
        application="chat", version="1.0.0", model_path="/m", npus=npus, parameters=ServerParameters(**asked)
    )
    return dict(values(own or server(), subject))


def test_what_nothing_is_said_of_has_a_default_or_no_value() -> None:
    assert known() == {
        "modelPath": "/m",
        "port": "8080",
        "servedName": "chat",
        "application": "chat",
        "version": "1.0.0",
        "npuCount": "0",
        "tensorParallelSize": "1",
    }


def test_every_placeholder_can_have_a_value() -> None:
    own = server(ports=[{"name": "management", "port": 1}, {"name": "metrics", "port": 2}])
    everything = known(4, own, served_name="a/b", context_length=8192, tensor_parallel_size=2, dtype="float16")
    assert everything.keys() == PLACEHOLDERS.keys()
    assert everything["npuIds"] == "0,1,2,3"
    assert (everything["managementPort"], everything["metricsPort"]) == ("1", "2")
    assert everything["tensorParallelSize"] == "2"


def test_layers_are_split_over_all_npus_of_the_pod_unless_said() -> None:
    assert known(8)["tensorParallelSize"] == "8"


@pytest.mark.parametrize(
    "text",
    ["plain", "{port}", "-x={contextLength}", '{"a": {"b": {port}}}', "{}", "{ x }", "{{", "{open", "a}{port}{dtype}b"],
)
def test_braces_that_hold_no_word_are_as_they_are(text: str) -> None:
    assert ServerFile(path="/etc/a", text=text).text == text


@pytest.mark.parametrize("text", ["{gpus}", "${HOME}", '{"a": {nothing}}', "{port}{Port}", "{{x}}", "{a{b}"])
def test_a_word_in_braces_that_is_no_placeholder_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match=r"a word in braces is a placeholder, one of \{modelPath\}, \{port\}"):
        ServerFile(path="/etc/a", text=text)


def test_a_word_whose_placeholder_has_no_value_is_left_out() -> None:
    assert filled_words(["--port={port}", "--len={contextLength}", "-v"], known()) == ["--port=8080", "-v"]


def test_a_value_is_not_searched_for_placeholders_again() -> None:
    assert filled("{servedName}{port}", {"servedName": "{port}", "port": "1"}) == "{port}1"
    assert missing("{dtype} {port} {dtype}", {"port": "1"}) == ("dtype",)


def test_a_version_s_parameters_come_before_the_runtime_s_and_its_arguments_after() -> None:
    own = server(parameters={"contextLength": 1, "dtype": "float16", "extraArgs": ["-a"]})
    together = parameters(ServerParameters(context_length=2, extra_args=("-b",)), own.parameters)
    assert (together.context_length, together.dtype, together.extra_args) == (2, "float16", ("-a", "-b"))
    assert parameters(None, own.parameters) == own.parameters
