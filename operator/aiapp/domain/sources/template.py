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
    return obs.package_at(f"{scheme}://{rest.partition('/')[0]}/", source, source.digest)


def canonical(source: TemplateSource) -> Json:
    """The fields that reach the pod template, in the form `rollout/1`: the pinned manifest says what lies where."""
    return obs.canonical(bucket(source))
