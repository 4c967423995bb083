"""What the console answers to browsers, and to what pretends to be one."""

import logging
import re
from urllib.parse import urljoin

import pytest
from tests.support import documents
from tests.support.console import Fields, alone, browser, logged_in, login, page, proxied
from tests.support.records import NORMAL, condition, stored
from tests.support.user_api import UserObjects
from yarl import URL

from aiapp.console.access.local import LocalAccess
from aiapp.domain.kubernetes.resources import APPLICATIONS, NAMESPACES, VERSIONS, Resource

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
LIST = "/n/vision/"


def objects(name: str = "mnist", forbidden: frozenset[Resource] = frozenset()) -> UserObjects:
    version = stored(documents.version(name), status=NORMAL)
    return UserObjects({APPLICATIONS: [stored(documents.application(name))], VERSIONS: [version]}, forbidden)


async def test_the_address_that_is_printed_is_good_for_one_visit() -> None:
    access = LocalAccess(objects(), "me")
    async with browser(access) as client:
        assert (await client.get(LIST)).status == 401
        assert (await client.get("/enter?token=other")).status == 403
        entered = await client.get(f"/enter?token={access.token}", allow_redirects=False)
        assert entered.status == 303
        cookie = entered.cookies[f"aiapp-console-{client.port}"]
        assert (cookie["httponly"], cookie["samesite"]) == (True, "Strict")
        assert "mnist" in await page(client, LIST)
        client.session.cookie_jar.clear()
        assert (await client.get(f"/enter?token={access.token}")).status == 403
        assert (await client.get(LIST)).status == 401


async def test_every_answer_refuses_what_a_page_of_strangers_could_bring() -> None:
    async with alone(objects()) as client:
        for path in (LIST, "/healthz", "/nowhere", "/static/console.css"):
            headers = (await client.get(path)).headers
            assert "default-src 'none'" in headers["Content-Security-Policy"]
            assert "unsafe" not in headers["Content-Security-Policy"]
            assert (headers["X-Content-Type-Options"], headers["X-Frame-Options"]) == ("nosniff", "DENY")
        assert (await client.get(LIST)).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "localhost@evil.example"])
async def test_another_name_gets_nothing(host: str) -> None:
    async with alone(objects()) as client:
        answer = await client.get(LIST, headers={"Host": host})
        assert answer.status == 421
        assert "mnist" not in await answer.text()


async def test_names_that_are_given_are_answered_too() -> None:
    async with browser(login({}), hosts=("Console.Example.com",)) as client:
        assert (await client.get("/login", headers={"Host": "console.example.com:8443"})).status == 200


async def test_what_strangers_wrote_is_shown_as_text() -> None:
    version = stored(documents.version())
    broken = documents.changed(documents.version("zoo"), spec__description=HOSTILE, spec__displayName=HOSTILE)
    model = {"type": HOSTILE[:32], "algorithm": HOSTILE, "metrics": {HOSTILE: HOSTILE}, "dependencies": [HOSTILE]}
    conditions = [condition("Ready", "False", "X", HOSTILE), condition("PackageValid", "False", "Y", HOSTILE)]
    version["status"] = NORMAL | {"phase": "Failed", "model": model, "conditions": conditions}
    held = {VERSIONS: [version, stored(broken)], APPLICATIONS: [stored(documents.application())]}
    async with alone(UserObjects(held)) as client:
        paths = [
            LIST,
            "/n/vision/versions/mnist-1.0.0",
            "/n/vision/applications/mnist",
            f"{LIST}?name=%22%3E%3Cscript%3E",
        ]
        for path in paths:
            text = await page(client, path)
            assert "<script>alert" not in text
            assert '"><script>' not in text
            assert "<img" not in text
        assert (await page(client, paths[1])).count("&lt;script&gt;alert(1)") >= 5
        assert "&lt;script&gt;alert(1)" in await page(client, LIST)


async def test_what_turns_letters_round_is_made_visible() -> None:
    version = stored(documents.changed(documents.version(), spec__description="abc\u202egnp.exe"))
    async with alone(UserObjects({VERSIONS: [version], APPLICATIONS: []})) as client:
        text = await page(client, "/n/vision/versions/mnist-1.0.0")
        assert "\u202e" not in text
        assert "abc\N{REPLACEMENT CHARACTER}gnp.exe" in text


async def test_a_person_logs_in_with_a_token_that_only_the_console_can_read_again() -> None:
    async with browser(login({"t0ken": objects()})) as client:
        answer = await client.get(LIST, allow_redirects=False)
        assert (answer.status, answer.headers["Location"]) == (303, "/login")
        assert await logged_in(client, "t0ken") == 303
        (cookie,) = (one for one in client.session.cookie_jar if one.key == "__Host-aiapp-session")
        assert "t0ken" not in cookie.value
        assert (cookie["httponly"], cookie["secure"], cookie["samesite"]) == (True, True, "Strict")
        assert "owner of t0ken" in await page(client, LIST)


async def test_a_token_that_the_api_server_does_not_know_is_refused_and_tried_only_so_often() -> None:
    async with browser(login({})) as client:
        assert [await logged_in(client, "wrong") for _ in range(11)] == [403] * 10 + [429]


async def test_behind_an_ingress_nobody_is_kept_out_by_what_others_have_failed() -> None:
    async with browser(login({"t0ken": objects()})) as client:
        assert {await logged_in(client, f"wrong-{number}") for number in range(30)} == {403}
        assert {await logged_in(client, "no token") for _ in range(40)} == {403}, "nobody is asked about these"
        assert await logged_in(client, "t0ken") == 303


async def test_a_login_form_of_somebody_else_is_refused() -> None:
    async with browser(login({"t0ken": objects()})) as client:
        assert (await client.post("/login", data={"token": "t0ken"})).status == 403
        fields = Fields(await page(client, "/login")).found
        client.session.cookie_jar.clear()
        assert (await client.post("/login", data={**fields, "token": "t0ken"})).status == 403


async def test_after_logging_out_the_cookie_of_before_is_worth_nothing() -> None:
    async with browser(login({"t0ken": objects()})) as client:
        await logged_in(client, "t0ken")
        kept = {one.key: one.value for one in client.session.cookie_jar}
        fields = Fields(await page(client, LIST)).found
        assert (await client.post("/logout", data={"mark": "other"}, allow_redirects=False)).status == 403
        assert (await client.post("/logout", data=fields, allow_redirects=False)).status == 303
        assert (await client.get(LIST, allow_redirects=False)).status == 303
        client.session.cookie_jar.update_cookies(kept)
        assert (await client.get(LIST, allow_redirects=False)).status == 303


async def test_a_form_that_a_page_of_another_host_sends_is_refused() -> None:
    async with browser(login({"t0ken": objects()})) as client:
        await logged_in(client, "t0ken")
        fields = Fields(await page(client, LIST)).found
        for header in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
            answer = await client.post("/logout", data=fields, headers=header, allow_redirects=False)
            assert answer.status == 403
        assert "mnist" in await page(client, LIST)


async def test_each_sees_what_their_own_token_shows() -> None:
    access = proxied({"one": objects("mine"), "two": objects("yours")})
    async with browser(access) as client:
        for token, seen, hidden in (("one", "mine", "yours"), ("two", "yours", "mine"), ("one", "mine", "yours")):
            text = await page(client, LIST, **{"X-Forwarded-Access-Token": token})
            assert seen in text
            assert hidden not in text
        assert (await client.get(LIST)).status == 401
        assert (await client.get(LIST, headers={"X-Forwarded-Access-Token": "third"})).status == 401
        assert (await client.get(LIST, headers={"Authorization": "Bearer one"})).status == 401


async def test_a_link_of_another_site_is_followed_once_more_with_the_session() -> None:
    async with browser(login({"t0ken": objects()})) as client:
        asked = {"Sec-Fetch-Site": "cross-site"}
        text = await page(client, f"{LIST}?name=x", **asked)
        assert 'http-equiv="refresh"' in text
        assert "mnist" not in text
        assert (await client.get(LIST, headers={"Sec-Fetch-Site": "same-origin"}, allow_redirects=False)).status == 303
        await logged_in(client, "t0ken")
        assert "mnist" in await page(client, LIST, **asked)


async def test_a_missing_right_is_named_as_the_api_server_names_it() -> None:
    async with alone(objects(forbidden=frozenset({VERSIONS}))) as client:
        answer = await client.get(LIST)
        assert answer.status == 403
        assert "aiapplicationversions is forbidden" in await answer.text()


async def test_whoever_may_not_list_namespaces_types_the_name_of_one() -> None:
    async with alone(objects(forbidden=frozenset({NAMESPACES}))) as client:
        assert "You may not list the namespaces" in await page(client, "/namespaces")
        went = await client.get("/go?namespace=vision", allow_redirects=False)
        assert went.headers["Location"] == LIST
        assert (await client.get("/go?namespace=../x", allow_redirects=False)).status == 400
        assert (await client.get("/go?namespace=//evil.example", allow_redirects=False)).status == 400


async def test_the_log_has_neither_queries_nor_names_of_people(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "aiapp")
    access = LocalAccess(objects(), "me")
    async with browser(access) as client:
        await client.get(f"/enter?token={access.token}")
        await page(client, "/n/vision/?name=private%0aforged")
    assert "GET /n/vision/ 200" in caplog.text
    assert access.token not in caplog.text
    assert "private" not in caplog.text


@pytest.mark.parametrize(
    "path", ["/static/..%2fapp.py", "/static/__init__.py", "/n/Vision/", "/n/a%2fb/", "/n/x/versions/A"]
)
async def test_what_no_page_is_called_is_not_found(path: str) -> None:
    async with alone(objects()) as client:
        assert (await client.get(path)).status == 404


async def test_a_page_speaks_the_language_that_was_chosen_before() -> None:
    async with alone(objects()) as client:
        assert 'lang="en"' in await page(client, LIST)
        assert "命名空间" in await page(client, f"{LIST}?lang=zh")
        assert "命名空间" in await page(client, LIST)


async def test_a_cookie_that_holds_nonsense_is_nobody() -> None:
    async with browser(login({})) as client:
        for value in ("x", "A" * 3000, "é"):
            answer = await client.get(LIST, headers={"Cookie": f"__Host-aiapp-session={value}"}, allow_redirects=False)
            assert answer.status == 303


async def test_an_error_of_the_console_itself_tells_nothing_of_it(caplog: pytest.LogCaptureFixture) -> None:
    held = objects()
    held.held[APPLICATIONS] = [{"metadata": {}}]
    async with alone(held) as client:
        answer = await client.get(LIST)
        assert answer.status == 500
        assert "KeyError" not in await answer.text()
    assert "KeyError" in caplog.text


async def test_consoles_of_two_clusters_are_open_in_one_browser() -> None:
    first, second = LocalAccess(objects("first"), "me"), LocalAccess(objects("second"), "me")
    async with browser(first) as client, browser(second) as other:
        await client.get(f"/enter?token={first.token}")
        address = str(other.make_url("/"))
        await client.session.get(f"{address}enter?token={second.token}")
        assert "second" in await (await client.session.get(f"{address}n/vision/")).text()
        assert "first" in await page(client, LIST)


@pytest.mark.parametrize("path", ["//evil.example/x", "/%2Fevil.example/x", "/%5Cevil.example", "/%09/evil.example"])
async def test_no_link_of_a_page_leads_to_a_host_that_its_own_address_names(path: str) -> None:
    async with alone(objects()) as client:
        answer = await client.session.get(URL(f"{str(client.make_url('/')).rstrip('/')}{path}", encoded=True))
        text = await answer.text()
    assert answer.status == 404
    for link in re.findall('(?:href|action)="([^"]*)"', text):
        assert urljoin("http://console/", link.replace("\\", "/").replace("\t", "")).startswith("http://console/")
