"""Whatever config.json holds, it is accepted or refused, and nothing raises."""

import json
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.configs import read

from aiapp.api.version import ModelStatus
from aiapp.domain.package.config import PackageConfig, read_config
from aiapp.domain.package.refusal import Refusal

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None), max_size=9)
JSON = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(st.text(max_size=3), SCALARS, max_size=2)
QUICK = settings(max_examples=50, deadline=None)
KEYS = ("model_algorithm", "model_type", "runtime", "swr_location", "metrics", "apis", "dependencies", "health")
NESTED = st.fixed_dictionaries(
    {},
    optional={
        "apis": st.lists(
            st.dictionaries(st.sampled_from(["url", "method", "request", "response", "procotol"]), JSON), max_size=2
        ),
        "dependencies": st.lists(
            st.fixed_dictionaries(
                {
                    "packages": st.lists(
                        st.dictionaries(st.sampled_from(["package_name", "package_version", "restraint"]), JSON)
                    )
                }
            )
        ),
        "health": st.dictionaries(
            st.sampled_from(["url", "command", "check_method", "period_seconds", "timeout_seconds"]), JSON
        ),
        "metrics": st.dictionaries(st.text(), JSON, max_size=3),
        "runtime": JSON,
    },
)


def acceptable(found: PackageConfig | Refusal) -> bool:
    """A value that fits the API's limits and can be written, or a refusal that can be shown."""
    if isinstance(found, Refusal):
        return bool(orjson.dumps(found.message)) and len(found.message) < 10_000
    dumped = found.model.model_dump(mode="json", by_alias=True)
    return bool(orjson.dumps(dumped)) and ModelStatus.model_validate(dumped) == found.model


@QUICK
@given(st.dictionaries(st.sampled_from(KEYS), JSON))
def test_no_document_whatever_raises(document: dict[str, Any]) -> None:
    assert acceptable(read_config(json.dumps(document).encode(), "config.json"))


@QUICK
@given(NESTED)
def test_no_part_whatever_raises(parts: dict[str, Any]) -> None:
    assert acceptable(read(**parts))


@QUICK
@given(st.binary())
def test_no_bytes_whatever_raise(data: bytes) -> None:
    assert acceptable(read_config(data, "config.json"))
