"""Makes untrusted text fit for statuses, events, logs, termination messages and terminals."""

from typing import Final

MAX_CHARACTERS: Final = 300
_CUT: Final = "..."


def printable(text: str, most: int = MAX_CHARACTERS) -> str:
    """`text` on one line of at most `most` characters; what is not printable becomes `?`.

    So no escape sequence reaches a terminal, no line break forges a line of a log, no override turns letters round.
    """
    line = " ".join(text[: 8 * most].split())
    if not line.isprintable():
        line = "".join(character if character.isprintable() else "?" for character in line)
    return line if len(line) <= most else f"{line[: most - len(_CUT)]}{_CUT}"
