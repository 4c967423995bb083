"""From one request's bytes to its answer's, by way of the package's hooks; it never speaks HTTP and never raises."""

from __future__ import annotations

import json
import sys
import time
from functools import lru_cache
from typing import Any, Callable, Tuple

from .. import frames
from ..frames import Frame, Setup
from ..http.compression import accepts_gzip, decompressed, gzipped, is_compressible
from ..http.errors import RefusedError
from ..package.background import BackgroundLoading
from ..package.failures import MAX_LENGTH
from ..package.loading import Loaded
from ..package.tracebacks import position, print_traceback
from .decode import Body, decode
from .encode import Encoded, NotSerializableError, encode


class Answering:
    """Answers requests with one loaded service."""

    def __init__(self, loaded: Loaded, setup: Setup, background: BackgroundLoading) -> None:
        self._loaded = loaded
        self._setup = setup
        self._background = background
        self._patience = setup.patience

    def answer(self, request: Frame) -> Frame:
        """Returns the answer; what the package's code raises becomes an error."""
        try:
            body = Body(content=request.content, **request.header["body"])
            encoded = (
                self._in_tensors(request, body) if "v2_json_length" in request.header else self._as_is(request, body)
            )
        except RefusedError as refusal:
            return frames.refusal(refusal)
        except (NotSerializableError, RecursionError) as error:
            return frames.refusal(RefusedError(500, "ResultNotSerializable", str(error)))
        except BaseException as error:
            print_traceback(error, self._setup.package)
            return frames.refusal(RefusedError(500, "ResultNotSerializable", f"{type(error).__name__}: {error}"))
        return _success(encoded, request.header["accept_encoding"])

    def _as_is(self, request: Frame, body: Body) -> Encoded:
        """Answers in the package's own form."""
        raw_text, max_bytes = self._loaded.kind.raw_text, self._setup.max_body
        return encode(self._predicted(lambda: decode(body, raw_text=raw_text, max_bytes=max_bytes), request.tag))

    def _in_tensors(self, request: Frame, body: Body) -> Encoded:
        """Answers in the Open Inference Protocol."""
        from . import v2  # noqa: PLC0415 - few clients speak it

        content = decompressed(body.content, body.content_encoding, self._setup.max_body)
        asked = v2.decode(content, request.header["v2_json_length"])
        text = json.dumps(asked.inputs) if self._loaded.kind.raw_text else ""
        result = self._predicted(lambda: text or asked.inputs, request.tag)
        return v2.encode_result(asked, result, self._setup.model_name)

    def _predicted(self, data: Callable[[], Any], request_id: str) -> Any:
        """Returns the prediction. A hook may consume its data, so a second attempt gets fresh data."""
        given = data()
        try:
            result = self._loaded.predict(given)
        except BaseException as error:
            if self._has_loaded_meanwhile():
                return self._predicted(data, request_id)
            raise self._failed(error, request_id) from None
        self._patience = 0.0
        return result

    def _has_loaded_meanwhile(self) -> bool:
        """Until a first prediction succeeds, a model that still loads in a thread is waited for, up to a total."""
        started = time.monotonic()
        has_ended = self._background.has_ended(self._patience)
        self._patience = max(0.0, self._patience - (time.monotonic() - started))
        return has_ended

    def _failed(self, error: BaseException, request_id: str) -> RefusedError:
        print(f"request {request_id} failed:", file=sys.stderr)
        print_traceback(error, self._setup.package)
        file, line = position(error, self._setup.package)
        where = f"{file}:{line}: " if file else ""
        message = f"{where}{type(error).__name__}: {error}"
        return RefusedError(500, "PredictionFailed", message[:MAX_LENGTH])


def _success(encoded: Encoded, accept_encoding: str) -> Frame:
    content, headers = encoded.content, tuple(encoded.headers)
    if is_compressible(encoded.content_type, content):
        headers += (("Vary", "Accept-Encoding"),)
        if accepts_gzip(accept_encoding):
            content = gzipped(content)
            headers += (("Content-Encoding", "gzip"),)
    return Frame(_success_text(encoded.content_type, headers), content)


@lru_cache(maxsize=frames.REMEMBERED)
def _success_text(content_type: str, headers: Tuple[Tuple[str, str], ...]) -> bytes:
    return frames.text(status=200, type=content_type, headers=headers)
