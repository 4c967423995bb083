"""The input and output modes of templates: what a prediction takes and gives, as the `apis` of a config.json.

The forms are the platform's built-in ones (domain rules of importing from a template).
"""

from typing import Final, NamedTuple

from aiapp.api.template import DeploymentType, Mode
from aiapp.domain.kubernetes.resources import Json


class ModeRules(NamedTuple):
    """One mode."""

    algorithm: str
    """The `model_algorithm` of its packages."""
    apis: tuple[Json, ...]
    deployment_types: tuple[DeploymentType, ...] = ("RealTime", "Batch")
    """How its packages can be deployed at all."""


def _post(request: Json, response: Json) -> tuple[Json, ...]:
    return ({"url": "/", "method": "post", "request": request, "response": response},)


_IMAGES: Final[Json] = {
    "Content-type": "multipart/form-data",
    "data": {"type": "object", "properties": {"images": {"type": "file"}}, "required": ["images"]},
}


def _json(data: Json) -> Json:
    return {"Content-type": "application/json", "data": data}


def _array(items: Json) -> Json:
    return {"type": "array", "items": items}


def _data(name: str) -> Json:
    """An object `data` with one list of objects."""
    rows = {"type": "object", "properties": {name: _array({"type": "object"})}, "required": [name]}
    return {"type": "object", "properties": {"data": rows}, "required": ["data"]}


_DETECTIONS: Final[Json] = {
    "type": "object",
    "properties": {
        "detection_classes": _array({"type": "string"}),
        "detection_boxes": _array(_array({"type": "number"}) | {"minItems": 4, "maxItems": 4}),
        "detection_scores": _array({"type": "number"}),
    },
}

MODES: Final[dict[Mode, ModeRules]] = {
    "ObjectDetection": ModeRules("object_detection", _post(_IMAGES, _json(_DETECTIONS))),
    "ImageProcessing": ModeRules("image_classification", _post(_IMAGES, _json({"type": "object"}))),
    "PredictiveAnalytics": ModeRules("predict_analysis", _post(_json(_data("req_data")), _json(_data("resp_data")))),
    "Undefined": ModeRules("undefined", (), ("RealTime",)),
}
