"""Sizes in bytes for people."""


def human_size(size: int) -> str:
    """Binary units with one decimal, for example `97.3 MiB`."""
    value, units = float(size), iter(("B", "KiB", "MiB", "GiB", "TiB", "PiB"))
    unit = next(units)
    while value >= 1024 and unit != "PiB":
        value, unit = value / 1024, next(units)
    return f"{size} B" if unit == "B" else f"{value:.1f} {unit}"
