"""Which host and path a bucket and its objects have."""

from typing import Any

import botocore.session
import pytest
from botocore.regions import EndpointResolver

from aiapp.domain.objectstore.location import Addressing, Location
from aiapp.s3.addressing import AddressError, address, aws_host

PUBLIC = "https://obs.cn-north-4.myhuaweicloud.com"


@pytest.mark.parametrize(
    ("endpoint", "virtual"),
    [
        pytest.param(None, True, id="AWS"),
        pytest.param(PUBLIC, True, id="a public store"),
        pytest.param("http://10.0.0.1:9000", False, id="an IPv4 address"),
        pytest.param("http://[fd00::1]:9000", False, id="an IPv6 address"),
        pytest.param("http://localhost:9000", False, id="a single label"),
        pytest.param("http://minio.storage.svc:9000", False, id="a Service"),
        pytest.param("http://minio.storage.svc.cluster.local.:9000", False, id="a Service by its full name"),
    ],
)
def test_auto_names_the_bucket_in_the_path_where_no_host_could_hold_it(endpoint: str | None, *, virtual: bool) -> None:
    assert address(Location("models", "", endpoint)).virtual is virtual
    assert not address(Location("models", "", endpoint, addressing="Path")).virtual


@pytest.mark.parametrize(
    ("bucket", "endpoint", "addressing", "origin", "target"),
    [
        pytest.param(
            "models", PUBLIC, "Auto", "https://models.obs.cn-north-4.myhuaweicloud.com", "/a/b", id="in the host"
        ),
        pytest.param("models", PUBLIC, "Path", PUBLIC, "/models/a/b", id="in the path, on request"),
        pytest.param(
            "my.models", PUBLIC, "Auto", PUBLIC, "/my.models/a/b", id="dots: no certificate is for two labels"
        ),
        pytest.param(
            "my.models",
            PUBLIC,
            "Virtual",
            "https://my.models.obs.cn-north-4.myhuaweicloud.com",
            "/a/b",
            id="dots in the host, on request",
        ),
        pytest.param(
            "my.models", "http://obs.test", "Auto", "http://my.models.obs.test", "/a/b", id="dots without certificates"
        ),
        pytest.param("a..b", "http://obs.test", "Auto", "http://obs.test", "/a..b/a/b", id="no name could hold it"),
        pytest.param(
            "models",
            f"http://{'a' * 60}.{'b' * 60}.{'c' * 60}.{'d' * 60}.test",
            "Auto",
            None,
            "/models/a/b",
            id="too long",
        ),
        pytest.param(
            "models", "https://OBS.test:443/", "Auto", "https://models.obs.test", "/a/b", id="the default port"
        ),
        pytest.param("models", "http://[FD00::1]:9000", "Auto", "http://[fd00::1]:9000", "/models/a/b", id="IPv6"),
    ],
)
def test_a_bucket_has_one_address(
    bucket: str, endpoint: str, addressing: Addressing, origin: str | None, target: str
) -> None:
    found = address(Location(bucket, "", endpoint, addressing=addressing))
    assert found.origin == (origin or endpoint)
    assert found.target("a/b", {}) == target


def test_the_bucket_itself_has_a_path_too() -> None:
    assert (
        address(Location("models", "", PUBLIC)).target("", {"versions": "", "prefix": "a/b"})
        == "/?prefix=a%2Fb&versions="
    )
    assert address(Location("models", "", PUBLIC, addressing="Path")).target("", {}) == "/models"


@pytest.mark.parametrize(
    "endpoint",
    [
        pytest.param("https://[", id="half an address"),
        pytest.param("https://minio_store:9000,backup", id="two of them"),
        pytest.param("https://ümläut.example.com", id="letters that no host name has"),
        pytest.param("http://a;b", id="a semicolon"),
        pytest.param("https://%zz", id="an escape"),
        pytest.param("https://..", id="nothing but dots"),
        pytest.param("https://:443", id="no host"),
        pytest.param("https://host\0", id="NUL"),
        pytest.param("https://\x1b[31mhost", id="a terminal's escape"),
        pytest.param(f"https://{'a' * 300}", id="too long"),
        pytest.param("https://host:99999", id="no such port"),
        pytest.param("https://host:0", id="the port that is none"),
        pytest.param("https://host:abc", id="a port in letters"),
        pytest.param("http://2130706433", id="an address in one number"),
        pytest.param("http://0x7f.1", id="an address in an old spelling"),
        pytest.param("ftp://host", id="another scheme"),
    ],
)
def test_what_no_request_can_be_sent_to_is_refused_by_name(endpoint: str) -> None:
    with pytest.raises(AddressError) as refused:
        address(Location("models", "", endpoint))
    assert "is not http(s)://host[:port]" in str(refused.value)
    assert str(refused.value).isprintable()


def test_a_bucket_that_cannot_be_a_name_is_refused_in_a_host() -> None:
    with pytest.raises(AddressError, match="set addressing: Path"):
        address(Location("a..b", "", PUBLIC, addressing="Virtual"))


@pytest.mark.parametrize("region", ["-", "a-", "123", "x" * 64])
def test_a_region_that_is_no_label_is_no_host_of_aws_but_may_be_signed_with(region: str) -> None:
    assert address(Location("models", "", PUBLIC, region)).hostname.endswith("myhuaweicloud.com")
    if region in {"-", "a-", "x" * 64}:
        with pytest.raises(AddressError):
            address(Location("models", "", None, region))


def test_aws_has_other_hosts_in_other_partitions() -> None:
    """botocore's table is the reference."""
    resolver: Any = EndpointResolver(botocore.session.get_session().get_data("endpoints"))
    hosts = {
        region: resolver.construct_endpoint("s3", region)["hostname"]
        for partition in resolver.get_available_partitions()
        for region in resolver.get_available_endpoints("s3", partition)
    }
    assert {"cn-north-1", "us-iso-east-1", "us-isob-east-1", "eusc-de-east-1", "us-gov-west-1"} <= hosts.keys()
    assert {region: host for region, host in hosts.items() if host != aws_host(region)} == {}
