"""`python -m aiapp.api.generate`: writes what is made from the models, or checks it. Never talks to a cluster."""

import argparse
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from aiapp.api import crd, reference

CRDS: Final = Path("crds")
REFERENCE: Final = Path("docs/reference")


@cache
def outputs() -> dict[Path, str]:
    """Path below the repository's root, and text, of every file that is made from the models."""
    manifests = [crd.crd(kind) for kind in crd.KINDS]
    pages = {"api.md": reference.api_page(manifests), "conditions.md": reference.conditions_page()}
    return {
        **{CRDS / name: text for name, text in crd.files().items()},
        **{REFERENCE / name: text for name, text in pages.items()},
    }


def outgrown(lock: str) -> bool:
    """Whether the schemas have changed since that lock while the revision has not grown."""
    revision, locked_hash = (line.split()[1] for line in lock.splitlines())
    return crd.schema_hash() != locked_hash and int(revision) >= crd.REVISION


def main(arguments: list[str] | None = None) -> str | None:
    """Write or compare the files; returns what is wrong, None if nothing is."""
    lock = _options(arguments).root / CRDS / crd.LOCK
    if lock.exists() and outgrown(lock.read_text()):
        return "the schemas changed: raise REVISION in operator/aiapp/api/crd.py, then `make crds`"
    return generate(outputs(), arguments)


def generate(made: Mapping[Path, str], arguments: list[str] | None) -> str | None:
    """Write or compare those files, each text by its path below the root; returns what is wrong, None if nothing is."""
    options = _options(arguments)
    files = {options.root / path: text for path, text in made.items()}
    stale = {path: text for path, text in files.items() if not path.exists() or path.read_text() != text}
    if options.check:
        return f"not up to date, run `make crds`: {', '.join(map(str, stale))}" if stale else None
    for path, text in stale.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return None


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Write what is made from the code: CRDs and reference pages.")
    parser.add_argument("root", type=Path, nargs="?", default=Path(), help="root of the repository (default: here)")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file is not up to date")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
