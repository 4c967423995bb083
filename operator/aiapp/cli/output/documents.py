"""Documents as JSON or YAML for standard output."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import yaml


def as_json(document: Any) -> str:
    """Indented, ending in a line feed."""
    return json.dumps(document, indent=2) + "\n"


def as_yaml(document: Any) -> str:
    """In the order of its keys; enums and tuples become what JSON has for them.

    Escapes every letter beyond ASCII where one of them is for no eye, such as those that turn others round.
    """
    plain = json.loads(json.dumps(document))
    text = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=1000)
    if all(line.isprintable() for line in text.split("\n")):
        return text
    return yaml.safe_dump(plain, sort_keys=False, width=1000)


FORMATS: Final[Mapping[str, Callable[[Any], str]]] = {"yaml": as_yaml, "json": as_json}
