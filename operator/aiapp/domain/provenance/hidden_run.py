"""What is kept of the training job that made a model of ExeML: nothing that names the place where the model lies. Pure.

The manifest is left out as a whole: it is kept so that a job can be run again, which is not for models of ExeML.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from aiapp.api.provenance import Dataset
from aiapp.domain.exeml.hiding import HIDDEN, redacted
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.provenance.annotations import Annotated
from aiapp.domain.provenance.run import TrainingRun

_NAMING = ("apiVersion", "kind", "name", "uid", "createdAt")
"""What the version's own spec says of the job, or could not name a place."""


def hidden_run(run: TrainingRun, hidden: Sequence[str]) -> TrainingRun:
    """The run without texts that hold one of these words: such a text as a whole, since an address may have a key."""
    return replace(
        run,
        identity=_identity(run.identity, hidden),
        containers=tuple(_kept(one, hidden) for one in run.containers),
        inputs=tuple(uri for uri in run.inputs if not _says(uri, hidden)),
        annotated=_annotated(run.annotated, hidden),
        images=tuple(one.model_copy(update={"image": redacted(one.image, hidden)}) for one in run.images),
        created_by=None if run.created_by is None else redacted(run.created_by, hidden),
        metrics=_without(run.metrics, hidden),
        manifest={},
    )


def _identity(identity: Json, hidden: Sequence[str]) -> Json:
    kept = {key: value if key in _NAMING else _kept(value, hidden) for key, value in identity.items()}
    if "labels" in identity:
        kept["labels"] = _without(identity["labels"], hidden)
    if "runtime" in identity:
        kept["runtime"] = {key: value for key, value in kept["runtime"].items() if key != "spec"}
    return kept


def _says(text: str, hidden: Sequence[str]) -> bool:
    return any(word in text for word in hidden)


def _kept(value: Any, hidden: Sequence[str]) -> Any:
    if isinstance(value, str):
        return HIDDEN if _says(value, hidden) else value
    if isinstance(value, list):
        return [_kept(one, hidden) for one in value]
    return {key: _kept(inner, hidden) for key, inner in value.items()} if isinstance(value, dict) else value


def _without(texts: Mapping[str, str], hidden: Sequence[str]) -> dict[str, str]:
    return {key: text for key, text in texts.items() if not _says(f"{key} {text}", hidden)}


def _annotated(annotated: Annotated, hidden: Sequence[str]) -> Annotated:
    texts = {key: getattr(annotated, key) for key in ("repository", "revision", "branch", "run")}
    return Annotated(
        **{key: None if text is None or _says(text, hidden) else text for key, text in texts.items()},
        datasets=tuple(_dataset(one, hidden) for one in annotated.datasets if not _says(one.name, hidden)),
    )


def _dataset(dataset: Dataset, hidden: Sequence[str]) -> Dataset:
    texts = {"uri": dataset.uri, "digest": dataset.digest}
    return dataset.model_copy(update={key: None for key, text in texts.items() if text and _says(text, hidden)})
