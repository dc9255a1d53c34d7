"""Invitations as mail servers and calendars get them: in the reader's language, current, and never to the wrong one."""

# ruff: noqa: RUF001  # Chinese is written with full-width punctuation

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

import pytest

from tests.engagement.inviting import (
    add_contact,
    calendar_in,
    change,
    entry_in,
    follow_registry,
    html_of,
    invitations,
    invite,
    people,
    planned,
    reply,
    text_of,
    withdraw,
    work,
)
from tests.engagement.mailed import browser, move, path_of
from tests.engagement.programme import create_supplier
from tests.shared.smtp_sink import Sink, smtp_sink
from tests.stage import Stage


@pytest.fixture
def sink() -> Iterator[Sink]:
    with smtp_sink() as running:
        yield running


async def test_an_invitation_is_text_html_and_a_calendar_request_with_the_file_attached(
    stage: Stage, sink: Sink
) -> None:
    await people(stage, amy="en")
    event = await planned(stage, location="Taipei, Building 2", join_url="https://meet.example/j?a=1&b=2")
    await invite(stage, event)
    ((address, message),) = await work(stage, sink)
    assert address == "amy@amy.example"
    assert message.get_content_type() == "multipart/mixed"
    alternative, attached = message.iter_parts()
    assert [part.get_content_type() for part in alternative.iter_parts()] == [
        "text/plain",
        "text/html",
        "text/calendar",
    ]
    offered = list(alternative.iter_parts())[2]
    assert (offered.get_param("method"), offered.get_param("charset")) == ("REQUEST", "utf-8")
    assert (attached.get_content_type(), attached.get_filename()) == ("application/ics", "invite.ics")
    file = attached.get_payload(decode=True)
    assert isinstance(file, bytes)
    assert file == offered.get_payload(decode=True)
    assert file.count(b"\n") == file.count(b"\r\n") > 10
    assert message["From"] == "Bellwether <bellwether@localhost>"
    assert message["To"] == "Amy <amy@amy.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    entry = entry_in(message)
    assert entry["UID"] == f"{event['id']}@localhost"
    assert entry.decoded("dtstart") == datetime.fromisoformat(event["starts_at"])
    assert entry.decoded("dtend") == datetime.fromisoformat(event["ends_at"])
    assert (entry["SEQUENCE"], entry["STATUS"], entry["LOCATION"]) == (0, "CONFIRMED", "Taipei, Building 2")
    assert entry["ORGANIZER"] == "mailto:bellwether@localhost"
    attendee = entry["ATTENDEE"]
    assert attendee == "mailto:amy@amy.example"
    assert dict(attendee.params) == {
        "CN": "Amy",
        "CUTYPE": "INDIVIDUAL",
        "PARTSTAT": "NEEDS-ACTION",
        "ROLE": "REQ-PARTICIPANT",
        "RSVP": "TRUE",
    }
    assert 'href="https://meet.example/j?a=1&amp;b=2"' in html_of(message)


async def test_everybody_reads_it_in_their_language_on_both_clocks_and_nobody_sees_another(
    stage: Stage, sink: Sink
) -> None:
    await people(stage, amy="en", bo="zh-TW", cy="zh-CN")
    event = await planned(
        stage,
        title="Human Rights Forum",
        starts_at="2030-04-16T13:30:00+08:00",
        ends_at="2030-04-16T17:00:00+08:00",
        agenda=[{"title": "Fees", "starts_at": "2030-04-16T14:00:00+08:00", "speaker": "Lin Mei"}, {"title": "Tea"}],
    )
    await invite(stage, event)
    mails = await work(stage, sink)
    assert [message["Subject"] for _, message in mails] == [
        "Invitation: Human Rights Forum, 2030-04-16",
        "邀請：Human Rights Forum，2030-04-16",
        "邀请：Human Rights Forum，2030-04-16",
    ]
    for address, message in mails:
        text = text_of(message)
        assert "2030-04-16 13:30 - 17:00 (Asia/Taipei)" in text
        assert "2030-04-16 05:30 - 09:00 (UTC)" in text
        assert "14:00 Fees (Lin Mei)" in text
        others = {"amy@", "bo@", "cy@"} - {address.partition("@")[0] + "@"}
        assert not any(other in message.as_string() + str(calendar_in(message)) for other in others)
    assert "您好" in text_of(mails[1][1])
    assert "議程" in entry_in(mails[1][1])["DESCRIPTION"]


async def test_the_links_in_a_mail_lead_to_the_reply_and_out_of_the_list(stage: Stage, sink: Sink) -> None:
    await people(stage, amy="en")
    await invite(stage, await planned(stage))
    ((_, message),) = await work(stage, sink)
    reply_to = next(word for word in text_of(message).split() if "/invitation/" in word)
    assert reply_to in html_of(message)
    assert reply_to in entry_in(message)["DESCRIPTION"]
    async with browser(stage) as client:
        assert (await client.get(path_of(reply_to))).status_code == 200
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        way_out = path_of(message["List-Unsubscribe"].strip("<>"))
        posted = await client.post(way_out, data={"List-Unsubscribe": "One-Click"})
    assert posted.status_code in (200, 204)
    (mailbox,) = await stage.psql("engagement", "SELECT invitations FROM mailbox")
    assert mailbox["invitations"] is False


async def test_a_title_cannot_bring_headers_or_markup_of_its_own(stage: Stage, sink: Sink) -> None:
    supplier_id = await create_supplier(stage, "S1")
    await add_contact(stage, supplier_id, "amy@amy.example", name='Amy "<b>" \\ Chen')
    await follow_registry(stage)
    title = "Forum\r\nBcc: everybody@rival.example\n\n<script>alert(1)</script> {name} {{ 7*7 }}"
    event = await planned(stage, title=title, location="Hall\nATTENDEE:mailto:x@y.example")
    await invite(stage, event)
    ((address, message),) = await work(stage, sink)
    assert address == "amy@amy.example"
    assert "Bcc" not in message
    assert "Bcc: everybody@rival.example <script>alert(1)</script> {name} {{ 7*7 }}" in message["Subject"]
    assert "<script>" not in html_of(message)
    assert "&lt;script&gt;" in html_of(message)
    entry = entry_in(message)
    assert entry["SUMMARY"] == " ".join(title.split())
    assert entry["ATTENDEE"] == "mailto:amy@amy.example"
    assert message["To"].addresses[0].display_name == 'Amy "<b>" \\ Chen'


async def test_a_change_that_matters_goes_out_once_to_everybody_under_the_next_number(stage: Stage, sink: Sink) -> None:
    await people(stage, amy="en", bo="zh-CN")
    event = await planned(stage)
    await invite(stage, event)
    await work(stage, sink)
    await change(stage, event, location="Hsinchu")
    await change(stage, event, title="Human Rights Forum, second edition")
    mails = await work(stage, sink)
    assert [address for address, _ in mails] == ["amy@amy.example", "bo@bo.example"]
    assert mails[0][1]["Subject"].startswith("Changed: Human Rights Forum, second edition")
    assert {int(entry_in(message)["SEQUENCE"]) for _, message in mails} == {2}
    assert {str(entry_in(message)["UID"]) for _, message in mails} == {f"{event['id']}@localhost"}
    skipped = await stage.psql("engagement", "SELECT detail FROM delivery WHERE status = 'skipped'")
    assert {row["detail"] for row in skipped} == {"A newer mail about the event took its place."}
    assert len(skipped) == 2


async def test_speakers_agenda_and_materials_are_no_reason_to_write(stage: Stage, sink: Sink) -> None:
    await people(stage, amy="en")
    event = await planned(stage)
    await invite(stage, event)
    await work(stage, sink)
    materials = [{"title": "Slides", "url": "https://files.example/slides.pdf"}]
    await change(stage, event, speakers=["Chen Yi"], agenda=[{"title": "Fees"}], materials=materials, capacity=50)
    await change(stage, event, title=event["title"])
    assert await work(stage, sink) == []


async def test_what_waits_in_line_is_written_from_the_event_as_it_is_when_it_goes_out(stage: Stage, sink: Sink) -> None:
    await people(stage, amy="en")
    event = await planned(stage)
    await invite(stage, event)
    await change(stage, event, title="A better title", speakers=["Chen Yi"])
    ((_, message),) = await work(stage, sink)
    # Amy knows nothing of the event yet: to her this is the invitation.
    assert message["Subject"].startswith("Invitation: A better title")
    assert "Chen Yi" in text_of(message)
    assert entry_in(message)["SEQUENCE"] == 1


async def test_a_withdrawn_event_leaves_the_calendars_that_know_it_and_is_news_to_nobody_else(
    stage: Stage, sink: Sink
) -> None:
    await people(stage, amy="en", bo="en")
    event = await planned(stage)
    await invite(stage, event, {"audience": {"supplier_codes": ["AMY"]}})
    await work(stage, sink)
    await invite(stage, event)
    assert (await withdraw(stage, f"/v1/events/{event['id']}")).status_code == 200
    ((address, message),) = await work(stage, sink)
    assert (address, message["Subject"].split(":")[0]) == ("amy@amy.example", "Cancelled")
    assert str(calendar_in(message)["METHOD"]) == "CANCEL"
    entry = entry_in(message)
    assert (entry["STATUS"], entry["SEQUENCE"]) == ("CANCELLED", 1)
    assert entry["ATTENDEE"].params["RSVP"] == "FALSE"
    assert "/invitation/" not in text_of(message)


async def test_one_whose_invitation_is_withdrawn_is_told_alone_and_may_be_invited_anew(
    stage: Stage, sink: Sink
) -> None:
    await people(stage, amy="en", bo="en")
    event = await planned(stage)
    await invite(stage, event)
    await work(stage, sink)
    amy = (await invitations(stage, event))["amy"]
    await withdraw(stage, f"/v1/events/{event['id']}/invitations/{amy['id']}")
    ((address, message),) = await work(stage, sink)
    assert (address, str(calendar_in(message)["METHOD"])) == ("amy@amy.example", "CANCEL")
    assert message["Subject"].startswith("Invitation withdrawn:")
    cancelled = int(entry_in(message)["SEQUENCE"])
    await invite(stage, event)
    ((address, message),) = await work(stage, sink)
    assert (address, message["Subject"].split(":")[0]) == ("amy@amy.example", "Invitation")
    assert int(entry_in(message)["SEQUENCE"]) > cancelled
    await change(stage, event, title="New")
    assert len(await work(stage, sink)) == 2


async def test_somebody_invited_and_disinvited_before_any_mail_went_out_gets_none(stage: Stage, sink: Sink) -> None:
    await people(stage, amy="en")
    event = await planned(stage)
    await invite(stage, event)
    amy = (await invitations(stage, event))["amy"]
    await withdraw(stage, f"/v1/events/{event['id']}/invitations/{amy['id']}")
    assert await work(stage, sink) == []


async def test_an_invitation_that_was_just_being_handed_in_is_taken_back_afterwards(stage: Stage, sink: Sink) -> None:
    await people(stage, amy="en", bo="en")
    event = await planned(stage)
    await invite(stage, event)
    # The mail server has Amy's mail, and nobody could note that yet.
    query = "UPDATE delivery SET status = $2 WHERE invitation_id = $1 AND method = 'REQUEST'"
    amy = UUID((await invitations(stage, event))["amy"]["id"])
    await withdraw(stage, f"/v1/events/{event['id']}")
    await stage.psql("engagement", query, amy, "sent")
    await stage.psql("engagement", "UPDATE task SET status = 'queued', next_attempt_at = now()")
    ((address, message),) = await work(stage, sink)
    assert (address, str(calendar_in(message)["METHOD"])) == ("amy@amy.example", "CANCEL")
    await stage.psql("engagement", "UPDATE task SET status = 'queued', next_attempt_at = now()")
    assert await work(stage, sink) == []


async def test_nobody_is_written_to_about_what_is_over(stage: Stage, sink: Sink) -> None:
    await people(stage, amy="en")
    event = await planned(stage)
    await invite(stage, event)
    await move(stage, event, -20)
    assert await work(stage, sink) == []
    (row,) = await stage.psql("engagement", "SELECT status, detail FROM delivery")
    assert (row["status"], row["detail"]) == ("skipped", "The event was over before this was sent.")
    await change(stage, event, title="New")
    await withdraw(stage, f"/v1/events/{event['id']}")
    assert await work(stage, sink) == []


async def test_an_update_tells_what_its_reader_answered(stage: Stage, sink: Sink) -> None:
    await people(stage, amy="en")
    event = await planned(stage)
    await invite(stage, event)
    await work(stage, sink)
    await reply(stage, (await invitations(stage, event))["amy"], "accepted")
    await change(stage, event, join_url="https://meet.example/j/1")
    ((_, message),) = await work(stage, sink)
    assert "You have accepted, and you have a place." in text_of(message)
    assert entry_in(message)["ATTENDEE"].params["PARTSTAT"] == "ACCEPTED"
    assert entry_in(message)["URL"] == "https://meet.example/j/1"
