"""What a store's answer or its silence means: a reason of the API, words, whether to try again. One table for all.

Never passes on what a store wrote but its error code, a region and a storage class, and these only in their own form.
"""

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from aiapp.api.conditions import Reason
from aiapp.domain.objectstore.location import Location
from aiapp.s3.addressing import Address

ERROR_BYTES: Final = 64 << 10
"""Read of an answer that is no success."""

_CODE: Final = re.compile(rb"<Code>\s*([\w.]{1,64})\s*</Code>")
_REGION_ELEMENT: Final = re.compile(rb"<Region>\s*([a-z0-9-]{1,32})\s*</Region>")
_REGION: Final = re.compile(r"[a-z0-9-]{1,32}")


@dataclass(frozen=True, slots=True)
class Advice:
    """What people can do, in the words of where they do it."""

    name_keys: str
    """Access was anonymous."""
    check_keys: str
    """The keys do not work."""
    trust: str
    """The store's authority is unknown."""
    use_path: str
    """The bucket's host name does not exist."""
    the_proxy: str
    """Whose proxy it is that does not work."""
    allow_http: str
    """The endpoint has no TLS."""
    allow_host: str
    """The endpoint is not among the allowed hosts."""
    allow_range: str
    """The address is a refused one."""


IN_VERSIONS: Final = Advice(
    name_keys="name a Secret in spec.source.obs.credentialsSecretRef",
    check_keys="check the Secret that credentialsSecretRef names",
    trust="caBundleRef in the source names an authority to trust",
    use_path="set addressing: Path if the store has no host names for buckets",
    the_proxy="the operator's proxy",
    allow_http="the operator must allow that first (AIAPP_ALLOW_HTTP)",
    allow_host="refused, unless AIAPP_ALLOWED_HOSTS in the operator's settings allows it",
    allow_range="refused, unless AIAPP_ALLOWED_RANGES in the operator's settings allows it",
)
ON_COMMAND_LINE: Final = Advice(
    name_keys="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give --credentials",
    check_keys="check the keys in the environment or in the folder of --credentials",
    trust="--ca-bundle names an authority to trust",
    use_path="use --addressing Path if the store has no host names for buckets",
    the_proxy="the proxy that the environment names",
    allow_http="--allow-http accepts that",
    allow_host="refused, unless --allow-host allows it",
    allow_range="refused, unless --allow-range allows it",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for, and how."""

    where: Location
    address: Address
    anonymous: bool
    advice: Advice
    key: str | None = None
    """Of an object; None: a listing."""
    version_id: str | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer that is no success."""

    status: int
    code: str = ""
    """The store's own, for example `NoSuchBucket`; empty where the body is none of S3's."""
    region: str = ""
    """Where the store says the bucket is."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """A reason and a sentence for people."""

    reason: Reason
    message: str
    passing: bool
    """Whether it may pass without anybody doing anything, so that it is worth another try."""
    down: bool = False
    """Whether nothing listens there: whoever else wants to connect to the same place would learn the same."""


def answered(status: int, body: bytes, region_header: str = "") -> Answered:
    """From the beginning of the body and the header `x-amz-bucket-region`."""
    code, region = _CODE.search(body), _REGION_ELEMENT.search(body)
    told = region[1].decode() if region else region_header
    return Answered(status, code[1].decode("ascii", "replace") if code else "", told if _REGION.fullmatch(told) else "")


_KEYS: Final = {
    "InvalidAccessKeyId": "it does not know the access key id",
    "XAdminUserNotFound": "it does not know the access key id",
    "SignatureDoesNotMatch": "the secret access key is not the one of the access key id",
    "ExpiredToken": "the session token has expired",
    "InvalidToken": "the session token is not valid",
    "TokenRefreshRequired": "the session token must be refreshed",
}
_ACCOUNTS: Final = {
    "InArrearOrInsufficientBalance": "the account is in arrears: settle that with the provider",
    "AccountProblem": "the account has a problem: ask the provider",
    "AllAccessDisabled": "all access to it was disabled: ask the provider",
    "NotSignedUp": "the account is not signed up for object storage",
    "UserSuspended": "the account is suspended: ask the provider",
    "RequestTimeTooSkewed": "its clock and ours differ too much: set the clocks",
}
"""Refusals that are no matter of keys or rights."""
_NO_BUCKET: Final = frozenset({"NoSuchBucket", "InvalidBucketName"})
_OTHER_REGION: Final = frozenset(
    {"PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"}
)
_CHANGED: Final = frozenset(
    {HTTPStatus.NOT_FOUND, HTTPStatus.PRECONDITION_FAILED, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE}
)
_PASSING: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})


def meaning(answer: Answered, asked: Asked) -> Meaning:
    """Of an answer that is no success: what the first rule that applies says."""
    found = (rule(answer, asked) for rule in _RULES)
    return next(filter(None, found), None) or _other(answer, asked)


def proxy_login(asked: Asked) -> Meaning:
    """Of a proxy that does not let us through."""
    words = f"cannot be reached: {asked.advice.the_proxy} wants another user and password"
    return Meaning(Reason.ENDPOINT_UNREACHABLE, f"{asked.address.host} {words}", passing=True)


def archived(key: str, storage_class: str | None, asked: Asked) -> Meaning:
    """Of an object that cannot be read as it is."""
    kind = f" ({storage_class})" if storage_class else ""
    where = f"{asked.address.host}, bucket {asked.where.bucket}"
    return _final(Reason.OBJECT_ARCHIVED, f"object {key!r} is archived{kind} at {where}: restore it first")


def _in_archive(answer: Answered, asked: Asked) -> Meaning | None:
    if answer.code != "InvalidObjectState" or asked.key is None:
        return None
    return archived(asked.key, None, asked)


def _account(answer: Answered, asked: Asked) -> Meaning | None:
    if answer.code not in _ACCOUNTS:
        return None
    why = f"{_ACCOUNTS[answer.code]} ({_said(answer)})"
    return _final(Reason.ACCESS_DENIED, f"{asked.address.host} denies access to {_what(asked)}: {why}")


def _host_wanted(answer: Answered, asked: Asked) -> Meaning | None:
    if answer.code != "VirtualHostDomainRequired":
        return None
    message = f"{asked.address.host} wants the bucket in the host name ({_said(answer)}): set addressing: Virtual"
    return _final(Reason.BUCKET_NOT_FOUND, message)


def _proxy(answer: Answered, asked: Asked) -> Meaning | None:
    return proxy_login(asked) if answer.status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED else None


def _elsewhere(answer: Answered, asked: Asked) -> Meaning | None:
    is_redirect = HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST
    if answer.code not in _OTHER_REGION and not is_redirect:
        return None
    hint = f"region {answer.region!r}" if answer.region else "another region or endpoint"
    where = f"the bucket {asked.where.bucket!r} is not in region {asked.where.region!r} of {asked.address.host}"
    said = f"{_said(answer)}; redirects are not followed"
    return _final(Reason.BUCKET_NOT_FOUND, f"{where} ({said}): the source needs {hint}")


def _denied(answer: Answered, asked: Asked) -> Meaning | None:
    if answer.code not in _KEYS and answer.status not in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return None
    doing = "access to" if asked.key is None else "reading"
    message = f"{asked.address.host} denies {doing} {_what(asked)}: {_why_denied(answer, asked)}"
    return _final(Reason.ACCESS_DENIED, message)


def _why_denied(answer: Answered, asked: Asked) -> str:
    said, advice = _said(answer), asked.advice
    if answer.code in _KEYS:
        return f"{_KEYS[answer.code]} ({said}): {advice.check_keys}"
    if asked.anonymous:
        return f"access was anonymous ({said}): {advice.name_keys}"
    if asked.version_id is not None and answer.code == "AccessDenied":
        return f"the store lists versions of objects but does not let them be read ({said}): allow GetObjectVersion"
    right = "list" if asked.key is None else "read"
    return f"the access key lacks the right to {right} it ({said}): {advice.check_keys}{_foreign(answer)}"


def _no_bucket(answer: Answered, asked: Asked) -> Meaning | None:
    if answer.code not in _NO_BUCKET and not (answer.status == HTTPStatus.NOT_FOUND and asked.key is None):
        return None
    message = f"{asked.address.host} has no bucket {asked.where.bucket!r} ({_said(answer)}){_foreign(answer)}"
    return _final(Reason.BUCKET_NOT_FOUND, message)


def _changed(answer: Answered, asked: Asked) -> Meaning | None:
    """Whoever asked knows what was expected."""
    if answer.status not in _CHANGED or asked.key is None:
        return None
    return _final(Reason.CONTENT_CHANGED, _said(answer))


def _other(answer: Answered, asked: Asked) -> Meaning:
    is_fault = answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR and answer.status != HTTPStatus.NOT_IMPLEMENTED
    message = f"{asked.address.host} answered {_said(answer)} to a request for {_what(asked)}"
    return Meaning(Reason.ENDPOINT_UNREACHABLE, message, passing=is_fault or answer.status in _PASSING)


_RULES: Final = (_in_archive, _account, _host_wanted, _proxy, _elsewhere, _denied, _no_bucket, _changed)
"""In this order: a code says more than the status that it comes with."""


def _final(reason: Reason, message: str) -> Meaning:
    return Meaning(reason, message, passing=False)


def _said(answer: Answered) -> str:
    return f"{answer.status} {answer.code}".rstrip()


def _what(asked: Asked) -> str:
    return asked.where.uri if asked.key is None else f"object {asked.key!r} in bucket {asked.where.bucket}"


def _foreign(answer: Answered) -> str:
    return "" if answer.code else "; the answer has no S3 error code, so something else may have given it"
