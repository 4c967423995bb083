"""One request as its page sees it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

from aiohttp import web

from aiapp.console.rendering.renderer import Renderer
from aiapp.console.texts.catalogue import LANGUAGES, Texts, language
from aiapp.console.visiting.sealing import Sealer
from aiapp.console.visiting.visitor import Access, Visitor
from aiapp.ports.clock import Clock
from aiapp.queries.cluster import UserApi, UserCluster
from aiapp.queries.nodes import NodeTables

LANGUAGE_COOKIE: Final = "aiapp-language"
ALL_NAMESPACES: Final = "_all"
"""Stands for the namespace in paths; no namespace has this name."""


@dataclass(frozen=True, slots=True)
class Console:
    """What all requests share."""

    access: Access
    renderer: Renderer
    sealer: Sealer
    tables: NodeTables
    home: str
    """Namespace that is shown first."""
    now: Clock


CONSOLE: Final = web.AppKey("console", Console)


@dataclass(frozen=True, slots=True)
class Visit:
    """A request, and the answers that it may get."""

    request: web.Request
    console: Console
    texts: Texts
    visitor: Visitor | None = None
    api: UserApi | None = None
    """With the visitor's rights."""

    @property
    def namespace(self) -> str:
        """Of the path; where it has none, the one that is shown first."""
        return self.request.match_info.get("namespace", self.console.home)

    @property
    def all_namespaces(self) -> bool:
        """Whether the page is about all of them."""
        return self.namespace == ALL_NAMESPACES

    @property
    def name(self) -> str:
        """Of the object that the path is about."""
        return self.request.match_info["name"]

    @property
    def cluster(self) -> UserCluster:
        """The namespace as the visitor may see it."""
        assert self.api is not None
        return UserCluster(self.api, self.namespace)

    @property
    def mark(self) -> str:
        """What every form of this visitor has to carry."""
        return "" if self.visitor is None else self.console.sealer.mark(self.visitor.binding)

    def page(self, template: str, *, status: int = 200, **context: Any) -> web.Response:
        """Answers with the page that a template makes of the context."""
        text = self.console.renderer.render(template, {**self._common(), **context})
        return web.Response(status=status, text=text, content_type="text/html", charset="utf-8")

    def to(self, *parts: str, **query: str) -> str:
        """Path of a page of this namespace."""
        return path("n", self.namespace, *parts, **query)

    def _done_before(self) -> str | None:
        """What was done on the page before, if this console can say it."""
        done = self.request.query.get("done")
        return done if done is not None and self.texts.has(f"done.{done}") else None

    def _common(self) -> dict[str, Any]:
        return {
            "t": self.texts,
            "word": self.texts.word,
            "language": self.texts.language,
            "languages": LANGUAGES,
            "visitor": self.visitor,
            "mark": self.mark,
            "namespace": self.namespace,
            "all_namespaces": self.all_namespaces,
            "to": self.to,
            "path": path,
            "here": _here(self.request),
            "same_page": lambda **changed: _changed(self.request, changed),
            "live": None,
            "done": self._done_before(),
        }


VISIT: Final = web.RequestKey("visit", Visit)


def path(*parts: str, **query: str) -> str:
    """A path of this console from parts that may hold anything."""
    return "/" + "/".join(quote(part, safe="") for part in parts) + (f"?{urlencode(query)}" if query else "")


def visit_of(request: web.Request) -> Visit:
    """The visit that a page is asked for in."""
    return request[VISIT]


def anonymous(request: web.Request) -> Visit:
    """The visit of somebody who may not be known yet."""
    chosen = request.query.get("lang") or request.cookies.get(LANGUAGE_COOKIE)
    texts = Texts(language(chosen, request.headers.get("Accept-Language", "")))
    return Visit(request, request.app[CONSOLE], texts)


def _changed(request: web.Request, changed: Mapping[str, object]) -> str:
    query = {key: value for key, value in request.query.items() if key not in {*changed, "done"}}
    query |= {key: str(value) for key, value in changed.items() if value is not None}
    here = _here(request)
    return f"{here}?{urlencode(query)}" if query else here


def _here(request: web.Request) -> str:
    """The path that was asked for, as a link: of two slashes at its beginning a browser would make another host."""
    return "/" + quote(request.path.lstrip("/"))
