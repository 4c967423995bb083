"""The one place that chooses implementations. Never decides anything about objects."""

from aiapp.wiring.configured import endpoint_policy, proxies
from aiapp.wiring.engine import Engine
from aiapp.wiring.parts import utc_now

__all__ = ["Engine", "endpoint_policy", "proxies", "utc_now"]
