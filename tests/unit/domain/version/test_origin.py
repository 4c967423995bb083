"""What may be taken out of the place where it is registered."""

import pytest
from tests.support import documents
from tests.support.documents import changed
from tests.support.records import NORMAL, stored

from aiapp.domain.version.origin import may_leave, stays
from aiapp.domain.version.promotion import Destination, NotPromotableError, promoted

JOB = {"apiVersion": "batch/v1", "kind": "Job", "name": "train", "uid": "u-1"}


def test_a_model_of_exeml_may_not_and_any_other_may() -> None:
    custom = stored(documents.version(), status=NORMAL)
    of_exeml = changed(custom, spec__source={"exeML": {"project": "flowers", "job": JOB}})
    said = changed(custom, status__source={"type": "Obs", "origin": "ExeML"})
    assert may_leave(custom)
    assert may_leave(documents.version())
    assert not may_leave(of_exeml)
    assert not may_leave(said)
    assert "it can be deployed, rolled out and deleted, and nothing else" in stays(of_exeml)


def test_a_model_of_exeml_is_not_promoted() -> None:
    version = changed(documents.version(), spec__source={"exeML": {"project": "flowers", "job": JOB}})
    with pytest.raises(NotPromotableError, match=r"version mnist-1\.0\.0 is a model of ExeML: it can be deployed"):
        promoted(version, Destination())
