"""Whole packages, shaped like those that people publish: what is read of each is kept in its expected.json."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.parsing import parsed

from aiapp.domain.package.acceptance import Accepted, accept
from aiapp.domain.package.config import read_config
from aiapp.domain.package.layout import Layout, locate
from aiapp.domain.package.refusal import Refusal
from aiapp.domain.package.service_code import ServiceCode, accepted_code
from aiapp.modelarts.model_files import CONFIG_FILE, SERVICE_FILE

CORPUS = Path(__file__).parents[3] / "data/packages/import"


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in sorted(CORPUS.iterdir())])
def test_a_package_is_read_as_expected(case: Path) -> None:
    assert _seen(case / "package") == json.loads((case / "expected.json").read_text("utf-8"))


def _seen(package: Path) -> dict[str, Any]:
    paths = [path for path in package.rglob("*") if path.is_file()]
    layout = locate(
        {path.relative_to(package).as_posix(): path.stat().st_size for path in paths}, "obs://bucket/package/"
    )
    assert isinstance(layout, Layout)
    config = read_config((package / layout.root / CONFIG_FILE).read_bytes(), layout.name(CONFIG_FILE))
    if isinstance(config, Refusal):
        return _refused(config)
    found = accept(layout, config, _code(package, layout))
    return _refused(found) if isinstance(found, Refusal) else _accepted(found)


def _code(package: Path, layout: Layout) -> ServiceCode | Refusal | None:
    code = package / layout.root / SERVICE_FILE
    return accepted_code(parsed(code.read_bytes()), layout.name(SERVICE_FILE)) if code.exists() else None


def _refused(refusal: Refusal) -> dict[str, Any]:
    return {"reason": refusal.reason, "message": refusal.message}


def _accepted(found: Accepted) -> dict[str, Any]:
    model = found.config.model.model_dump(mode="json", by_alias=True, exclude_none=True)
    warnings = [f"{warning.line}: {warning.message}" for warning in found.code_warnings]
    return {
        "root": found.layout.root,
        "runtime": found.config.runtime,
        "model": model,
        **({"warnings": warnings} if warnings else {}),
    }
