"""The command line as tests call it."""

from collections.abc import Callable

from click.testing import Result

Aiapp = Callable[..., Result]
"""`aiapp("stop", "mnist")`: what it printed and how it ended."""
