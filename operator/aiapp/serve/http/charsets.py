"""The charsets in which clients may send text: not every codec of Python is one, and some take quadratic time."""

from __future__ import annotations

import re
from encodings.aliases import aliases
from typing import Optional

_CODECS = (
    *("ascii", "utf_8", "utf_8_sig", "utf_16", "utf_16_be", "utf_16_le", "utf_32", "utf_32_be", "utf_32_le"),
    *("gb18030", "gbk", "gb2312", "big5", "big5hkscs", "shift_jis", "euc_jp", "iso2022_jp", "euc_kr"),
    *("latin_1", "koi8_r", "koi8_u", "cp866", "cp874", "cp932", "cp949", "cp950"),
    *("iso8859_{}".format(part) for part in range(2, 17) if part != 12),
    *("cp{}".format(page) for page in range(1250, 1259)),
)


def codec(charset: str) -> Optional[str]:
    """Python's name for a charset in any of its spellings; None if it is not one of ours.

    Python's own search would remember each name that it does not know.
    """
    name = re.sub(r"[^0-9a-z]+", "_", charset.lower())
    name = aliases.get(name, name)
    return name if name in _CODECS else None
