"""What people do in the console, over an API server in memory."""

from typing import Any

import pytest
from tests.support import documents
from tests.support.console import Browser, Fields, alone, page
from tests.support.records import NORMAL, on_the_way, stored
from tests.support.user_api import UserObjects

from aiapp.console.actions.of_application import ACTIONS
from aiapp.domain.kubernetes.resources import APPLICATIONS, VERSIONS

APPLICATION = "/n/vision/applications/mnist"
MAY_ONLY_READ = frozenset((verb, one.plural) for verb in ("patch", "delete") for one in (APPLICATIONS, VERSIONS))


def held(denied: frozenset[tuple[str, str]] = frozenset(), **status: Any) -> UserObjects:
    application = stored(documents.changed(documents.application(), metadata__annotations={"team": "vision"}))
    application["metadata"]["resourceVersion"] = "7"
    application["status"] = status
    versions = [stored(documents.version("mnist", number), status=NORMAL) for number in ("1.0.0", "1.1.0")]
    return UserObjects({APPLICATIONS: [application], VERSIONS: versions}, denied=denied)


async def do(client: Browser, path: str, **form: str) -> tuple[int, str]:
    """Loads the page of an action, fills its form and presses its button; status and where it leads or what it says."""
    fields = Fields(await page(client, path)).found
    async with client.post(path, data={**fields, "step": "do", **form}, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("Location") or await answer.text()


async def test_stopping_writes_what_the_command_would_write() -> None:
    objects = held()
    async with alone(objects) as client:
        text = await page(client, f"{APPLICATION}/do/stop")
        assert "aiapp stop mnist -n vision" in text
        assert "stopped: true" in text, "the manifest for Git"
        assert objects.written == []
        assert await do(client, f"{APPLICATION}/do/stop") == (303, f"{APPLICATION}?done=stop")
        assert "It is being stopped." in await page(client, f"{APPLICATION}?done=stop")
    ((_, written),) = objects.written
    assert written["patch"][-1]["path"] == "/spec/serving/stopped"


async def test_versions_are_deployed_with_their_shares() -> None:
    objects = held()
    shares = {"weight 1.0.0": "90", "weight 1.1.0": "10"}
    async with alone(objects) as client:
        async with client.post(f"{APPLICATION}/do/deploy", data={"step": "preview"}) as unmarked:
            assert unmarked.status == 403
        fields = Fields(await page(client, f"{APPLICATION}/do/deploy")).found
        preview = {**fields, **shares, "step": "preview"}
        async with client.post(f"{APPLICATION}/do/deploy", data=preview) as answer:
            assert "aiapp deploy mnist 1.0.0=90 1.1.0=10 -n vision" in await answer.text()
        assert objects.written == []
        assert (await do(client, f"{APPLICATION}/do/deploy", **shares))[0] == 303
    ((_, written),) = objects.written
    assert written["patch"][-1]["value"] == [{"version": "1.0.0", "weight": 90}, {"version": "1.1.0", "weight": 10}]


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        ({"weight 1.0.0": "90", "weight 1.1.0": "20"}, "must add up to 100"),
        ({"weight 1.0.0": "0", "weight 1.1.0": ""}, "no version gets any traffic"),
        ({"weight 1.0.0": "x"}, "is no whole number"),
        ({"weight 9.9.9": "100", "weight 1.0.0": ""}, "no version 9.9.9"),
    ],
)
async def test_a_split_that_cannot_be_is_refused_and_what_was_typed_stays(shares: dict[str, str], said: str) -> None:
    objects = held()
    async with alone(objects) as client:
        status, text = await do(client, f"{APPLICATION}/do/deploy", **shares)
        assert status == 409
        assert said in text
        typed = {name: value for name, value in Fields(text).found.items() if name in shares}
        assert typed == shares
    assert objects.written == []


async def test_an_approval_is_for_the_step_that_was_seen() -> None:
    objects = held(rollout=on_the_way("AwaitingApproval"))
    path = f"{APPLICATION}/do/approve"
    async with alone(objects) as client:
        assert (await do(client, path, seen="a1/7"))[0] == 409
        assert objects.written == []
        assert (await do(client, path))[0] == 303
    assert len(objects.written) == 1


async def test_whoever_may_only_read_sees_no_button_that_would_fail_and_what_to_hand_on() -> None:
    objects = held(denied=MAY_ONLY_READ, rollout=on_the_way("AwaitingApproval"))
    async with alone(objects) as client:
        for path in (APPLICATION, "/n/vision/versions/mnist-1.0.0"):
            assert "/do/" not in await page(client, path)
        text = await page(client, f"{APPLICATION}/do/stop")
        assert 'value="do"' not in text
        assert "the right to patch aiapplications is missing" in text
        assert "aiapp stop mnist -n vision" in text


async def test_a_write_that_the_api_server_refuses_says_so_on_its_page() -> None:
    objects = held()
    async with alone(objects) as client:
        fields = Fields(await page(client, f"{APPLICATION}/do/stop")).found
        objects.denied = MAY_ONLY_READ
        async with client.post(f"{APPLICATION}/do/stop", data={**fields, "step": "do"}) as answer:
            assert answer.status == 409
            assert "aiapplications is forbidden: cannot patch" in await answer.text()


async def test_a_description_is_edited_with_its_documents() -> None:
    objects = held()
    form = {"description": "Reads digits", "document_0": "Card", "url_0": "https://example.org/card"}
    async with alone(objects) as client:
        assert (await do(client, f"{APPLICATION}/do/describe", **form))[0] == 303
    ((_, written),) = objects.written
    values = {step["path"]: step["value"] for step in written["patch"]}
    assert values["/spec/description"] == "Reads digits"
    assert values["/spec/documents"] == [{"name": "Card", "url": "https://example.org/card"}]


async def sent(client: Browser, fields: dict[str, str], **form: str) -> tuple[int, str]:
    """A form that was loaded before is filled, and its button pressed."""
    path = f"{APPLICATION}/do/describe"
    async with client.post(path, data={**fields, "step": "do", **form}, allow_redirects=False) as answer:
        return answer.status, await answer.text()


CARD = {"name": "Card", "url": "https://example.org/card"}


async def test_what_somebody_else_wrote_meanwhile_is_shown_and_written_over_only_when_asked_again() -> None:
    objects = held()
    spec = objects.held[APPLICATIONS][0]["spec"]
    spec["description"] = "Reads digits"
    async with alone(objects) as client:
        form = Fields(await page(client, f"{APPLICATION}/do/describe")).found
        spec |= {"description": "Reads letters", "displayName": "Letters", "documents": [CARD]}
        status, text = await sent(client, form, description="Reads numbers")
        assert (status, objects.written) == (409, [])
        assert "somebody changed description of mnist since you looked" in text
        assert "it is now: Reads letters." in text
        again = Fields(text).found
        kept = ("Reads numbers", "Letters", "Card")
        assert (again["description"], again["display_name"], again["document_0"]) == kept
        assert (await sent(client, again))[0] == 303
    ((_, written),) = objects.written
    assert written["patch"] == [
        {"op": "test", "path": "/spec/description", "value": "Reads letters"},
        {"op": "add", "path": "/spec/description", "value": "Reads numbers"},
    ]


async def test_documents_that_somebody_else_wrote_are_neither_lost_nor_taken_for_ones_that_are_to_go() -> None:
    objects = held()
    spec = objects.held[APPLICATIONS][0]["spec"]
    async with alone(objects) as client:
        form = Fields(await page(client, f"{APPLICATION}/do/describe")).found
        spec["documents"] = [CARD]
        status, text = await sent(client, form, document_0="Paper", url_0="https://example.org/paper")
        assert (status, objects.written) == (409, [])
        assert "it is now: Card https://example.org/card." in text
        assert Fields(text).found["document_0"] == "Paper"


async def test_fields_in_which_nothing_was_typed_stay_as_somebody_else_wrote_them() -> None:
    objects = held()
    spec = objects.held[APPLICATIONS][0]["spec"]
    spec["documents"] = [CARD]
    async with alone(objects) as client:
        form = Fields(await page(client, f"{APPLICATION}/do/describe")).found
        spec["documents"] = [CARD | {"url": "https://example.org/other"}]
        assert (await sent(client, form, description="Reads digits"))[0] == 303
    ((_, written),) = objects.written
    assert [step["path"] for step in written["patch"]] == ["/metadata/resourceVersion", "/spec/description"]


async def test_a_form_that_changes_nothing_writes_nothing_and_has_no_command() -> None:
    objects = held()
    objects.held[APPLICATIONS][0]["spec"]["description"] = "Reads\r\ndigits "
    path = f"{APPLICATION}/do/describe"
    async with alone(objects) as client:
        fields = Fields(await page(client, path)).found | {"description": "Readsdigits"}  # as browsers send it
        async with client.post(path, data={**fields, "step": "preview"}) as previewed:
            assert "aiapp edit" not in await previewed.text()
        assert (await sent(client, fields))[0] == 303
        async with client.post(path, data={**fields, "step": "preview", "display_name": "Digits"}) as previewed:
            text = await previewed.text()
            assert "aiapp edit mnist --display-name Digits -n vision" in text
            assert "Somebody else" not in text
    assert objects.written == []


async def test_a_version_that_is_served_is_not_offered_for_deletion_and_another_one_is() -> None:
    objects = held()
    async with alone(objects) as client:
        assert "/do/delete" not in await page(client, "/n/vision/versions/mnist-1.0.0")
        assert "/do/delete" in await page(client, "/n/vision/versions/mnist-1.1.0")
        assert await do(client, "/n/vision/versions/mnist-1.1.0/do/delete") == (303, "/n/vision/?done=delete")
    ((verb, document),) = objects.written
    assert (verb, document["metadata"]["name"]) == ("delete", "mnist-1.1.0")


async def test_what_was_made_anew_under_the_same_name_is_not_deleted() -> None:
    objects, path = held(), "/n/vision/versions/mnist-1.1.0/do/delete"
    async with alone(objects) as client:
        fields = Fields(await page(client, path)).found
        objects.held[VERSIONS][1]["metadata"]["uid"] = "another"
        async with client.post(path, data={**fields, "step": "do"}, allow_redirects=False) as answer:
            assert answer.status == 409
            assert "made anew" in await answer.text()
    assert objects.written == []


async def test_an_action_that_there_is_not_has_no_page() -> None:
    async with alone(held()) as client:
        for path in (f"{APPLICATION}/do/explode", "/n/_all/applications/mnist/do/stop"):
            assert (await client.get(path)).status == 404
    assert len({one.name for one in ACTIONS}) == len(ACTIONS)


async def test_what_is_done_by_a_link_of_somebody_else_is_only_shown() -> None:
    objects = held()
    async with alone(objects) as client:
        await page(client, f"{APPLICATION}/do/stop?step=do")
        assert 'class="done"' not in await page(client, f"{APPLICATION}?done=%3Cscript%3E")
    assert objects.written == []
