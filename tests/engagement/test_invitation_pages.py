"""What people do behind the link of an invitation: reply, and take the event to their calendar."""

from uuid import UUID

import httpx
import icalendar
import pytest
from joserfc.jwk import OKPKey

from local.door import Door, create_app
from local.people import PeopleIssuer
from services.engagement.endpoints.pages.texts import TEXTS
from tests.engagement.mailed import ONLINE, PERSON, browser, event_in, invite, mail, move, press, show
from tests.html_forms import Page, check_accessible
from tests.stage import Stage


async def reply_of(stage: Stage, invitation_id: UUID) -> str:
    found = await stage.psql("engagement", "SELECT reply FROM invitation WHERE id = $1", invitation_id)
    return str(found[0]["reply"])


async def test_the_page_tells_what_the_event_is_and_takes_a_reply(stage: Stage) -> None:
    invitation_id, path = await invite(stage, await event_in(stage, 3, **ONLINE))
    async with browser(stage) as guest:
        page = await show(guest, path)
        assert page.title == "Human Rights Forum"
        for told in ("(Asia/Taipei)", "(UTC)", "Taipei, Building 2", "hybrid", "Fees (Lin Mei)", "<b>Hours</b>"):
            assert told in page.text
        assert {"https://meet.example/j/1", "https://files.example/a.pdf"} <= set(page.links)
        assert "https://files.example/film" not in page.links
        assert TEXTS["needs_action"].en in page.text
        for action, reply in (("accept", "accepted"), ("tentative", "tentative"), ("decline", "declined")):
            answer, page = await press(guest, path, page, action)
            assert (answer.status_code, answer.history[0].status_code) == (200, 303)
            check_accessible(page)
            assert TEXTS["reply_saved"].en in page.text
            assert TEXTS[reply].en in page.text
            assert await reply_of(stage, invitation_id) == reply


async def test_looking_at_the_page_replies_nothing(stage: Stage) -> None:
    invitation_id, path = await invite(stage, await event_in(stage, 3))
    async with browser(stage) as scanner:
        for method, more in (
            ("GET", "?action=accept"),
            ("HEAD", ""),
            ("GET", "?saved=reply"),
            ("HEAD", "?action=accept"),
        ):
            assert (await scanner.request(method, path + more)).status_code == 200
    assert await reply_of(stage, invitation_id) == "needs_action"


async def test_who_accepts_when_all_places_are_taken_is_told_that_they_wait(stage: Stage) -> None:
    event = await event_in(stage, 3, capacity=1, **{**ONLINE, "location": None})
    await invite(stage, event, "somebody-else", reply="accepted")
    invitation_id, path = await invite(stage, event)
    async with browser(stage) as guest:
        page = await show(guest, path)
        assert TEXTS["full"].en in page.text
        _, page = await press(guest, path, page, "accept")
        assert TEXTS["waiting"].en in page.text
        assert TEXTS["accepted"].en not in page.text
        assert ONLINE["join_url"] not in page.links
    assert await reply_of(stage, invitation_id) == "waiting"


async def test_an_answer_that_comes_too_late_changes_nothing_and_says_so(stage: Stage) -> None:
    event = await event_in(stage, 3)
    invitation_id, path = await invite(stage, event)
    async with browser(stage) as guest:
        page = await show(guest, path)
        await move(stage, event, -4)
        answer, page = await press(guest, path, page, "accept")
        assert answer.status_code == 409
        assert TEXTS["not_taken"].en in page.text
        assert TEXTS["over"].en in page.text
    assert await reply_of(stage, invitation_id) == "needs_action"


@pytest.mark.parametrize("what", ["event", "invitation"])
async def test_what_is_withdrawn_says_so_and_takes_no_reply(stage: Stage, what: str) -> None:
    event = await event_in(stage, 3, **ONLINE)
    invitation_id, path = await invite(stage, event)
    async with browser(stage) as guest:
        before = await show(guest, path)
        if what == "event":
            query = "UPDATE event SET withdrawn_on = current_date, reason = 'Storm at Bo Chen''s' WHERE id = $1"
            await stage.psql("engagement", query, UUID(event["id"]))
        else:
            query = "UPDATE invitation SET withdrawn_at = now() WHERE id = $1"
            await stage.psql("engagement", query, invitation_id)
        page = await show(guest, path)
        assert TEXTS[f"{what}_withdrawn"].en in page.text
        assert "Storm" not in page.text
        assert page.controls == []
        assert ONLINE["join_url"] not in page.links
        answer, _ = await press(guest, path, before, "accept")
        assert answer.status_code == 409
    assert await reply_of(stage, invitation_id) == "needs_action"


@pytest.mark.parametrize("language", ["en", "zh-Hans", "zh-Hant"])
async def test_the_page_speaks_the_readers_language(stage: Stage, language: str) -> None:
    _, path = await invite(stage, await event_in(stage, 3, **ONLINE))
    column = ["en", "zh-Hans", "zh-Hant"].index(language)
    async with browser(stage, language) as guest:
        page = await show(guest, path)
        assert page.language == language
        for key in ("accept", "decline", "agenda", "when", "needs_action"):
            assert TEXTS[key][column] in page.text


async def test_the_calendar_file_is_one_that_a_library_reads(stage: Stage) -> None:
    event = await event_in(stage, 3, **ONLINE)
    _, path = await invite(stage, event)
    async with browser(stage) as phone:
        answer = await phone.get(path.replace("/invitation/", "/calendar/"))
        page = await show(phone, path)
    assert answer.headers["content-type"].startswith("text/calendar")
    assert answer.headers["cache-control"] == "no-store"
    calendar = icalendar.Calendar.from_ical(answer.content)
    (entry,) = calendar.walk("VEVENT")
    assert str(calendar["METHOD"]) == "PUBLISH"
    assert (str(entry["SUMMARY"]), str(entry["STATUS"])) == ("Human Rights Forum", "CONFIRMED")
    assert "ATTENDEE" not in entry
    assert f"..{path.replace('/invitation/', '/calendar/')}?lang=en" in page.links
    await stage.psql("engagement", "UPDATE event SET withdrawn_on = current_date WHERE id = $1", UUID(event["id"]))
    async with browser(stage) as phone:
        answer = await phone.get(path.replace("/invitation/", "/calendar/"))
    (entry,) = icalendar.Calendar.from_ical(answer.content).walk("VEVENT")
    assert str(entry["STATUS"]) == "CANCELLED"
    assert ONLINE["join_url"].encode() not in answer.content


async def test_a_link_opens_its_own_invitation_alone(stage: Stage) -> None:
    _, path = await invite(stage, await event_in(stage, 3))
    async with browser(stage) as guest:
        for wrong in (path[:-1], path + "x", "/invitation/x", path.replace("/invitation/", "/unsubscribe/")):
            assert (await guest.get(wrong)).status_code == 404
            assert (await guest.post(wrong, data={"action": "accept"})).status_code == 404
        assert (await guest.get("/calendar/x")).status_code == 404
        assert (await guest.get(path.replace("/invitation/", "/calendar/")[:-1])).status_code == 404


async def test_the_page_tells_no_more_of_people_than_the_event_does(stage: Stage) -> None:
    event = await event_in(stage, 3)
    invitation_id, path = await invite(stage, event)
    async with browser(stage) as guest:
        answer = await guest.get(path)
    assert PERSON not in answer.text
    assert str(invitation_id) not in answer.text
    assert event["event_ref"] not in answer.text
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "set-cookie" not in answer.headers
    assert '<meta name="robots" content="noindex">' in answer.text


async def test_the_pages_work_behind_the_door_under_the_addresses_that_mails_bring(stage: Stage) -> None:
    event = await event_in(stage, 3)
    invitation_id, path = await invite(stage, event)
    unsubscribe = (await mail(stage, "invitation", invitation_id=invitation_id))[1:-1]
    people = PeopleIssuer("http://door/people", OKPKey.generate_key("Ed25519", auto_kid=True), [])
    door = create_app(Door({"engagement": "http://engagement"}, stage.transport), people)
    here = f"http://door/engagement{path}"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(door), follow_redirects=True) as guest:
        shown = await guest.get(here)
        page = Page.of(shown.text)
        sent = await guest.post(shown.url.join(page.action), data=page.sent("accept"))
        assert (sent.status_code, str(sent.url)) == (200, f"{here}?lang=en&saved=reply")
        (calendar,) = [link for link in Page.of(sent.text).links if "calendar" in link]
        file = await guest.get(sent.url.join(calendar))
        assert file.headers["content-type"].startswith("text/calendar")
        shown = await guest.get(unsubscribe)
        sent = await guest.post(shown.url.join(Page.of(shown.text).action), data={"action": "stop"})
        assert TEXTS["invitations_stopped"].en in sent.text
        again = await guest.post(unsubscribe, data={"List-Unsubscribe": "One-Click"})
        assert (again.status_code, again.history) == (200, [])
    assert await reply_of(stage, invitation_id) == "accepted"


async def test_too_much_or_nonsense_is_refused_on_a_page(stage: Stage) -> None:
    _, path = await invite(stage, await event_in(stage, 3))
    async with browser(stage) as guest:
        large = await guest.post(path, data={"action": "feedback", "answer.remarks": "x" * 600_000})
        nonsense = await guest.post(path, data={"action": "destroy"})
        as_json = await guest.post(path, json={"action": "accept"})
    assert [answer.status_code for answer in (large, nonsense, as_json)] == [413, 400, 400]
    for answer in (large, nonsense, as_json):
        check_accessible(Page.of(answer.text))
