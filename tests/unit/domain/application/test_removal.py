"""What may be deleted: the service goes before what it uses."""

from typing import Any

import pytest
from tests.support import documents

from aiapp.domain.application.removal import InUseError, require_no_service, require_unused
from aiapp.domain.kubernetes.resources import Json

VERSION = documents.version()


def application(status: Json | None = None, **serving: Any) -> Json:
    wanted = {"versions": [{"version": "1.1.0"}]} | serving
    return documents.application() | {"spec": {"serving": wanted}, "status": status or {}}


@pytest.mark.parametrize(
    ("found", "message"),
    [
        pytest.param(
            application(versions=[{"version": "1.0.0"}], stopped=True),
            "version mnist-1.0.0 is served by application mnist: deploy others first (aiapp deploy mnist)",
            id="wanted, though stopped",
        ),
        pytest.param(
            application({"traffic": [{"version": "1.0.0"}]}),
            "version mnist-1.0.0 still has pods in application mnist: wait until its rollout has ended",
            id="leaving",
        ),
    ],
)
def test_a_version_that_is_served_stays(found: Json, message: str) -> None:
    with pytest.raises(InUseError) as refused:
        require_unused(VERSION, found, ())
    assert str(refused.value) == message
    require_unused(VERSION, found, {"mnist"})


@pytest.mark.parametrize("found", [None, application(), documents.application() | {"spec": {}}])
def test_a_version_that_nobody_serves_may_go(found: Json | None) -> None:
    require_unused(VERSION, found, ())


def test_an_application_that_serves_stays() -> None:
    with pytest.raises(InUseError) as refused:
        require_no_service(application())
    assert str(refused.value) == (
        "application mnist serves 1.1.0: stop it first (aiapp stop mnist), or say --with-service"
    )
    require_no_service(application(stopped=True))
    require_no_service({"metadata": {"name": "mnist"}})
