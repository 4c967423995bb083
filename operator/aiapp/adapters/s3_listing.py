"""The objects under a prefix, with version ids where the store gives them. Never reads an object."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from aiapp.adapters.s3_errors import UNSUPPORTED, status
from aiapp.adapters.s3_request import Requests
from aiapp.api.conditions import Reason
from aiapp.domain.listing import Listing, ListingPacker
from aiapp.domain.location import Location
from aiapp.domain.manifest import Listed
from aiapp.ports import StoreError

PAGE_OBJECTS: Final = 1000
"""What S3 and OBS give at most in one answer."""

Answer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one listing."""

    objects: int
    bytes: int
    """Of the objects together."""
    listing_bytes: int
    """Of keys, ETags and version ids together: what a listing costs in memory, before it is packed."""


def listing(requests: Requests, limits: Limits, *, history: bool = False) -> Listing:
    """All of it, packed page by page; with `history` also the versions of objects that were replaced or removed.

    Raises `StoreError`: LimitExceeded as soon as there is too much, PrefixEmpty when there is nothing.
    """
    packer, seen = ListingPacker(), _Seen(limits)
    for page in pages(requests, history=history):
        seen.add(page, requests.location)
        packer.add(page)
    if not packer.objects:
        message = f"nothing lies under {requests.location.uri}"
        raise StoreError(Reason.PREFIX_EMPTY, message, retryable=False)
    return packer.listing()


@dataclass(slots=True)
class _Seen:
    """How much was listed so far."""

    limits: Limits
    objects: int = 0
    bytes: int = 0
    listing_bytes: int = 0

    def add(self, page: Sequence[Listed], where: Location) -> None:
        """Raises `StoreError` when it is more than the settings allow."""
        self.objects += sum(one.is_latest for one in page)
        self.bytes += sum(one.size for one in page if one.is_latest)
        self.listing_bytes += sum(len(one.key) + len(one.etag) + len(one.version_id or "") for one in page)
        checks = (
            (self.objects, self.limits.objects, "objects", "AIAPP_MAX_OBJECTS"),
            (self.bytes, self.limits.bytes, "bytes", "AIAPP_MAX_BYTES"),
            (self.listing_bytes, self.limits.listing_bytes, "bytes of names", "AIAPP_MAX_LISTING_BYTES"),
        )
        for number, limit, what, setting in checks:
            if number > limit:
                message = f"{where.uri} holds at least {number} {what}; the operator allows {limit} ({setting})"
                raise StoreError(Reason.LIMIT_EXCEEDED, message, retryable=False)


def pages(requests: Requests, *, history: bool = False) -> Iterator[Sequence[Listed]]:
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
        yield from _version_pages(requests, first, history=history)
        return
    yield from _object_pages(requests)


def _version_pages(requests: Requests, answer: Answer, *, history: bool) -> Iterator[Sequence[Listed]]:
    while True:
        yield [one for one in map(_listed, answer.get("Versions", ())) if history or one.is_latest]
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
    return Listed(found["Key"], found["Size"], found["ETag"], found.get("VersionId"), found.get("IsLatest", True))


def _denies_versions_only(error: StoreError) -> bool:
    """Whether the plain listing is worth a try: versions are refused, or the answer about them made no sense."""
    cause = error.__cause__
    if not isinstance(cause, ClientError) or error.reason is Reason.BUCKET_NOT_FOUND:
        return False
    return status(cause) in UNSUPPORTED or cause.response.get("Error", {}).get("Code", "").isdigit()
