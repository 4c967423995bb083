"""`python -m charts.generate`: writes what is made of the charts, or checks it. Runs no Helm."""

import argparse
import sys
from pathlib import Path
from typing import Final

import yaml
from pydantic import BaseModel

from charts import metadata
from charts.crd_templates import crd_template
from charts.readme import readme_file
from charts.schema import schema_file
from charts.values import CrdValues, RuntimeValues, Values
from charts.values_yaml import values_file

ROOT: Final = Path(__file__).parents[1]
CHARTS: Final = Path("charts")
OPERATOR: Final = CHARTS / "aiapp-operator"
CRDS: Final = CHARTS / "aiapp-operator-crds"
RUNTIMES: Final = CHARTS / "aiapp-runtimes"
CATALOGUE: Final = Path("operator/aiapp/data/runtimes.yaml")
TEMPLATES: Final = Path("manifests/runtimes/templates.yaml")
INSTALL: Final = Path("manifests/install")
ONE_FILE_HEAD: Final = """\
# Made from crds/ and manifests/install by `make charts`; do not edit. The catalogue of runtimes comes after it:
#   kubectl apply --server-side -f manifests/install.yaml
#   kubectl wait --for=condition=Established crd/inferenceruntimes.aiapp.dev crd/inferencetemplates.aiapp.dev
#   kubectl apply --server-side -k manifests/runtimes
"""
ONE_FILE: Final = Path("manifests/install.yaml")


def outputs() -> dict[Path, str]:
    """Path below the repository's root, and text, of every generated file of charts/ and manifests/."""
    return {
        **_about(OPERATOR, Values, metadata.operator_chart(ROOT)),
        **_about(CRDS, CrdValues, metadata.crd_chart(ROOT)),
        **_about(RUNTIMES, RuntimeValues, metadata.runtime_chart(ROOT)),
        **_crds(OPERATOR / "templates/crds", keep=".Values.crds.keep", condition=".Values.crds.enabled"),
        **_crds(CRDS / "templates", keep=".Values.keep"),
        RUNTIMES / "files/runtimes.yaml": (ROOT / CATALOGUE).read_text(),
        RUNTIMES / "files/templates.yaml": (ROOT / TEMPLATES).read_text(),
        ONE_FILE: _one_file(),
    }


def _about(chart: Path, model: type[BaseModel], chart_yaml: str) -> dict[Path, str]:
    readme = ROOT / CHARTS / "readme" / f"{chart.name}.md"
    return {
        chart / "Chart.yaml": chart_yaml,
        chart / "values.yaml": values_file(model),
        chart / "values.schema.json": schema_file(model),
        chart / "README.md": readme_file(readme.read_text(), model),
    }


def _crds(folder: Path, *, keep: str, condition: str | None = None) -> dict[Path, str]:
    labels = OPERATOR.name if condition else CRDS.name
    return {
        folder / file.name: crd_template(file.read_text(), labels=f"{labels}.labels", keep=keep, condition=condition)
        for file in _crd_files()
    }


def _one_file() -> str:
    """All of manifests/install but the runtimes, of which kubectl knows no kind before their CRD is served."""
    kustomization = yaml.safe_load((ROOT / INSTALL / "kustomization.yaml").read_text())
    own = [ROOT / INSTALL / name for name in kustomization["resources"] if not name.startswith("../")]
    files = [*_crd_files(), *own]
    return ONE_FILE_HEAD + "---\n".join(file.read_text() for file in files)


def _crd_files() -> list[Path]:
    return sorted((ROOT / "crds").glob("*.yaml"))


def main(arguments: list[str] | None = None) -> str | None:
    """Write or compare the files; returns what is wrong, None if nothing is."""
    parser = argparse.ArgumentParser(prog="python -m charts.generate", description="Write what is made of the charts.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file is not up to date")
    stale = {
        path: text
        for path, text in outputs().items()
        if not (ROOT / path).exists() or (ROOT / path).read_text() != text
    }
    if parser.parse_args(arguments).check:
        return f"not up to date, run `make charts`: {', '.join(map(str, stale))}" if stale else None
    for path, text in stale.items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(text)
    return None


if __name__ == "__main__":
    sys.exit(main())
