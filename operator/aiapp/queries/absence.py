"""Why there are no pods of an application to ask, with the rights of the user."""

from aiapp.domain.application.no_pods import no_pods
from aiapp.domain.kubernetes.resources import APPLICATIONS
from aiapp.ports.kubernetes import ApiError
from aiapp.queries.cluster import FORBIDDEN, UserCluster
from aiapp.queries.errors import QueryError
from aiapp.queries.operation import existing


async def why_no_pods(cluster: UserCluster, application: str, version: str | None = None) -> str:
    """What an error about it ends with; nothing for whoever may not see the application.

    Raises `ApiError`, `QueryError` if there is no such application.
    """
    try:
        found = await existing(cluster, APPLICATIONS, application)
    except QueryError as error:
        raise QueryError(f"{error.message}: `aiapp list` shows what it has, and -n names another one") from error
    except ApiError as error:
        if error.status != FORBIDDEN:
            raise
        return ""
    return f": {no_pods(found, version)}"
