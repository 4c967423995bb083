"""Pages are read as botocore would read them, only quicker."""

from typing import Any

import botocore.session
import pytest
from botocore.parsers import create_parser

from aiapp.adapters.s3_pages import take_objects

MODEL = botocore.session.get_session().get_service_model("s3")
VERSIONS = """<?xml version="1.0" encoding="UTF-8"?>
<ListVersionsResult{ns}><Name>models</Name><Prefix>p%2F</Prefix><MaxKeys>1000</MaxKeys><IsTruncated>true</IsTruncated>
<EncodingType>url</EncodingType><NextKeyMarker>p%2Fb</NextKeyMarker><NextVersionIdMarker>2</NextVersionIdMarker>
<Version><Key>p%2Fa</Key><VersionId>1</VersionId><IsLatest>true</IsLatest>
<LastModified>2026-01-02T03:04:05.000Z</LastModified>
<ETag>&quot;e&quot;</ETag><Size>9223372036854775807</Size><Owner><ID>o</ID></Owner>
<StorageClass>STANDARD</StorageClass></Version>
<DeleteMarker><Key>p%2Fgone</Key><VersionId>3</VersionId><IsLatest>true</IsLatest></DeleteMarker>
<Version><Key>p%2Fb</Key><VersionId>2</VersionId><IsLatest>false</IsLatest><ETag>"f"</ETag><Size>0</Size></Version>
</ListVersionsResult>"""
OBJECTS = """<ListBucketResult{ns}><IsTruncated>false</IsTruncated><KeyCount>1</KeyCount>
<Contents><Key>a &amp; b</Key>
<LastModified>2026-01-02T03:04:05.000Z</LastModified><ETag>"e"</ETag><Size>7</Size></Contents>
</ListBucketResult>"""
WANTED = {"Key", "Size", "ETag", "VersionId", "IsLatest"}


def parsed(operation: str, body: str, *, quickly: bool) -> dict[str, Any]:
    response: dict[str, Any] = {"status_code": 200, "headers": {}, "body": body.encode()}
    taken: dict[str, Any] = {}
    if quickly:
        take_objects(response_dict=response, customized_response_dict=taken)
        assert b"<Key>" not in response["body"]
    shape = MODEL.operation_model(operation).output_shape
    assert shape is not None
    found: dict[str, Any] = create_parser("rest-xml").parse(response, shape)
    return found | taken


@pytest.mark.parametrize("namespace", ["", ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'])
@pytest.mark.parametrize(
    ("operation", "body", "member"),
    [("ListObjectVersions", VERSIONS, "Versions"), ("ListObjectsV2", OBJECTS, "Contents")],
)
def test_it_finds_what_botocore_finds(operation: str, body: str, member: str, namespace: str) -> None:
    slowly = parsed(operation, body.format(ns=namespace), quickly=False)
    quickly = parsed(operation, body.format(ns=namespace), quickly=True)
    assert quickly[member] == [{k: v for k, v in one.items() if k in WANTED} for one in slowly[member]]
    others = set(slowly) - {member, "DeleteMarkers"}
    assert {key: quickly[key] for key in others} == {key: slowly[key] for key in others}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<Error><Code>InternalError</Code></Error>", id="an error"),
        pytest.param(b"<html><body>hello</body></html>", id="a web page"),
        pytest.param(b"<ListVersionsResult><Version>", id="cut short"),
        pytest.param(b"", id="nothing"),
        pytest.param(
            b"<ListVersionsResult><IsTruncated>false</IsTruncated></ListVersionsResult>", id="an empty listing"
        ),
    ],
)
def test_everything_else_is_left_to_botocore(body: bytes) -> None:
    response, taken = {"body": body}, dict[str, Any]()
    take_objects(response_dict=response, customized_response_dict=taken)
    assert (response, taken) == ({"body": body}, {})
