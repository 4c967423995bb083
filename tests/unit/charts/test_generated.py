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
        pytest.param({"crds": {"enabled": "no"}}, "not of type 'boolean'", id="text for a boolean"),
        pytest.param({"imagePullSecrets": ["name"]}, "not of type 'object'", id="a pull secret without its key"),
        pytest.param({"tolerations": {}}, "not of type 'array'", id="an object for a list"),
    ],
)
def test_the_schema_refuses(values: dict[str, Any], said: str) -> None:
    assert said in str(refusal(**values))


def test_the_schema_needs_nothing() -> None:
    assert refusal() is None


def test_the_charts_have_the_version_of_the_product() -> None:
    for chart in CHARTS:
        about = yaml.safe_load((ROOT / "charts" / chart / "Chart.yaml").read_text())
        assert about["version"] == about["appVersion"] == metadata.version("aiapp-operator")


def test_the_catalogue_of_the_chart_is_the_shipped_one() -> None:
    shipped = "---\n".join((ROOT / f"manifests/runtimes/{name}.yaml").read_text() for name in ("cann", "cpu"))
    assert (ROOT / "charts/aiapp-runtimes/files/runtimes.yaml").read_text() == shipped
