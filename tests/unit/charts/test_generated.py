"""What is generated of the charts says the same as the models that it is made from."""

import json
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest
import yaml
from charts import generate
from charts.settings import ELSEWHERE, settings
from charts.values import CrdValues, RuntimeValues, Values
from pydantic import BaseModel
from pydantic.alias_generators import to_snake

from aiapp.settings import Settings

ROOT: Final = Path(__file__).parents[3]
CHARTS: Final[dict[str, type[BaseModel]]] = {
    "aiapp-operator": Values,
    "aiapp-operator-crds": CrdValues,
    "aiapp-runtimes": RuntimeValues,
}


def values_of(chart: str) -> Any:
    return yaml.safe_load((ROOT / "charts" / chart / "values.yaml").read_text())


def refusal(**values: Any) -> str | None:
    schema = json.loads((ROOT / "charts/aiapp-operator/values.schema.json").read_text())
    errors = list(jsonschema.Draft7Validator(schema).iter_errors(values))
    return errors[0].message if errors else None


def test_what_is_generated_is_up_to_date() -> None:
    assert generate.main(["--check"]) is None


def test_a_file_that_is_not_up_to_date_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stale = Path("charts/aiapp-operator/values.yaml")
    monkeypatch.setattr(generate, "outputs", lambda: {stale: "other: text\n"})
    assert generate.main(["--check"]) == f"not up to date, run `make charts`: {stale}"


@pytest.mark.parametrize("chart", CHARTS)
def test_values_yaml_holds_every_value_with_its_default(chart: str) -> None:
    assert values_of(chart) == CHARTS[chart]().model_dump(by_alias=True)


@pytest.mark.parametrize("chart", CHARTS)
def test_the_schema_takes_the_defaults_and_no_other_key(chart: str) -> None:
    schema = json.loads((ROOT / "charts" / chart / "values.schema.json").read_text())
    jsonschema.validate(values_of(chart), schema)
    with pytest.raises(jsonschema.ValidationError, match="Additional properties"):
        jsonschema.validate({"replicaCount": 2}, schema)


@pytest.mark.parametrize("chart", CHARTS)
def test_every_value_is_explained(chart: str) -> None:
    readme = (ROOT / "charts" / chart / "README.md").read_text()
    for path in paths(CHARTS[chart]):
        [row] = [line for line in readme.splitlines() if line.startswith(f"| `{path}` |")]
        assert len(row.split("|")[3].strip()) >= len("Its port."), row


def paths(model: type[BaseModel], prefix: str = "") -> list[str]:
    found = []
    for name, field in model.model_fields.items():
        path = f"{prefix}{field.alias or name}"
        found += paths(type(field.default), f"{path}.") if isinstance(field.default, BaseModel) else [path]
    return found


def test_every_setting_of_the_operator_is_a_value_or_has_one_of_its_own() -> None:
    named = {to_snake(name) for name in settings()}
    assert {*named, *ELSEWHERE} == set(Settings.model_fields)
    assert not named & ELSEWHERE


@pytest.mark.parametrize(
    ("values", "said"),
    [
        pytest.param({"settings": {"workers": 1}}, "less than the minimum", id="a setting out of its bounds"),
        pytest.param({"settings": {"worker": 4}}, "'worker' was unexpected", id="a setting that there is not"),
        pytest.param({"settings": {"workers": None}}, "None is not of type", id="a setting without a value"),
        pytest.param({"image": {"digest": "sha256:12"}}, "does not match", id="half a digest"),
        pytest.param({"image": {"repository": "a b"}}, "does not match", id="a repository with a space"),
        pytest.param(
            {"image": {"repository": "example.com/Team/operator"}}, "does not match", id="a repository in capitals"
        ),
        pytest.param({"image": {"repository": "r:5000/o:1"}}, "does not match", id="a repository with a tag"),
        pytest.param({"image": {"tag": "1.0+build"}}, "does not match", id="a tag that registries refuse"),
        pytest.param({"imagePullSecrets": [{"name": "My_Secret"}]}, "does not match", id="a name that no Secret has"),
        pytest.param({"serviceAccount": {"name": "Models"}}, "does not match", id="a name that no account has"),
        pytest.param({"priorityClassName": "very high"}, "does not match", id="a name that no priority class has"),
        pytest.param({"nameOverride": "a.b"}, "does not match", id="a name with a dot"),
        pytest.param({"fullnameOverride": "0models"}, "does not match", id="a name that no Service may have"),
        pytest.param({"fullnameOverride": "n" * 64}, "does not match", id="a name that is too long"),
        pytest.param({"commonLabels": {"a b": "c"}}, "does not match", id="a label's key with a space"),
        pytest.param({"podLabels": {"team": "a b"}}, "does not match", id="a label's value with a space"),
        pytest.param({"nodeSelector": {"disk": "x" * 64}}, "does not match", id="a label's value that is too long"),
        pytest.param({"nodeSelector": {"npu": 1}}, "not of type 'string'", id="a number as a label's value"),
        pytest.param({"podAnnotations": {"a/b/c": ""}}, "does not match", id="an annotation with two prefixes"),
        pytest.param({"resources": {"limits": {"memory": "512 Mi"}}}, "512 Mi", id="a quantity with a space"),
        pytest.param({"resources": {"limits": {"memory": "512MB"}}}, "512MB", id="a quantity with a wrong unit"),
        pytest.param({"resources": {"requests": {"cpu": -1}}}, "-1", id="a negative quantity"),
        pytest.param({"resources": {"requests": {"a b": 1}}}, "does not match", id="a resource that there is not"),
        pytest.param({"extraEnv": [{"value": "1"}]}, "'name' is a required", id="a variable without a name"),
        pytest.param({"extraVolumes": [{"emptyDir": {}}]}, "'name' is a required", id="a volume without a name"),
        pytest.param({"extraVolumes": [{"name": "a_b"}]}, "does not match", id="a volume's name that none may have"),
        pytest.param({"extraVolumeMounts": [{"name": "a"}]}, "'mountPath' is", id="a mount without a path"),
        pytest.param({"tolerations": [{"operator": "exists"}]}, "is not one of", id="an operator in small letters"),
        pytest.param({"tolerations": [{"effect": "Evict"}]}, "is not one of", id="an effect that there is not"),
        pytest.param({"topologySpreadConstraints": [{"maxSkew": 1}]}, "'topologyKey' is", id="a spread over nothing"),
        pytest.param({"extraObjects": [{"kind": "ConfigMap"}]}, "is not valid", id="an object without an apiVersion"),
        pytest.param({"podDisruptionBudget": {"maxUnavailable": "101%"}}, "101%", id="more than all pods"),
        pytest.param({"podDisruptionBudget": {"maxUnavailable": "1"}}, "'1'", id="a number as text"),
        pytest.param({"podDisruptionBudget": {"maxUnavailable": -1}}, "-1", id="less than no pod"),
        pytest.param({"proxy": {"https": "proxy:3128"}}, "does not match", id="a proxy without a scheme"),
        pytest.param({"monitoring": {"serviceMonitor": {"labels": {"": "a"}}}}, "does not match", id="an empty label"),
        pytest.param({"monitoring": {"rules": {"alertLabels": {"a-b": "c"}}}}, "does not match", id="no alert's label"),
        pytest.param({"monitoring": {"rules": {"runbooks": "a b"}}}, "does not match", id="an address with a space"),
        pytest.param(
            {"admissionPolicies": {"restrictions": {"priorityClasses": ["High"]}}},
            "does not match",
            id="a priority class that there cannot be",
        ),
        pytest.param(
            {"admissionPolicies": {"restrictions": {"taints": ["a b"]}}}, "does not match", id="a taint with a space"
        ),
        pytest.param(
            {"admissionPolicies": {"restrictions": {"namespaces": [{"key": "a", "operator": "Is"}]}}},
            "is not one of",
            id="an expression that there is not",
        ),
        pytest.param({"settings": {"fetchMemoryLimit": "1 GB"}}, "does not match", id="a setting that is no quantity"),
        pytest.param({"settings": {"pipIndexUrl": "ftp://a"}}, "does not match", id="a setting that is no URL"),
        pytest.param({"settings": {"watchNamespaces": ["A"]}}, "does not match", id="a namespace that none may have"),
        pytest.param({"settings": {"allowedHosts": ["a/b"]}}, "does not match", id="a setting that is no host"),
        pytest.param({"settings": {"allowedRanges": ["all"]}}, "does not match", id="a setting that is no range"),
        pytest.param({"crds": {"enabled": "no"}}, "not of type 'boolean'", id="text for a boolean"),
        pytest.param({"imagePullSecrets": ["name"]}, "not of type 'object'", id="a pull secret without its key"),
        pytest.param({"tolerations": {}}, "not of type 'array'", id="an object for a list"),
    ],
)
def test_the_schema_refuses(values: dict[str, Any], said: str) -> None:
    assert said in str(refusal(**values))


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"image": {"repository": "[fd00::1]:5000/a/b-c__d"}}, id="a registry by its address"),
        pytest.param({"resources": {"limits": {"cpu": 0.5, "memory": "1.5e9", "example.com/x": 1}}}, id="quantities"),
        pytest.param({"commonLabels": {"app.example.com/team": "", "a_B.c-1": "x_Y.z"}}, id="labels"),
        pytest.param({"tolerations": [{}]}, id="a toleration of everything"),
        pytest.param({"podDisruptionBudget": {"maxUnavailable": "100%"}}, id="all pods"),
        pytest.param({"settings": {"refusedRanges": ["10.0.0.0/8", "fd00::/8", "::1"]}}, id="ranges"),
        pytest.param({"extraObjects": ["{{ template }}"]}, id="a template"),
    ],
)
def test_the_schema_takes(values: dict[str, Any]) -> None:
    assert refusal(**values) is None


@pytest.mark.parametrize("image", ["a b", "example.com/Team/x:1", "x:", "x@sha256:12"])
def test_an_image_of_a_runtime_is_a_reference(image: str) -> None:
    schema = json.loads((ROOT / "charts/aiapp-runtimes/values.schema.json").read_text())
    with pytest.raises(jsonschema.ValidationError, match="does not match"):
        jsonschema.validate({"images": {"pytorch": image}}, schema)
    jsonschema.validate({"images": {"pytorch": f"registry.example.com:5000/team/x:1.0@sha256:{'0a' * 32}"}}, schema)


def test_the_schema_needs_nothing() -> None:
    assert refusal() is None


def test_the_charts_have_the_version_of_the_product() -> None:
    for chart in CHARTS:
        about = yaml.safe_load((ROOT / "charts" / chart / "Chart.yaml").read_text())
        assert about["version"] == about["appVersion"] == metadata.version("aiapp-operator")


def test_the_catalogue_of_the_chart_is_the_shipped_one() -> None:
    shipped = "---\n".join(
        (ROOT / f"manifests/runtimes/{name}.yaml").read_text() for name in ("cann", "cpu", "engines")
    )
    assert (ROOT / "charts/aiapp-runtimes/files/runtimes.yaml").read_text() == shipped


def test_every_file_of_the_catalogue_is_installed() -> None:
    folder = ROOT / "manifests/runtimes"
    listed = yaml.safe_load((folder / "kustomization.yaml").read_text())["resources"]
    assert sorted(listed) == sorted(file.name for file in folder.glob("*.yaml") if file.name != "kustomization.yaml")
