"""`aiapp check` on folders and files: what it says in each format, and the code it ends with."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from tests.unit.domain.offline.test_documents import VERSION

from aiapp.adapters.shipped import shipped_runtimes
from aiapp.cli import main

ROOT = Path(__file__).parents[3]
SOUND = """{
  "model_algorithm": "image_classification",
  "model_type": "PyTorch",
  "runtime": "pytorch_2.6.0-cpu-py_3.11-ubuntu_22.04-x86_64"
}
"""
RUNTIME = "pytorch_2.6.0-cpu-py_3.11-ubuntu_22.04-x86_64"
ENGINES = "TensorFlow, PyTorch, MindSpore, ONNX, Scikit_Learn, XGBoost, Spark_MLlib, Caffe, MXNet, Custom, Image"
CONFIG = "mnist/model/config.json"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A sound package as ./mnist; tests break it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITHUB_ACTIONS", "")
    folder = tmp_path / "mnist/model"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(SOUND)
    (folder / "customize_service.py").write_text("class A:\n    def _inference(self, data): ...\n")
    (folder / "a.pth").write_bytes(b"weights")
    return folder


def check(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["check", *arguments], catch_exceptions=False)


def test_a_sound_package_is_accepted(package: Path) -> None:
    found = check("mnist")
    assert found.exit_code == 0
    assert found.stdout.startswith("mnist: ok: PyTorch, image_classification, 3 files, ")


def test_every_fault_of_every_file_is_told_with_line_and_column(package: Path) -> None:
    (package / "config.json").write_text(SOUND.replace("PyTorch", "Torch7").replace('"image_c', '"&image_c'))
    (package / "customize_service.py").write_text("class A:\npass\n")
    found = check("mnist")
    assert found.exit_code == 1
    letter = "'&image_classification' must be a text that starts with a letter"
    block = "expected an indented block after class definition on line 1, found 'pass'"
    assert found.stdout.splitlines() == [
        f"{CONFIG}:3:3: error: /model_type: 'Torch7' is not one of {ENGINES} [ModelTypeUnsupported]",
        f"{CONFIG}:2:3: error: /model_algorithm: {letter} [ConfigInvalid]",
        f"mnist/model/customize_service.py:2:1: error: {block} [ServiceCodeInvalid]",
        "mnist: refused: ModelTypeUnsupported",
    ]


def test_what_is_missing_is_told_beside_what_is_read_leniently(package: Path) -> None:
    (package / "a.pth").unlink()
    (package / "config.json").write_text(SOUND.replace("PyTorch", "pytorch"))
    found = check("mnist")
    assert found.exit_code == 1
    first, second, _ = found.stdout.splitlines()
    assert first.startswith("mnist: error: no model file for PyTorch in model/")
    assert second == "mnist/model/config.json:3:3: warning: /model_type: 'pytorch' read as PyTorch"


def test_annotations_name_file_line_and_column(package: Path) -> None:
    (package / "config.json").write_text(SOUND.replace('"PyTorch"', '"50%, so: what"'))
    found = check("mnist", "-o", "github")
    assert found.exit_code == 1
    assert found.stdout.splitlines()[0].startswith(
        f"::error file={CONFIG},line=3,col=3,title=ModelTypeUnsupported::/model_type: '50%25, so: what' is not"
    )


def test_json_and_yaml_say_the_same(package: Path) -> None:
    written = {output: check("mnist", "-o", output).stdout for output in ("json", "yaml")}
    found = json.loads(written["json"])
    assert yaml.safe_load(written["yaml"]) == found
    (result,) = found["results"]
    assert (result["target"], result["outcome"], result["diagnostics"]) == ("mnist", "accepted", [])
    assert result["package"]["model"]["type"] == "PyTorch"
    assert result["package"]["artifact"]["objects"] == 3
    assert "pin" not in result["package"]["artifact"]


def test_a_runtime_that_is_asked_for_must_be_shipped_and_one_that_config_json_names_need_not(package: Path) -> None:
    assert check("mnist", "--runtime", "pytorch1.8-python3.7").exit_code == 0
    refused = check("mnist", "--runtime", "pytorch_1.11.0-cann_6.3.0-py_3.7-euler_2.8.3-aarch46")
    assert refused.exit_code == 1
    assert "did you mean pytorch_1.11.0-cann_6.3.0-py_3.7-euler_2.8.3-aarch64" in refused.stdout
    (package / "config.json").write_text(SOUND.replace(RUNTIME, "my-own"))
    warned = check("mnist")
    assert warned.exit_code == 0
    assert "mnist: warning: config.json names runtime 'my-own', which is not in the catalogue" in warned.stdout


def test_a_runtime_of_another_engine_is_told_and_refused_where_it_is_asked_for(package: Path) -> None:
    other = "xgboost_2.1.4-cpu-py_3.11-ubuntu_22.04-x86_64"
    refused = check("mnist", "--runtime", other)
    assert refused.exit_code == 1
    assert "which is for XGBoost, but model_type is PyTorch" in refused.stdout
    assert refused.stdout.endswith("mnist: refused: EngineMismatch\n")
    (package / "config.json").write_text(SOUND.replace(RUNTIME, other))
    warned = check("mnist")
    assert warned.exit_code == 0
    assert "mnist: warning: config.json names runtime 'xgboost_2.1.4" in warned.stdout


def with_dependencies(*names: str) -> str:
    packages = json.dumps([{"package_name": name} for name in names])
    return SOUND.replace("\n}", f',\n  "dependencies": [{{"packages": {packages}}}]\n}}')


def test_a_dependency_on_a_file_that_is_not_there_is_refused_with_its_line(package: Path) -> None:
    names = ("wheels/gone-1.0-py3-none-any.whl", "/home/mind/model/lost.whl", "requirements.txt", "numpy")
    (package / "config.json").write_text(with_dependencies(*names))
    refused = check("mnist")
    assert refused.exit_code == 1
    lines = [line for line in refused.stdout.splitlines() if "is no file of the package" in line]
    assert [line.partition(":")[0] for line in lines] == [CONFIG] * 3
    assert lines[1].startswith(f"{CONFIG}:5:")
    assert "/dependencies/0/packages/1/package_name: 'lost.whl' is no file of the package [ConfigInvalid]" in lines[1]
    (package / "requirements.txt").write_text("numpy")
    (package / "config.json").write_text(with_dependencies("requirements.txt"))
    assert check("mnist").exit_code == 0


def test_a_wheel_for_another_python_than_the_runtimes_is_warned_of(package: Path) -> None:
    wheel = "x-1.0-cp36-cp36m-linux_x86_64.whl"
    (package / wheel).touch()
    (package / "config.json").write_text(with_dependencies(wheel))
    found = check("mnist")
    assert found.exit_code == 0
    told = f"mnist: warning: {wheel} cannot be installed: it is for cp36-cp36m-linux_x86_64, the runtime {RUNTIME} has"
    assert told in found.stdout


def test_code_that_will_probably_not_do_is_warned_of_with_its_line(package: Path) -> None:
    code = "from utils.boxes import nms\nclass A(SingleNodeService):\n    def _preprocess(self, data): ...\n"
    (package / "customize_service.py").write_text(code)
    found = check("mnist")
    assert found.exit_code == 0
    file = "mnist/model/customize_service.py"
    nowhere = "no module 'utils' in the package, nor asked for by its dependencies: the image has to have it"
    assert found.stdout.splitlines()[:2] == [
        f"{file}:1: warning: {nowhere}",
        f"{file}:2: warning: A has no _inference, and its base class has none for it",
    ]


def test_an_old_name_is_told_to_mean_another_python(package: Path) -> None:
    (package / "config.json").write_text(SOUND.replace(RUNTIME, "python3.6"))
    found = check("mnist")
    assert found.exit_code == 0
    assert f"warning: 'python3.6' is an alias of {RUNTIME}: Python is 3.11 and not 3.6" in found.stdout


def test_manifests_are_checked_beside_packages(package: Path) -> None:
    Path("good.yaml").write_text(VERSION)
    Path("bad.yml").write_text(VERSION.replace("application: mnist", "aplication: mnist"))
    found = check("mnist", "good.yaml", "bad.yml")
    assert found.exit_code == 1
    lines = found.stdout.splitlines()
    assert lines[1:] == [
        "good.yaml: ok: 1 object of ours",
        "bad.yml:5:15: error: spec.aplication: unknown field: did you mean application? [SpecInvalid]",
        "bad.yml:5:3: error: spec.application: is missing [SpecInvalid]",
        "bad.yml: refused: SpecInvalid",
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param([], "Missing argument", id="nothing to check"),
        pytest.param(["nowhere"], "'nowhere' does not exist", id="no such folder"),
        pytest.param(
            ["http://x/y"],
            "'http://x/y' is not obs://bucket/path/ or s3://bucket/path/, the bucket 3 to 63",
            id="not a store",
        ),
        pytest.param(["obs://b/x"], "the bucket 3 to 63 lower-case letters", id="a bucket that is too short"),
        pytest.param(["mnist/model/a.pth"], "is neither a folder nor a .yaml file", id="a file of the package"),
        pytest.param(["obs://models/a", "--endpoint", "x"], "the endpoint 'x' is not http(s)://", id="no endpoint"),
        pytest.param(
            ["obs://models/a", "--credentials", "mnist"], "has no accessKeyId and secretAccessKey", id="no keys"
        ),
    ],
)
def test_wrong_arguments_end_with_2(package: Path, arguments: list[str], words: str) -> None:
    found = check(*arguments)
    assert found.exit_code == 2
    assert words in found.stderr


def test_half_a_key_in_the_environment_is_named_without_its_value(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "topsecret")
    found = check("obs://models/a")
    assert found.exit_code == 2
    assert "a secret access key without an access key id" in found.stderr
    assert "topsecret" not in found.output


def test_a_store_that_refuses_connections_could_not_be_looked_at(package: Path) -> None:
    found = check("obs://models/mnist/", "--endpoint", "http://127.0.0.1:9", "--allow-http")
    assert found.exit_code == 3
    assert "[EndpointUnreachable]" in found.stdout
    assert found.stdout.splitlines()[-1] == "obs://models/mnist/: not checked: EndpointUnreachable"


def test_a_store_without_tls_must_be_allowed(package: Path) -> None:
    found = check("obs://models/mnist/", "--endpoint", "http://127.0.0.1:9")
    assert found.exit_code == 3
    assert "[EndpointRefused]" in found.stdout


def test_it_runs_as_a_process_of_its_own(package: Path) -> None:
    (package / "config.json").unlink()
    ended = subprocess.run(
        [sys.executable, "-m", "aiapp", "check", "mnist"], capture_output=True, text=True, check=False, timeout=60
    )
    assert (ended.returncode, ended.stderr) == (1, "")
    assert ended.stdout.endswith("mnist: refused: ConfigMissing\n")


def test_the_catalogue_that_it_knows_is_the_one_that_is_installed(request: pytest.FixtureRequest) -> None:
    shipped = ROOT / "operator/aiapp/data/runtimes.yaml"
    installed = "---\n".join(
        (ROOT / f"manifests/runtimes/{name}.yaml").read_text() for name in ("cann", "cpu", "engines")
    )
    if request.config.getoption("--update-golden"):
        shipped.write_text(installed)
    assert shipped.read_text() == installed, "run this test with --update-golden"
    assert "pytorch_1.11.0-cann_6.3.0-py_3.7-euler_2.8.3-aarch64" in shipped_runtimes()


def test_a_package_that_names_an_image_is_checked_without_a_registry(package: Path) -> None:
    for file in package.iterdir():
        file.unlink()
    document = {"model_algorithm": "x", "model_type": "Image", "swr_location": "swr.example/team/x:1"}
    (package / "config.json").write_text(json.dumps(document))
    found = check("mnist")
    assert (found.exit_code, found.stdout) == (
        0,
        "mnist: ok: Image, x, swr.example/team/x:1 (the registry is not asked)\n",
    )
    (package / "config.json").write_text(json.dumps(document | {"swr_location": "swr.example/Team/x:1"}))
    found = check("mnist")
    assert found.exit_code == 1
    assert "config.json" in found.stdout
    assert "/swr_location" in found.stdout
