"""The templates, and what all of them can use."""

from collections.abc import Mapping
from importlib import resources
from typing import Any, Final

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from aiapp.console.rendering.static import StaticFile, static_files
from aiapp.console.rendering.words import as_yaml, moment, visible
from aiapp.domain.sizes import human_size

STATIC: Final = "/static/"


class Renderer:
    """Fills templates; each expression is escaped, and what no eye can see in it is made visible."""

    def __init__(self) -> None:
        self.files: Mapping[str, StaticFile] = static_files()
        self._environment = Environment(
            loader=FunctionLoader(_template),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            finalize=_finalized,
        )
        self._environment.filters |= {"moment": moment, "size": human_size, "yaml": as_yaml}
        self._environment.globals |= {"static": self._static}

    def render(self, template: str, context: Mapping[str, Any]) -> str:
        """The HTML that a template makes of the context."""
        return self._environment.get_template(template).render(context)

    def _static(self, name: str) -> str:
        return f"{STATIC}{name}?{self.files[name].digest}"


def _template(name: str) -> str:
    return (resources.files("aiapp.console") / "templates" / name).read_text("utf-8")


def _finalized(value: Any) -> Any:
    if value is None:
        return ""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
