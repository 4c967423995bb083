"""YAML as kubectl reads it, to which more words are numbers and truth values than to PyYAML. Pure.

An argument such as `1e-3` that is written without quotes comes to the API server as a number, which refuses it where it
wants a text, and keeps the number where it takes anything.
"""

import re
from typing import Any, Final

import yaml

_FLOAT: Final = re.compile(r"[-+]?(\.[0-9][0-9_]*|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9][0-9_]*)?$")
_OCTAL: Final = re.compile(r"[-+]?0o[0-7]+$")
_CAPITAL: Final = re.compile(r"[-+]?0[OXB][0-9a-fA-F_]+$")
_TRUTH: Final = re.compile(r"[yYnN]$")


class Writer(yaml.SafeDumper):
    """Puts into quotes what kubectl would take for no text."""


class Reader(yaml.SafeLoader):
    """Finds the types that kubectl finds."""

    bool_values = yaml.SafeLoader.bool_values | {"y": True, "n": False}


for _each in (Writer, Reader):
    _each.add_implicit_resolver("tag:yaml.org,2002:int", _OCTAL, list("-+0"))
    _each.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, list("-+.0123456789"))
    _each.add_implicit_resolver("tag:yaml.org,2002:bool", _TRUTH, list("yYnN"))
Writer.add_implicit_resolver("tag:yaml.org,2002:int", _CAPITAL, list("-+0"))


def as_yaml(*documents: Any, is_ascii: bool = False) -> str:
    """In the order of their keys; several documents are parted by `---`."""
    return yaml.dump_all(
        documents,
        Dumper=Writer,
        explicit_start=len(documents) > 1,
        sort_keys=False,
        allow_unicode=not is_ascii,
        width=1000,
    )
