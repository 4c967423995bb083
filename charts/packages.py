"""`python -m charts.packages FOLDER`: the charts as packages, signed on request. Pushes nothing.

What only a release knows is added to the annotations: its changes, the publisher's links and key.
"""

import argparse
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import yaml

from charts import metadata
from charts.changes import changes
from charts.generate import CRDS, OPERATOR, ROOT, RUNTIMES
from charts.helm import helm

SIGN_KEY: Final = "artifacthub.io/signKey"


def arguments() -> argparse.ArgumentParser:
    """What the command takes."""
    parser = argparse.ArgumentParser(prog="python -m charts.packages", description="Package the charts.")
    parser.add_argument("folder", type=Path, help="where the packages are written")
    parser.add_argument("--key", help="name of the key that signs them")
    parser.add_argument("--keyring", type=Path, help="file with it, as `gpg --export-secret-keys` writes one")
    parser.add_argument("--passphrase-file", type=Path, help="file with its passphrase")
    parser.add_argument("--key-url", help="where others find its public part")
    parser.add_argument("--link", action="append", default=[], metavar="NAME=URL", help="a page about the product")
    return parser


def annotations(options: argparse.Namespace) -> dict[str, str]:
    """Of every package."""
    number = metadata.version(ROOT)
    said = {"artifacthub.io/changes": metadata.dump(changes((ROOT / "CHANGELOG.md").read_text(), number))}
    if "-" in number:
        said["artifacthub.io/prerelease"] = "true"
    if links := [dict(zip(("name", "url"), link.split("=", 1), strict=True)) for link in options.link]:
        said["artifacthub.io/links"] = metadata.dump(links)
    if options.key_url:
        said[SIGN_KEY] = metadata.dump({"fingerprint": _fingerprint(options.keyring), "url": options.key_url})
    return said


def package(chart: Path, folder: Path, added: Mapping[str, str], signing: Sequence[str]) -> None:
    """Write the package of a chart, and with it what `signing` makes `helm package` write."""
    with TemporaryDirectory() as scratch:
        copy = Path(shutil.copytree(chart, Path(scratch) / chart.name))
        about = yaml.safe_load((copy / "Chart.yaml").read_text())
        about["annotations"] |= added
        (copy / "Chart.yaml").write_text(metadata.dump(about))
        helm("package", str(copy), f"--destination={folder}", *signing)


def _signing(options: argparse.Namespace) -> list[str]:
    if not options.key:
        return []
    passphrase = [f"--passphrase-file={options.passphrase_file}"] if options.passphrase_file else []
    return ["--sign", f"--key={options.key}", f"--keyring={options.keyring}", *passphrase]


def _fingerprint(keyring: Path) -> str:
    command = ["gpg", "--batch", "--with-colons", "--show-keys", str(keyring)]
    shown = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    return next(line.split(":")[9] for line in shown.splitlines() if line.startswith("fpr:"))


def main() -> None:
    """Write the packages."""
    options = arguments().parse_args()
    added, signing = annotations(options), _signing(options)
    options.folder.mkdir(parents=True, exist_ok=True)
    for chart in (OPERATOR, CRDS, RUNTIMES):
        package(ROOT / chart, options.folder, added, signing)


if __name__ == "__main__":
    main()
