"""The objects under a prefix, with version ids where the store gives them. Never reads an object."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from botocore.exceptions import ClientError

from aiapp.adapters.s3_errors import UNSUPPORTED, status
from aiapp.adapters.s3_request import Requests
from aiapp.api.conditions import Reason
from aiapp.domain.manifest import Listed
from aiapp.ports import StoreError

PAGE_OBJECTS: Final = 1000
"""What S3 and OBS give at most in one answer."""

Answer = Mapping[str, Any]


def pages(requests: Requests) -> Iterator[Sequence[Listed]]:
    """Every page of the listing.

    The versions are asked for at once, since that costs one request for a versioned and for an unversioned
    bucket; a store that has none, or denies them, is asked for the objects alone.
    """
    try:
        first = _versions(requests, {})
    except StoreError as error:
        if not _denies_versions_only(error):
            raise
    else:
        yield from _version_pages(requests, first)
        return
    yield from _object_pages(requests)


def _version_pages(requests: Requests, answer: Answer) -> Iterator[Sequence[Listed]]:
    while True:
        yield [_listed(version) for version in answer.get("Versions", ()) if version.get("IsLatest", True)]
        if not answer.get("IsTruncated"):
            return
        markers = {"KeyMarker": answer["NextKeyMarker"], "VersionIdMarker": answer.get("NextVersionIdMarker")}
        answer = _versions(requests, {name: value for name, value in markers.items() if value})


def _object_pages(requests: Requests) -> Iterator[Sequence[Listed]]:
    token: dict[str, Any] = {}
    while True:
        answer: Answer = requests.make(
            lambda client, token=token: client.list_objects_v2(**_under(requests), **token)  # type: ignore[misc]
        )
        yield [_listed(one) for one in answer.get("Contents", ())]
        if not answer.get("IsTruncated"):
            return
        token = {"ContinuationToken": answer["NextContinuationToken"]}


def _versions(requests: Requests, markers: dict[str, Any]) -> Answer:
    return requests.make(lambda client: client.list_object_versions(**_under(requests), **markers))


def _under(requests: Requests) -> dict[str, Any]:
    location = requests.location
    return {"Bucket": location.bucket, "Prefix": location.prefix, "MaxKeys": PAGE_OBJECTS}


def _listed(found: Mapping[str, Any]) -> Listed:
    return Listed(found["Key"], found["Size"], found["ETag"], found.get("VersionId"))


def _denies_versions_only(error: StoreError) -> bool:
    """Whether the plain listing is worth a try: versions are refused, or the answer about them made no sense."""
    cause = error.__cause__
    if not isinstance(cause, ClientError) or error.reason is Reason.BUCKET_NOT_FOUND:
        return False
    return status(cause) in UNSUPPORTED or cause.response.get("Error", {}).get("Code", "").isdigit()
