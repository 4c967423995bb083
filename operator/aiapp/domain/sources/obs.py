"""A package in object storage: what its source states. Never asks a store."""

from typing import Any

from aiapp.api.meta import CaBundleReference
from aiapp.api.source import ObsSource, Store
from aiapp.domain.artifact.verification import StatedDigest
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.sources.raw import OBS


def package(source: ObsSource) -> str:
    """What is imported, for people."""
    return f"the package from {source.uri}"


def stated_digest(source: ObsSource) -> StatedDigest | None:
    """The content digest that the source states."""
    return None if source.digest is None else StatedDigest(f"spec.source.{OBS}.digest", source.digest)


def package_at(uri: str, store: Store, digest: str | None = None) -> ObsSource:
    """The package in that folder, which is reached as `store` says."""
    return ObsSource(uri=uri, digest=digest, **store_fields(store))


def store_fields(store: Store) -> dict[str, Any]:
    """Every field that says how the store is reached, for another source there."""
    return {field: getattr(store, field) for field in Store.model_fields}


def canonical(source: ObsSource) -> Json:
    """The fields that reach the pod template, in the form `rollout/1`."""
    fields: Json = {"uri": source.uri, "digest": source.digest}
    return {key: value for key, value in fields.items() if value is not None} | canonical_store(source)


def canonical_store(store: Store) -> Json:
    """Those that say how the store is reached."""
    secret, bundle = store.credentials_secret_ref, store.ca_bundle_ref
    fields: Json = {
        "endpoint": store.endpoint,
        "region": store.region,
        "addressing": store.addressing,
        "credentialsSecretRef": {"name": secret.name} if secret else None,
        "caBundleRef": _ca_bundle(bundle) if bundle else None,
    }
    return {key: value for key, value in fields.items() if value is not None}


def _ca_bundle(bundle: CaBundleReference) -> Json:
    return {"kind": bundle.kind, "name": bundle.name, "key": bundle.key}
