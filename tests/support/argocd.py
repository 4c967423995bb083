"""What Argo CD makes of our objects: its Lua scripts, run by Lua 5.1 as in Argo CD, without its extensions."""

from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml
from lupa import lua51

CUSTOMIZATIONS: Final = Path(__file__).parents[2] / "gitops/argocd/resource_customizations/aiapp.dev"
KINDS: Final = ("AIApplication", "AIApplicationVersion", "InferenceRuntime")

ABSENT: Final = ("string", "math", "io", "debug", "coroutine")
"""Libraries of Lua that Argo CD does not load."""


class Health(NamedTuple):
    """As Argo CD shows it."""

    status: str
    message: str


def health(obj: dict[str, Any]) -> Health:
    """Of one of our objects."""
    found = _run(CUSTOMIZATIONS / obj["kind"] / "health.lua", obj)
    return Health(found["status"], found["message"])


def acted(action: str, obj: dict[str, Any]) -> dict[str, Any]:
    """The object after an action."""
    return dict(_plain(_run(CUSTOMIZATIONS / obj["kind"] / "actions" / action / "action.lua", obj)))


def actions(obj: dict[str, Any]) -> dict[str, Any]:
    """Those that are offered for an object, by name."""
    return dict(_plain(_run(CUSTOMIZATIONS / obj["kind"] / "actions/discovery.lua", obj)))


def _run(script: Path, obj: dict[str, Any]) -> Any:
    lua = lua51.LuaRuntime(register_eval=False, unpack_returned_tuples=True)
    for library in ABSENT:
        lua.globals()[library] = None
    lua.globals().obj = lua.table_from(obj, recursive=True)
    return lua.execute(script.read_text())


def _plain(value: Any) -> Any:
    """Lua's tables as dictionaries and lists."""
    if lua51.lua_type(value) != "table":
        return value
    keys = list(value)
    if keys and keys == list(range(1, len(keys) + 1)):
        return [_plain(one) for one in value.values()]
    return {key: _plain(one) for key, one in value.items()}


def settings() -> dict[str, str]:
    """The scripts under the keys of Argo CD's ConfigMap `argocd-cm`."""
    checks = {f"resource.customizations.health.aiapp.dev_{kind}": _script(kind, "health.lua") for kind in KINDS}
    return checks | {
        f"resource.customizations.actions.aiapp.dev_{kind}": _actions(kind)
        for kind in KINDS
        if (CUSTOMIZATIONS / kind / "actions").exists()
    }


def _actions(kind: str) -> str:
    scripts = sorted((CUSTOMIZATIONS / kind / "actions").glob("*/action.lua"))
    definitions = [{"name": one.parent.name, "action.lua": one.read_text()} for one in scripts]
    return document({"discovery.lua": _script(kind, "actions/discovery.lua"), "definitions": definitions})


def _script(kind: str, name: str) -> str:
    return (CUSTOMIZATIONS / kind / name).read_text()


class _Readable(yaml.SafeDumper):
    """Texts of several lines are written as such."""


_Readable.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None),
)


def document(content: Any) -> str:
    """As YAML, for people."""
    return yaml.dump(content, Dumper=_Readable, sort_keys=False, width=120)
