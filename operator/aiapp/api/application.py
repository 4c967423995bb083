"""AIApplication: a model under central management, and which of its versions to serve. Types only."""

from pydantic import ConfigDict

from aiapp.api.application_status import ApplicationStatus
from aiapp.api.meta import ApiModel, Description, DisplayName, Documents, rule, rules
from aiapp.api.serving import Serving


class ApplicationSpec(ApiModel):
    """What is managed and what is wanted."""

    display_name: DisplayName | None = None
    """Name as ModelArts allows it: letters, digits, `-`, `_`."""
    description: Description | None = None
    """1 to 100 characters, none of & ! ' " < > =."""
    documents: Documents | None = None
    """At most three links to documents about the application."""
    serving: Serving | None = None
    """Absent: the application is managed but nothing is deployed."""


class AIApplication(ApiModel):
    """An AI application: its versions under central management, and the inference service made of them."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "self.metadata.name.matches('^[a-z]([-a-z0-9]{0,51}[a-z0-9])?$')",
                "metadata.name: at most 53 lower-case letters, digits and '-', starting with a letter "
                "(a name as ModelArts allows it goes to spec.displayName)",
                at="metadata.name",
            ),
        )
    )

    spec: ApplicationSpec = ApplicationSpec()
    """What is managed and what is wanted."""
    status: ApplicationStatus = ApplicationStatus()
    """What is deployed."""
