"""Access keys of an object store, as people name them in Secrets and environments.

Never reads a Secret or the environment, and never shows a secret in its repr or its errors.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

ACCESS_KEY_NAMES: Final = (
    "accessKeyId",
    "AWS_ACCESS_KEY_ID",
    "aws_access_key_id",
    "OBS_ACCESS_KEY_ID",
    "access_key_id",
    "access-key-id",
    "HUAWEICLOUD_SDK_AK",
    "AccessKeyID",
    "ak",
    "AK",
)
SECRET_KEY_NAMES: Final = (
    "secretAccessKey",
    "AWS_SECRET_ACCESS_KEY",
    "aws_secret_access_key",
    "OBS_SECRET_ACCESS_KEY",
    "secret_access_key",
    "secret-access-key",
    "HUAWEICLOUD_SDK_SK",
    "SecretAccessKey",
    "sk",
    "SK",
)
SESSION_TOKEN_NAMES: Final = (
    "sessionToken",
    "AWS_SESSION_TOKEN",
    "aws_session_token",
    "OBS_SECURITY_TOKEN",
    "security_token",
    "session_token",
    "session-token",
    "HUAWEICLOUD_SDK_SECURITY_TOKEN",
    "securityToken",
    "SecurityToken",
)


_PRINTABLE: Final = re.compile(r"[!-~]+")


class CredentialsError(ValueError):
    """A Secret or environment that holds no usable key pair; names the keys, never a value."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """One access key pair, with the token of a temporary one."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


def credentials(values: Mapping[str, str]) -> Credentials | None:
    """The key pair among `values` (a Secret's decoded data, or an environment); None: anonymous access.

    Of several spellings the first in the tables above counts; white space around a value, such as the
    line feed that editors add, is dropped. Raises `CredentialsError` when only one half is there, and for a
    value that cannot stand in a request's header.
    """
    access_key = _sendable(_first(values, ACCESS_KEY_NAMES), ACCESS_KEY_NAMES[0])
    secret_key = _first(values, SECRET_KEY_NAMES)
    if access_key is None and secret_key is None:
        return None
    if access_key is None:
        raise CredentialsError(f"a secret access key without an access key id: set {ACCESS_KEY_NAMES[0]}")
    if secret_key is None:
        raise CredentialsError(f"an access key id without a secret access key: set {SECRET_KEY_NAMES[0]}")
    token = _sendable(_first(values, SESSION_TOKEN_NAMES), SESSION_TOKEN_NAMES[0])
    return Credentials(access_key, secret_key, token)


def _first(values: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    found = (values[name].strip() for name in names if name in values)
    return next((value for value in found if value), None)


def _sendable(value: str | None, name: str) -> str | None:
    """What stands in a header as it is; a secret key is only signed with, so that may be anything."""
    if value is not None and not _PRINTABLE.fullmatch(value):
        raise CredentialsError(f"{name} holds white space or characters that none has: was it encoded twice?")
    return value
