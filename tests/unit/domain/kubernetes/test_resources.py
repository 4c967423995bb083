"""Where the API server has an object."""

import pytest
from yarl import URL

from aiapp.domain.kubernetes.resources import NODES, SERVICES, VERSIONS

ROOT = "/apis/aiapp.dev/v1alpha1/namespaces"


def test_an_object_has_a_path_by_its_names() -> None:
    assert VERSIONS.path("vision", "mnist-1.0.0", "status") == f"{ROOT}/vision/aiapplicationversions/mnist-1.0.0/status"
    assert VERSIONS.path() == "/apis/aiapp.dev/v1alpha1/aiapplicationversions"
    assert NODES.path("vision", "npu-1") == "/api/v1/nodes/npu-1"
    assert SERVICES.path("v", "https:mnist:http", "proxy") == "/api/v1/namespaces/v/services/https:mnist:http/proxy"


@pytest.mark.parametrize("name", ["", "../../secrets/keys", "..", ".", "x?watch=1", "x#y", "%2e%2e", "a/../b"])
def test_no_name_leads_to_another_object(name: str) -> None:
    paths = (VERSIONS.path("vision", name), VERSIONS.path(name or "vision", "x"))
    for url in (URL(f"https://api{path}") for path in paths):
        assert url.raw_path.count("/") == f"{ROOT}/vision/aiapplicationversions/x".count("/")
        assert url.raw_path.startswith(f"{ROOT}/")
        assert not url.query_string
