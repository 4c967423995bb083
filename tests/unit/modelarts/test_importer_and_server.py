"""The importer and the model server answer alike: what is accepted is served, where the operator looks for it."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openapi_spec_validator import OpenAPIV31SpecValidator
from tests.support.records import normal_version, observed
from tests.unit.modelarts.test_schemas import VALUES

from aiapp.domain.application.plan import plan
from aiapp.domain.package.config import PackageConfig, read_config
from aiapp.domain.package.layout import Layout, locate, missing_files
from aiapp.domain.package.refusal import Refusal
from aiapp.domain.records import VersionRecord
from aiapp.modelarts.model_files import CONFIG_FILE, SERVICE_FILE, is_model
from aiapp.modelarts.model_types import MODEL_TYPES, PYTORCH, SCIKIT_LEARN, TENSORFLOW, XGBOOST
from aiapp.modelarts.openapi import Title, openapi
from aiapp.modelarts.paths import request_path
from aiapp.serve import options, weights
from aiapp.serve.config import read
from aiapp.serve.http.errors import RefusedError
from aiapp.serve.http.routes import Router, Target
from aiapp.serve.openapi import document

PACKAGES = Path(__file__).parents[2] / "data/packages"
SHIPPED = {str(path.parent.relative_to(PACKAGES)): path.parent for path in sorted(PACKAGES.rglob(CONFIG_FILE))}
PATHS = st.text(st.sampled_from("/ab%20?#{}.;:@é \\"), max_size=8).map(lambda rest: f"/{rest}")
NUMBERS = st.integers(-1, 99) | st.sampled_from(["5", "x", ""])
HEALTH = st.fixed_dictionaries(
    {},
    optional={
        "url": PATHS | st.just(""),
        "check_method": st.sampled_from(["HTTP", "http", "EXEC", "TCP"]),
        "command": st.sampled_from(["true", ""]),
        "period_seconds": NUMBERS,
    },
)
BODIES = st.fixed_dictionaries(
    {}, optional={"Content-type": st.sampled_from(["application/json", "multipart/form-data", "x"]), "data": VALUES}
)
CONFIGS = st.fixed_dictionaries(
    {"model_algorithm": st.just("x"), "model_type": st.sampled_from([kind.name for kind in MODEL_TYPES])},
    optional={
        "health": HEALTH,
        "readiness_health": HEALTH,
        "apis": st.lists(
            st.fixed_dictionaries(
                {},
                optional={
                    "method": st.sampled_from(["post", "GET", "PUT", "x"]),
                    "url": st.sampled_from(["/", "", "/a"]),
                    "request": BODIES,
                    "response": BODIES,
                },
            ),
            max_size=2,
        ),
        "dependencies": st.lists(
            st.fixed_dictionaries(
                {
                    "packages": st.lists(
                        st.fixed_dictionaries(
                            {"package_name": st.sampled_from(["a", "b[c]", "w/d-1.0-py3-none-any.whl"])},
                            optional={
                                "package_version": st.sampled_from(["1.0", 2, ""]),
                                "restraint": st.sampled_from(["EXACT", ">=", "atmost", "", None]),
                            },
                        ),
                        max_size=2,
                    )
                }
            ),
            max_size=1,
        ),
    },
)


def accepted(folder: Path) -> PackageConfig | None:
    found = read_config((folder / CONFIG_FILE).read_bytes(), CONFIG_FILE)
    return None if isinstance(found, Refusal) else found


def model_container(config: PackageConfig) -> dict[str, Any]:
    """Of the pod that the operator makes for a version with this package."""
    raw = normal_version().raw
    health = config.model.health and config.model.health.model_dump(mode="json", by_alias=True, exclude_none=True)
    status = raw["status"] | {"model": raw["status"]["model"] | {"health": health}}
    children = plan(observed(None, VersionRecord.parse(raw | {"status": status}))).apply
    deployment = next(child for child in children if child["kind"] == "Deployment")
    return dict(deployment["spec"]["template"]["spec"]["containers"][0])


def hold_to_the_same(config: PackageConfig, folder: Path) -> None:
    """The server with the arguments that the operator gives it, and without, as in templates of earlier releases."""
    container = model_container(config)
    given = options.parse([*container["args"], "--package", str(folder)])
    for health_url in (given.health_path, ""):
        served = read(str(folder), health_url)
        assert served.problem == ""
        assert served.model_type == config.kind.name
        router = Router(served, "model")
        for probe in ("startupProbe", "readinessProbe"):
            asked = request_path(container[probe]["httpGet"]["path"])
            assert router.resolve("GET", asked).target is Target.HEALTH
        for api in config.model.apis:
            assert router.resolve(api.method, request_path(api.url)).target in (Target.PREDICT, Target.HEALTH)
        assert {pin.text for pin in served.pins} <= set(config.model.dependencies or ())
        shown = json.loads(document(str(folder), Title("mnist", "1.0.0"), health_url))
        expected = openapi(Title("mnist", "1.0.0"), config.read)
        assert shown["paths"].keys() == expected["paths"].keys()
        assert shown == json.loads(json.dumps(expected))
    OpenAPIV31SpecValidator(shown).validate()


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_package_is_the_same_to_both(name: str) -> None:
    config = accepted(SHIPPED[name])
    if config is None:
        assert read(str(SHIPPED[name])).problem
    else:
        hold_to_the_same(config, SHIPPED[name])


@settings(max_examples=80, deadline=None)
@given(CONFIGS)
def test_whatever_is_accepted_is_the_same_to_both(tmp_path_factory: pytest.TempPathFactory, written: Any) -> None:
    folder = tmp_path_factory.mktemp("package")
    (folder / CONFIG_FILE).write_text(json.dumps(written))
    config = accepted(folder)
    if config is not None:
        hold_to_the_same(config, folder)


ENDINGS = sorted({suffix for kind in MODEL_TYPES for suffix in (*kind.suffixes, *kind.last_resort)} | {".csv", ".py"})
FILES = st.dictionaries(
    st.tuples(
        st.sampled_from(["", "a/", "1/", ".cache/", "__pycache__/", "a/b/"]),
        st.sampled_from(["model", "labels", "saved_model", "x", ".y", "metrics", "tmp"]),
        st.sampled_from(ENDINGS),
    ).map("".join),
    st.sampled_from([0, 1]),
    max_size=5,
)
CLASSES = {"PyTorch": PYTORCH, "Scikit_Learn": SCIKIT_LEARN, "XGBoost": XGBOOST}


@settings(max_examples=300, deadline=None)
@given(FILES, st.sampled_from(sorted(CLASSES)), st.sampled_from(sorted(CLASSES)))
def test_the_server_finds_a_model_in_whatever_the_importer_accepts(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, int], declared: str, base: str
) -> None:
    folder = tmp_path_factory.mktemp("package")
    every = {**files, CONFIG_FILE: 1, SERVICE_FILE: 1}
    for path, size in every.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(b"x" * size)
    layout = locate(every, "obs://models/")
    assert isinstance(layout, Layout)
    if missing_files(layout, CLASSES[declared]) is not None:
        return
    chosen = Path(weights.choose(str(folder), [CLASSES[base], CLASSES[declared]]).path)
    assert chosen.is_file()
    assert chosen.stat().st_size
    path = chosen.relative_to(folder).as_posix()
    assert is_model(path, CLASSES[base]) or is_model(path, CLASSES[declared])


@settings(max_examples=100, deadline=None)
@given(
    st.sets(
        st.tuples(
            st.sampled_from(["", "1/", "2/", "best/", ".old/", "a/b/"]),
            st.sampled_from(
                ["saved_model.pb", "saved_model.pbtxt", "variables/variables.index", "variables/variables.data-0-of-1"]
            ),
        ).map("".join),
        max_size=6,
    )
)
def test_a_tensorflow_package_without_code_is_accepted_if_the_server_has_a_whole_saved_model(
    tmp_path_factory: pytest.TempPathFactory, files: set[str]
) -> None:
    folder = tmp_path_factory.mktemp("package")
    for path in (*files, CONFIG_FILE):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(b"x")
    layout = locate(dict.fromkeys((*files, CONFIG_FILE), 1), "obs://models/")
    assert isinstance(layout, Layout)
    served = Path(weights.saved_model(str(folder)))
    is_whole = (served / "variables/variables.index").exists() and (served / "variables/variables.data-0-of-1").exists()
    is_found = weights.has_saved_model(str(folder)) and bool(list(served.glob("saved_model.pb*")))
    assert (missing_files(layout, TENSORFLOW) is None) is (is_found and is_whole)


def test_a_path_that_nobody_declared_is_not_served() -> None:
    with pytest.raises(RefusedError):
        Router(read("/nowhere"), "model").resolve("GET", "/ready")
