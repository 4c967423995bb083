"""Patterns in which an asterisk stands for any characters, and nothing else for anything but itself. Pure."""


def covers(pattern: str, text: str) -> bool:
    """Whether the whole text matches: each piece between two asterisks is looked for behind the one before it.

    No regular expression: hundreds of different ones take seconds to make, and a hostile text makes them slow.
    """
    head, *pieces = pattern.split("*")
    if not pieces:
        return text == pattern
    tail = pieces.pop()
    at, end = len(head), len(text) - len(tail)
    if at > end or not (text.startswith(head) and text.endswith(tail)):
        return False
    for piece in pieces:
        found = text.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True
