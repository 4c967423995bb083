"""Which forms may be large."""

from typing import Final

PREDICT: Final = "predict"
"""Name of the route that takes uploads."""
UPLOAD_BYTES: Final = 12 * 1024**2
"""What the form for predictions may send to it."""
