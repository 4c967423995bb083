"""What packages in the wild look like, point by point: each is read as it is meant, and what was repaired is told."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.support.parsing import ParserHere
from typing_extensions import override

from aiapp.adapters.objectstore.folder import FolderStore, folder_location
from aiapp.api.conditions import Reason
from aiapp.domain.objectstore.credentials import Credentials
from aiapp.domain.objectstore.listing import Listed
from aiapp.domain.objectstore.location import Location
from aiapp.domain.package.inspection import Inspection, Invalid, Valid
from aiapp.reconcile.sources.importing import inspect

BASE: Mapping[str, Any] = {"model_algorithm": "image_classification", "model_type": "PyTorch"}
CODE = b"""from model_service.pytorch_model_service import PTServingBaseService

class A(PTServingBaseService):
    def _inference(self, data):
        return data
"""
CAFFE = b"from model_service.caffe_model_service import CaffeBaseService\nclass N(CaffeBaseService): pass\n"
Files = Mapping[str, bytes]
Check = Callable[[Inspection], None]


def package(config: bytes | None = None, *, root: str = "", files: Files | None = None, **fields: Any) -> Files:
    """A package whose config.json is given or has these fields besides the mandatory ones."""
    text = json.dumps({**BASE, **fields}).encode() if config is None else config
    whole = {"config.json": text, "customize_service.py": CODE, "net.pth": b"w", **(files or {})}
    return {f"{root}{path}": content for path, content in whole.items()}


def told(*words: str, model: Mapping[str, Any] | None = None) -> Check:
    """Accepted, with exactly these repairs, and a model that says this."""

    def check(found: Inspection) -> None:
        assert isinstance(found, Valid), found
        assert (found.model.repaired or ()) == words
        shown = found.model.model_dump(mode="json", by_alias=True, exclude_none=True)
        assert {key: shown.get(key) for key in model or {}} == (model or {})
        assert len([diagnostic for diagnostic in found.diagnostics if diagnostic.severity == "warning"]) == len(words)

    return check


def warned(*words: str) -> Check:
    """Accepted, with exactly these warnings."""

    def check(found: Inspection) -> None:
        assert isinstance(found, Valid), found
        assert found.warnings == words
        assert len(found.diagnostics) == len(words)

    return check


def refused(reason: Reason, *words: str) -> Check:
    def check(found: Inspection) -> None:
        assert isinstance(found, Invalid), found
        assert found.reason is reason
        assert all(word in found.message for word in words), found.message

    return check


def runtime(name: str | None, *words: str) -> Check:
    def check(found: Inspection) -> None:
        told(*words)(found)
        assert isinstance(found, Valid)
        assert found.runtime == name

    return check


def apis(*shown: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"apis": list(shown)}


def api(**fields: Any) -> dict[str, Any]:
    return {"method": "POST", "url": "/", **fields}


POINTS = [
    pytest.param(package(root="model/"), told(), id="01 the root is the folder's model/"),
    pytest.param(package(), told(), id="01 or the folder itself, whatever it is called"),
    pytest.param(
        package(root="deploy_scripts/"),
        refused(Reason.CONFIG_MISSING, "found 'deploy_scripts/config.json': name that folder instead"),
        id="01 another folder below is named",
    ),
    pytest.param(
        package(b'{ // engine\n "model_type": "PyTorch", /* what\n it does */ "model_algorithm": "a//b/*c*/",\n}'),
        told(
            "line 1 column 3: comments ignored (2 in all)",
            "line 3 column 43: trailing commas ignored",
            model={"algorithm": "a//b/*c*/"},
        ),
        id="02 comments and trailing commas, but not inside texts",
    ),
    pytest.param(
        package(b'{"model_type": "PyTorch"\n "model_algorithm": "x"}'),
        refused(Reason.CONFIG_INVALID, "config.json line 2 column 2: not JSON: Expecting ',' delimiter, found"),
        id="02 what is still not JSON is refused with its place",
    ),
    pytest.param(
        package(b"\xef\xbb\xbf\r\n\t " + json.dumps(BASE).encode() + b"\r\n"), told(), id="03 byte order mark and CRLF"
    ),
    pytest.param(
        package('{"model_type": "PyTorch", "model_algorithm": "x", "用途": "识别"}'.encode("gb18030")),
        told("read as GB18030 since it is not UTF-8", model={"algorithm": "x"}),
        id="03 GB18030",
    ),
    pytest.param(
        package(b'{"model_type": "TensorFlow",\n"model_algorithm": "x", "model_type": "PyTorch"}'),
        told("line 2 column 25: duplicate key 'model_type': the last value counts", model={"type": "PyTorch"}),
        id="04 of duplicate keys the last one wins",
    ),
    pytest.param(
        package(),
        told(model={"apis": [], "metrics": None, "dependencies": None}),
        id="05 all but two keys may be missing",
    ),
    pytest.param(
        package(runtime="", apis=[], dependencies=None, metrics={}, health={}, swr_location=""),
        told(model={"apis": [], "health": None}),
        id="05 or be empty",
    ),
    pytest.param(
        package(b'{"model_typ": "PyTorch", "algorithm": "x"}'),
        refused(
            Reason.CONFIG_INVALID,
            "/model_type is missing",
            "rename 'model_typ' if that is meant",
            "/model_algorithm is missing",
            "rename 'algorithm' if that is meant",
        ),
        id="05 of a missing key the nearest name is suggested",
    ),
    pytest.param(
        package(model_source="auto", tunable="true", execution_code="obs://code/", service_name="a", class_names=["a"]),
        told(),
        id="06 unknown keys are ignored",
    ),
    pytest.param(
        package(dependancies=[], metric={}),
        told(
            "/dependancies: unknown key, ignored: did you mean dependencies?",
            "/metric: unknown key, ignored: did you mean metrics?",
        ),
        id="06 but a misspelt one is told",
    ),
    pytest.param(
        package(model_type="pytorch"), told("/model_type: 'pytorch' read as PyTorch"), id="07 model_type in any case"
    ),
    pytest.param(
        package(model_type="Scikit-learn", files={"a.pkl": b"w"}),
        told("/model_type: 'Scikit-learn' read as Scikit_Learn", model={"type": "Scikit_Learn"}),
        id="07 with a hyphen",
    ),
    pytest.param(
        package(model_type="Customize"),
        told("/model_type: 'Customize' read as Custom", model={"type": "Custom"}),
        id="07 or an older name",
    ),
    pytest.param(package(runtime="python3.6"), runtime("python3.6"), id="08 an old runtime is kept for the catalogue"),
    pytest.param(
        package(runtime=["x"]),
        runtime(None, "/runtime: ['x'] is not a name of a runtime: ignored"),
        id="08 and no name at all never refuses",
    ),
    pytest.param(
        package(apis=[{"procotol": "https", "url": "/", "method": "POST"}]),
        told("/apis/0/procotol: read as protocol", model=apis(api())),
        id="09 procotol is protocol, which says nothing",
    ),
    pytest.param(
        package(apis=[{"method": "post", "request": {"response": {"Content-type": "application/json"}}}]),
        told(
            "/apis/0/request/response: read as /apis/0/response",
            model=apis(api(requestContentType="application/json", responseContentType="application/json")),
        ),
        id="10 a response inside the request, a method in lower case",
    ),
    pytest.param(package(apis=[{}, {"method": "GET"}]), told(model=apis(api(), api(method="GET"))), id="10 several"),
    pytest.param(
        package(
            apis=[
                {
                    "request": {"content-Type": "multipart/from-data"},
                    "response": {"CONTENT-TYPE": "applicaton/json"},
                },
                {"request": {"Content-type": "multipart/json"}},
            ]
        ),
        told(
            "/apis/0/request/content-Type: 'multipart/from-data' read as multipart/form-data",
            "/apis/0/response/CONTENT-TYPE: 'applicaton/json' read as application/json",
            "/apis/1/request/Content-type: 'multipart/json' read as application/json",
            model=apis(
                api(requestContentType="multipart/form-data", responseContentType="application/json"),
                api(requestContentType="application/json"),
            ),
        ),
        id="11 content types are normalised",
    ),
    pytest.param(
        package(
            apis=[
                {
                    "request": {
                        "data": [{"type": "json", "roperties": {"images": {"type": "file"}, "k": {"type": "float"}}}]
                    },
                    "response": {"data": {"type": "list", "item": [{"type": "string"}, {"type": "number"}]}},
                }
            ]
        ),
        told(
            "/apis/0/request/data: a list of one read as an object",
            "/apis/0/request/data/0/roperties: read as properties",
            "/apis/0/request/data/0/type: 'json' read as object",
            "/apis/0/request/data/0/roperties/k/type: 'float' read as number",
            "/apis/0/response/data/item: read as items",
            "/apis/0/response/data/type: 'list' read as array",
            "/apis/0/response/data/item: a list read as prefixItems",
        ),
        id="12 schemas in the dialects that people write",
    ),
    pytest.param(
        package(
            dependencies=[
                {"installer": "pip", "packages": []},
                {
                    "installer": "pip",
                    "packages": [
                        {"package_name": "numpy", "package_version": "1.15.0", "restraint": "ATLEAST"},
                        {"package_name": "h5py", "package_version": "", "restraint": "EXACT"},
                        {"package_name": "Pillow", "package_version": None, "restraint": ""},
                    ],
                },
                {"packages": [{"package_name": "/home/mind/model/x.whl"}, {"package_name": "requests[socks]"}]},
                {"packages": [{"package_name": "/home/ma-user/infer/model/1/w/y.whl"}]},
            ],
            files={"x.whl": b"", "w/y.whl": b""},
        ),
        told(model={"dependencies": ["numpy>=1.15.0", "h5py", "Pillow", "./x.whl", "requests[socks]", "./w/y.whl"]}),
        id="13 dependencies of several groups, unpinned ones, wheels, extras",
    ),
    pytest.param(
        package(dependencies=[{"packages": [{"package_name": "a", "package_version": "1.0"}]}]),
        told(
            "/dependencies/0/packages/0: package_version without restraint: read as EXACT",
            model={"dependencies": ["a==1.0"]},
        ),
        id="13 a version without restraint",
    ),
    pytest.param(
        package(dependencies=[{"packages": [{"packge_name": "numpy"}]}]),
        refused(
            Reason.CONFIG_INVALID,
            "/dependencies/0/packages/0/package_name is missing: the name of a package; rename 'packge_name'",
        ),
        id="13 a misspelt key of a dependency",
    ),
    pytest.param(
        package(metrics={"f1": 1, "recall": 0.5, "accuracy": "0.97", "mAP": 61.5, "precision": ""}),
        told(
            "/metrics/accuracy: the text '0.97' read as a number",
            "/metrics/precision: empty: left out",
            model={"metrics": {"f1": "1", "recall": "0.5", "accuracy": "0.97", "mAP": "61.5"}},
        ),
        id="14 metrics of any name, number or text, in any range",
    ),
    pytest.param(
        package(
            files={
                "customize_service.py": b"# -*- coding: utf-8 -*-\r\nimport utils\r\n" + CODE,
                "utils/__init__.py": b"",
                "requirements.txt": b"torch\n",
            }
        ),
        told(),
        id="15 code with CRLF, coding line, helpers and requirements beside it",
    ),
    pytest.param(
        package(files={"customize_service.py": CODE + b"<<<<<<< HEAD\nx = 1\n=======\n"}),
        refused(
            Reason.SERVICE_CODE_INVALID, "customize_service.py line 6 column 1: invalid syntax, found '<<<<<<< HEAD'"
        ),
        id="15 a conflict marker is found without importing anything",
    ),
    pytest.param(
        package(files={"customize_service.py": b"from utils.nms import nms\n" + CODE, "utils/boxes.py": b""}),
        warned("customize_service.py line 1: the package has no utils/nms.py"),
        id="15 a helper module that was left out",
    ),
    pytest.param(
        package(files={"customize_service.py": CODE.partition(b"    def")[0] + b"    pass\n"}),
        warned("customize_service.py line 3: A has no _inference, nor a self.model that its base class could call"),
        id="15 a service that cannot predict",
    ),
    pytest.param(
        package(model_type="Caffe", files={"net.caffemodel": b"w", "customize_service.py": CAFFE}),
        refused(Reason.MODEL_TYPE_UNSUPPORTED, "line 2: N derives from CaffeBaseService: Caffe models are not"),
        id="15 a service of an engine that is not served",
    ),
    pytest.param(
        package(model_type="Caffe", files={"net.caffemodel": b"w"}),
        warned(
            "config.json /model_type: the model server has no Caffe of its own: the code must bring all that it needs"
        ),
        id="07 an engine that is not served, with code that might be",
    ),
    pytest.param(
        {"model/customize_service.py": CODE, "model/net.pth": b"w"},
        refused(Reason.CONFIG_MISSING, "neither config.json nor model/config.json exists"),
        id="16 a package whose config.json is still to be generated says so",
    ),
]


@pytest.mark.parametrize(("files", "check"), POINTS)
async def test_a_package_is_read_as_it_is_meant(tmp_path: Path, files: Files, check: Check) -> None:
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    check(await inspect(folder_location(tmp_path), None, FolderStore(), ParserHere()))


async def test_a_package_of_an_engine_without_code_of_its_own_needs_none(tmp_path: Path) -> None:
    """Point 15: of TensorFlow's SavedModels some come without customize_service.py."""
    (tmp_path / "variables").mkdir()
    (tmp_path / "config.json").write_text(json.dumps({**BASE, "model_type": "TensorFlow"}))
    for path in ("saved_model.pb", "variables/variables.index", "variables/variables.data-00000-of-00001"):
        (tmp_path / path).write_bytes(b"w")
    told()(await inspect(folder_location(tmp_path), None, FolderStore(), ParserHere()))


class Unread(FolderStore):
    @override
    async def read(self, location: Location, credentials: Credentials | None, listed: Listed, limit: int) -> bytes:
        assert listed.key != "config.json"
        return await super().read(location, credentials, listed, limit)


async def test_a_config_json_of_100_megabytes_is_refused_without_being_read(tmp_path: Path) -> None:
    (tmp_path / "customize_service.py").write_bytes(CODE)
    with (tmp_path / "config.json").open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    found = await inspect(folder_location(tmp_path), None, Unread(), ParserHere())
    refused(Reason.CONFIG_INVALID, "config.json: it has 104857600 bytes; at most 1048576 are read")(found)
