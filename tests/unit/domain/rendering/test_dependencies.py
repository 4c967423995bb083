"""The pod template of a version whose package declares dependencies."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.records import normal_version, observed

from aiapp.domain.application.plan import plan
from aiapp.domain.records import VersionRecord
from aiapp.domain.rendering.pod.dependencies import Pip

GOLDEN = Path(__file__).parents[3] / "data/golden/pod-dependencies.yaml"
PRIVATE = Pip(
    index_url="https://index/simple",
    extra_index_urls=("https://more/simple",),
    trusted_hosts=("index",),
    secret="mirror",
    wheelhouse_claim="wheels",
)


def template(requirements: list[str] | None, pip: Pip, **changes: Any) -> dict[str, Any]:
    raw = normal_version(**changes).raw
    model = raw["status"]["model"] | ({"dependencies": requirements} if requirements is not None else {})
    record = VersionRecord.parse(raw | {"status": raw["status"] | {"model": model}})
    seen = observed(None, record)
    found = plan(replace(seen, context=replace(seen.context, pip=pip))).apply
    return dict(next(obj for obj in found if obj["kind"] == "Deployment")["spec"]["template"])


def test_the_template_is_as_it_was(pytestconfig: pytest.Config) -> None:
    rendered = template(
        ["numpy>=1.21", "-r ./requirements.txt"], PRIVATE, spec__container={"env": [{"name": "A", "value": "1"}]}
    )
    if pytestconfig.getoption("--update-golden"):
        GOLDEN.write_text(yaml.safe_dump(rendered, sort_keys=False))
    assert rendered == yaml.safe_load(GOLDEN.read_text())


def test_without_dependencies_no_setting_of_pip_reaches_the_template() -> None:
    assert template(None, PRIVATE) == template([], Pip()) == template(None, Pip())


def test_what_a_version_says_is_installed_in_the_place_of_what_config_json_says() -> None:
    own = template(["numpy<1", "six"], Pip(), spec__container={"dependencies": ["numpy<2"]})
    assert own["spec"]["initContainers"][-1]["args"][-2:] == ["--", "numpy<2"]
    assert template(["numpy<1"], Pip(), spec__container={"dependencies": []}) == template(None, Pip())


def test_a_second_process_is_an_argument_of_the_server_and_a_first_one_is_not() -> None:
    one, two = (template(None, Pip(), spec__container={"workers": count}) for count in (1, 2))
    assert one == template(None, Pip())
    assert two["spec"]["containers"][0]["args"][-2:] == ["--workers", "2"]
