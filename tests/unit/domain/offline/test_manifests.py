"""The first manifests of a package."""

from typing import Any

import pytest

from aiapp.api.application import AIApplication
from aiapp.api.version import AIApplicationVersion
from aiapp.domain.offline.manifests import Named, UnnamedError, first_manifests, named


@pytest.mark.parametrize(
    ("uri", "found"),
    [
        ("obs://models/mnist/1.0.0/", ("mnist", "1.0.0", None)),
        ("obs://models/mnist/1.0.0/model/", ("mnist", "1.0.0", None)),
        ("obs://models/mnist/v2.10.3", ("mnist", "2.10.3", None)),
        ("obs://models/mnist/", ("mnist", "0.0.1", None)),
        ("s3://mnist/", ("mnist", "0.0.1", None)),
        ("obs://models/Digit_Reader/", ("digit-reader", "0.0.1", "Digit_Reader")),
        ("obs://models/2-Stage.Model/", ("stage-model", "0.0.1", None)),
        ("obs://models/" + "x" * 80 + "/", ("x" * 53, "0.0.1", None)),
    ],
)
def test_a_version_is_called_by_where_it_lies(uri: str, found: tuple[str, str, str | None]) -> None:
    assert named(uri, None, None) == Named(*found)


def test_what_is_given_counts() -> None:
    assert named("obs://models/mnist/1.0.0/", "reader", "3.0.0") == Named("reader", "3.0.0", None)


@pytest.mark.parametrize("uri", ["obs://123/", "obs://models/Digit_Reader/01.0.0/"])
def test_a_place_without_a_name_asks_for_one(uri: str) -> None:
    with pytest.raises(UnnamedError, match="give --application NAME"):
        named(uri, None, None)


@pytest.mark.parametrize("serves", [True, False])
def test_the_manifests_are_those_of_a_version_and_its_application(serves: bool) -> None:
    obs: Any = {"uri": "obs://models/Digit_Reader/1.0.0/", "credentialsSecretRef": {"name": "obs"}}
    name = named(obs["uri"], None, None)
    made = first_manifests(
        name, obs, runtime="sklearn_1.6.1-cpu-py_3.11-ubuntu_22.04-x86_64", namespace="team", serves=serves
    )
    version, application = AIApplicationVersion.model_validate(made[0]), AIApplication.model_validate(made[1])
    assert [one["metadata"] for one in made] == [
        {"name": "digit-reader-1.0.0", "namespace": "team"},
        {"name": "digit-reader", "namespace": "team"},
    ]
    assert (version.spec.display_name, application.spec.display_name) == ("Digit_Reader", "Digit_Reader")
    assert version.spec.source.obs is not None
    assert version.spec.source.obs.credentials_secret_ref is not None
    served = [one.version for one in application.spec.serving.versions] if application.spec.serving else []
    assert served == (["1.0.0"] if serves else [])
