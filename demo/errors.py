"""The one exception of the demonstration; it is never caught to go on."""


class DemoError(Exception):
    """The demonstration cannot go on, in words for the person who watches it."""
