"""Routes, log lines, frames, options and the bundle: small pure parts of the server."""

import ast
import io
import json
import pathlib
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiapp.serve import bundle, frames, options
from aiapp.serve.config import Config
from aiapp.serve.errors import RefusedError, error_body
from aiapp.serve.frames import Frame
from aiapp.serve.logs import Log
from aiapp.serve.routes import Router, Target

ROUTER = Router(Config(routes=(("POST", "/predict"), ("GET", "/"), ("POST", "/ready")), health_path="/ready"), "model")


@pytest.mark.parametrize(
    ("method", "path", "target"),
    [
        ("POST", "/", Target.PREDICT),
        ("GET", "/", Target.PREDICT),
        ("POST", "/predict", Target.PREDICT),
        ("POST", "/predict/", Target.PREDICT),
        ("GET", "/health", Target.HEALTH),
        ("HEAD", "/ready", Target.HEALTH),
        ("POST", "/ready", Target.PREDICT),
    ],
)
def test_declared_and_built_in_paths_are_routed(method: str, path: str, target: Target) -> None:
    assert ROUTER.resolve(method, path).target is target


@pytest.mark.parametrize(
    ("method", "path", "status", "headers"),
    [
        ("POST", "/nope", 404, ()),
        ("PUT", "/predict", 405, (("Allow", "POST"),)),
        ("POST", "/health", 405, (("Allow", "GET, HEAD"),)),
    ],
)
def test_other_paths_and_methods_are_refused(
    method: str, path: str, status: int, headers: tuple[tuple[str, str], ...]
) -> None:
    with pytest.raises(RefusedError) as caught:
        ROUTER.resolve(method, path)

    assert (caught.value.status, caught.value.headers) == (status, headers)


def test_an_error_body_holds_code_message_and_request() -> None:
    assert json.loads(error_body("A", "猫 \ud800", "1")) == {
        "error_code": "A",
        "error_msg": "猫 \ud800",
        "request_id": "1",
    }


def test_plain_log_lines_quote_what_could_forge_another_field(capsys: pytest.CaptureFixture[str]) -> None:
    Log("plain").request(route="/a b=c\n", status=200)

    [line] = capsys.readouterr().out.splitlines()
    assert line.endswith('Z request route="/a b=c\\n" status=200')


def test_json_log_lines_are_json(capsys: pytest.CaptureFixture[str]) -> None:
    Log("json").event("listening", port=1)

    line = json.loads(capsys.readouterr().out)
    assert line.pop("time").endswith("Z")
    assert line == {"event": "listening", "port": 1}


@given(
    st.lists(st.tuples(st.dictionaries(st.sampled_from("ab"), st.just("猫")), st.binary()), max_size=4),
    st.integers(1, 20),
)
def test_frames_survive_being_cut_anywhere(contents: list[tuple[dict[str, str], bytes]], step: int) -> None:
    sent = [Frame(header, content) for header, content in contents]
    raw = b"".join(piece for frame in sent for piece in frames.pieces(frame))
    buffer, received = bytearray(), []
    for start in range(0, len(raw), step):
        buffer += raw[start : start + step]
        while (frame := frames.take(buffer)) is not None:
            received.append(frame)

    assert received == sent
    assert not buffer


def test_the_package_path_is_made_absolute_and_has_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    parsed = options.parse(["--package", "home/mind/model"])

    assert (parsed.package, parsed.port) == ("/home/mind/model", 8080)
    assert parsed.links == ["/home/ma-user/infer/model/1"]
    assert options.parse(["--package", "/elsewhere"]).links == []


@pytest.mark.parametrize("arguments", [[], ["--package", "x", "--workers", "0"], ["--package", "x", "--nope"]])
def test_a_wrong_command_line_ends_with_code_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        options.parse(arguments)

    assert caught.value.code == 2


def test_the_bundle_is_the_same_bytes_each_time_and_written_whole(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "serve.pyz"

    bundle.write(file)

    assert file.read_bytes() == bundle.bundle()
    assert [path.name for path in tmp_path.iterdir()] == ["serve.pyz"]
    assert file.stat().st_mode & 0o777 == 0o755


def test_the_bundle_holds_every_module_but_the_one_that_makes_it() -> None:
    with zipfile.ZipFile(io.BytesIO(bundle.bundle())) as archive:
        names = {pathlib.PurePath(name).name for name in archive.namelist()}

    sources = {path.name for path in pathlib.Path(bundle.__file__).parent.glob("*.py")}
    assert names == sources - {"bundle.py"} | {"__main__.py"}


SHIPPED = [path for path in sorted(pathlib.Path(bundle.__file__).parent.glob("*.py")) if path.name != "bundle.py"]


@pytest.mark.parametrize("source", SHIPPED, ids=lambda path: str(path.name))
def test_every_shipped_module_is_python_3_7_and_imports_the_standard_library_alone(source: pathlib.Path) -> None:
    tree = ast.parse(source.read_text(), feature_version=(3, 7))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.level == 0}
    assert not [name for name in imported if name.startswith("aiapp")]
