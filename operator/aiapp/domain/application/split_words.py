"""A split of traffic among versions, in words for people. Pure."""

from collections.abc import Iterable


def split_in_words(shares: Iterable[tuple[str, int]]) -> str:
    """Of version numbers and percents: `1.0.0`, or `1.0.0 90 %, 1.1.0 10 %`; empty of none."""
    pairs = list(shares)
    if len(pairs) == 1:
        return pairs[0][0]
    return ", ".join(f"{version} {share} %" for version, share in pairs)
