"""How each registry is logged in to, and tokens that are still good. Bound to one event loop; nothing is written."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Self
from weakref import WeakValueDictionary

from aiapp.domain.recent import Recent
from aiapp.oci.access import Login
from aiapp.oci.tokens import Authority, Token, basic

MAX_ENTRIES: Final = 4096
"""Of registries, and of tokens."""
MAX_CHARACTERS: Final = 8 << 20
"""Of all tokens and the logins that they are for: registries make the ones as long as they like, users the others."""
_EARLY: Final = 0.8
"""A token is not used beyond this part of its time, for the clocks and the way."""


@dataclass(frozen=True, slots=True)
class Site:
    """A registry as somebody reaches it. With other authorities it may be another."""

    origin: str
    authorities: str | None
    """The SHA-256 of their certificates: these are long, and sites are remembered by the thousand."""

    @classmethod
    def of(cls, origin: str, authorities: str | None) -> Self:
        """With the certificates themselves."""
        return cls(origin, None if authorities is None else hashlib.sha256(authorities.encode()).hexdigest())


@dataclass(frozen=True, slots=True)
class Asked:
    """What a token is for."""

    site: Site
    scopes: tuple[str, ...]
    login: Login | None


Fetch = Callable[[Authority], Awaitable[Token]]
"""Asks an authority for a token; may raise anything."""


class Tokens:
    """For all registries."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._ways: Recent[Site, Authority | None] = Recent(MAX_ENTRIES)
        self._tokens: Recent[Asked, tuple[str, float]] = Recent(MAX_ENTRIES, MAX_CHARACTERS)
        self._locks: WeakValueDictionary[Asked, asyncio.Lock] = WeakValueDictionary()

    def learn(self, site: Site, way: Authority | None) -> None:
        """How the site wants to be logged in to: with a token of that authority, or with user and password (None)."""
        self._ways.put(site, way)

    def forget(self, asked: Asked) -> None:
        """The site no longer accepts that token."""
        self._tokens.drop(asked)

    async def authorization(self, asked: Asked, fetch: Fetch) -> str | None:
        """The header's value by what is known of the site; None: it has not asked for a login yet."""
        way = self._ways.get(asked.site)
        if way is not None:
            return f"Bearer {await self._token(way, asked, fetch)}"
        is_basic = asked.site in self._ways
        return basic(asked.login) if is_basic and asked.login is not None else None

    async def _token(self, way: Authority, asked: Asked, fetch: Fetch) -> str:
        async with self._locks.setdefault(asked, asyncio.Lock()):  # one request for all who wait
            known = self._tokens.get(asked)
            if known is not None and self._monotonic() < known[1]:
                return known[0]
            try:
                token = await fetch(way)
            except BaseException:
                self._ways.drop(asked.site)  # it may say something else by now
                raise
            until = self._monotonic() + token.seconds * _EARLY
            self._tokens.put(asked, (token.value, until), _weight(asked, token))
            return token.value


def _weight(asked: Asked, token: Token) -> int:
    login = asked.login or Login()
    return sum(map(len, (token.value, login.username, login.password, login.identity_token, *asked.scopes)))


def unique(*scopes: str) -> tuple[str, ...]:
    """Scopes in order, each once."""
    return tuple(dict.fromkeys(scopes))
