"""The CRDs as the repository ships them, installed once a run."""

from functools import partial
from pathlib import Path

import pytest
import yaml
from tests.support.kube import ApiError, Kube
from tests.support.waiting import eventually

from aiapp.api.crd import KINDS, Kind
from aiapp.api.meta import GROUP_VERSION

CRDS = Path(__file__).parents[3] / "crds"


@pytest.fixture(scope="session", autouse=True)
def _crds(kube: Kube) -> None:
    for kind in KINDS:
        kube.apply(yaml.safe_load((CRDS / f"{kind.plural}.yaml").read_text()), force="true")
    for kind in KINDS:
        eventually(partial(_served, kube, kind))


def _served(kube: Kube, kind: Kind) -> bool:
    try:
        kube.list(GROUP_VERSION, kind.name)
    except (ApiError, KeyError):
        return False
    return True
