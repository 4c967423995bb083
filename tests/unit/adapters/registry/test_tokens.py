"""One token for all who wait, for as long as it holds."""

import asyncio
from dataclasses import dataclass, field

import pytest

from aiapp.adapters.registry.tokens import MAX_CHARACTERS, Asked, Site, Tokens
from aiapp.endpoints.endpoint import endpoint
from aiapp.oci.access import Login
from aiapp.oci.tokens import Authority, Token, pull_scope

SITE = Site("https://registry.example.com", None)
WAY = Authority(endpoint("https://auth.example.com"), "/token", "registry")
LOGIN = Login("ada", "secret")
ASKED = Asked(SITE, (pull_scope("a"),), LOGIN)


@dataclass
class Giver:
    """Gives numbered tokens."""

    given: int = 0
    fails: bool = False
    now: float = 0.0
    tokens: Tokens = field(init=False)

    def __post_init__(self) -> None:
        self.tokens = Tokens(lambda: self.now)

    async def fetch(self, _: Authority) -> Token:
        await asyncio.sleep(0)
        if self.fails:
            raise ConnectionError
        self.given += 1
        return Token(f"t{self.given}", 100)

    async def ask(self, asked: Asked = ASKED) -> str | None:
        return await self.tokens.authorization(asked, self.fetch)


async def test_a_registry_that_has_not_asked_gets_no_login() -> None:
    giver = Giver()
    assert await giver.ask() is None
    assert giver.given == 0


async def test_all_who_wait_share_one_request() -> None:
    giver = Giver()
    giver.tokens.learn(SITE, WAY)
    assert set(await asyncio.gather(*(giver.ask() for _ in range(5)))) == {"Bearer t1"}


async def test_a_token_is_used_for_four_fifths_of_its_time() -> None:
    giver = Giver()
    giver.tokens.learn(SITE, WAY)
    assert await giver.ask() == "Bearer t1"
    giver.now = 79
    assert await giver.ask() == "Bearer t1"
    giver.now = 80
    assert await giver.ask() == "Bearer t2"


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(Asked(SITE, (pull_scope("b"),), LOGIN), id="repository"),
        pytest.param(Asked(SITE, (pull_scope("a"),), Login("ada", "other")), id="password"),
        pytest.param(Asked(SITE, (pull_scope("a"),), None), id="nobody"),
        pytest.param(Asked(Site(SITE.origin, "an authority"), (pull_scope("a"),), LOGIN), id="authorities"),
    ],
)
async def test_another_one_gets_another_token(other: Asked) -> None:
    giver = Giver()
    for asked in (ASKED, other):
        giver.tokens.learn(asked.site, WAY)
    assert {await giver.ask(), await giver.ask(other)} == {"Bearer t1", "Bearer t2"}


async def test_an_authority_that_fails_is_asked_again_only_when_the_registry_names_it_again() -> None:
    giver = Giver(fails=True)
    giver.tokens.learn(SITE, WAY)
    with pytest.raises(ConnectionError):
        await giver.ask()
    assert await giver.ask() is None


async def test_a_password_goes_where_it_was_asked_for() -> None:
    giver = Giver()
    giver.tokens.learn(SITE, None)
    assert await giver.ask() == "Basic YWRhOnNlY3JldA=="
    assert await giver.ask(Asked(SITE, (), None)) is None
    assert await giver.ask(Asked(Site("https://other.example.com", None), (), LOGIN)) is None


async def test_of_very_long_logins_the_last_are_remembered() -> None:
    giver = Giver()
    giver.tokens.learn(SITE, WAY)
    long = [Asked(SITE, (), Login("ada", f"{number}".ljust(MAX_CHARACTERS // 2 - 99))) for number in range(3)]
    assert [await giver.ask(one) for one in (*long, long[2], long[0])] == [f"Bearer t{n}" for n in (1, 2, 3, 3, 4)]


def test_a_site_with_authorities_of_its_own_is_another_one_and_does_not_keep_them() -> None:
    found = [Site.of(SITE.origin, pem) for pem in ("-----BEGIN" * 1000, "other", None)]
    assert len({*found, SITE}) == 3
    assert all(len(one.authorities or "") <= 64 for one in found)
