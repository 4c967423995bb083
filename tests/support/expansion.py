"""What the kubelet makes of arguments and values of variables, by the rule in the API's documentation."""

import re
from collections.abc import Mapping
from typing import Final

_REFERENCE: Final = re.compile(r"\$(?:\$|\(([^)]*)\))")


def expanded(text: str, variables: Mapping[str, str]) -> str:
    """`$(NAME)` with its value, or as it is where there is no such variable; `$$` as one."""
    return _REFERENCE.sub(lambda found: "$" if found[1] is None else variables.get(found[1], found[0]), text)
