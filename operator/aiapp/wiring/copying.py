"""What copies images into the installation's own registry, where it has one."""

from dataclasses import dataclass

from aiapp.adapters.kube.client import KubeApi
from aiapp.adapters.metrics.metrics import Metrics
from aiapp.adapters.registry.copying import RegistryCopier
from aiapp.adapters.registry.registries import ImageRegistries
from aiapp.adapters.tenant_limiter import TenantLimiter
from aiapp.controller.workqueue import WorkQueue
from aiapp.reconcile.copies import AT_ONCE, Copies
from aiapp.reconcile.upload_log import UploadLog
from aiapp.settings import Settings
from aiapp.wiring.configured import own_registry_settings


@dataclass(frozen=True, slots=True)
class Copying:
    """Must be closed."""

    copier: RegistryCopier
    copies: Copies
    log: UploadLog

    async def run(self) -> None:
        """Until it is cancelled; what is not finished may go on in another process."""
        await self.log.run(self.copies.run)

    async def close(self) -> None:
        """Closes all connections to the registry."""
        await self.copier.close()


def copying(
    settings: Settings, kube: KubeApi, registries: ImageRegistries, queue: WorkQueue, metrics: Metrics
) -> Copying | None:
    """Out of `registries`, and versions into the queue whose copies have ended; None: there is no registry."""
    if not settings.registry:
        return None
    copier = RegistryCopier(own_registry_settings(settings), registries, observer=metrics)
    copies = Copies(copier, TenantLimiter(AT_ONCE), queue.add)
    return Copying(copier, copies, UploadLog(kube, settings.namespace, copier))
