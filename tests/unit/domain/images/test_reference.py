"""Names of images, with the defaults that Docker and containerd fill in."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiapp.domain.images.reference import InvalidReferenceError, reference, registry_of

DIGEST = f"sha256:{'0123456789abcdef' * 4}"


@pytest.mark.parametrize(
    ("text", "full"),
    [
        pytest.param("ubuntu", "docker.io/library/ubuntu:latest", id="an official image of the Hub"),
        pytest.param("ubuntu:24.04", "docker.io/library/ubuntu:24.04", id="with a tag"),
        pytest.param("vllm/vllm-openai", "docker.io/vllm/vllm-openai:latest", id="an organisation on the Hub"),
        pytest.param("docker.io/ubuntu", "docker.io/library/ubuntu:latest", id="the Hub by its name"),
        pytest.param("index.docker.io/ubuntu", "docker.io/library/ubuntu:latest", id="the Hub by its old name"),
        pytest.param("Registry.Example.com/a/b:v1", "registry.example.com/a/b:v1", id="hosts are lower case"),
        pytest.param("localhost/a", "localhost/a:latest", id="localhost is a host"),
        pytest.param("localhost:5000/a", "localhost:5000/a:latest", id="a port"),
        pytest.param("[fd00::1]:5000/a/b", "[fd00::1]:5000/a/b:latest", id="an IPv6 address"),
        pytest.param("10.0.0.1:443/a.b_c__d---e/f", "10.0.0.1:443/a.b_c__d---e/f:latest", id="separators"),
        pytest.param(f"quay.io/a@{DIGEST}", f"quay.io/a@{DIGEST}", id="a digest takes no tag"),
        pytest.param(f"quay.io/a:v1@{DIGEST}", f"quay.io/a:v1@{DIGEST}", id="both"),
        pytest.param("HOST/a", "host/a:latest", id="upper case makes a host of it"),
    ],
)
def test_a_short_name_means_the_long_one(text: str, full: str) -> None:
    assert str(reference(text)) == full


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("", "a repository is", id="nothing"),
        pytest.param("quay.io/", "a repository is", id="no repository"),
        pytest.param("quay.io/a:", "the tag ''", id="an empty tag"),
        pytest.param("quay.io/A", "a repository is", id="upper case in a repository"),
        pytest.param("quay.io/a b", "a repository is", id="white space"),
        pytest.param("quay.io/a\n", "a repository is", id="a line feed"),
        pytest.param("quay.io/a/../b", "a repository is", id="a step up"),
        pytest.param("quay.io//a", "a repository is", id="an empty component"),
        pytest.param("quay.io/a?x=1", "a repository is", id="a query"),
        pytest.param("https://quay.io/a", "no host[:port]", id="a URL"),
        pytest.param("user@quay.io/a", "stands no digest", id="a user"),
        pytest.param("quay.io/a@sha256:12", "stands no digest", id="a short digest"),
        pytest.param(f"quay.io/a@{DIGEST.upper()}", "stands no digest", id="a digest in upper case"),
        pytest.param(f"quay.io/a@sha512:{'0' * 128}", "stands no digest", id="another algorithm"),
        pytest.param("quay.io:0/a", "no port", id="port 0"),
        pytest.param("quay.io:65536/a", "no port", id="a port beyond the last"),
        pytest.param("quay.io:x/a", "no host[:port]", id="a port that is none"),
        pytest.param("-quay.io/a", "no host[:port]", id="a host that is none"),
        pytest.param("0" * 64, "identifier", id="an identifier"),
        pytest.param(f"quay.io/{'a/' * 150}a", "more than 255", id="too long a name"),
        pytest.param(f"quay.io/{'a' * 600}", "more than 512", id="too long a reference"),
        pytest.param(f"quay.io/a:{'a' * 129}", "the tag", id="too long a tag"),
    ],
)
def test_what_is_no_name_is_refused(text: str, says: str) -> None:
    with pytest.raises(InvalidReferenceError, match=re.escape(says)):
        reference(text)


@given(st.text(max_size=80))
def test_any_text_is_a_name_or_refused_and_the_full_name_means_itself(text: str) -> None:
    try:
        found = reference(text)
    except InvalidReferenceError:
        return
    assert reference(str(found)) == found


def test_a_pin_is_the_name_with_the_digest_alone() -> None:
    assert str(reference("ubuntu:24.04").pinned(DIGEST)) == f"docker.io/library/ubuntu@{DIGEST}"


def test_the_digest_counts_where_there_is_a_tag_too() -> None:
    assert reference(f"quay.io/a:v1@{DIGEST}").wanted == DIGEST
    assert reference("quay.io/a:v1").wanted == "v1"


@pytest.mark.parametrize(
    "text",
    ["ubuntu", "vllm/vllm-openai:1", "Registry.Example.com/a/b:v1", "localhost:5000/a", "[fd00::1]:5000/a", "HOST/a"],
)
def test_the_registry_alone_is_known_without_the_rest(text: str) -> None:
    assert registry_of(text) == reference(text).registry
