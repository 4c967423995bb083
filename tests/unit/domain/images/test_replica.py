"""Where copies lie."""

import pytest

from aiapp.domain.images.reference import InvalidReferenceError, reference
from aiapp.domain.images.replica import CopyProgress, own_registry

DIGEST = f"sha256:{'0' * 64}"


@pytest.mark.parametrize(
    ("own", "original", "place"),
    [
        pytest.param("r.example.com", "ubuntu:24.04", "r.example.com/team/docker-io/library/ubuntu", id="no prefix"),
        pytest.param("r.example.com/ai/x", "quay.io/a/b", "r.example.com/ai/x/team/quay-io/a/b", id="a prefix"),
        pytest.param("r:5000/box", "Q.example.com:443/a", "r:5000/box/team/q-example-com-443/a", id="ports"),
        pytest.param("r:5000", "[fd00::1]:80/a", "r:5000/team/fd00-1-80/a", id="an IPv6 address"),
    ],
)
def test_a_copy_lies_below_its_namespace_and_registry(own: str, original: str, place: str) -> None:
    found = own_registry(own).place(reference(original), "team", DIGEST)
    assert str(found) == f"{place}@{DIGEST}"
    assert reference(str(found)) == found


def test_a_name_that_would_be_too_long_is_refused() -> None:
    with pytest.raises(InvalidReferenceError, match="more than 255 characters"):
        own_registry("r:5000").place(reference(f"quay.io/{'a' * 240}"), "team", DIGEST)


@pytest.mark.parametrize("text", ["registry/prefix", "https://r.example.com", "r.example.com/UPPER", "", "r:5000/a:1"])
def test_a_registry_is_a_host_and_a_prefix(text: str) -> None:
    with pytest.raises(InvalidReferenceError):
        own_registry(text)


def test_progress_is_said_with_units() -> None:
    assert str(CopyProgress(3 << 20, 10 << 30)) == "3.0 MiB of 10.0 GiB"
    assert str(CopyProgress(3 << 20, 10 << 30, "r.example.com")) == (
        "3.0 MiB of 10.0 GiB; r.example.com sends no parts of layers, so that each is read in one go"
    )
