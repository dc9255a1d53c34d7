"""Mails that come back: bounces, complaints, calendars' answers and wishes to be left alone, as servers write them."""

from email.message import EmailMessage
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.engagement.domain import calendars, delivery_reports
from services.engagement.service.invitation.calendar_replies import read_reply
from services.engagement.service.mail import links
from shared.ids import new_id
from tests.engagement.mailing import Person, add_people, counts, ref_of, send_newsletter, states, work
from tests.engagement.programme import create_event, create_supplier
from tests.shared.smtp_sink import smtp_sink
from tests.stage import Stage

MAIL = {"Content-Type": "message/rfc822"}
SECRET = "lin.mei.private@jade.example"


def notification(message_id: str, action: str = "failed", status: str = "5.1.1", said: str = "user unknown") -> bytes:
    """As Postfix writes it."""
    return f"""From: MAILER-DAEMON@jade.example (Mail Delivery System)
To: bounces@brand.example
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Message-Id: <20260416.1@jade.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; jade.example
Arrival-Date: Thu, 16 Apr 2026 08:00:00 +0000

Final-Recipient: rfc822; {SECRET}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} <{SECRET}>: {said}

--b
Content-Type: text/rfc822-headers

From: Bellwether <bellwether@localhost>
Message-ID: {message_id}
Subject: News

--b--
""".replace("\n", "\r\n").encode()


def complaint(message_id: str, kind: str = "abuse") -> bytes:
    """As feedback loops write it (RFC 5965)."""
    return f"""From: fbl@mail.example
To: bounces@brand.example
Subject: FW: News
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

This is an email abuse report.

--b
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: SomeGenerator/1.0
Version: 1

--b
Content-Type: message/rfc822

From: bellwether@localhost
To: {SECRET}
Message-ID: {message_id}
Subject: News

Hello
--b--
""".encode()


def calendar_answer(uid: str, partstat: str = "ACCEPTED") -> bytes:
    """As calendars write it (RFC 5546, 6047)."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = SECRET, "bellwether@localhost", "Accepted: forum"
    mail.set_content("Lin Mei has accepted.")
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//y//EN", "METHOD:REPLY", "BEGIN:VEVENT", f"UID:{uid}",
        "DTSTAMP:20260401T000000Z", "SEQUENCE:0", f"ATTENDEE;PARTSTAT={partstat};CN=Lin Mei:mailto:{SECRET}",
        "END:VEVENT", "END:VCALENDAR", "",
    ]  # fmt: skip
    mail.add_alternative("\r\n".join(lines).encode(), "text", "calendar", params={"method": "REPLY"})
    return mail.as_bytes()


async def take(client: httpx.AsyncClient, mail: bytes) -> dict[str, Any]:
    answer = await client.post("/v1/inbound-mails", content=mail, headers=MAIL)
    assert answer.status_code == 200, answer.text
    understood: dict[str, Any] = answer.json()
    return understood


async def sent_mail(stage: Stage) -> tuple[Person, UUID, str, str]:
    """A newsletter that one person got: who, which, the delivery's id and the mail's Message-ID."""
    [person] = await add_people(stage, 1)
    newsletter_id = await send_newsletter(stage, [person])
    with smtp_sink() as sink:
        await work(stage, sink.url)
    [delivery] = await states(stage, newsletter_id)
    return person, newsletter_id, delivery["id"], str(sink.taken[0][1]["Message-ID"])


async def mailbox(stage: Stage, person: Person) -> tuple[Any, Any]:
    found = await stage.psql(
        "engagement",
        "SELECT newsletters, unreachable_since FROM mailbox WHERE person_ref = $1",
        ref_of(stage, person),
    )
    return (found[0]["newsletters"], found[0]["unreachable_since"]) if found else (None, None)


async def test_a_mail_that_bounced_is_marked_and_nobody_writes_to_the_mailbox_again(stage: Stage) -> None:
    person, newsletter_id, delivery_id, message_id = await sent_mail(stage)
    async with stage.machine("engagement", "engagement:write") as client:
        understood = await take(client, notification(message_id))
        [first] = await states(stage, newsletter_id)
        again = await take(client, notification(message_id))
    assert understood == again == {"understood": "bounce", "delivery_id": delivery_id, "invitation_id": None}
    assert (first["status"], first["detail"]) == ("bounced", "5.1.1 550 5.1.1 <address>: user unknown")
    assert [first] == await states(stage, newsletter_id)
    assert (await mailbox(stage, person))[1] is not None
    another = await send_newsletter(stage, [person])
    with smtp_sink() as sink:
        await work(stage, sink.url)
    assert (sink.taken, await counts(stage, another)) == ([], {"skipped": 1})


@pytest.mark.parametrize("status", ["5.7.1", "5.6.1", "4.4.7", "5.3.4"])
async def test_what_is_not_the_mailboxs_fault_leaves_it_reachable(stage: Stage, status: str) -> None:
    person, newsletter_id, _, message_id = await sent_mail(stage)
    async with stage.machine("engagement", "engagement:write") as client:
        assert (await take(client, notification(message_id, status=status)))["understood"] == "bounce"
    assert await counts(stage, newsletter_id) == {"bounced": 1}
    assert (await mailbox(stage, person))[1] is None


async def test_a_mail_that_is_late_is_only_noted(stage: Stage) -> None:
    person, newsletter_id, delivery_id, message_id = await sent_mail(stage)
    async with stage.machine("engagement", "engagement:write") as client:
        understood = await take(client, notification(message_id, "delayed", "4.4.1", "no answer yet"))
        [late] = await states(stage, newsletter_id)
        assert (await take(client, notification(message_id, "delivered", "2.0.0")))["understood"] == "nothing"
    assert (understood["understood"], understood["delivery_id"]) == ("delay", delivery_id)
    assert (late["status"], "no answer yet" in late["detail"], "jade" in late["detail"]) == ("sent", True, False)
    assert (await mailbox(stage, person))[1] is None


async def test_who_complains_of_a_mail_gets_no_more_of_its_kind(stage: Stage) -> None:
    person, _, delivery_id, message_id = await sent_mail(stage)
    async with stage.machine("engagement", "engagement:write") as client:
        harmless = await take(client, complaint(message_id, "not-spam"))
        understood = await take(client, complaint(message_id))
        assert await take(client, complaint(message_id)) == understood
    assert harmless["understood"] == "nothing"
    assert (understood["understood"], understood["delivery_id"]) == ("complaint", delivery_id)
    assert await mailbox(stage, person) == (False, None)


async def test_a_mail_to_unsubscribe_needs_the_mails_token_or_comes_from_who_got_it(stage: Stage) -> None:
    person, _, delivery_id, _ = await sent_mail(stage)
    token = links.unsubscribe_url(stage.resources("engagement"), UUID(delivery_id)).rpartition("/")[2]

    def wish(subject: str, sender: str = "x@elsewhere.example") -> bytes:
        return f"From: {sender}\r\nTo: b@brand.example\r\nSubject: {subject}\r\n\r\n".encode()

    async with stage.machine("engagement", "engagement:write") as client:
        for nothing in ("unsubscribe", "unsubscribe " + token[:-4] + "AAAA", "Please unsubscribe me"):
            assert (await take(client, wish(nothing)))["understood"] == "nothing"
        assert await mailbox(stage, person) == (None, None)
        assert (await take(client, wish(f"unsubscribe {token}")))["delivery_id"] == delivery_id
        assert await mailbox(stage, person) == (False, None)
        assert (await take(client, wish("Unsubscribe", f"Lin <{person.email}>")))["understood"] == "unsubscription"


async def test_a_calendars_answer_is_the_invitations_reply(stage: Stage) -> None:
    supplier_id, invitation_id = await create_supplier(stage, "S1"), new_id()
    async with stage.machine("engagement") as client:
        event = await create_event(client, starts_at="2099-04-16T13:30:00+08:00", ends_at="2099-04-16T17:00:00+08:00")
    person = Person(new_id(), UUID(supplier_id), SECRET)
    await stage.psql(
        "engagement",
        "INSERT INTO invitation (id, version, event_id, supplier_id, contact_id, person_ref, language, reasons, reply,"
        " created_by) VALUES ($1, 1, $2, $3, $4, $5, 'en', '{}', 'needs_action', 'test')",
        invitation_id,
        UUID(event["id"]),
        person.supplier_id,
        person.contact_id,
        ref_of(stage, person),
    )
    uid = calendars.uid_of(UUID(event["id"]), "Bellwether <bellwether@localhost>")
    async with stage.machine("engagement", "engagement:write") as client:
        understood = await take(client, calendar_answer(uid))
        assert await take(client, calendar_answer(uid)) == understood
    assert understood == {"understood": "reply", "delivery_id": None, "invitation_id": str(invitation_id)}
    [row] = await stage.psql("engagement", "SELECT reply, version FROM invitation")
    assert (row["reply"], row["version"]) == ("accepted", 2)


async def test_a_calendars_answer_to_no_invitation_of_ours_says_nothing(stage: Stage) -> None:
    async with stage.machine("engagement", "engagement:write") as client:
        assert (await take(client, calendar_answer("somebody-elses@calendar")))["understood"] == "nothing"
        assert (await take(client, calendar_answer(f"{new_id()}@localhost")))["understood"] == "nothing"


async def test_a_holiday_reply_and_an_ordinary_answer_say_nothing(stage: Stage) -> None:
    _, newsletter_id, _, message_id = await sent_mail(stage)
    holiday = (
        f"From: {SECRET}\r\nSubject: Out of office\r\nAuto-Submitted: auto-replied\r\nIn-Reply-To: {message_id}\r\n\r\n"
        "I am away."
    )
    async with stage.machine("engagement", "engagement:write") as client:
        assert await take(client, holiday.encode()) == {
            "understood": "nothing",
            "delivery_id": None,
            "invitation_id": None,
        }
        assert (await take(client, notification(f"<{new_id()}@localhost>")))["understood"] == "nothing"
    assert await counts(stage, newsletter_id) == {"sent": 1}


async def test_what_is_no_mail_is_refused_and_suppliers_hand_in_none(stage: Stage) -> None:
    _, _, _, message_id = await sent_mail(stage)
    bounce = notification(message_id)
    async with stage.machine("engagement", "engagement:write") as client:
        assert (await client.post("/v1/inbound-mails", content=b"", headers=MAIL)).status_code == 400
        assert (await client.post("/v1/inbound-mails", content=b"\0\xff\n", headers=MAIL)).status_code == 400
        assert (await client.post("/v1/inbound-mails", json={})).status_code == 415
        large = bounce + b"x" * 1024 * 1024
        assert (await client.post("/v1/inbound-mails", content=large, headers=MAIL)).status_code == 413
    async with stage.machine("engagement", "engagement:read") as reader:
        assert (await reader.post("/v1/inbound-mails", content=bounce, headers=MAIL)).status_code == 403


async def test_nothing_of_a_mail_gets_into_the_log_or_the_audit_log(
    stage: Stage, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    _, _, _, message_id = await sent_mail(stage)
    async with stage.machine("engagement") as client:
        for mail in (notification(message_id), complaint(message_id), calendar_answer("x@y"), b"\0" + SECRET.encode()):
            await client.post("/v1/inbound-mails", content=mail, headers=MAIL)
        kept = (await client.get("/v1/audit-log")).text + (await client.get("/v1/feed")).text
    shown = capfd.readouterr()
    assert SECRET not in caplog.text + shown.out + shown.err + kept


def deep(levels: int) -> bytes:
    """Parts within parts."""
    opened = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(levels))
    return opened.encode() + b"\nend"


def test_parts_within_parts_without_end_are_no_mail() -> None:
    with pytest.raises(delivery_reports.NoMail):
        delivery_reports.read(deep(5000))


PIECES = st.sampled_from(
    [
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n",
        b"Content-Type: ",
        b"--b\n",
        b"--b--",
        b"Content-Type: message/delivery-status\n\n",
        b"Content-Type: text/calendar; method*=x''REPLY\n\n",
        b"Content-Type: text/calendar; method=REPLY\n\n",
        b"Content-Type: message/rfc822\n\n",
        b"message/feedback-report;",
        b"\n\n",
        b"Action: failed\n",
        b"Status: 5.1.1\n",
        b"Content-Transfer-Encoding: base64\n",
        b"Subject: =?big5?b?//8=?=\n",
        b"Subject: unsubscribe\nFrom: =?x?q?\n",
        b"Message-ID: <0190f0a0-0000-7000-8000-000000000000@x>\n",
        b"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nSEQUENCE:x\r\nATTENDEE:mailto:",
        b"END:VEVENT\r\nEND:VCALENDAR\r\n",
    ]
)


@given(st.lists(st.one_of(PIECES, st.binary(max_size=20)), max_size=25))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_comes_in_is_read_or_refused_and_nothing_else(pieces: list[bytes]) -> None:
    try:
        report = delivery_reports.read(b"".join(pieces))
    except delivery_reports.NoMail:
        return
    read_reply(report.calendar)
