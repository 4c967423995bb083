"""Whether the policies are in force without which a pod could be changed after it got its ticket. Writes nothing."""

from collections.abc import Callable
from typing import Final

from aiapp.domain.kubernetes.resources import ADMISSION_BINDINGS, ADMISSION_POLICIES
from aiapp.ports.kubernetes import Api, ApiError

POLICIES: Final = ("aiapp-exeml-versions", "aiapp-exeml-pods")
"""Names of the policies and of their bindings. The image of a running container may be changed otherwise."""
SECONDS: Final = 30.0
"""How long an answer counts."""


class Protection:
    """`await protection()` is what is missing, or None; never raises for an API server that does not answer."""

    def __init__(self, api: Api, clock: Callable[[], float]) -> None:
        self._api, self._clock = api, clock
        self._until = 0.0

    async def __call__(self) -> str | None:
        if self._clock() < self._until:
            return None
        for name in POLICIES:
            if not await self._is_in_force(name):
                return f"ValidatingAdmissionPolicy {name} is not in force"
        self._until = self._clock() + SECONDS
        return None

    async def _is_in_force(self, name: str) -> bool:
        try:
            await self._api.get(ADMISSION_POLICIES, None, name)
            binding = await self._api.get(ADMISSION_BINDINGS, None, name)
        except ApiError:
            return False
        spec = binding.get("spec") or {}
        denies = "Deny" in (spec.get("validationActions") or ())
        return bool(denies and spec.get("policyName") == name and not spec.get("matchResources"))
