"""The archive that is shipped into other images."""

from __future__ import annotations

import ast
import io
import pathlib
import zipfile

import pytest

from aiapp.serve import bundle


def test_the_bundle_is_the_same_bytes_each_time_and_written_whole(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "serve.pyz"

    bundle.write(file)

    assert file.read_bytes() == bundle.bundle()
    assert [path.name for path in tmp_path.iterdir()] == ["serve.pyz"]
    assert file.stat().st_mode & 0o777 == 0o755


PACKAGES = pathlib.Path(bundle.__file__).parents[1]
SHIPPED = [
    path
    for name in ("modelarts", "serve")
    for path in sorted((PACKAGES / name).rglob("*.py"))
    if (name, path.name) != ("serve", "bundle.py")
]


def test_the_bundle_holds_the_reader_and_every_module_of_the_server_but_the_one_that_makes_it() -> None:
    with zipfile.ZipFile(io.BytesIO(bundle.bundle())) as archive:
        names = set(archive.namelist())

    stand_ins = {"model_service.py", "log.py", "metric.py", "mms.py"}
    sources = {f"aiapp_serve/{path.relative_to(PACKAGES)}" for path in SHIPPED}
    assert names == sources | {"__main__.py", "aiapp_serve/__init__.py"} | stand_ins


@pytest.mark.parametrize("source", SHIPPED, ids=lambda path: str(path.relative_to(PACKAGES)))
def test_every_shipped_module_is_python_3_7_and_imports_the_standard_library_alone(source: pathlib.Path) -> None:
    tree = ast.parse(source.read_text(), feature_version=(3, 7))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.level == 0}
    assert not [name for name in imported if name.startswith("aiapp")]
