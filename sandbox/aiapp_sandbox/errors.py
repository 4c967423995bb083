"""What can go wrong with a sandbox, as one exception that a person can act on. Never carries a secret."""


class SandboxError(Exception):
    """The sandbox cannot do what was asked; the message names the cause and what to do."""
