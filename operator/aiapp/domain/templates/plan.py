"""InferenceTemplate: whether versions can use it."""

from aiapp.api.conditions import ConditionType, Reason
from aiapp.api.template import TemplateSpec
from aiapp.domain.conditions import Finding, State, fails, holds
from aiapp.domain.templates.choice import template_faults


def ready(spec: TemplateSpec) -> Finding:
    """The condition Ready."""
    if found := list(template_faults(spec)):
        return unusable("; ".join(found))
    return holds(ConditionType.READY)


def unusable(message: str) -> Finding:
    """The same of a template that no version can use."""
    return fails(ConditionType.READY, Reason.TEMPLATE_INVALID, f"no version can use it: {message}")


def stalled(found: Finding) -> tuple[Finding, ...]:
    """A fault of a template lasts until the template is changed."""
    return (holds(ConditionType.STALLED, found.message, found.reason),) if found.state is State.FALSE else ()
