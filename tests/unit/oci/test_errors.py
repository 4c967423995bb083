"""What error responses of registries mean, and what is said of them."""

import ssl
from dataclasses import replace

import pytest

from aiapp.api.conditions import Reason
from aiapp.domain.images.reference import reference
from aiapp.endpoints.connection_errors import diagnose_failure
from aiapp.endpoints.diagnosis import ErrorResponse
from aiapp.endpoints.endpoint import endpoint
from aiapp.endpoints.hints import Hints
from aiapp.oci.addressing import registry_endpoint
from aiapp.oci.errors import MANIFEST_HINTS, OWN_HINTS, Part, RequestContext, diagnose_response, error_response

DENIED, ABSENT, INCOMPLETE = Reason.ACCESS_DENIED, Reason.IMAGE_NOT_FOUND, Reason.IMAGE_INCOMPLETE
UNREACHABLE = Reason.ENDPOINT_UNREACHABLE
IMAGE = reference("registry.example.com/models/mnist:1")
DIGEST = f"sha256:{'0' * 64}"


def asking(part: Part = Part.IMAGE, *, anonymous: bool = True) -> RequestContext:
    digest = "" if part in {Part.IMAGE, Part.TOKEN} else DIGEST
    return RequestContext(endpoint("https://registry.example.com"), IMAGE, part, digest, anonymous=anonymous)


@pytest.mark.parametrize(
    ("status", "code", "context", "reason", "retryable", "words"),
    [
        pytest.param(401, "UNAUTHORIZED", asking(), DENIED, False, "was anonymous", id="anonymous"),
        pytest.param(401, "", asking(anonymous=False), DENIED, False, "is not accepted", id="a login"),
        pytest.param(403, "DENIED", asking(anonymous=False), DENIED, False, "lacks the right", id="right"),
        pytest.param(401, "", asking(Part.TOKEN), DENIED, False, "a token for", id="no token"),
        pytest.param(404, "MANIFEST_UNKNOWN", asking(), ABSENT, False, "if it is private", id="absent"),
        pytest.param(404, "", asking(anonymous=False), ABSENT, False, "has no image", id="known absent"),
        pytest.param(404, "", asking(Part.MANIFEST), INCOMPLETE, False, f"the manifest {DIGEST}", id="part"),
        pytest.param(404, "BLOB_UNKNOWN", asking(Part.LAYER), INCOMPLETE, False, "the layer", id="a layer"),
        pytest.param(404, "", asking(Part.TOKEN), UNREACHABLE, False, "a token", id="no authority"),
        pytest.param(429, "TOOMANYREQUESTS", asking(), Reason.RATE_LIMITED, True, "imagePullSecrets", id="limited"),
        pytest.param(429, "", asking(anonymous=False), Reason.RATE_LIMITED, True, "for the moment", id="still limited"),
        pytest.param(500, "", asking(), UNREACHABLE, True, "answered 500", id="a fault"),
        pytest.param(503, "", asking(), UNREACHABLE, True, "answered 503", id="overload"),
        pytest.param(400, "", asking(), UNREACHABLE, False, "answered 400", id="no such request"),
        pytest.param(407, "", asking(), UNREACHABLE, True, "the operator's proxy", id="the proxy"),
    ],
)
def test_each_answer_has_its_reason(
    status: int, code: str, context: RequestContext, reason: Reason, retryable: bool, words: str
) -> None:
    found = diagnose_response(ErrorResponse(status, code), context)
    assert (found.reason, found.retryable) == (reason, retryable)
    assert words in found.message
    assert "registry.example.com" in found.message


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param(b'{"errors":[{"code":"NAME_UNKNOWN","message":"<script>"}]}', "NAME_UNKNOWN", id="a code"),
        pytest.param(b'{"errors":[{"code":"<script>"}]}', "", id="something else"),
        pytest.param(b"<html>", "", id="a page"),
        pytest.param(b"", "", id="nothing"),
    ],
)
def test_of_a_body_only_a_code_is_passed_on(body: bytes, code: str) -> None:
    assert error_response(404, body) == ErrorResponse(404, code)


def test_the_hub_answers_at_another_host() -> None:
    assert registry_endpoint("docker.io", plain_http=False).origin == "https://registry-1.docker.io"
    assert registry_endpoint("localhost:5000", plain_http=True).origin == "http://localhost:5000"


@pytest.mark.parametrize(
    ("hints", "field"),
    [(MANIFEST_HINTS, "set plainHttp: true in source.image"), (OWN_HINTS, "AIAPP_REGISTRY_PLAIN_HTTP")],
)
def test_a_registry_without_tls_is_told_where_to_say_so(hints: Hints, field: str) -> None:
    error = ssl.SSLError(1, "WRONG_VERSION_NUMBER")
    error.reason = "WRONG_VERSION_NUMBER"
    found = diagnose_failure(error, replace(asking(), hints=hints))
    assert "does not speak TLS" in found.message
    assert field in found.message
