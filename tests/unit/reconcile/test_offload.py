"""Threads for work on packages are for all namespaces."""

import pytest

from aiapp.adapters.objectstore import s3
from aiapp.domain.fair_share import FairShare
from aiapp.reconcile import offload
from aiapp.reconcile.version.drift import AT_ONCE
from aiapp.settings import Settings


@pytest.mark.parametrize("threads", [offload.THREADS, s3.THREADS], ids=["packages", "listings"])
def test_no_namespace_can_hold_all_threads_however_many_workers_there_are(threads: int) -> None:
    most = next(limit.le for limit in Settings.model_fields["workers"].metadata if hasattr(limit, "le"))
    imports, looks = FairShare(most // 2).limit("one"), FairShare(AT_ONCE).limit("one")
    assert imports + looks < threads
