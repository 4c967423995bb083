"""What Argo CD is configured with holds the very scripts that are tested."""

from typing import Any

import pytest
import yaml
from tests.support.argocd import CUSTOMIZATIONS, KINDS, document, settings

FOLDER = CUSTOMIZATIONS.parents[1]
FILES: dict[str, Any] = {"argocd-cm.yaml": {"data": settings()}, "values.yaml": {"configs": {"cm": settings()}}}


@pytest.mark.parametrize("name", FILES)
def test_the_file_has_every_script_as_it_is(name: str, request: pytest.FixtureRequest) -> None:
    wanted = document(FILES[name])
    if request.config.getoption("--update-golden"):
        (FOLDER / name).write_text(wanted)
    assert (FOLDER / name).read_text() == wanted


@pytest.mark.parametrize(
    ("kind", "names"),
    [("AIApplicationVersion", ["look-again"]), ("AIApplication", ["approve", "restart", "resume", "stop"])],
)
def test_the_actions_of_a_kind_are_found_where_argo_cd_looks_for_them(kind: str, names: list[str]) -> None:
    found: dict[str, Any] = yaml.safe_load(settings()[f"resource.customizations.actions.aiapp.dev_{kind}"])
    assert [one["name"] for one in found["definitions"]] == names
    for name in names:
        assert f'actions["{name}"]' in found["discovery.lua"]


def test_the_rules_are_the_same_for_all_kinds_but_for_what_only_an_application_can_be() -> None:
    scripts = [(CUSTOMIZATIONS / kind / "health.lua").read_text().splitlines() for kind in KINDS]
    application, version, runtime = scripts
    assert version == runtime
    assert [line for line in version if line not in application] == []
