"""Registries that want to know who asks: by password, by token, and behind TLS of a private authority."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.integration.registry.conftest import PLAIN, SETTINGS, asked_for, refused
from tests.support.certificates import Authority
from tests.support.images import image, multi
from tests.support.registries import PASSWORD, USER, Registry, with_password, with_tls
from tests.support.stores import Proxy, forward_proxy
from tests.support.token_server import Tokened, with_tokens

from aiapp.adapters.registry.registries import ImageRegistries
from aiapp.api.conditions import Reason
from aiapp.domain.objectstore.proxies import Proxies
from aiapp.oci.access import Login, RegistryAccess

KNOWN, UNKNOWN = Login(USER, PASSWORD), Login(USER, "wrong")


def with_logins(*logins: Login) -> RegistryAccess:
    return replace(PLAIN, logins=logins)


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """It takes a password."""
    with with_password(tmp_path_factory.mktemp("locked")) as found:
        found.push("team/model", image(), "1")
        yield found


@pytest.fixture
def tokened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tokened]:
    """It takes tokens."""
    with with_tokens(tmp_path_factory.mktemp("tokened")) as found:
        for repository in ("team/model", "team/other"):
            found.pushing(repository).push(repository, multi("amd64", "arm64"), "1")
        yield found


async def test_a_password_opens_a_registry(locked: Registry, registries: ImageRegistries) -> None:
    wanted = asked_for(locked, "team/model:1")
    found = await registries.resolve(wanted, with_logins(KNOWN))
    assert found.digest == await registries.digest(wanted, with_logins(KNOWN))


@pytest.mark.parametrize(
    ("logins", "says"),
    [
        pytest.param((), "access was anonymous (401 UNAUTHORIZED): name a Secret", id="none"),
        pytest.param((UNKNOWN,), "check the Secrets that imagePullSecrets names", id="a wrong one"),
        pytest.param((UNKNOWN, Login("nobody", "x")), "check the Secrets", id="two wrong ones"),
    ],
)
async def test_a_registry_that_lets_nobody_in_is_named(
    locked: Registry, registries: ImageRegistries, logins: tuple[Login, ...], says: str
) -> None:
    found = await refused(registries, asked_for(locked, "team/model:1"), with_logins(*logins))
    assert (found.reason, found.retryable) == (Reason.ACCESS_DENIED, False)
    assert says in found.message
    assert "wrong" not in found.message


async def test_each_login_is_tried_until_one_is_good(locked: Registry, registries: ImageRegistries) -> None:
    await registries.resolve(asked_for(locked, "team/model:1"), with_logins(UNKNOWN, KNOWN))


async def test_a_token_is_fetched_once_and_used_for_all_of_a_repository(
    tokened: Tokened, registries: ImageRegistries
) -> None:
    wanted = asked_for(tokened.registry, "team/model:1")
    for _ in range(2):
        found = await registries.resolve(wanted, with_logins(KNOWN))
    assert [str(each.platform) for each in found.platforms] == ["linux/amd64", "linux/arm64"]
    assert [asked.query["scope"] for asked in tokened.tokens.seen] == ["repository:team/model:pull"]


async def test_another_repository_takes_another_token(tokened: Tokened, registries: ImageRegistries) -> None:
    for repository in ("team/model", "team/other"):
        await registries.resolve(asked_for(tokened.registry, f"{repository}:1"), with_logins(KNOWN))
    assert [asked.query["scope"] for asked in tokened.tokens.seen] == [
        "repository:team/model:pull",
        "repository:team/other:pull",
    ]


async def test_a_token_that_is_over_is_fetched_again(tokened: Tokened) -> None:
    now = 0.0
    registries = ImageRegistries(SETTINGS, monotonic=lambda: now)
    wanted = asked_for(tokened.registry, "team/model:1")
    await registries.resolve(wanted, with_logins(KNOWN))
    now = tokened.tokens.seconds
    await registries.resolve(wanted, with_logins(KNOWN))
    assert len(tokened.tokens.seen) == 2
    await registries.close()


async def test_an_identity_token_is_exchanged(tokened: Tokened, registries: ImageRegistries) -> None:
    login = Login("00000000", "", tokened.tokens.identity)
    await registries.resolve(asked_for(tokened.registry, "team/model:1"), with_logins(login))
    assert [asked.method for asked in tokened.tokens.seen] == ["POST"]


async def test_nobody_gets_a_token_without_a_login(tokened: Tokened, registries: ImageRegistries) -> None:
    for logins in ((), (UNKNOWN,)):
        found = await refused(registries, asked_for(tokened.registry, "team/model:1"), with_logins(*logins))
        assert found.reason is Reason.ACCESS_DENIED
        assert "a token for" in found.message


async def test_a_private_authority_vouches_for_a_registry_where_the_source_names_it(
    tmp_path_factory: pytest.TempPathFactory, registries: ImageRegistries
) -> None:
    authority = Authority()
    with with_tls(tmp_path_factory.mktemp("tls"), authority) as registry:
        registry.push("team/model", image(), "1")
        wanted = asked_for(registry, "team/model:1")
        await registries.resolve(wanted, RegistryAccess(authorities=authority.pem.decode()))
        for trusted in (None, Authority().pem.decode()):
            found = await refused(registries, wanted, RegistryAccess(authorities=trusted))
            assert found.reason is Reason.TLS_NOT_TRUSTED
            assert "caBundleRef" in found.message
        found = await refused(registries, wanted, RegistryAccess(authorities="no certificate"))
        assert found.reason is Reason.CA_BUNDLE_INVALID


async def test_a_proxy_is_used_where_the_settings_name_one(registry: Registry) -> None:
    registry.push("proxied", image(), "1")
    async with forward_proxy(Proxy()) as proxy:
        registries = ImageRegistries(replace(SETTINGS, proxies=Proxies(http=proxy.url)))
        await registries.resolve(asked_for(registry, "proxied:1"), PLAIN)
        await registries.close()
        assert proxy.seen[0].startswith(f"GET http://{registry.address}/v2/proxied/manifests/1 ")
