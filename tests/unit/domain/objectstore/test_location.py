"""From a source to bucket, prefix and the manner of address."""

import pytest

from aiapp.api.source import ObsSource
from aiapp.domain.objectstore.location import Location, location


@pytest.mark.parametrize(
    ("uri", "bucket", "prefix"),
    [
        pytest.param("obs://models/mnist/1.0.0/", "models", "mnist/1.0.0/", id="a folder"),
        pytest.param("s3://models/mnist", "models", "mnist/", id="a prefix always ends in a slash"),
        pytest.param("obs://models", "models", "", id="a whole bucket"),
        pytest.param("obs://models/", "models", "", id="a whole bucket with a slash"),
        pytest.param("obs://models/a//", "models", "a/", id="slashes at the end count once"),
    ],
)
def test_a_uri_names_bucket_and_prefix(uri: str, bucket: str, prefix: str) -> None:
    found = location(ObsSource(uri=uri))
    assert (found.bucket, found.prefix) == (bucket, prefix)
    assert found.uri == f"{uri.partition(':')[0]}://{bucket}/{prefix}"


def test_messages_show_the_host_and_never_more() -> None:
    assert Location("models", "", "https://obs.example.com:8443/").host == "obs.example.com:8443"
    assert Location("models", "").host == "the S3 store of region us-east-1"
