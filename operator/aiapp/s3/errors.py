"""Maps error responses of a store to reason, message and retryability: one table for import, check and fetch.

Never passes on what a store wrote, except its error code, a region and a storage class, each validated.
"""

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from aiapp.api.conditions import Reason
from aiapp.domain.objectstore.location import Location
from aiapp.endpoints.diagnosis import Diagnosis, proxy_login, unexpected
from aiapp.endpoints.diagnosis import ErrorResponse as AnyErrorResponse
from aiapp.endpoints.hints import Hints as CommonHints
from aiapp.s3.addressing import Address

_CODE: Final = re.compile(rb"<Code>\s*([\w.]{1,64})\s*</Code>")
_REGION_ELEMENT: Final = re.compile(rb"<Region>\s*([a-z0-9-]{1,32})\s*</Region>")
_REGION: Final = re.compile(r"[a-z0-9-]{1,32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints(CommonHints):
    """With what object storage has of its own."""

    use_path_addressing: str = "set addressing: Path if the store has no host names for buckets"
    """For a bucket whose host name does not resolve."""
    name_endpoint: str = "the source names no endpoint, so AWS is asked: set endpoint for any other store"
    """For a name of AWS's that nobody has written."""


MANIFEST_HINTS: Final = Hints(
    add_credentials="name a Secret in credentialsSecretRef of spec.source",
    check_credentials="check the Secret that credentialsSecretRef names",
)
CLI_HINTS: Final = Hints(
    add_credentials="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give --credentials",
    check_credentials="check the keys in the environment or in the folder of --credentials",
    trust_authority="--ca-bundle names an authority to trust",
    use_path_addressing="use --addressing Path if the store has no host names for buckets",
    name_endpoint="without --endpoint AWS is asked: name the address of any other store",
    proxy="the proxy that the environment names",
    allow_http="--allow-http accepts that",
    allow_host="refused, unless --allow-host allows it",
    allow_range="refused, unless --allow-range allows it",
)


@dataclass(frozen=True, slots=True)
class RequestContext:
    """What was requested, where, and the advice for users in case of a failure."""

    location: Location
    address: Address
    anonymous: bool
    hints: Hints
    key: str | None = None
    """Key of the requested object; None for a listing."""
    version_id: str | None = None

    @property
    def host(self) -> str:
        """The host that is asked."""
        return self.address.host

    @property
    def name_hint(self) -> str:
        """Advice for a name that is not the store's."""
        if self.location.endpoint is None:
            return self.hints.name_endpoint
        return self.hints.use_path_addressing if self.address.virtual else ""


@dataclass(frozen=True, slots=True)
class ErrorResponse(AnyErrorResponse):
    """Its code is S3's, for example `NoSuchBucket`."""

    region: str = ""
    """The bucket's region, if the store names it."""


def error_response(status: int, body: bytes, region_header: str = "") -> ErrorResponse:
    """Parses the beginning of a body and the header `x-amz-bucket-region`."""
    code, element = _CODE.search(body), _REGION_ELEMENT.search(body)
    region = element[1].decode() if element else region_header
    return ErrorResponse(
        status,
        code[1].decode("ascii", "replace") if code else "",
        region if _REGION.fullmatch(region) else "",
    )


_REJECTED_KEYS: Final = {
    "InvalidAccessKeyId": "it does not know the access key id",
    "XAdminUserNotFound": "it does not know the access key id",
    "SignatureDoesNotMatch": "the secret access key is not the one of the access key id",
    "ExpiredToken": "the session token has expired",
    "InvalidToken": "the session token is not valid",
    "TokenRefreshRequired": "the session token must be refreshed",
}
_ACCOUNT_PROBLEMS: Final = {
    "InArrearOrInsufficientBalance": "the account is in arrears: settle that with the provider",
    "AccountProblem": "the account has a problem: ask the provider",
    "AllAccessDisabled": "all access to it was disabled: ask the provider",
    "NotSignedUp": "the account is not signed up for object storage",
    "UserSuspended": "the account is suspended: ask the provider",
    "RequestTimeTooSkewed": "its clock and ours differ too much: set the clocks",
}
"""Refusals that neither keys nor permissions can fix."""
_NO_BUCKET: Final = frozenset({"NoSuchBucket", "InvalidBucketName"})
_OTHER_REGION: Final = frozenset(
    {"PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"}
)
_CHANGED: Final = frozenset(
    {HTTPStatus.NOT_FOUND, HTTPStatus.PRECONDITION_FAILED, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE}
)


def diagnose_response(response: ErrorResponse, context: RequestContext) -> Diagnosis:
    """Returns the diagnosis of the first rule that applies to an error response."""
    found = (rule(response, context) for rule in _RULES)
    return next(filter(None, found), None) or unexpected(response, _subject(context), context)


def archived(key: str, storage_class: str | None, context: RequestContext) -> Diagnosis:
    """Diagnosis of an object that must be restored before it can be read."""
    kind = f" ({storage_class})" if storage_class else ""
    where = f"{context.address.host}, bucket {context.location.bucket}"
    return _final(Reason.OBJECT_ARCHIVED, f"object {key!r} is archived{kind} at {where}: restore it first")


def _in_archive(response: ErrorResponse, context: RequestContext) -> Diagnosis | None:
    if response.code != "InvalidObjectState" or context.key is None:
        return None
    return archived(context.key, None, context)


def _account(response: ErrorResponse, context: RequestContext) -> Diagnosis | None:
    if response.code not in _ACCOUNT_PROBLEMS:
        return None
    why = f"{_ACCOUNT_PROBLEMS[response.code]} ({response.shown})"
    return _final(Reason.ACCESS_DENIED, f"{context.address.host} denies access to {_subject(context)}: {why}")


def _host_wanted(response: ErrorResponse, context: RequestContext) -> Diagnosis | None:
    if response.code != "VirtualHostDomainRequired":
        return None
    message = f"{context.address.host} wants the bucket in the host name ({response.shown}): set addressing: Virtual"
    return _final(Reason.BUCKET_NOT_FOUND, message)


def _proxy(response: ErrorResponse, context: RequestContext) -> Diagnosis | None:
    return proxy_login(context) if response.status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED else None


def _elsewhere(response: ErrorResponse, context: RequestContext) -> Diagnosis | None:
    is_redirect = HTTPStatus.MULTIPLE_CHOICES <= response.status < HTTPStatus.BAD_REQUEST
    if response.code not in _OTHER_REGION and not is_redirect:
        return None
    hint = f"region {response.region!r}" if response.region else "another region or endpoint"
    where = (
        f"the bucket {context.location.bucket!r} is not in region {context.location.region!r} of {context.address.host}"
    )
    status = f"{response.shown}; redirects are not followed"
    return _final(Reason.BUCKET_NOT_FOUND, f"{where} ({status}): the source needs {hint}")


def _denied(response: ErrorResponse, context: RequestContext) -> Diagnosis | None:
    if response.code not in _REJECTED_KEYS and response.status not in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return None
    doing = "access to" if context.key is None else "reading"
    message = f"{context.address.host} denies {doing} {_subject(context)}: {_why_denied(response, context)}"
    return _final(Reason.ACCESS_DENIED, message)


def _why_denied(response: ErrorResponse, context: RequestContext) -> str:
    status, hints = response.shown, context.hints
    if response.code in _REJECTED_KEYS:
        return f"{_REJECTED_KEYS[response.code]} ({status}): {hints.check_credentials}"
    if context.anonymous:
        return f"access was anonymous ({status}): {hints.add_credentials}"
    if context.version_id is not None and response.code == "AccessDenied":
        return f"the store lists versions of objects but does not let them be read ({status}): allow GetObjectVersion"
    right = "list" if context.key is None else "read"
    return f"the access key lacks the right to {right} it ({status}): {hints.check_credentials}{_foreign(response)}"


def _no_bucket(response: ErrorResponse, context: RequestContext) -> Diagnosis | None:
    if response.code not in _NO_BUCKET and not (response.status == HTTPStatus.NOT_FOUND and context.key is None):
        return None
    message = f"{context.address.host} has no bucket {context.location.bucket!r} ({response.shown}){_foreign(response)}"
    return _final(Reason.BUCKET_NOT_FOUND, message)


def _changed(response: ErrorResponse, context: RequestContext) -> Diagnosis | None:
    if response.status not in _CHANGED or context.key is None:
        return None
    return _final(Reason.CONTENT_CHANGED, response.shown)


_RULES: Final = (_in_archive, _account, _host_wanted, _proxy, _elsewhere, _denied, _no_bucket, _changed)
"""Tried in this order: an error code is more specific than the status it comes with."""


def _final(reason: Reason, message: str) -> Diagnosis:
    return Diagnosis(reason, message, retryable=False)


def _subject(context: RequestContext) -> str:
    return (
        context.location.uri if context.key is None else f"object {context.key!r} in bucket {context.location.bucket}"
    )


def _foreign(response: ErrorResponse) -> str:
    return "" if response.code else "; the answer has no S3 error code, so something else may have given it"
