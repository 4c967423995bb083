"""The init container starts fast: it loads nothing of the operator."""

import subprocess
import sys

HEAVY = {"kopf", "boto3", "botocore", "kubernetes", "pydantic", "aiohttp", "yaml", "rich", "asyncio", "obstore"}
SHOW = "import sys; import aiapp.cli.fetch; print(*{name.partition('.')[0] for name in sys.modules})"


def test_the_command_loads_none_of_the_operators_libraries() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", SHOW],
        env={"PYTHONPATH": "operator"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert HEAVY.isdisjoint(loaded.stdout.split())
