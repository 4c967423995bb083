"""`aiapp openapi VERSION`: the APIs of exactly the config.json that was pinned, with a person's own rights."""

import json

from click.testing import CliRunner, Result
from tests.support.packages import CONFIG, Registry, package, upload
from tests.support.sandbox import Sandbox

from aiapp.cli import main

APIS = [
    {
        "method": "POST",
        "url": "/",
        "request": {"Content-type": "application/json", "data": {"type": "array", "item": {"type": "number"}}},
    }
]


def openapi(sandbox: Sandbox, namespace: str, name: str) -> Result:
    options = ["-o", "json", "-n", namespace, "--kubeconfig", str(sandbox.kubeconfig)]
    return CliRunner().invoke(main, ["openapi", name, *options], catch_exceptions=False)


def test_the_apis_of_a_version_are_shown_until_its_store_holds_another_config(
    sandbox: Sandbox, registry: Registry
) -> None:
    upload(registry.bucket, "mnist", package(model__config_json=json.dumps(CONFIG | {"apis": APIS})))
    version = registry.version(displayName="Digits")
    registry.until(version, "Ready", "True")
    found = openapi(sandbox, registry.namespace, "mnist-1.0.0")
    assert found.exit_code == 0, found.stderr
    shown = json.loads(found.stdout)
    assert (shown["info"]["title"], shown["info"]["version"]) == ("Digits", "1.0.0")
    body = shown["paths"]["/"]["post"]["requestBody"]["content"]["application/json"]
    assert body == {"schema": {"type": "array", "items": {"type": "number"}}}
    upload(registry.bucket, "mnist", package())
    replaced = openapi(sandbox, registry.namespace, "mnist-1.0.0")
    assert (replaced.exit_code, replaced.stdout) == (1, "")
    assert "mnist/model/config.json' changed or vanished" in replaced.stderr


def test_a_version_that_is_not_pinned_has_no_apis_to_show(sandbox: Sandbox, registry: Registry) -> None:
    upload(registry.bucket, "mnist", package(model__config_json="{}"))
    registry.until(registry.version(), "PackageValid", "False")
    found = openapi(sandbox, registry.namespace, "mnist-1.0.0")
    assert found.exit_code == 1
    assert "mnist-1.0.0 is not pinned yet: see kubectl describe aiappv mnist-1.0.0" in found.stderr


def test_a_version_that_does_not_exist_is_named(sandbox: Sandbox, registry: Registry) -> None:
    found = openapi(sandbox, registry.namespace, "mnist-9.0.0")
    assert found.exit_code == 1
    assert 'aiapplicationversions.aiapp.dev "mnist-9.0.0" not found' in found.stderr
