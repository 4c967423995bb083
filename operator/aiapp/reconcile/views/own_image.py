"""The image that the operator's own pod runs: the init containers that fetch models run it too."""

import asyncio
import logging
from typing import Final

from aiapp.domain.kubernetes.resources import PODS, Json
from aiapp.ports.kubernetes import Api, ApiError

logger = logging.getLogger(__name__)

CONTAINER: Final = "operator"
RETRY_SECONDS: Final = 2.0


class OwnImage:
    """Reads the image of `pod` while `run` runs; where there is no pod it is `image`."""

    def __init__(self, api: Api, namespace: str, pod: str, image: str) -> None:
        self.image = image
        """What counts now."""
        self.synced = asyncio.Event()
        """Set as soon as it is known."""
        self._api = api
        self._namespace = namespace
        self._pod = pod

    async def run(self) -> None:
        """Until cancelled. Nothing is rolled out before the pod could be read."""
        while self._pod and not self.synced.is_set():
            try:
                self.image = _image(await self._api.get(PODS, self._namespace, self._pod))
            except ApiError as error:
                logger.warning("looking at the operator's own pod: %s; again in %.0f s", error, RETRY_SECONDS)
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self.synced.set()
        self.synced.set()
        await asyncio.Event().wait()


def _image(pod: Json) -> str:
    containers = {container["name"]: container["image"] for container in pod["spec"]["containers"]}
    image: str = containers[CONTAINER]
    return image
