"""Maps error responses of a registry to reason, message and retryability.

Never passes on what a registry wrote, except its error code, validated.
"""

import re
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from typing import Final

from aiapp.api.conditions import Reason
from aiapp.domain.images.reference import Reference
from aiapp.endpoints.diagnosis import Diagnosis, ErrorResponse, proxy_login, unexpected
from aiapp.endpoints.endpoint import Endpoint
from aiapp.endpoints.hints import Hints

_CODE: Final = re.compile(rb'"code"\s*:\s*"([A-Z_]{1,64})"')
_DENIED: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


class Part(Enum):
    """What is asked for."""

    IMAGE = "image"
    """By the name that a user gave."""
    MANIFEST = "manifest"
    """Of one platform, that an index names."""
    CONFIG = "config"
    LAYER = "layer"
    TOKEN = "token"  # noqa: S105 - not one
    """At the authority that the registry names."""


MANIFEST_HINTS: Final = Hints(
    add_credentials="name a Secret with a login in imagePullSecrets",
    check_credentials="check the Secrets that imagePullSecrets names",
    speak_http="for a registry without TLS set plainHttp: true in source.image or container.imageRegistry",
)
OWN_HINTS: Final = Hints(
    add_credentials="a login for it has to be in the file that AIAPP_REGISTRY_CONFIG names",
    check_credentials="check the file that AIAPP_REGISTRY_CONFIG names",
    trust_authority="AIAPP_REGISTRY_CA_BUNDLE names an authority to trust",
    allow_http="AIAPP_REGISTRY_PLAIN_HTTP accepts that",
    speak_http="AIAPP_REGISTRY_PLAIN_HTTP says that it has none",
    allow_host="AIAPP_REGISTRY names it",
    allow_range="AIAPP_REGISTRY names it",
)
"""Of the installation's own registry, which no policy is for."""


@dataclass(frozen=True, slots=True)
class RequestContext:
    """What was requested, where, and the advice for users in case of a failure."""

    endpoint: Endpoint
    reference: Reference
    part: Part
    digest: str = ""
    """Of the part, where it is not the image itself."""
    platform: str = ""
    """That the part is for, where an index says so."""
    anonymous: bool = True
    hints: Hints = MANIFEST_HINTS

    @property
    def host(self) -> str:
        """The host that is asked."""
        return self.endpoint.host

    @property
    def name_hint(self) -> str:
        """Nothing is known of how a registry's name may be wrong."""
        return ""


def error_response(status: int, body: bytes) -> ErrorResponse:
    """Parses the beginning of a body, for the registry's error code: `MANIFEST_UNKNOWN` for example."""
    code = _CODE.search(body)
    return ErrorResponse(status, code[1].decode() if code else "")


def diagnose_response(response: ErrorResponse, context: RequestContext) -> Diagnosis:
    """Returns the diagnosis of an error response."""
    if response.status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        return proxy_login(context)
    if response.status == HTTPStatus.TOO_MANY_REQUESTS or response.code == "TOOMANYREQUESTS":
        return _limited(response, context)
    if response.status in _DENIED or response.code in {"DENIED", "UNAUTHORIZED"}:
        return _denied(response, context)
    if response.status == HTTPStatus.NOT_FOUND and context.part is not Part.TOKEN:
        return _absent(response, context)
    return unexpected(response, subject(context), context)


def subject(context: RequestContext) -> str:
    """What was requested, for messages."""
    match context.part:
        case Part.IMAGE:
            return f"the image {context.reference}"
        case Part.TOKEN:
            return f"a token for {context.reference.name}"
        case Part.MANIFEST | Part.CONFIG | Part.LAYER:
            platform = f" for {context.platform}" if context.platform else ""
            return f"the {context.part.value} {context.digest}{platform} of {context.reference}"


def _limited(response: ErrorResponse, context: RequestContext) -> Diagnosis:
    hint = f": {context.hints.add_credentials}, or wait" if context.anonymous else ""
    message = f"{context.host} answers no more requests for the moment ({response.shown}){hint}"
    return Diagnosis(Reason.RATE_LIMITED, message, retryable=True)


def _denied(response: ErrorResponse, context: RequestContext) -> Diagnosis:
    if context.anonymous:
        why = f"access was anonymous ({response.shown}): {context.hints.add_credentials}"
    else:
        why = f"the login is not accepted or lacks the right to pull ({response.shown}): "
        why += context.hints.check_credentials
    message = f"{context.host} denies access to {subject(context)}: {why}"
    return Diagnosis(Reason.ACCESS_DENIED, message, retryable=False)


def _absent(response: ErrorResponse, context: RequestContext) -> Diagnosis:
    if context.part is not Part.IMAGE:
        message = f"{context.host} does not have {subject(context)} ({response.shown}): push the image again"
        return Diagnosis(Reason.IMAGE_INCOMPLETE, message, retryable=False)
    hidden = "" if not context.anonymous else f"; if it is private, {context.hints.add_credentials}"
    message = f"{context.host} has no image {context.reference} ({response.shown}){hidden}"
    return Diagnosis(Reason.IMAGE_NOT_FOUND, message, retryable=False)
