"""From a source to bucket, prefix and the manner of address."""

import pytest

from aiapp.api.source import ObsSource
from aiapp.domain.location import Location, location


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


@pytest.mark.parametrize(
    ("endpoint", "path_style"),
    [
        pytest.param(None, False, id="AWS"),
        pytest.param("https://obs.cn-north-4.myhuaweicloud.com", False, id="a public store"),
        pytest.param("http://10.0.0.1:9000", True, id="an IPv4 address"),
        pytest.param("http://[fd00::1]:9000", True, id="an IPv6 address"),
        pytest.param("http://localhost:9000", True, id="a single label"),
        pytest.param("http://minio.storage.svc:9000", True, id="a Service"),
        pytest.param("http://minio.storage.svc.cluster.local:9000", True, id="a Service by its full name"),
    ],
)
def test_auto_names_the_bucket_in_the_path_where_no_host_could_hold_it(
    endpoint: str | None, *, path_style: bool
) -> None:
    assert Location("models", "", endpoint).path_style is path_style
    assert Location("models", "", endpoint, addressing="Path").path_style
    assert not Location("models", "", endpoint, addressing="Virtual").path_style


def test_messages_show_the_host_and_never_more() -> None:
    assert Location("models", "", "https://obs.example.com:8443/").host == "obs.example.com:8443"
    assert Location("models", "").host == "the S3 store of region us-east-1"
