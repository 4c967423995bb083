"""`aiapp progress` beside a real pod: it follows the fetch to its end and reads what the container's log says."""

import json
import os
import subprocess
import sys

import pytest
from tests.e2e.serving import NAME, Serving
from tests.support.waiting import eventually

from aiapp.domain.fetching.pod_status import FETCHER
from aiapp.domain.fetching.progress import progress_in

pytestmark = pytest.mark.timeout(600)
CONTENT = "0123456789abcdef" * (1 << 20)


def test_a_person_sees_how_far_the_fetch_of_a_real_pod_is(serving: Serving) -> None:
    serving.upload("1.0.0", CONTENT)
    serving.register()
    serving.serve()
    eventually(serving.pods)
    said = subprocess.run(
        [sys.executable, "-m", "aiapp", "progress", NAME, "-n", serving.registry.namespace, "--watch", "-o", "json"],
        env={**os.environ, "KUBECONFIG": str(serving.kubectl.kubeconfig)},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    ).stdout
    (last,) = json.loads(said.splitlines()[-1])
    (pod,) = serving.pods()
    assert (last["pod"], last["version"], last["state"]) == (pod["metadata"]["name"], "1.0.0", "Fetched")
    log = serving.kubectl.within(serving.registry.namespace)("logs", last["pod"], "-c", FETCHER)
    told = [progress for progress in map(progress_in, log.splitlines()) if progress is not None]
    assert (told[-1].bytes, told[-1].percent) == (told[-1].total_bytes, 100)
    assert told[-1].total_bytes > len(CONTENT)
