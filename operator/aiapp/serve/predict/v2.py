"""The Open Inference Protocol, version 2: its requests as data for the hooks, results as its answers.

It never runs a hook. The mapping is documented in docs/reference/model-server.md.
"""

from __future__ import annotations

import json
import re
from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

from ..http.errors import RefusedError
from ..http.v2names import LENGTH_HEADER, MODEL_VERSION
from . import encode, json_text, tensors
from .tensorform import no_tensor_form, tensor_of
from .tensors import Tensor

OUTPUT = "output"
"""Name of the one output of a result that is not an object."""
_LENGTH = re.compile(r"[0-9]{1,11}")
_UNSUPPORTED = ("shared_memory_region", "classification")


class Request(NamedTuple):
    """`inputs`: what the hooks get; `outputs`: those asked for and whether as bytes, all as `is_binary` when empty."""

    id: str
    inputs: Dict[str, Any]
    outputs: Dict[str, bool]
    is_binary: bool


def decode(content: bytes, json_length: str) -> Request:
    """Reads an inference request. Raises RefusedError (400) for what has no place in the mapping."""
    document, raw = _split(content, json_length)
    is_binary = _parameters(document).get("binary_data_output") is True
    outputs = _entries(document, "outputs") if document.get("outputs") else []
    wanted = {_name(entry): _parameters(entry).get("binary_data", is_binary) is True for entry in outputs}
    return Request(str(document.get("id") or ""), _inputs(document, raw), wanted, is_binary)


def encode_result(request: Request, result: Any, model_name: str) -> encode.Encoded:
    """The answer for a hook's result. Raises RefusedError (400) when it has no form in tensors."""
    named = {name: tensor_of(f"the result's {name!r}", value) for name, value in _outputs(result).items()}
    unknown = [name for name in request.outputs if name not in named]
    if unknown:
        raise _malformed(f"there is no output {unknown[0]!r}; the outputs are {', '.join(map(repr, named))}")
    wanted = request.outputs or dict.fromkeys(named, request.is_binary)
    outputs, pieces = [], []
    for name, is_binary in wanted.items():
        entry, piece = _output(name, named[name], is_binary=is_binary)
        outputs.append(entry)
        pieces.append(piece)
    document = {"model_name": model_name, "model_version": MODEL_VERSION, "outputs": outputs}
    if request.id:
        document["id"] = request.id
    return _joined(json.dumps(document, ensure_ascii=False).encode("utf-8", "replace"), pieces)


def _malformed(why: str) -> RefusedError:
    return RefusedError(400, "MalformedInference", why)


def _split(content: bytes, json_length: str) -> Tuple[Dict[str, Any], bytes]:
    end = len(content)
    if json_length:
        if not (_LENGTH.fullmatch(json_length) and int(json_length) <= end):
            raise _malformed(f"{LENGTH_HEADER} is not a length within the body")
        end = int(json_length)
    try:
        document = json_text.loads(content[:end].decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise RefusedError(400, "MalformedJson", f"the inference request is not valid JSON: {error}") from None
    if not isinstance(document, dict):
        raise _malformed("the inference request is not a JSON object")
    return document, content[end:]


def _entries(document: Dict[str, Any], key: str) -> List[Dict[str, Any]]:
    entries = document.get(key)
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        raise _malformed(f"{key!r} is not a list of objects")
    return entries


def _parameters(entry: Dict[str, Any]) -> Dict[str, Any]:
    parameters = entry.get("parameters") or {}
    if not isinstance(parameters, dict):
        raise _malformed("'parameters' is not an object")
    for name in _UNSUPPORTED:
        if parameters.get(name):
            raise _malformed(f"the parameter {name!r} is not supported")
    return parameters


def _name(entry: Dict[str, Any]) -> str:
    name = entry.get("name")
    if not isinstance(name, str) or not name:
        raise _malformed("an input or output has no name")
    return name


def _inputs(document: Dict[str, Any], raw: bytes) -> Dict[str, Any]:
    inputs: Dict[str, Any] = {}
    position = 0
    for entry in _entries(document, "inputs"):
        name = _name(entry)
        if name in inputs:
            raise _malformed(f"the input {name!r} is given twice")
        size = _parameters(entry).get("binary_data_size")
        if size is None:
            tensor = tensors.from_json(name, entry.get("datatype"), entry.get("shape"), entry.get("data"))
        else:
            position, content = _next_piece(name, raw, position, size)
            tensor = tensors.from_binary(name, entry.get("datatype"), entry.get("shape"), content)
        inputs[name] = tensors.to_lists(tensor)
    if position != len(raw):
        raise _malformed(f"{len(raw) - position} bytes after the JSON document belong to no input")
    return inputs


def _next_piece(name: str, raw: bytes, position: int, size: Any) -> Tuple[int, bytes]:
    if type(size) is not int or not 0 <= size <= len(raw) - position:
        raise _malformed(f"the binary_data_size of the input {name!r} is not within the body")
    return position + size, raw[position : position + size]


def _outputs(result: Any) -> Dict[str, Any]:
    """The values by name; text and bytes that are JSON count as its values."""
    if isinstance(result, (str, bytes, bytearray)):
        result = _parsed(result)
    if isinstance(result, dict):
        if not result:
            raise no_tensor_form("the result is empty")
        return {str(name): value for name, value in result.items()}
    return {OUTPUT: result}


def _parsed(text: Any) -> Any:
    try:
        document = json_text.loads(text)
    except (ValueError, RecursionError):
        return bytes(text) if isinstance(text, bytearray) else text
    return document if isinstance(document, (dict, list)) else text


def _output(name: str, tensor: Tensor, *, is_binary: bool) -> Tuple[Dict[str, Any], bytes]:
    entry: Dict[str, Any] = {"name": name, "shape": tensor.shape, "datatype": tensor.datatype}
    if is_binary:
        piece = tensors.to_binary(tensor)
        return {**entry, "parameters": {"binary_data_size": len(piece)}}, piece
    try:
        return {**entry, "data": tensors.to_json(tensor)}, b""
    except UnicodeDecodeError:
        raise no_tensor_form(
            f"the result's {name!r} holds bytes that are not text and no binary data is asked for"
        ) from None


def _joined(document: bytes, pieces: Sequence[bytes]) -> encode.Encoded:
    if not any(pieces):
        return encode.Encoded(encode.JSON, document)
    headers = ((LENGTH_HEADER, str(len(document))),)
    return encode.Encoded(encode.BYTES, b"".join([document, *pieces]), headers)
