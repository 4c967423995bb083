"""The page for those who come from ModelArts names fields that exist."""

import re

import pytest
from tests.support.pages import ROOT

from aiapp.api import crd
from aiapp.api.schema import nodes

PAGE = (ROOT / "docs/explanation/modelarts.md").read_text("utf-8")
FIELDS = sorted(set(re.findall(r"`((?:spec|status)\.[A-Za-z.\[\]]+)`", PAGE)))
PATHS = {path.removeprefix(".") for kind in crd.KINDS for path, _ in nodes(crd.schema(kind))}


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_that_the_page_names_exists(field: str) -> None:
    assert field in PATHS
