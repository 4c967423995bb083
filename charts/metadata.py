"""Chart.yaml of the charts: the version is that of pyproject.toml, and everything else follows."""

import tomllib
from pathlib import Path
from typing import Any, Final

import yaml

from aiapp.api import crd
from aiapp.api.meta import API_VERSION, GROUP_VERSION

HEAD: Final = "# Made from charts/metadata.py and pyproject.toml by `make charts`; do not edit.\n"
KUBERNETES: Final = ">=1.30.0-0"
KEYWORDS: Final = ["kubernetes-operator", "inference", "mlops", "model-registry", "modelarts", "ascend", "npu"]
DESCRIPTION: Final = (
    "AI applications on Kubernetes: registered by version, pinned by content, checked against the nodes."
)


def version(root: Path) -> str:
    """The product's version."""
    found: str = tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"]
    return found


def operator_chart(root: Path) -> str:
    """Chart.yaml of aiapp-operator."""
    number = version(root)
    annotations = {
        "artifacthub.io/operator": "true",
        "artifacthub.io/operatorCapabilities": "Seamless Upgrades",
        "artifacthub.io/crds": dump(_crds()),
        "artifacthub.io/crdsExamples": dump(_examples(root)),
        "artifacthub.io/images": dump([_image(number)]),
    }
    return _chart("aiapp-operator", DESCRIPTION, number, annotations)


def crd_chart(root: Path) -> str:
    """Chart.yaml of aiapp-operator-crds."""
    annotations = {"artifacthub.io/crds": dump(_crds())}
    return _chart(
        "aiapp-operator-crds", "The CRDs of aiapp-operator, in a chart of their own.", version(root), annotations
    )


def runtime_chart(root: Path) -> str:
    """Chart.yaml of aiapp-runtimes."""
    return _chart("aiapp-runtimes", "The catalogue of runtimes of aiapp-operator.", version(root), {})


def _chart(name: str, description: str, number: str, annotations: dict[str, str]) -> str:
    common = {"artifacthub.io/license": "Apache-2.0", "artifacthub.io/category": "ai-machine-learning"}
    chart = {
        "apiVersion": "v2",
        "name": name,
        "description": description,
        "type": "application",
        "version": number,
        "appVersion": number,
        "kubeVersion": KUBERNETES,
        "keywords": KEYWORDS,
        "annotations": common | annotations,
    }
    return HEAD + dump(chart)


def _crds() -> list[dict[str, str]]:
    return [
        {
            "kind": kind.name,
            "version": API_VERSION,
            "name": kind.crd_name,
            "displayName": kind.name,
            "description": " ".join((kind.model.__doc__ or "").split()),
        }
        for kind in crd.KINDS
    ]


def _examples(root: Path) -> list[Any]:
    """The sample that registers a version and serves it."""
    documents = yaml.safe_load_all((root / "manifests/samples/digits.yaml").read_text())
    return [document for document in documents if document["apiVersion"] == GROUP_VERSION]


def _image(number: str) -> dict[str, Any]:
    platforms = ["linux/amd64", "linux/arm64"]
    return {"name": "aiapp-operator", "image": f"localhost/aiapp-operator:{number}", "platforms": platforms}


class _Dumper(yaml.SafeDumper):
    """Long texts as blocks, so that a change is a change of lines."""


_Dumper.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None),
)


def dump(value: Any) -> str:
    """YAML as the charts have it: keys in their order, long texts as blocks."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, width=118, allow_unicode=True)
