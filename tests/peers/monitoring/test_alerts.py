"""Every alert fires when it should, with the sentence that people read, and keeps silent when it should not."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.monitoring import alerts, rule_files

CASES: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "alerts.yaml").read_text())


def test_every_alert_is_tested() -> None:
    assert set(CASES) == set(alerts())


@pytest.mark.parametrize("name", CASES)
def test_it_fires_when_it_should_and_says_why_and_not_otherwise(name: str, promtool: Path, tmp_path: Path) -> None:
    case, rule = CASES[name], alerts()[name]
    expected = {
        "exp_labels": {**case["labels"], **rule["labels"]},
        "exp_annotations": {**rule["annotations"], "summary": case["summary"]},
    }
    tests = [_test(name, case["fires"], case["at"], expected), _test(name, case["silent"], case["at"])]
    file = tmp_path / "test.yaml"
    rules = [str(one) for one in rule_files()]
    file.write_text(json.dumps({"rule_files": rules, "evaluation_interval": "1m", "tests": tests}))
    done = subprocess.run([promtool, "test", "rules", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _test(name: str, series: dict[str, str], at: str, *expected: dict[str, Any]) -> dict[str, Any]:
    return {
        "interval": "1m",
        "input_series": [{"series": one, "values": values} for one, values in series.items()],
        "alert_rule_test": [{"eval_time": at, "alertname": name, "exp_alerts": list(expected)}],
    }


def test_promtool_finds_nothing_wrong_in_the_rules(promtool: Path) -> None:
    done = subprocess.run([promtool, "check", "rules", *rule_files()], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
