"""Whether a runtime's server is told everything that it has to be told."""

from dataclasses import replace
from typing import Any

import pytest

from aiapp.api.conditions import Reason
from aiapp.api.parameters import ServerParameters
from aiapp.api.runtime_server import MAX_FILES_BYTES, RuntimeServer
from aiapp.domain.runtimes.server.acceptance import incomplete, too_long
from aiapp.domain.runtimes.server.placeholders import Subject

SUBJECT = Subject(application="chat", version="1.0.0", model_path="/m", npus=0, parameters=ServerParameters())


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        pytest.param({"command": ["serve", "{dtype}"]}, "its command", id="command"),
        pytest.param({"files": [{"path": "/etc/a", "text": "{dtype}"}]}, "/etc/a", id="file"),
        pytest.param({"startup": {"path": "/{dtype}"}}, "its startup path", id="startup"),
        pytest.param({"readiness": {"path": "/{dtype}"}}, "its readiness path", id="readiness"),
        pytest.param({"liveness": {"path": "/{dtype}"}}, "its liveness path", id="liveness"),
    ],
)
def test_a_word_without_a_value_is_named_with_its_place(fields: dict[str, Any], place: str) -> None:
    server = RuntimeServer.model_validate({"command": ["serve"], "readiness": {"path": "/"}} | fields)
    found = incomplete("r", server, SUBJECT)
    assert found is not None
    assert found.reason is Reason.PARAMETER_MISSING
    assert found.message == f"runtime r: {place} needs {{dtype}}: set container.parameters.dtype"


def test_an_argument_or_a_variable_without_a_value_is_left_out_instead() -> None:
    words = {"args": ["--dtype={dtype}"], "env": [{"name": "DTYPE", "value": "{dtype}"}]}
    server = RuntimeServer.model_validate({"command": ["serve"], "readiness": {"path": "/"}} | words)
    assert incomplete("r", server, SUBJECT) is None


@pytest.mark.parametrize(("characters", "size"), [(64, None), (65, MAX_FILES_BYTES + 8)])
def test_files_that_values_make_too_long_for_pods_are_named_with_what_to_do(characters: int, size: int | None) -> None:
    files = [{"path": f"/{at}", "text": f"{'é' * 10_208}{{servedName}}"} for at in range(8)]
    server = RuntimeServer.model_validate({"command": ["serve"], "readiness": {"path": "/"}, "files": files})
    found = too_long("r", server, replace(SUBJECT, parameters=ServerParameters(served_name="m" * characters)))
    assert (found and found.message) == (
        size
        and f"runtime r: spec.server.files of its InferenceRuntime have {size} bytes with every value in its place, "
        "and pods may have 163840 of them: shorten them, or put what is long into the image"
    )
