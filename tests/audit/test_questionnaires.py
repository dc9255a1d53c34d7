"""Questionnaires from draft to publication."""

import asyncio
from typing import Any

from tests.audit.programme import events, post, read
from tests.audit.survey_sample import BODY, SECTIONS, ask, publish, supplier
from tests.stage import Stage

URL = "/v1/questionnaires"


async def draft(stage: Stage, **fields: Any) -> dict[str, Any]:
    async with stage.person("audit", "ann") as client:
        return await post(client, URL, {**BODY, **fields})


async def test_a_name_has_editions_in_order(stage: Stage) -> None:
    first, second, other = await draft(stage), await draft(stage), await draft(stage, name="other")
    assert [(made["name"], made["edition"], made["status"]) for made in (first, second, other)] == [
        ("annual", 1, "draft"),
        ("annual", 2, "draft"),
        ("other", 1, "draft"),
    ]
    listed = (await read(stage, URL, name="annual"))["items"]
    assert [(item["id"], "sections" in item) for item in listed] == [(first["id"], False), (second["id"], False)]
    assert await read(stage, f"{URL}/{first['id']}") == first


async def test_two_drafts_at_once_get_two_editions(stage: Stage) -> None:
    drafts = await asyncio.gather(*(draft(stage) for _ in range(4)))
    assert sorted(made["edition"] for made in drafts) == [1, 2, 3, 4]


async def test_a_draft_can_be_changed_by_who_knows_its_version(stage: Stage) -> None:
    url = f"{URL}/{(await draft(stage))['id']}"
    async with stage.person("audit", "ann") as client:
        assert (await client.patch(url, json={"title": {"en": "New"}})).status_code == 428
        changed = await client.patch(url, json={"title": {"en": "New"}}, headers={"If-Match": '"1"'})
        assert (changed.json()["title"], changed.json()["version"]) == ({"en": "New"}, 2)
        assert changed.json()["sections"][0]["questions"][0]["code"] == "policy"
        stale = await client.patch(url, json={"sections": []}, headers={"If-Match": '"1"'})
        assert stale.status_code == 412
        assert (await client.patch(url, json={"sections": None}, headers={"If-Match": "*"})).status_code == 422


async def test_a_published_questionnaire_never_changes(stage: Stage) -> None:
    published = await publish(stage)
    assert (published["status"], published["version"]) == ("published", 2)
    assert published["published_by"] != published["created_by"]
    url = f"{URL}/{published['id']}"
    async with stage.person("audit", "bob") as client:
        for answer in (
            await client.patch(url, json={"title": {"en": "New"}}, headers={"If-Match": '"2"'}),
            await client.post(f"{url}/publish", headers={"If-Match": '"2"'}),
        ):
            assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (409, "questionnaire-published")
    assert await read(stage, url) == published
    told = await events(stage, "questionnaire")
    assert [event["type"] for event in told] == ["questionnaire.created", "questionnaire.published"]
    assert told[1]["data"]["sections"] == published["sections"]


async def test_publishing_takes_a_second_person(stage: Stage) -> None:
    url = f"{URL}/{(await draft(stage))['id']}/publish"
    async with stage.person("audit", "ann") as ann, stage.machine("audit") as machine:
        assert (await ann.post(url, headers={"If-Match": '"1"'})).status_code == 409
        assert (await machine.post(url, headers={"If-Match": '"1"'})).status_code == 403
    async with stage.machine("audit", "audit:write") as writer:
        assert (await writer.post(url, headers={"If-Match": '"1"'})).status_code == 403
    async with stage.person("audit", "bob") as bob:
        assert (await bob.post(url)).status_code == 428
        assert (await bob.post(url, headers={"If-Match": '"1"'})).status_code == 200


async def test_whoever_changed_a_draft_of_another_cannot_publish_it(stage: Stage) -> None:
    url = f"{URL}/{(await draft(stage))['id']}"
    async with stage.person("audit", "bob") as bob, stage.person("audit", "cleo") as cleo:
        await bob.patch(url, json={"title": {"en": "Mine"}}, headers={"If-Match": '"1"'})
        assert (await bob.post(f"{url}/publish", headers={"If-Match": '"2"'})).status_code == 409
        assert (await cleo.post(f"{url}/publish", headers={"If-Match": '"2"'})).status_code == 200


async def test_all_that_stands_against_publishing_is_said_at_once(stage: Stage) -> None:
    question = {"code": "q", "text": {"en": "?"}, "kind": "number", "weight": 1, "may_be_not_applicable": True}
    section = {**SECTIONS[0], "questions": [question]}
    url = f"{URL}/{(await draft(stage, sections=[section, section]))['id']}/publish"
    async with stage.person("audit", "bob") as client:
        answer = await client.post(url, headers={"If-Match": '"1"'})
    assert answer.status_code == 422
    problem = answer.json()
    assert [error["pointer"] for error in problem["errors"]] == [
        "#/sections/0/questions/0/code",
        "#/sections/0/questions/0/unit",
        "#/sections/1/questions/0/code",
        "#/sections/1/questions/0/unit",
        "#/sections/0/category",
    ]
    assert "vanish" in problem["errors"][-1]["detail"]


async def test_a_malformed_draft_is_refused(stage: Stage) -> None:
    def with_question(**fields: Any) -> dict[str, Any]:
        question = {**SECTIONS[0]["questions"][0], **fields}
        return {**BODY, "sections": [{**SECTIONS[0], "questions": [question]}]}

    async with stage.person("audit", "ann") as client:
        for body in (
            {**BODY, "title": {"zh": "年度調查"}},
            {**BODY, "name": ""},
            with_question(code="Not a code"),
            with_question(weight=-1),
            with_question(kind="essay"),
            with_question(text={}),
            with_question(options=[{"code": "a", "label": {"en": "A"}, "points": 1.5}]),
        ):
            assert (await client.post(URL, json=body)).status_code == 422, body
    assert (await read(stage, URL))["items"] == []


async def test_a_supplier_sees_the_questionnaires_that_it_is_asked(stage: Stage) -> None:
    await draft(stage, name="another")
    url, (s1,) = await ask(stage)
    asked = (await read(stage, url))["questionnaire_id"]
    other = await draft(stage)
    async with supplier(stage, s1) as client:
        assert [item["id"] for item in (await client.get(URL)).json()["items"]] == [asked]
        assert (await client.get(f"{URL}/{asked}")).status_code == 200
        assert (await client.get(f"{URL}/{other['id']}")).status_code == 404
        assert (await client.post(URL, json=BODY)).status_code == 403
