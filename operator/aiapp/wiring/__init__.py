"""The one place that chooses implementations. Never decides anything about objects."""

from aiapp.wiring.configured import endpoint_policy, proxies
from aiapp.wiring.operator_process import OperatorProcess
from aiapp.wiring.parts import utc_now

__all__ = ["OperatorProcess", "endpoint_policy", "proxies", "utc_now"]
