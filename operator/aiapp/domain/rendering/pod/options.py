"""What users add to a pod: volumes and whole sources of environment variables."""

from collections.abc import Iterator

from aiapp.api.pod import EnvFrom, MountedClaim, PodOptions
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.rendering.pod.container import mount


def claim_mounts(options: PodOptions) -> Iterator[Json]:
    """Mounts of the model server's container."""
    names = _names(options)
    for claim in options.claims or ():
        sub_path = {} if claim.sub_path is None else {"subPath": claim.sub_path}
        yield mount(names[claim.claim_name], claim.mount_path, read_only=claim.read_only) | sub_path


def claim_volumes(options: PodOptions) -> Iterator[Json]:
    """One volume a claim, however often it is mounted; read-only where each of its mounts is."""
    for claim_name, name in _names(options).items():
        mounted = [claim for claim in options.claims or () if claim.claim_name == claim_name]
        yield {"name": name, "persistentVolumeClaim": _source(claim_name, mounted)}


def env_from(options: PodOptions) -> list[Json]:
    """`envFrom` of the model server's container."""
    return [_source_of_variables(one) for one in options.env_from or ()]


def _names(options: PodOptions) -> dict[str, str]:
    """The volume of each claim: names of claims may be longer than those of volumes."""
    claims = dict.fromkeys(claim.claim_name for claim in options.claims or ())
    return {claim: f"claim-{place}" for place, claim in enumerate(claims)}


def _source(claim_name: str, mounted: list[MountedClaim]) -> Json:
    read_only = {"readOnly": True} if all(claim.read_only for claim in mounted) else {}
    return {"claimName": claim_name, **read_only}


def _source_of_variables(source: EnvFrom) -> Json:
    return source.model_dump(by_alias=True, exclude_none=True)
