"""What those who were at an event say of it behind the link of their invitation."""

from typing import Any
from uuid import UUID

from services.engagement.endpoints.pages.texts import TEXTS
from tests.engagement.mailed import ONLINE, PERSON, browser, event_in, invite, move, press, show, supplier
from tests.engagement.programme import attend
from tests.html_forms import Page, check_accessible
from tests.stage import Stage

QUESTIONS = [
    {
        "code": "content",
        "kind": "rating",
        "text": {"en": "How useful was it?", "zh-TW": "內容是否實用?"},
        "aspect": "content",
    },
    {
        "code": "next_topic",
        "kind": "choice",
        "text": {"en": "What next?"},
        "options": [
            {"code": "wages", "label": {"en": "Wages", "zh-TW": "工資"}},
            {"code": "water", "label": {"en": "Water"}},
        ],
    },
    {"code": "remarks", "kind": "text", "text": {"en": "Anything else?"}},
]


async def attended(stage: Stage, **fields: Any) -> tuple[dict[str, Any], str]:
    """An event that is over and asks for feedback, with somebody who was invited and there."""
    event = await event_in(stage, -2, **fields)
    supplier_id = await supplier(stage)
    _, path = await invite(stage, event, supplier_id=supplier_id, reply="accepted")
    async with stage.machine("engagement") as client:
        await attend(client, event["id"], supplier_id=supplier_id, person_ref=PERSON)
        url = f"/v1/events/{event['id']}/feedback-questions"
        etag = (await client.get(f"/v1/events/{event['id']}")).headers["etag"]
        answer = await client.put(url, json={"questions": QUESTIONS}, headers={"If-Match": etag})
        assert answer.status_code == 200, answer.text
    return event, path


async def given(stage: Stage, event: dict[str, Any]) -> list[dict[str, Any]]:
    query = (
        "SELECT attendance.rating, event_feedback.answers::text FROM attendance"
        " LEFT JOIN event_feedback ON attendance_id = attendance.id WHERE attendance.event_id = $1"
    )
    return [dict(row) for row in await stage.psql("engagement", query, UUID(event["id"]))]


async def test_whoever_was_there_finds_recordings_and_says_what_it_was_like(stage: Stage) -> None:
    event, path = await attended(stage, **ONLINE)
    async with browser(stage) as guest:
        page = await show(guest, path)
        assert {"https://files.example/a.pdf", "https://files.example/film"} <= set(page.links)
        assert ONLINE["join_url"] not in page.links
        assert page.legends == 4
        page.fill("rating", "5")
        page.fill("answer.content", "4")
        page.fill("answer.next_topic", "wages")
        page.fill("answer.remarks", "More cases,\nplease <b>")
        answer, page = await press(guest, path, page, "feedback")
        assert (answer.status_code, answer.history[0].status_code) == (200, 303)
        check_accessible(page)
        assert TEXTS["feedback_saved"].en in page.text
        (found,) = await given(stage, event)
        assert found["rating"] == 5
        assert '"next_topic": "wages"' in found["answers"]
        assert '"remarks": "More cases,\\nplease <b>"' in found["answers"]
        # What was said stands in the form, and sending it again changes it.
        page.fill("rating", "3")
        page.fill("answer.next_topic", "")
        await press(guest, path, page, "feedback")
    (found,) = await given(stage, event)
    assert found["rating"] == 3
    assert "next_topic" not in found["answers"]
    assert "More cases" in found["answers"]


async def test_what_cannot_be_taken_is_said_in_place_and_nothing_is_lost(stage: Stage) -> None:
    event, path = await attended(stage)
    async with browser(stage) as guest:
        page = await show(guest, path)
        answer, page = await press(guest, path, page, "feedback")
        assert answer.status_code == 422
        check_accessible(page)
        assert TEXTS["required"].en in page.text
        data = {
            "action": "feedback",
            "rating": "6",
            "answer.content": "five",
            "answer.next_topic": "gold",
            "answer.remarks": "水" * 4001,
        }
        answer = await guest.post(path, data=data)
        page = Page.of(answer.text)
        assert answer.status_code == 422
        check_accessible(page)
        assert page.title.startswith("Error: ")
        assert [link for link in page.links if link.startswith("#")] == ["#q1", "#q2", "#q3", "#q4"]
        assert "水" * 4001 in page.text
    assert [row["rating"] for row in await given(stage, event)] == [None]
    assert [row["answers"] for row in await given(stage, event)] == [None]


async def test_only_who_was_there_and_only_afterwards_is_asked(stage: Stage) -> None:
    event = await event_in(stage, -2)
    _, absent = await invite(stage, event, reply="accepted")
    coming = await event_in(stage, -2, event_ref="FRM-2")
    supplier_id = await supplier(stage)
    _, early = await invite(stage, coming, supplier_id=supplier_id)
    async with stage.machine("engagement") as client:
        await attend(client, coming["id"], supplier_id=supplier_id, person_ref=PERSON)
    await move(stage, coming, 5)
    async with browser(stage) as guest:
        for path in (absent, early):
            page = await show(guest, path)
            assert page.legends == 0
            answer = await guest.post(path, data={"action": "feedback", "rating": "5"})
            assert answer.status_code == 409
            assert TEXTS["not_taken"].en in answer.text
    assert [row["rating"] for row in await given(stage, coming)] == [None]
