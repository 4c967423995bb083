"""`python -m aiapp.cli.reference`: writes the pages on settings, commands, metrics and engines, or checks them."""

import sys

from aiapp.api.generate import REFERENCE, generate
from aiapp.cli.reference.commands import commands_page
from aiapp.cli.reference.engines import engines_page
from aiapp.cli.reference.settings import settings_page
from aiapp.domain.monitoring.reference import metrics_page


def main(arguments: list[str] | None = None) -> str | None:
    """Write or compare the pages; returns what is wrong, None if nothing is."""
    pages = {"settings.md": settings_page(), "cli.md": commands_page(), "metrics.md": metrics_page()}
    pages["engines.md"] = engines_page()
    return generate({REFERENCE / name: text for name, text in pages.items()}, arguments)


if __name__ == "__main__":
    sys.exit(main())
