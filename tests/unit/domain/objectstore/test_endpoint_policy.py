"""Hosts and addresses: what is refused, in whatever spelling, and what an administrator's settings change."""

from ipaddress import ip_network

import pytest

from aiapp.domain.objectstore.endpoint_policy import DEFAULT_POLICY, EndpointPolicy


@pytest.mark.parametrize(
    ("address", "what"),
    [
        pytest.param("127.0.0.1", "a loopback address", id="loopback"),
        pytest.param("127.8.9.10", "a loopback address", id="anywhere in the loopback range"),
        pytest.param("::1", "a loopback address", id="loopback of IPv6"),
        pytest.param("0.0.0.0", "an unspecified address", id="this host"),
        pytest.param("::", "an unspecified address", id="this host in IPv6"),
        pytest.param("169.254.169.254", "a cloud's metadata service", id="metadata"),
        pytest.param("fd00:ec2::254", "a cloud's metadata service", id="metadata over IPv6"),
        pytest.param("fd00:ec2::23", "a cloud's metadata service", id="credentials of pods over IPv6"),
        pytest.param("fd00:c1::a9fe:a9fe", "a cloud's metadata service", id="metadata over IPv6 at another cloud"),
        pytest.param("100.100.100.200", "a cloud's metadata service", id="metadata at another cloud"),
        pytest.param("169.254.1.1", "a link-local address", id="link-local"),
        pytest.param("fe80::1", "a link-local address", id="link-local of IPv6"),
        pytest.param("fe80::1%eth0", "a link-local address", id="link-local with an interface"),
        pytest.param("224.0.0.1", "a multicast address", id="multicast"),
        pytest.param("ff02::1", "a multicast address", id="multicast of IPv6"),
        pytest.param("255.255.255.255", "a reserved address", id="broadcast"),
        pytest.param("::ffff:127.0.0.1", "a loopback address", id="IPv4 mapped into IPv6"),
        pytest.param("::ffff:a9fe:a9fe", "a cloud's metadata service", id="mapped, in hexadecimal"),
        pytest.param("::127.0.0.1", "a loopback address", id="IPv4-compatible IPv6"),
        pytest.param("64:ff9b::a9fe:a9fe", "a cloud's metadata service", id="NAT64"),
        pytest.param("64:ff9b:1::7f00:1", "a loopback address", id="NAT64 with a local prefix"),
        pytest.param("::ffff:0:7f00:1", "a loopback address", id="IPv4 translated"),
        pytest.param("2002:7f00:1::", "a loopback address", id="6to4"),
        pytest.param("2001:0:808:808::5601:5601", "a cloud's metadata service", id="Teredo"),
    ],
)
def test_no_store_that_a_person_means_is_there(address: str, what: str) -> None:
    assert DEFAULT_POLICY.address_refusal("store.example.com", address) == (
        f"store.example.com resolves to {address}, {what}"
    )
    assert DEFAULT_POLICY.address_refusal(address, address) == f"{address} is {what}"


@pytest.mark.parametrize(
    "address",
    [
        *("10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "fd12::1", "93.184.216.34", "2606:4700::1"),
        *("::ffff:10.0.0.1", "::ffff:0:a00:1", "64:ff9b::808:808"),
    ],
)
def test_public_and_private_addresses_are_allowed(address: str) -> None:
    assert DEFAULT_POLICY.address_refusal("store", address) is None


@pytest.mark.parametrize(
    ("allowed", "address", "passes"),
    [
        pytest.param("127.0.0.0/8", "127.0.0.1", True, id="the range"),
        pytest.param("127.0.0.0/8", "::ffff:127.0.0.1", True, id="the range, mapped"),
        pytest.param("::1/128", "::1", True, id="one address"),
        pytest.param("127.0.0.0/8", "::1", False, id="another range"),
        pytest.param("8.8.8.8/32", "2001:0:808:808::5601:5601", False, id="only the relay of a tunnel"),
        pytest.param("10.9.0.1/32", "10.9.0.1", True, id="an exception from a range that is refused by the settings"),
        pytest.param("10.9.0.1/32", "10.9.0.2", False, id="its neighbour"),
    ],
)
def test_allowed_ranges_are_exceptions(allowed: str, address: str, *, passes: bool) -> None:
    policy = EndpointPolicy(allowed_ranges=(ip_network(allowed),), refused_ranges=(ip_network("10.9.0.0/16"),))
    assert (policy.address_refusal("store", address) is None) is passes


@pytest.mark.parametrize(
    ("host", "passes"),
    [
        pytest.param("obs.cn-north-4.myhuaweicloud.com", True, id="below the domain"),
        pytest.param("OBS.CN-North-4.MyHuaweiCloud.com.", True, id="in capitals, with a dot at its end"),
        pytest.param("myhuaweicloud.com", False, id="the domain itself"),
        pytest.param("evilmyhuaweicloud.com", False, id="a name that only ends alike"),
        pytest.param("obs.myhuaweicloud.com.evil.com", False, id="the domain in the middle"),
        pytest.param("minio.storage.svc", True, id="a name of its own"),
        pytest.param("x.minio.storage.svc", False, id="below a name of its own"),
    ],
)
def test_a_list_of_hosts_allows_only_these(host: str, *, passes: bool) -> None:
    policy = EndpointPolicy(allowed_hosts=("*.myhuaweicloud.com", "minio.storage.svc"))
    assert (policy.host_refusal(host) is None) is passes
    assert DEFAULT_POLICY.host_refusal(host) is None


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0177.0.0.1", "0x7f.1", "127.1", "::1", "localhost."])
def test_an_address_is_refused_as_it_is_written(host: str) -> None:
    refusal = DEFAULT_POLICY.written_refusal(host)
    assert refusal is not None
    assert "a loopback address" in refusal


def test_a_name_says_nothing_before_it_is_resolved() -> None:
    assert DEFAULT_POLICY.written_refusal("store.example.com") is None


def test_services_of_the_cluster_are_refused_in_words_of_their_own_and_by_the_fetcher_as_well() -> None:
    policy = EndpointPolicy(service_ranges=(ip_network("10.96.0.0/16"),))
    assert policy.address_refusal("minio.storage.svc", "10.96.0.1") == (
        "minio.storage.svc resolves to 10.96.0.1, an address of the cluster's Services"
    )
    assert policy.address_refusal("10.97.0.1", "10.97.0.1") is None
    assert policy.arguments == ("--refuse-range", "10.96.0.0/16")


def test_a_store_in_the_cluster_is_reached_when_its_address_is_allowed() -> None:
    services, store = ip_network("10.96.0.0/16"), ip_network("10.96.12.7/32")
    policy = EndpointPolicy(allowed_ranges=(store,), service_ranges=(services,))
    assert policy.address_refusal("minio.storage.svc", "10.96.12.7") is None
    assert policy.address_refusal("minio.storage.svc", "10.96.12.8") is not None
