"""`/openapi.json`: what the server offers, from the package's `config.json`. It is made when it is asked for."""

from __future__ import annotations

import json

from ..modelarts.health import Health
from ..modelarts.openapi import Title, openapi
from .config import reading_of


def document(package: str, title: Title, health_url: str = "") -> bytes:
    """The document as JSON; the same as `aiapp openapi` shows of a registered package."""
    config = reading_of(package, with_schemas=True).config
    if health_url:
        config = config._replace(health=Health(url=health_url))
    return json.dumps(openapi(title, config), ensure_ascii=False).encode("utf-8", "replace")
