"""`python -m aiapp.cli.reference`: writes the pages on settings and commands, or checks them."""

import sys

from aiapp.api.generate import REFERENCE, generate
from aiapp.cli.reference.commands import commands_page
from aiapp.cli.reference.settings import settings_page


def main(arguments: list[str] | None = None) -> str | None:
    """Write or compare the pages; returns what is wrong, None if nothing is."""
    return generate({REFERENCE / "settings.md": settings_page(), REFERENCE / "cli.md": commands_page()}, arguments)


if __name__ == "__main__":
    sys.exit(main())
