"""Model files for a template: what such a source states. Never asks a store or the cluster."""

from aiapp.api.source import ObsSource, TemplateSource
from aiapp.domain.artifact.verification import StatedDigest
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.sources import obs
from aiapp.domain.sources.raw import TEMPLATE


def package(source: TemplateSource) -> str:
    """What is imported, for people."""
    return f"the inputs of InferenceTemplate {source.name} from {bucket(source).uri}"


def stated_digest(source: TemplateSource) -> StatedDigest | None:
    """The content digest that the source states."""
    return None if source.digest is None else StatedDigest(f"spec.source.{TEMPLATE}.digest", source.digest)


def bucket(source: TemplateSource) -> ObsSource:
    """The bucket that all inputs lie in, with the same way to it: keys of manifests are relative to it."""
    scheme, _, rest = source.inputs[0].uri.partition("://")
    return folder(source, f"{scheme}://{rest.partition('/')[0]}/")


def folder(source: TemplateSource, uri: str) -> ObsSource:
    """A folder of that bucket, with the same way to it."""
    return ObsSource(
        uri=uri,
        endpoint=source.endpoint,
        region=source.region,
        addressing=source.addressing,
        digest=source.digest,
        credentials_secret_ref=source.credentials_secret_ref,
        ca_bundle_ref=source.ca_bundle_ref,
    )


def canonical(source: TemplateSource) -> Json:
    """The fields that reach the pod template, in the form `rollout/1`: the pinned manifest says what lies where."""
    return obs.canonical(bucket(source))
