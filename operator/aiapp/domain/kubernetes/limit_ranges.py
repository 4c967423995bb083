"""What is read of LimitRanges."""

from typing import Final

EPHEMERAL_STORAGE: Final = "ephemeral-storage"
BOUNDED: Final = frozenset({"cpu", "memory", EPHEMERAL_STORAGE})
"""Resources of a LimitRange that are looked at."""
BOUNDS: Final = ("max", "min", "maxLimitRequestRatio", "default")
"""Its fields for each container."""
