"""What counts as installed, and when pip has to be asked."""

from pathlib import Path

import pytest

from aiapp.serve.install.installed import installed, unmet

VERSIONS = {"numpy": "1.21.6", "torch": "1.11.0+cpu", "ruamel-yaml": "0.17", "odd": "2012-final", "early": "2.0rc1"}


@pytest.mark.parametrize(
    "requirement",
    [
        pytest.param("numpy", id="any version"),
        pytest.param("NumPy==1.21.6", id="exactly that one, in another spelling"),
        pytest.param("numpy==1.21.6.0", id="zeros at the end do not matter"),
        pytest.param("numpy>=1.21, <2", id="within a range"),
        pytest.param("numpy!=1.22", id="not the one that is excluded"),
        pytest.param("numpy~=1.21", id="a series"),
        pytest.param("numpy==1.*", id="a wildcard"),
        pytest.param("numpy===1.21.6", id="arbitrary equality"),
        pytest.param("early>=2.0rc1", id="a version before the release"),
        pytest.param("gone; python_version < '3.0'", id="what another Python needs"),
        pytest.param("torch==1.11.0", id="a local build of the version"),
        pytest.param("torch==1.11.0+cpu", id="that local build"),
        pytest.param("ruamel.yaml<=0.17.0", id="a dot in the name"),
        pytest.param("./libs/numpy-1.21.6-cp37-none-any.whl", id="a wheel of the version that is there"),
    ],
)
def test_a_requirement_is_met(requirement: str, tmp_path: Path) -> None:
    assert unmet([requirement], str(tmp_path), VERSIONS) == []


@pytest.mark.parametrize(
    "requirement",
    [
        pytest.param("pandas", id="absent"),
        pytest.param("numpy==1.21", id="another version"),
        pytest.param("numpy>=1.10,<1.21", id="outside of one end of the range"),
        pytest.param("torch==1.11.0+cu113", id="another local build"),
        pytest.param("odd==2012", id="a version that has no order"),
        pytest.param("numpy~=1.20.0", id="another series"),
        pytest.param("numpy==1.20.*", id="a wildcard of another series"),
        pytest.param("numpy @ https://x/numpy.whl", id="an address, left to pip"),
        pytest.param("numpy[full]==1.21.6", id="extras, left to pip"),
        pytest.param("./numpy-1.21.6.tar.gz", id="a source archive"),
        pytest.param("./libs/numpy-1.22-py3-none-any.whl", id="a wheel of another version"),
        pytest.param("-r ./absent.txt", id="a file that is not there"),
    ],
)
def test_a_requirement_is_left_to_pip(requirement: str, tmp_path: Path) -> None:
    assert unmet([requirement], str(tmp_path), VERSIONS) == [requirement]


@pytest.mark.parametrize(
    ("text", "is_met"),
    [
        pytest.param("# all\n\nnumpy>=1.20  # why\ntorch\n", True, id="all lines are met"),
        pytest.param("numpy\npandas\n", False, id="one is absent"),
        pytest.param("numpy>9; python_version < '3.0'\n", True, id="a marker that does not hold"),
        pytest.param("--index-url http://x/\nnumpy\n", False, id="an option is left to pip"),
    ],
)
def test_a_requirements_file_is_met_if_each_line_is(text: str, is_met: bool, tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(text)
    assert (unmet(["-r ./requirements.txt"], str(tmp_path), VERSIONS) == []) is is_met


def test_without_packaging_pip_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aiapp.serve.install.installed._PACKAGING", ("no_such_module",))
    wheel = "./libs/numpy-1.21.6-cp37-none-any.whl"
    assert unmet(["numpy", "numpy==1.21.6", wheel], str(tmp_path), VERSIONS) == ["numpy", "numpy==1.21.6"]


@pytest.mark.parametrize("name", ["pip._vendor.packaging.requirements", "packaging.requirements"])
def test_pips_own_packaging_and_that_of_the_image_judge_alike(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip(name)
    monkeypatch.setattr("aiapp.serve.install.installed._PACKAGING", (name,))
    assert unmet(["numpy~=1.21.0", "numpy<1.21"], str(tmp_path), VERSIONS) == ["numpy<1.21"]


def test_the_first_of_two_installations_counts_in_every_form_of_record(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for record in ("first/a_b-1.0.dist-info", "second/a_b-2.0.dist-info", "second/old-3.1-py3.7.egg-info"):
        (tmp_path / record).mkdir(parents=True)
    (second / "bare.egg-info").mkdir()
    (second / "bare.egg-info" / "PKG-INFO").write_text("Metadata-Version: 1.0\nName: bare\nVersion: 0.9\n")
    found = installed([str(first), str(second), str(tmp_path / "absent")])
    assert found == {"a-b": "1.0", "old": "3.1", "bare": "0.9"}
