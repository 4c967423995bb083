"""How many pods each served version gets, and how they are replaced."""

from aiapp.api.serving import Serving
from aiapp.domain.application.rollout import Running
from aiapp.domain.application.traffic.shares import weight_of


def replicas(running: Running, serving: Serving) -> int | None:
    """Pods of one version; None: another, such as an autoscaler, says how many."""
    return 0 if weight_of(running.served, serving) == 0 else running.served.replicas
