"""Fixtures that every test may ask for."""

import os
import sys

import pytest
from hypothesis import HealthCheck, settings
from tests.support.operator import installed, operator
from tests.support.sandbox import bucket, kube, kubectl, namespace, real_cluster, s3, sandbox

# A test fails for what the code does, not for how busy the machine is.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

__all__ = ["bucket", "installed", "kube", "kubectl", "namespace", "operator", "real_cluster", "s3", "sandbox"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="Write the files in tests/data/golden anew.")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what CI will fail for."""
    if skipped := _unexcused(terminalreporter):
        terminalreporter.write_sep("=", f"{len(skipped)} skipped on a machine that can run them", red=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """On a machine with every means a skipped test proves nothing: CI fails."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if exitstatus == pytest.ExitCode.OK and reporter is not None and _unexcused(reporter):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _unexcused(reporter: pytest.TerminalReporter) -> list[pytest.TestReport]:
    capable = os.environ.get("CI") and sys.platform == "linux" and os.geteuid() == 0
    return reporter.stats.get("skipped", []) if capable else []
