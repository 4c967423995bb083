"""What object storage and registries have in common: why they did not answer, and whose turn it is."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from aiapp.api.conditions import Reason


class EndpointError(Exception):
    """An endpoint did not give what was asked for; `str()` is a sentence for people, free of secrets."""

    def __init__(self, reason: Reason, message: str, *, retryable: bool, after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        """One of the import reasons, for example `AccessDenied`."""
        self.message = message
        self.retryable = retryable
        """True if transient (an outage); False if a user must act. Both kinds are worth trying again later."""
        self.after_seconds = after_seconds
        """When the endpoint wants to be asked again, if it says so (`Retry-After`)."""


class TenantSlots(Protocol):
    """Limits concurrent work: a tenant has at most one slot at a time."""

    def slot(self, tenant: str) -> AbstractAsyncContextManager[None]:
        """Waits for a slot, and gives it back at the end of the context."""
        ...
