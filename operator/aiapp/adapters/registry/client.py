"""An HTTP client for registries: logins, tokens, redirects, retries, deadlines, limits and a circuit breaker.

Every host that a registry sends to is under the endpoint policy as the registry itself is, and gets no login that was
given for another one.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Final, Protocol, TypeVar
from urllib.parse import quote, urljoin, urlsplit

import aiohttp

from aiapp.adapters.endpoints.attempts import Attempts, Target
from aiapp.adapters.endpoints.sessions import Sessions, headers_for
from aiapp.adapters.endpoints.settings import EndpointSettings
from aiapp.adapters.http import bounded
from aiapp.adapters.registry.tokens import Asked, Site, Tokens, unique
from aiapp.api.conditions import Reason
from aiapp.domain.objectstore.endpoint_policy import EndpointPolicy
from aiapp.endpoints.diagnosis import ERROR_BYTES, ErrorResponse, UnreadableError
from aiapp.endpoints.endpoint import Endpoint, endpoint, refusal
from aiapp.endpoints.hints import Hints
from aiapp.endpoints.retry_after import retry_after
from aiapp.oci.access import Login, RegistryAccess
from aiapp.oci.challenges import Challenge, challenges
from aiapp.oci.errors import (
    MANIFEST_HINTS,
    Part,
    RequestContext,
    diagnose_response,
    error_response,
)
from aiapp.oci.tokens import MAX_ANSWER_BYTES, Authority, RealmError, Token, authority, token, token_request
from aiapp.ports.endpoints import EndpointError
from aiapp.ports.registry import RegistryError

Result = TypeVar("Result")
Read = Callable[[aiohttp.ClientResponse], Awaitable[Result]]
"""Reads a successful response; may raise `RegistryError`, and whatever reading raises."""

MAX_REDIRECTS: Final = 5
_URL_CHARACTERS: Final = "/?%:@!$&'()*+,;=-._~"
"""Left as they are in the URLs that registries name."""
_REDIRECTS: Final = frozenset(
    {
        HTTPStatus.MOVED_PERMANENTLY,
        HTTPStatus.FOUND,
        HTTPStatus.SEE_OTHER,
        HTTPStatus.TEMPORARY_REDIRECT,
        HTTPStatus.PERMANENT_REDIRECT,
    }
)
_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})


class RegistryObserver(Protocol):
    """Counts answers, for metrics."""

    def registry_answered(self, method: str, status: int, seconds: float) -> None:
        """`status` is 0 without an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrySettings(EndpointSettings):
    """How registries may be used."""

    max_image_bytes: int = 30 * 1024**3
    """Of one image for one platform, as it is transferred."""
    hints: Hints = MANIFEST_HINTS
    """Advice that messages give."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryRequest:
    """One request of a registry."""

    context: RequestContext
    target: str
    access: RegistryAccess
    scopes: tuple[str, ...]
    """The rights that it takes."""
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)
    repeats: bool = True
    """Whether it may be sent again when it is not known whether it had its effect."""
    seconds: float | None = None
    """Deadline of its whole answer; None: the usual one."""

    @property
    def site(self) -> Site:
        """Whom it is to."""
        return Site.of(self.context.endpoint.origin, self.access.authorities)


class ResponseError(RegistryError):
    """The registry returned an error response."""

    def __init__(self, response: ErrorResponse, context: RequestContext, answer: aiohttp.ClientResponse) -> None:
        found, after = diagnose_response(response, context), retry_after(answer.headers) or None
        super().__init__(found.reason, found.message, retryable=found.retryable, after_seconds=after)
        self.response = response
        self.endpoint = context.endpoint
        """Who returned it, be it the registry or whom that sends to."""
        self.challenges = tuple(answer.headers.getall("WWW-Authenticate", ()))
        """How it wants to be logged in to."""


@dataclass(frozen=True, slots=True)
class _Redirect:
    """Where else to ask."""

    url: str


class RegistryClient:
    """Bound to one event loop; must be closed."""

    def __init__(
        self,
        settings: RegistrySettings,
        uniform: Callable[[], float],
        observer: RegistryObserver | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._sessions = Sessions(settings, observer.registry_answered if observer is not None else None, monotonic)
        self._attempts = Attempts(settings, uniform)
        self._tokens = Tokens(monotonic)

    def keep_to(self, policy: EndpointPolicy) -> None:
        """Applies another policy from the next request on; existing connections are closed."""
        self._settings = replace(self._settings, policy=policy)
        self._sessions.keep_to(policy)

    async def close(self) -> None:
        """Closes all connections; requests in flight fail."""
        await self._sessions.close()

    async def execute(self, request: RegistryRequest, read: Read[Result]) -> Result:
        """Returns the result of `read`. Raises `RegistryError`, after retries if the problem is transient.

        Each login is tried until one is not refused.
        """
        first, *others = request.access.logins or (None,)
        try:
            return await self._as(first, request, read)
        except RegistryError as error:
            if not others or error.reason not in {Reason.ACCESS_DENIED, Reason.IMAGE_NOT_FOUND}:
                raise
        rest = replace(request, access=replace(request.access, logins=tuple(filter(None, others))))
        return await self.execute(rest, read)

    async def _as(self, login: Login | None, request: RegistryRequest, read: Read[Result]) -> Result:
        """Logs in when the registry asks for it, and again if a token is not accepted any more."""
        request = replace(request, context=replace(request.context, anonymous=login is None))
        asked = Asked(request.site, request.scopes, login)
        authorization = await self._authorization(asked, request)
        try:
            return await self._following(request, authorization, read)
        except ResponseError as error:
            again = await self._answered(error, asked, request)
            if again is None or (again == authorization and again.startswith("Basic ")):
                raise
        return await self._following(request, again, read)

    async def _answered(self, error: ResponseError, asked: Asked, request: RegistryRequest) -> str | None:
        """The login that a registry wants; None: it does not say, or wants none that there is.

        Whom a registry sends to has no say in where its login goes.
        """
        if error.response.status != HTTPStatus.UNAUTHORIZED or error.endpoint != request.context.endpoint:
            return None
        known = {challenge.scheme: challenge for challenge in reversed(challenges(error.challenges))}
        self._tokens.forget(asked)
        if bearer := known.get("bearer"):
            self._tokens.learn(asked.site, _authority(bearer, request.context))
            wanted = bearer.parameters.get("scope", "").split()
            return await self._authorization(replace(asked, scopes=unique(*asked.scopes, *wanted)), request)
        if "basic" not in known:
            return None
        self._tokens.learn(asked.site, None)
        return await self._authorization(asked, request)

    async def _authorization(self, asked: Asked, request: RegistryRequest) -> str | None:
        return await self._tokens.authorization(asked, lambda way: self._token(way, asked, request))

    async def _following(self, request: RegistryRequest, authorization: str | None, read: Read[Result]) -> Result:
        """Follows redirects to where registries keep what they serve."""
        for _ in range(MAX_REDIRECTS + 1):
            found = await self._at(request, authorization, read)
            if not isinstance(found, _Redirect):
                return found
            request, authorization = self._redirected(request, authorization, found)
        message = f"{request.context.host} sends on more than {MAX_REDIRECTS} times"
        raise RegistryError(Reason.ENDPOINT_UNREACHABLE, message, retryable=False)

    def _redirected(
        self, request: RegistryRequest, authorization: str | None, found: _Redirect
    ) -> tuple[RegistryRequest, str | None]:
        """The login stays where it was given for."""
        context = request.context
        try:
            to, target = _split(urljoin(f"{context.endpoint.origin}{request.target}", found.url))
        except ValueError as error:
            message = f"{context.host} sends on to something that is no http(s) URL"
            raise RegistryError(Reason.ENDPOINT_UNREACHABLE, message, retryable=False) from error
        _require_no_downgrade(context, to)
        onward = replace(request, context=replace(context, endpoint=to), target=target)
        return onward, authorization if to == context.endpoint else None

    async def _at(self, request: RegistryRequest, authorization: str | None, read: Read[Result]) -> Result | _Redirect:
        self._require_allowed(request)
        context = request.context
        headers = {} if authorization is None else {"Authorization": authorization}

        async def once() -> Result | _Redirect:
            return await self._send(request, {**request.headers, **headers}, answer)

        async def answer(response: aiohttp.ClientResponse) -> Result | _Redirect:
            if response.status in _REDIRECTS and "Location" in response.headers:
                return _Redirect(response.headers["Location"])
            await _require_success(response, context)
            return await read(response)

        return await self._attempted(request, once)

    async def _token(self, way: Authority, asked: Asked, cause: RegistryRequest) -> Token:
        """Asks the authority that a registry names, which is under the policy as well."""
        _require_no_downgrade(cause.context, way.realm)
        at = replace(cause.context, endpoint=way.realm, part=Part.TOKEN)
        wanted = token_request(way, asked.scopes, asked.login)
        request = replace(
            cause, context=at, target=wanted.target, method=wanted.method, body=wanted.body or b"", repeats=True
        )
        self._require_allowed(request)

        async def read(response: aiohttp.ClientResponse) -> Token:
            await _require_success(response, at)
            try:
                return token(await bounded.read(response.content, MAX_ANSWER_BYTES))
            except bounded.TooLongError as error:
                raise UnreadableError("answers with something that is not a token") from error

        return await self._attempted(request, lambda: self._send(request, wanted.headers, read))

    async def _attempted(self, request: RegistryRequest, once: Callable[[], Awaitable[Result]]) -> Result:
        at = request.context.endpoint
        proxied = self._sessions.proxy(at) is not None
        target = Target(at.origin, request.context, proxied=proxied, repeats=request.repeats, seconds=request.seconds)
        try:
            return await self._attempts.result(target, once)
        except RegistryError:
            raise
        except EndpointError as error:
            raise RegistryError(error.reason, error.message, retryable=error.retryable) from error

    async def _send(self, request: RegistryRequest, headers: Mapping[str, str], read: Read[Result]) -> Result:
        at = request.context.endpoint
        sent = {**headers_for(at), **headers}
        if request.method in _WITH_BODY:
            sent["Content-Length"] = str(len(request.body))
        async with self._sessions.request(
            request.method, at, request.target, sent, request.access.authorities, request.body
        ) as response:
            return await read(response)

    def _require_allowed(self, request: RegistryRequest) -> None:
        """Raises `RegistryError` (EndpointRefused)."""
        asked, settings = request.context.endpoint, self._settings
        allow_http = settings.allow_http and request.access.plain_http
        refused = refusal(asked, asked.hostname, settings.policy, settings.hints, allow_http=allow_http)
        if refused is not None:
            raise RegistryError(Reason.ENDPOINT_REFUSED, refused, retryable=False)


def _split(url: str) -> tuple[Endpoint, str]:
    """Whom to ask, and for what. Raises `ValueError`, as all do that read it."""
    to, parts = endpoint(url), urlsplit(url)
    path, query = (quote(part, safe=_URL_CHARACTERS) for part in (parts.path or "/", parts.query))
    return to, f"{path}?{query}" if query else path


def _authority(bearer: Challenge, context: RequestContext) -> Authority:
    try:
        return authority(bearer)
    except RealmError as error:
        raise RegistryError(Reason.ENDPOINT_UNREACHABLE, f"{context.host} {error}", retryable=False) from error


def _require_no_downgrade(context: RequestContext, to: Endpoint) -> None:
    """Raises `RegistryError`: who is asked by TLS sends nobody to a place without it."""
    if context.endpoint.scheme == "https" and to.scheme != "https":
        message = f"{context.host} sends to {to.host} without TLS, which is not followed"
        raise RegistryError(Reason.ENDPOINT_REFUSED, message, retryable=False)


async def _require_success(response: aiohttp.ClientResponse, context: RequestContext) -> None:
    """Raises `ResponseError`."""
    if HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES:
        return
    found = error_response(response.status, await bounded.beginning(response.content, ERROR_BYTES))
    raise ResponseError(found, context, response)
