"""Registries on bad days: what is answered, what is sent on, what is a lie. Each has its reason, and ends."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http import HTTPStatus

import pytest
from tests.integration.registry.conftest import PLAIN, SETTINGS, asked_for, refused
from tests.support.certificates import Authority
from tests.support.fault_proxy import NO_FAULT, Fault, FaultProxy, Request, fault_proxy
from tests.support.images import Image, image, multi
from tests.support.quirky_store import Asked, Reply, serving
from tests.support.registries import Registry

from aiapp.adapters.registry.registries import ImageRegistries
from aiapp.api.conditions import Reason
from aiapp.domain.images.reference import Reference, reference
from aiapp.domain.objectstore.endpoint_policy import EndpointPolicy
from aiapp.oci.access import Login, RegistryAccess

LIMITED, FOUND = HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.FOUND
UNREACHABLE = Reason.ENDPOINT_UNREACHABLE
METADATA = "169.254.169.254"


@pytest.fixture
def faulty(registry: Registry) -> Iterator[FaultProxy]:
    """In front of the real registry."""
    registry.push("team/model", multi("amd64", "arm64"), "1")
    with fault_proxy(f"http://{registry.address}") as proxy:
        yield proxy


def through(proxy: FaultProxy, rest: str = "team/model:1") -> Reference:
    return reference(f"{proxy.address}/{rest}")


def sent_on(to: str, status: HTTPStatus = FOUND) -> Fault:
    return Fault(status=status, headers={"Location": to})


def challenged(how: str) -> Fault:
    return Fault(status=HTTPStatus.UNAUTHORIZED, headers={"WWW-Authenticate": how})


def at(part: str, fault: Fault) -> Callable[[Request], Fault]:
    """For requests with that in their path."""
    return lambda request: fault if part in request.target else NO_FAULT


def once(fault: Fault) -> Callable[[Request], Fault]:
    """For the first request."""
    faults = iter([fault])
    return lambda _: next(faults, NO_FAULT)


@pytest.mark.parametrize(
    ("fault", "reason", "retryable", "says"),
    [
        pytest.param(Fault(status=HTTPStatus.UNAUTHORIZED), Reason.ACCESS_DENIED, False, "anonymous", id="401"),
        pytest.param(Fault(status=HTTPStatus.FORBIDDEN), Reason.ACCESS_DENIED, False, "denies access", id="403"),
        pytest.param(Fault(status=HTTPStatus.NOT_FOUND), Reason.IMAGE_NOT_FOUND, False, "has no image", id="404"),
        pytest.param(Fault(status=LIMITED), Reason.RATE_LIMITED, True, "no more requests", id="429"),
        pytest.param(Fault(status=HTTPStatus.INTERNAL_SERVER_ERROR), UNREACHABLE, True, "answered 500", id="500"),
        pytest.param(Fault(status=HTTPStatus.SERVICE_UNAVAILABLE), UNREACHABLE, True, "answered 503", id="503"),
        pytest.param(Fault(cut_after=10), UNREACHABLE, True, "cut off its answer", id="cut off"),
        pytest.param(Fault(stall_after=10), UNREACHABLE, True, "did not answer in time", id="silent"),
        pytest.param(Fault(piece=1, pause_seconds=0.1), UNREACHABLE, True, "sends so slowly", id="slow"),
        pytest.param(sent_on("ftp://a/b"), UNREACHABLE, False, "no http(s) URL", id="ftp"),
        pytest.param(sent_on("//["), UNREACHABLE, False, "no http(s) URL", id="half an address"),
        pytest.param(sent_on("/v2/"), UNREACHABLE, False, "sends on more than", id="loop"),
        pytest.param(
            sent_on(f"http://{METADATA}/", HTTPStatus.TEMPORARY_REDIRECT),
            Reason.ENDPOINT_REFUSED,
            False,
            "metadata service",
            id="to a forbidden address",
        ),
        pytest.param(
            challenged(f'Bearer realm="http://{METADATA}/t"'),
            Reason.ENDPOINT_REFUSED,
            False,
            "metadata service",
            id="to a forbidden authority",
        ),
        pytest.param(
            challenged("Bearer realm=nowhere"), UNREACHABLE, False, "without saying where", id="to no authority"
        ),
        pytest.param(
            Fault(headers={"Docker-Content-Digest": f"sha256:{'0' * 64}"}),
            Reason.DIGEST_MISMATCH,
            False,
            "states the digest",
            id="a lie about the digest",
        ),
    ],
)
async def test_a_bad_day_has_its_reason(
    faulty: FaultProxy, fault: Fault, reason: Reason, retryable: bool, says: str
) -> None:
    registries = ImageRegistries(replace(SETTINGS, request_seconds=4, read_seconds=1, attempts=2), lambda: 0.0)
    faulty.rule = lambda _: fault
    found = await refused(registries, through(faulty))
    assert (found.reason, found.retryable) == (reason, retryable)
    assert says in found.message
    faulty.rule = lambda _: NO_FAULT
    await registries.resolve(through(faulty), PLAIN)  # it recovers by itself
    await registries.close()


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(status=HTTPStatus.BAD_GATEWAY), id="502"),
        pytest.param(Fault(cut_after=3), id="cut off"),
        pytest.param(Fault(stall_after=3), id="silent"),
    ],
)
async def test_what_lasts_a_moment_is_not_noticed(faulty: FaultProxy, fault: Fault) -> None:
    registries = ImageRegistries(replace(SETTINGS, read_seconds=1), lambda: 0.0)
    faulty.rule = once(fault)
    await registries.resolve(through(faulty), PLAIN)
    await registries.close()


async def test_a_registry_says_when_it_wants_to_be_asked_again(faulty: FaultProxy, registries: ImageRegistries) -> None:
    faulty.rule = lambda _: Fault(status=LIMITED, headers={"Retry-After": "120"})
    found = await refused(registries, through(faulty))
    assert (found.reason, found.after_seconds, len(faulty.requests)) == (Reason.RATE_LIMITED, 120, 1)
    faulty.rule = once(Fault(status=LIMITED, headers={"Retry-After": "1"}))
    await registries.resolve(through(faulty), PLAIN)


async def test_a_config_that_is_gone_is_named(
    registry: Registry, registries: ImageRegistries, faulty: FaultProxy
) -> None:
    part = json.loads(multi("amd64", "arm64").children[1].body)["config"]["digest"]
    faulty.rule = at(part, Fault(status=HTTPStatus.NOT_FOUND))
    found = await refused(registries, through(faulty))
    assert found.reason is Reason.IMAGE_INCOMPLETE
    assert f"the config {part}" in found.message


async def test_a_platform_that_a_mirror_lacks_is_left_out_until_it_is_there(
    registries: ImageRegistries, faulty: FaultProxy
) -> None:
    child = multi("amd64", "arm64").children[1]
    faulty.rule = at(child.digest, Fault(status=HTTPStatus.NOT_FOUND))
    found = await registries.resolve(through(faulty), PLAIN)
    assert [str(one.platform) for one in found.platforms] == ["linux/amd64"]
    assert [str(one) for one in found.absent] == ["linux/arm64"]
    faulty.rule = at(child.digest, NO_FAULT)
    again = await registries.resolve(through(faulty), PLAIN)
    assert ([str(one.platform) for one in again.platforms], again.absent) == (["linux/amd64", "linux/arm64"], ())


async def test_an_index_of_which_a_registry_has_no_platform_is_incomplete_and_the_first_is_named(
    registries: ImageRegistries, faulty: FaultProxy
) -> None:
    children = [one.digest for one in multi("amd64", "arm64").children]
    gone = Fault(status=HTTPStatus.NOT_FOUND)
    faulty.rule = lambda request: gone if any(one in request.target for one in children) else NO_FAULT
    found = await refused(registries, through(faulty))
    assert found.reason is Reason.IMAGE_INCOMPLETE
    assert f"the manifest {children[0]} for linux/amd64 of" in found.message


@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param(lambda body: body[:-1] + b" ", "sends another digest", id="other bytes"),
        pytest.param(lambda body: body[:-1], "bytes instead of", id="fewer bytes"),
        pytest.param(lambda body: body + b" ", "more than", id="more bytes"),
    ],
)
async def test_nothing_is_believed_that_has_another_digest(
    registry: Registry, registries: ImageRegistries, change: Callable[[bytes], bytes], says: str
) -> None:
    pushed = image(run={"Cmd": [says]})
    config = next(iter(pushed.blobs))
    registry.push("damaged", pushed, "1")
    registry.file(config).write_bytes(change(pushed.blobs[config]))
    found = await refused(registries, asked_for(registry, "damaged:1"))
    assert says in found.message
    assert config in found.message


class Elsewhere:
    """Serves what another host of a registry would, and keeps what it was asked."""

    def __init__(self, pushed: Image) -> None:
        self.seen: list[Asked] = []
        self.sent = 0
        self._blobs = pushed.all_blobs

    def answer(self, asked: Asked) -> Reply:
        return Reply(200, self._blobs[asked.target.rpartition("/")[2]])


async def test_what_is_redirected_is_followed_without_the_login(
    registry: Registry, registries: ImageRegistries, faulty: FaultProxy
) -> None:
    pushed = image(layers=[b"redirected"])
    registry.push("redirected", pushed, "1")
    elsewhere = Elsewhere(pushed)
    with serving(elsewhere) as port:

        def rule(request: Request) -> Fault:
            if "authorization" not in request.headers:
                return challenged('Basic realm="r"')
            if "/blobs/" not in request.target:
                return NO_FAULT
            name = request.target.rpartition("/")[2]
            return sent_on(f"http://127.0.0.1:{port}/x/{name}", HTTPStatus.TEMPORARY_REDIRECT)

        faulty.rule = rule
        access = replace(PLAIN, logins=(Login("ada", "secret"),))
        found = await registries.resolve(through(faulty, "redirected:1"), access)
    assert found.digest == pushed.digest
    (asked,) = elsewhere.seen
    assert "authorization" not in asked.headers


@dataclass
class Greedy:
    """Asks whoever comes for a login, to be given to itself."""

    seen: list[Asked] = field(default_factory=list)
    sent: int = 0

    def answer(self, asked: Asked) -> Reply:
        realm = f"http://{asked.headers['host']}/token"
        return Reply(HTTPStatus.UNAUTHORIZED, headers={"WWW-Authenticate": f'Bearer realm="{realm}"'})


async def test_whom_a_registry_sends_to_has_no_say_in_where_the_login_goes(
    faulty: FaultProxy, registries: ImageRegistries
) -> None:
    greedy = Greedy()
    with serving(greedy) as port:
        faulty.rule = lambda _: sent_on(f"http://127.0.0.1:{port}/x")
        found = await refused(registries, through(faulty), replace(PLAIN, logins=(Login("ada", "secret"),)))
    assert found.reason is Reason.ACCESS_DENIED
    assert [asked.target for asked in greedy.seen] == ["/x"]
    assert "authorization" not in greedy.seen[0].headers


async def test_nobody_is_sent_from_tls_to_a_place_without(registry: Registry, registries: ImageRegistries) -> None:
    registry.push("downgraded", image(), "1")
    authority = Authority()
    access = RegistryAccess(authorities=authority.pem.decode(), plain_http=False, logins=(Login("ada", "secret"),))
    with fault_proxy(f"http://{registry.address}", authority.server("127.0.0.1")) as proxy:
        for fault in (
            sent_on(f"http://{registry.address}/x"),
            challenged(f'Bearer realm="http://{registry.address}/token"'),
        ):
            proxy.rule = lambda _, fault=fault: fault  # type: ignore[misc]
            found = await refused(registries, through(proxy, "downgraded:1"), access)
            assert found.reason is Reason.ENDPOINT_REFUSED
            assert "without TLS" in found.message


@pytest.mark.parametrize(
    ("settings", "access", "says"),
    [
        pytest.param(replace(SETTINGS, policy=EndpointPolicy()), PLAIN, "loopback address", id="an address"),
        pytest.param(
            replace(SETTINGS, policy=EndpointPolicy(allowed_hosts=("*.example.com",))),
            PLAIN,
            "not among the allowed hosts",
            id="a host",
        ),
        pytest.param(replace(SETTINGS, allow_http=False), PLAIN, "AIAPP_ALLOW_HTTP", id="no TLS"),
    ],
)
async def test_a_registry_that_is_not_allowed_is_not_asked(
    faulty: FaultProxy, settings: object, access: RegistryAccess, says: str
) -> None:
    registries = ImageRegistries(settings)  # type: ignore[arg-type]
    found = await refused(registries, through(faulty), access)
    assert found.reason is Reason.ENDPOINT_REFUSED
    assert says in found.message
    assert faulty.requests == []
    await registries.close()


async def test_an_image_that_is_too_large_is_refused(registry: Registry) -> None:
    registry.push("large", image(layers=[b"x" * 2000]), "1")
    registries = ImageRegistries(replace(SETTINGS, max_image_bytes=1000))
    found = await refused(registries, asked_for(registry, "large:1"))
    assert found.reason is Reason.LIMIT_EXCEEDED
    assert "AIAPP_MAX_IMAGE_BYTES" in found.message
    await registries.close()


async def test_a_registry_that_is_away_is_named(registry: Registry, registries: ImageRegistries) -> None:
    with fault_proxy(f"http://{registry.address}") as proxy:
        away = through(proxy)
    found = await refused(registries, away)
    assert (found.reason, found.retryable) == (UNREACHABLE, True)
    assert "refuses connections" in found.message


async def test_an_image_that_is_known_takes_one_request(faulty: FaultProxy, registries: ImageRegistries) -> None:
    first = await registries.resolve(through(faulty), PLAIN)
    faulty.requests.clear()
    async with registries.session("team") as session:
        again = await session.resolve(through(faulty), PLAIN)
    assert again == first
    assert [request.method for request in faulty.requests] == ["HEAD"]


async def test_another_name_of_an_image_that_is_known_takes_one_request(
    registry: Registry, faulty: FaultProxy, registries: ImageRegistries
) -> None:
    first = await registries.resolve(through(faulty), PLAIN)
    registry.push("team/model", multi("amd64", "arm64"), "again")
    faulty.requests.clear()
    again = await registries.resolve(through(faulty, "team/model:again"), PLAIN)
    assert (again.digest, again.platforms) == (first.digest, first.platforms)
    assert [request.method for request in faulty.requests] == ["GET"]


async def test_a_registry_that_states_no_digest_is_asked_for_the_document(
    faulty: FaultProxy, registries: ImageRegistries
) -> None:
    faulty.rule = lambda _: Fault(headers={"Docker-Content-Digest": ""})
    found = await registries.resolve(through(faulty), PLAIN)
    faulty.requests.clear()
    assert await registries.digest(through(faulty), PLAIN) == found.digest
    assert [request.method for request in faulty.requests] == ["HEAD", "GET"]


async def test_a_tag_that_moved_is_read_anew(
    registry: Registry, registries: ImageRegistries, faulty: FaultProxy
) -> None:
    before = await registries.resolve(through(faulty), PLAIN)
    moved = multi("amd64", "arm64", run={"Cmd": ["two"]})
    registry.push("team/model", moved, "1")
    after = await registries.resolve(through(faulty), PLAIN)
    assert (before.digest, after.digest) == (multi("amd64", "arm64").digest, moved.digest)
    assert after.platforms[0].config.command == ("two",)
    pinned = await registries.resolve(through(faulty, f"team/model@{before.digest}"), PLAIN)
    assert pinned.platforms == before.platforms


async def test_a_tag_that_moves_while_it_is_read_is_read_as_it_was(
    registry: Registry, registries: ImageRegistries, faulty: FaultProxy
) -> None:
    before, after = multi("amd64", run={"Cmd": ["before"]}), multi("amd64", run={"Cmd": ["after"]})
    registry.push("team/moving", before, "1")

    def rule(request: Request) -> Fault:
        if before.children[0].digest in request.target:
            registry.push("team/moving", after, "1")
        return NO_FAULT

    faulty.rule = rule
    found = await registries.resolve(through(faulty, "team/moving:1"), PLAIN)
    assert (found.digest, found.platforms[0].config.command) == (before.digest, ("before",))
    found = await registries.resolve(through(faulty, "team/moving:1"), PLAIN)
    assert (found.digest, found.platforms[0].config.command) == (after.digest, ("after",))


async def test_another_authority_shares_nothing_that_is_known(
    registry: Registry, registries: ImageRegistries, faulty: FaultProxy
) -> None:
    await registries.resolve(through(faulty), PLAIN)
    faulty.requests.clear()
    other = replace(PLAIN, authorities=Authority().pem.decode())
    await registries.resolve(through(faulty), other)
    assert len(faulty.requests) == 5
