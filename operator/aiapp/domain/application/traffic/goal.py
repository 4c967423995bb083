"""The shares that are wanted now: those of `spec`, or a step on the way to them. Decides nothing about time."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiapp.api.serving import Serving
from aiapp.domain.application.observed import ObservedApplication
from aiapp.domain.application.traffic.shares import weight_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What each version is to have now: those of `spec` in their order, then those on their way out."""

    shares: Mapping[str, int]
    """Percent of the traffic; they add up to 100, or are absent when nothing is to be served."""
    replicas: Mapping[str, int | None]
    """Pods; None: another, such as an autoscaler, says how many. 0 for a version that has no share."""


def goal(observed: ObservedApplication) -> Goal:
    """The goal of this pass."""
    serving = observed.application.parsed.spec.serving
    return wish(serving) if serving else Goal(shares={}, replicas={})


def wish(serving: Serving) -> Goal:
    """What `spec` asks for in the end."""
    shares = {served.version: weight_of(served, serving) for served in serving.versions}
    replicas = {served.version: served.replicas if shares[served.version] else 0 for served in serving.versions}
    return Goal(shares=shares, replicas=replicas)
