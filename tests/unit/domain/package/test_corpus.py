"""Whole packages, shaped like those that people publish: what is read of each is kept in its expected.json."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from aiapp.domain.package.config import Config, read_config
from aiapp.domain.package.layout import Layout, locate, missing_files
from aiapp.domain.package.refusal import Refusal
from aiapp.domain.package.service_code import ServiceCode, SyntaxFault, code_refusal
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
    refusal = missing_files(layout, config.kind) or _code_refusal(package, layout)
    return _accepted(layout, config) if refusal is None else _refused(refusal)


def _code_refusal(package: Path, layout: Layout) -> Refusal | None:
    code = package / layout.root / SERVICE_FILE
    if not code.exists():
        return None
    try:
        ast.parse(code.read_bytes())
    except SyntaxError as error:
        return code_refusal(SyntaxFault(error.msg, error.lineno or 0, error.offset or 0), layout.name(SERVICE_FILE))
    return code_refusal(ServiceCode(), layout.name(SERVICE_FILE))


def _refused(refusal: Refusal) -> dict[str, Any]:
    return {"reason": refusal.reason, "message": refusal.message}


def _accepted(layout: Layout, config: Config) -> dict[str, Any]:
    model = config.model.model_dump(mode="json", by_alias=True, exclude_none=True)
    return {"root": layout.root, "runtime": config.runtime, "model": model}
