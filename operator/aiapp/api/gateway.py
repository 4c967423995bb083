"""How an application is reached through the Gateway API. Types only."""

from typing import Annotated, Final

from pydantic import ConfigDict, Field

from aiapp.api.meta import ATOMIC, SET, ApiModel, Matches, NameString, Port, rule, rules

NamespaceName = Annotated[
    str,
    Field(max_length=63),
    Matches(
        "[a-z0-9]([-a-z0-9]*[a-z0-9])?",
        "the name of a namespace consists of lower-case letters, digits and '-', with a letter or digit at both ends",
    ),
]
Hostname = Annotated[
    str,
    Field(max_length=253),
    Matches(
        r"(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*",
        "a hostname consists of lower-case letters, digits, '-' and '.', without a port; its first label may be '*'",
    ),
]
PathPrefix = Annotated[
    str,
    Field(max_length=1024),
    Matches(
        "/|(/[-A-Za-z0-9._~]*[-A-Za-z0-9_~][-A-Za-z0-9._~]*)+",
        "path is '/', or starts with it and does not end with it; its parts consist of letters, digits and '-._~', "
        "not of dots alone",
    ),
]


def _same(field: str) -> str:
    """Whether two parents have the same value, spelt out: the API server cannot bound the cost of `.?`."""
    return f"(has(a.{field}) ? a.{field} : '') == (has(b.{field}) ? b.{field} : '')"


_ONE_GATEWAY: Final = f"a.name == b.name && {_same('__namespace__')}"


class ParentReference(ApiModel):
    """A Gateway, or one of its listeners, that the application's route attaches to."""

    name: NameString
    """Name of the Gateway."""
    namespace: NamespaceName | None = None
    """Its namespace; default: the application's. Its listener has to allow routes from there."""
    section_name: NameString | None = None
    """Name of one of its listeners; default: all that allow it."""
    port: Port | None = None
    """Port of its listeners; default: any."""


class FilterReference(ApiModel):
    """An object in the application's namespace that its gateway applies to each request, for example authentication."""

    group: Annotated[str, Field(max_length=253), Matches("[a-z0-9.-]+", "group is the API group of the filter's kind")]
    """API group of its kind, for example `traefik.io`."""
    kind: Annotated[
        str,
        Field(max_length=63),
        Matches("[A-Za-z]([-A-Za-z0-9]*[A-Za-z0-9])?", "kind starts with a letter; letters, digits and '-' follow"),
    ]
    """Its kind, for example `Middleware`."""
    name: NameString
    """Its name."""


class Gateway(ApiModel):
    """One HTTPRoute of the Gateway API, of the application's name, with the exact weights of its versions."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                f"self.parentRefs.all(a, self.parentRefs.exists_one(b, {_ONE_GATEWAY} && {_same('sectionName')}) && "
                f"self.parentRefs.all(b, !({_ONE_GATEWAY}) || has(a.sectionName) == has(b.sectionName)))",
                "gateway.parentRefs: a Gateway is named once, or each time with another sectionName",
                at="parentRefs",
            ),
        )
    )

    parent_refs: Annotated[tuple[ParentReference, ...], Field(min_length=1, max_length=4, json_schema_extra=ATOMIC)]
    """The Gateways that send requests here."""
    hostnames: Annotated[tuple[Hostname, ...], Field(max_length=8, json_schema_extra=SET)] = ()
    """Names by which clients reach it; without any, whatever the listeners take. `status.url` has the first."""
    path: PathPrefix = "/"
    """Only requests below it are for this application. What follows it is what the model server gets: with `/mnist`, a
    request for `/mnist/health` arrives as `/health`."""
    filters: Annotated[tuple[FilterReference, ...], Field(max_length=8, json_schema_extra=ATOMIC)] = ()
    """Filters of the gateway's own kinds (`ExtensionRef`), applied in this order."""
