"""Reads pages of listings before botocore does, which takes 25 times as long for each object. Never asks a store."""

from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, Final, Protocol
from xml.etree import ElementTree as ET

_MEMBERS: Final = {"ListVersionsResult": ("Version", "Versions"), "ListBucketResult": ("Contents", "Contents")}
"""By the name of the answer: what its objects are called in it, and in botocore's."""
_FIELDS: Final[Mapping[str, Callable[[str], Any]]] = {
    "Key": str,
    "Size": int,
    "ETag": str,
    "VersionId": str,
    "IsLatest": lambda text: text == "true",
}
"""What `s3_listing` wants to know of an object."""


class Events(Protocol):
    """botocore's events of one client."""

    def register(self, event_name: str, handler: Callable[..., None]) -> None: ...


def read_pages_quickly(events: Events) -> None:
    """For every listing that this client asks for from now on."""
    for operation in ("ListObjectVersions", "ListObjectsV2"):
        events.register(f"before-parse.s3.{operation}", take_objects)


def take_objects(
    response_dict: MutableMapping[str, Any], customized_response_dict: MutableMapping[str, Any], **_: object
) -> None:
    """Leaves botocore an answer without its objects, and gives them to it as it would have read them.

    An answer that is no listing is left as it is: botocore knows what to say of it.
    """
    try:
        # As botocore does; expat bounds what entities may grow to.
        root = ET.fromstring(response_dict["body"])  # noqa: S314
    except ET.ParseError:
        return
    member, name = _MEMBERS.get(_local(root), ("", ""))
    objects = [_object(element) for element in root if _local(element) == member]
    if objects:
        customized_response_dict[name] = objects
        root[:] = [element for element in root if not len(element)]
        response_dict["body"] = ET.tostring(root)


def _object(element: ET.Element) -> dict[str, Any]:
    found = ((_local(field), field.text or "") for field in element)
    return {name: _FIELDS[name](text) for name, text in found if name in _FIELDS}


def _local(element: ET.Element) -> str:
    """The name without its namespace, which not every store writes."""
    return element.tag.rpartition("}")[2]
