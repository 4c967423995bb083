"""What a start tells the person who waits for it. Never decides anything."""

from typing import Protocol


class Progress(Protocol):
    """Where the steps of a start are reported; may be called from several threads."""

    def doing(self, text: str) -> None:
        """What happens now; replaced by the next one."""

    def done(self, text: str) -> None:
        """A fact that stays on the screen."""


class Silent:
    """Tells nobody."""

    def doing(self, text: str) -> None:
        """Ignore `text`."""

    def done(self, text: str) -> None:
        """Ignore `text`."""
