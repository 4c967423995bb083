"""What people see and do in the console is what the API server lets them."""

import asyncio
from pathlib import Path

import aiohttp
from tests.support import documents
from tests.support.accounts import person
from tests.support.console import Fields
from tests.support.console_process import RunningConsole, console
from tests.support.kube import Kube, Object
from tests.support.records import NORMAL, condition
from tests.support.sandbox import Sandbox, fresh_namespace

HOSTILE = '"><script>alert(1)</script>'


def held(kube: Kube, namespace: str, name: str, **status: object) -> Object:
    """An application with one version, as the operator would have left them."""
    application = kube.create(documents.application(name), namespace)
    version = kube.create(documents.version(name), namespace)
    kube.patch_status(version, {**NORMAL, **status})
    return application


async def login(browser: aiohttp.ClientSession, token: str) -> int:
    async with browser.get("/login") as shown:
        mark = Fields(await shown.text()).found["mark"]
    async with browser.post("/login", data={"mark": mark, "token": token}, allow_redirects=False) as answer:
        return answer.status


async def page(browser: aiohttp.ClientSession, path: str) -> tuple[int, str]:
    async with browser.get(path, allow_redirects=False) as answer:
        return answer.status, await answer.text()


async def test_two_people_never_see_each_others_objects(
    running: RunningConsole, kube: Kube, namespace: str, browser: aiohttp.ClientSession
) -> None:
    with fresh_namespace(kube) as other:
        held(kube, namespace, "redmodel")
        held(kube, other, "bluemodel")
        red, blue = person(kube, namespace, "red", "edit"), person(kube, other, "blue", "view")
        jar = aiohttp.CookieJar(unsafe=True, treat_as_secure_origin=running.base)
        async with aiohttp.ClientSession(running.base, cookie_jar=jar) as second:
            assert await login(browser, red) == 303
            assert await login(second, blue) == 303
            for _ in range(3):  # one after the other, over the same connections of the console
                assert "redmodel" in (await page(browser, f"/n/{namespace}/"))[1]
                assert "bluemodel" in (await page(second, f"/n/{other}/"))[1]
                for session, theirs, name in ((browser, other, "bluemodel"), (second, namespace, "redmodel")):
                    for path in ("", f"applications/{name}", f"versions/{name}-1.0.0", "nodes", "live"):
                        status, text = await page(session, f"/n/{theirs}/{path}")
                        assert (status, f"{name}</a>" in text) in {(403, False), (200, False)}, path
                    assert (await page(session, "/n/_all/"))[0] == 403
        assert "system:serviceaccount:" in (await page(browser, f"/n/{namespace}/"))[1]
    assert red not in running.log
    assert blue not in running.log


async def test_whoever_may_only_read_changes_nothing(
    kube: Kube, namespace: str, browser: aiohttp.ClientSession
) -> None:
    application = held(kube, namespace, "mnist")
    assert await login(browser, person(kube, namespace, "reader", "view")) == 303
    where = f"/n/{namespace}/applications/mnist"
    assert "/do/" not in (await page(browser, where))[1]
    status, text = await page(browser, f"{where}/do/stop")
    assert status == 200
    assert "the right to patch aiapplications is missing" in text
    form = {**Fields(text).found, "step": "do"}
    async with browser.post(f"{where}/do/stop", data=form, allow_redirects=False) as answer:
        assert answer.status == 409
        assert "cannot patch resource" in await answer.text()
    now = kube.get(application["apiVersion"], application["kind"], "mnist", namespace)
    assert now["metadata"]["generation"] == application["metadata"]["generation"]


async def test_whoever_may_edit_stops_starts_describes_and_deletes(
    kube: Kube, namespace: str, browser: aiohttp.ClientSession
) -> None:
    application = held(kube, namespace, "mnist")
    assert await login(browser, person(kube, namespace, "editor", "edit")) == 303
    where = f"/n/{namespace}/applications/mnist"

    async def do(action: str, **given: str) -> int:
        _, text = await page(browser, f"{where}/do/{action}")
        form = {**Fields(text).found, "step": "do", **given}
        async with browser.post(f"{where}/do/{action}", data=form, allow_redirects=False) as answer:
            return answer.status

    def spec() -> Object:
        found: Object = kube.get(application["apiVersion"], application["kind"], "mnist", namespace)["spec"]
        return found

    assert await do("describe", description="Reads digits", document_0="Card", url_0="https://example.org/x") == 303
    assert spec()["description"] == "Reads digits"
    assert await do("describe", description="x > y") == 409
    assert await do("stop") == 303
    assert spec()["serving"]["stopped"] is True
    assert await do("start") == 303
    assert spec()["serving"]["stopped"] is False
    assert await do("deploy", **{"weight 1.0.0": "100", "replicas": "3"}) == 303
    assert await do("delete") == 409, "it serves"
    assert await do("stop") == 303
    assert await do("delete") == 303
    assert kube.find(application["apiVersion"], application["kind"], "mnist", namespace) is None


async def test_of_two_who_describe_at_the_same_time_the_second_is_shown_what_the_first_wrote(
    kube: Kube, namespace: str, browser: aiohttp.ClientSession
) -> None:
    application = held(kube, namespace, "mnist")
    assert await login(browser, person(kube, namespace, "editor", "edit")) == 303
    where = f"/n/{namespace}/applications/mnist/do/describe"

    async def do(form: dict[str, str], **given: str) -> tuple[int, str]:
        async with browser.post(where, data={**form, "step": "do", **given}, allow_redirects=False) as answer:
            return answer.status, await answer.text()

    first = second = Fields((await page(browser, where))[1]).found
    assert (await do(first, description="Reads digits"))[0] == 303
    status, text = await do(second, description="Reads letters")
    assert status == 409
    assert "it is now: Reads digits." in text
    assert (await do(Fields(text).found))[0] == 303
    now = kube.get(application["apiVersion"], application["kind"], "mnist", namespace)
    assert now["spec"]["description"] == "Reads letters"


async def test_what_strangers_wrote_is_text(kube: Kube, namespace: str, browser: aiohttp.ClientSession) -> None:
    faults = [condition("PackageValid", "False", "ConfigInvalid", HOSTILE), condition("Ready", "False", "X", HOSTILE)]
    model = {"type": "Custom", "algorithm": HOSTILE, "metrics": {HOSTILE: HOSTILE}, "dependencies": [HOSTILE]}
    held(kube, namespace, "mnist", model=model, conditions=faults, phase="Failed")
    assert await login(browser, person(kube, namespace, "reader", "view")) == 303
    for path in ("", "applications/mnist", "versions/mnist-1.0.0"):
        status, text = await page(browser, f"/n/{namespace}/{path}")
        assert status == 200
        assert "<script>alert" not in text
        assert '"><script>' not in text


async def test_a_page_is_told_that_something_changed(
    kube: Kube, namespace: str, browser: aiohttp.ClientSession
) -> None:
    application = held(kube, namespace, "mnist")
    assert await login(browser, person(kube, namespace, "reader", "view")) == 303
    async with browser.get(f"/n/{namespace}/live?application=mnist") as stream:
        assert stream.headers["Content-Type"] == "text/event-stream"
        events = (line async for line in stream.content if line.startswith(b"event:"))
        async with asyncio.timeout(60):
            assert await anext(events) == b"event: changed\n"  # at first, for what changed since the page was made
            kube.patch(application, {"metadata": {"labels": {"team": "vision"}}})
            assert await anext(events) == b"event: changed\n"


async def test_whoever_loses_the_right_is_told_no_more(
    kube: Kube, namespace: str, browser: aiohttp.ClientSession
) -> None:
    with fresh_namespace(kube) as other:
        held(kube, other, "mnist")
        assert await login(browser, person(kube, namespace, "reader", "view")) == 303
        async with browser.get(f"/n/{other}/live") as stream, asyncio.timeout(60):
            said = await stream.content.read()
    assert said.endswith(b"event: ended\ndata:\n\n")


async def test_a_token_that_was_never_one_is_refused(running: RunningConsole, browser: aiohttp.ClientSession) -> None:
    assert await login(browser, "no-token-at-all") == 403
    assert (await page(browser, "/n/default/"))[0] == 303
    assert "no-token-at-all" not in running.log


async def test_a_person_on_their_own_machine_has_the_rights_of_their_kubeconfig(
    sandbox: Sandbox, kube: Kube, installed: None, namespace: str, tmp_path: Path
) -> None:
    held(kube, namespace, "mnist")
    with console(tmp_path, "--kubeconfig", str(sandbox.kubeconfig), "-n", namespace) as mine:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
            async with session.get(f"{mine.base}/") as refused:
                assert refused.status == 401
            async with session.get(mine.said) as entered:
                assert entered.status == 200
                assert "mnist" in await entered.text()
        token = mine.said.partition("token=")[2]
        assert token not in mine.log
        assert mine.end() == 0
