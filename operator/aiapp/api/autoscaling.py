"""How many pods of a served version there are, by what they are busy with. Types only."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from aiapp.api.meta import ATOMIC, REQUIRED, ApiModel, Matches, Quantity, rule, rules

MetricName = Annotated[
    str,
    Field(max_length=253),
    Matches(
        "[a-zA-Z_:][a-zA-Z0-9_:./-]*", "the name of a metric starts with a letter and has letters, digits and '_:./-'"
    ),
]


class Metric(ApiModel):
    """What the number of pods follows."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "self.type == 'Pods' || (has(self.averageUtilization) && !has(self.name) && !has(self.averageValue))",
                "a metric of type CPU or Memory has averageUtilization, and neither name nor averageValue",
                at="averageUtilization",
                reason=REQUIRED,
            ),
            rule(
                "self.type != 'Pods' || (has(self.name) && has(self.averageValue) && !has(self.averageUtilization))",
                "a metric of type Pods has name and averageValue, and no averageUtilization",
                at="name",
                reason=REQUIRED,
            ),
        )
    )

    type: Literal["CPU", "Memory", "Pods"]
    """CPU, Memory: how much of what they request the pods use, by the cluster's metrics-server. Pods: a metric of the
    pods, such as the model server's own, by an adapter for custom metrics."""
    average_utilization: Annotated[int, Field(ge=1, le=1000)] | None = None
    """Percent of the request that a pod is to use on average."""
    name: MetricName | None = None
    """Name of the metric as the adapter has it, for example `aiapp_model_requests_in_flight`."""
    average_value: Quantity | None = None
    """Value that a pod is to have on average, for example 4 or 500m."""


class Autoscaling(ApiModel):
    """A HorizontalPodAutoscaler for the version's Deployment."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "!has(self.minReplicas) || self.minReplicas <= self.maxReplicas",
                "minReplicas may not be more than maxReplicas",
                at="minReplicas",
            ),
        )
    )

    min_replicas: Annotated[int, Field(ge=1, le=128)] | None = None
    """Pods at least. Default: 1."""
    max_replicas: Annotated[int, Field(ge=1, le=128)]
    """Pods at most."""
    metrics: Annotated[tuple[Metric, ...], Field(min_length=1, max_length=8, json_schema_extra=ATOMIC)]
    """What the number follows; of several the one that asks for most pods."""
    cool_down_seconds: Annotated[int, Field(ge=0, le=3600)] | None = None
    """Seconds for which fewer pods have to do before there are fewer. Default: Kubernetes' own, 300."""
