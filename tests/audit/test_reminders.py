"""Suppliers that have not answered are reminded by mail: once, in their language, with a link."""

# ruff: noqa: RUF001  # Chinese is written with full-width punctuation

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from services.audit import tasks
from services.audit.domain.reminders import due_reminder
from services.audit.service.reminders import Planner
from shared.tasks import run_due
from shared.tasks.leasing import MOST_ATTEMPTS
from tests.audit.programme import TODAY, add_supplier
from tests.audit.surveying import add_campaign, add_questionnaire, browser, make_link, token_of
from tests.shared.smtp_sink import Sink, smtp_sink
from tests.stage import Stage

DUE = date(2026, 6, 30)


@pytest.fixture
def sink() -> Iterator[Sink]:
    with smtp_sink() as running:
        yield running


async def add_contact(stage: Stage, supplier_id: str, email: str, role: str = "sustainability", **more: str) -> str:
    async with stage.machine("registry") as client:
        body = {"name": "Lin Mei", "email": email, "role": role, **more}
        answer = await client.post(f"/v1/suppliers/{supplier_id}/contacts", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])


async def work(stage: Stage, smtp_url: str | None) -> None:
    """What the audit worker does of tasks that are due, with that mail server."""
    resources = stage.resources("audit")
    resources = replace(resources, settings=resources.settings.model_copy(update={"smtp_url": smtp_url}))
    await run_due(resources.database, tasks.handlers(resources), tasks.GIVE_UP)


async def plan(stage: Stage, days_on: int = 0) -> int:
    return await Planner(stage.resources("audit")).plan(datetime.now(UTC) + timedelta(days=days_on))


async def reminders(stage: Stage, survey: dict[str, Any]) -> list[dict[str, Any]]:
    async with stage.machine("audit", "audit:read") as client:
        answer = await client.get(f"/v1/surveys/{survey['id']}/reminders")
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items


async def try_again_now(stage: Stage) -> None:
    await stage.psql("audit", "UPDATE task SET next_attempt_at = now() WHERE status = 'queued'")


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def link_in(message: EmailMessage) -> str:
    return next(word for word in text_of(message).split() if word.startswith("http://door/audit/answer?token="))


async def two_suppliers(stage: Stage, **fields: Any) -> tuple[dict[str, Any], str, str]:
    """A campaign with a form, due in three days; the first has a contact in Taiwan, the second one in quality."""
    one, two = await add_supplier(stage), await add_supplier(stage, "S2")
    await add_contact(stage, one, "lin@jade.example", language="zh-TW")
    await add_contact(stage, one, "boss@jade.example", role="management")
    await add_contact(stage, two, "wu@river.example", role="quality")
    questionnaire_id = await add_questionnaire(stage)
    options = {"due_in": 3, "reminder_days": [3], "questionnaire_id": questionnaire_id, **fields}
    return await add_campaign(stage, "S1", "S2", **options), one, two


@pytest.mark.parametrize(
    ("today", "day"),
    [
        (date(2026, 6, 15), None),
        (date(2026, 6, 16), date(2026, 6, 16)),
        (date(2026, 6, 20), date(2026, 6, 16)),
        (date(2026, 6, 24), None),
        (date(2026, 7, 2), date(2026, 6, 30)),
        (date(2026, 7, 5), date(2026, 7, 5)),
        (date(2026, 7, 13), None),
    ],
)
def test_of_the_days_that_were_missed_the_last_is_made_up_if_it_is_not_long_ago(today: date, day: date | None) -> None:
    assert due_reminder(date(2026, 1, 1), DUE, [14, 0, -5], today) == day


def test_no_reminder_is_due_before_the_campaign_opens() -> None:
    assert due_reminder(date(2026, 6, 20), DUE, [14], date(2026, 6, 21)) is None


async def test_who_has_not_answered_is_reminded_once_in_their_language_with_a_link(stage: Stage, sink: Sink) -> None:
    survey, one, _ = await two_suppliers(stage)
    assert [await plan(stage), await plan(stage)] == [1, 0]
    await work(stage, sink.url)
    assert sink.addresses() == ["lin@jade.example", "wu@river.example"]
    (_, chinese), (_, english) = sink.taken
    assert chinese["Subject"] == f"{TODAY.year} 年永續發展問卷：請於 {survey['due_on']} 前回答"
    assert f"It is due on {survey['due_on']}." in text_of(english)
    assert english["From"] == "Bellwether <bellwether@localhost>"
    async with browser(stage, "zh-TW") as supplier:
        form = await supplier.get("/answer", params={"token": token_of(link_in(chinese))})
    assert (form.status_code, "Supplier S1" in form.text) == (200, True)
    listed = await reminders(stage, survey)
    assert [(row["supplier_code"], row["outcome"], row["recipients"], row["due_on"]) for row in listed] == [
        ("S1", "sent", 1, TODAY.isoformat()),
        ("S2", "sent", 1, TODAY.isoformat()),
    ]
    assert "jade" not in str(listed)
    assert listed[0]["supplier_id"] == one
    await plan(stage)
    await work(stage, sink.url)
    assert len(sink.taken) == 2


async def test_who_has_submitted_or_is_inactive_gets_none_and_the_next_reminder_goes_to_the_rest(
    stage: Stage, sink: Sink
) -> None:
    survey, one, two = await two_suppliers(stage)
    await plan(stage)
    async with stage.machine("audit", "audit:submit", "audit:read", supplier_id=one) as supplier:
        url = f"/v1/surveys/{survey['id']}/responses/{one}"
        saved = await supplier.put(url, json={"answers": {}})
        await supplier.post(f"{url}/submit", headers={"If-Match": saved.headers["etag"]})
    await stage.psql("audit", "UPDATE supplier_copy SET status = 'inactive' WHERE code = 'S2'")
    await work(stage, sink.url)
    assert (sink.taken, await reminders(stage, survey)) == ([], [])
    await stage.psql("audit", "UPDATE supplier_copy SET status = 'active'")
    async with stage.machine("audit", "audit:write") as client:
        asked = await client.post(f"/v1/surveys/{survey['id']}/reminders")
    assert (asked.status_code, asked.json()["due_on"]) == (202, TODAY.isoformat())
    await work(stage, sink.url)
    assert sink.addresses() == ["wu@river.example"]
    assert [row["supplier_id"] for row in await reminders(stage, survey)] == [two]


async def test_reminding_by_hand_spares_who_was_reminded_today_and_brings_the_same_link(
    stage: Stage, sink: Sink
) -> None:
    survey, one, _ = await two_suppliers(stage, reminder_days=[])
    link = await make_link(stage, survey, one)
    assert await plan(stage) == 0
    async with stage.machine("audit", "audit:write") as client:
        for _ in range(2):
            await client.post(f"/v1/surveys/{survey['id']}/reminders")
            await work(stage, sink.url)
    assert len(sink.taken) == 2
    assert link_in(sink.taken[0][1]) == link["url"]


async def test_without_a_mail_server_it_is_noted_and_nothing_fails(stage: Stage) -> None:
    survey, _, _ = await two_suppliers(stage)
    await plan(stage)
    await work(stage, None)
    assert {row["outcome"] for row in await reminders(stage, survey)} == {"not_configured"}
    assert [row["status"] for row in await stage.psql("audit", "SELECT status FROM task")] == ["succeeded"]
    assert await stage.psql("audit", "SELECT * FROM survey_link") == []


async def test_a_refused_address_and_a_supplier_without_contacts_are_noted(stage: Stage, sink: Sink) -> None:
    survey, _, two = await two_suppliers(stage)
    sink.to_recipient = {"lin@jade.example": ["550 5.1.1 <lin@jade.example> unknown"]}
    async with stage.machine("registry") as client:
        contacts = (await client.get(f"/v1/suppliers/{two}/contacts")).json()["items"]
        await client.delete(f"/v1/suppliers/{two}/contacts/{contacts[0]['id']}")
    await plan(stage)
    await work(stage, sink.url)
    first, second = await reminders(stage, survey)
    assert (first["outcome"], first["recipients"], first["detail"]) == ("refused", 0, "550 5.1.1 <address> unknown")
    assert (second["outcome"], second["recipients"]) == ("no_contact", 0)


async def test_a_mail_that_is_put_off_goes_later_and_nobody_else_gets_a_second(stage: Stage, sink: Sink) -> None:
    survey, one, _ = await two_suppliers(stage)
    await add_contact(stage, one, "chen@jade.example")
    sink.to_recipient = {"lin@jade.example": ["451 try later"]}
    await plan(stage)
    await work(stage, sink.url)
    held = (await reminders(stage, survey))[0]
    assert (held["outcome"], held["recipients"]) == ("put_off", 1)
    assert "451 try later" in held["detail"]
    sink.to_recipient = {}
    await try_again_now(stage)
    await work(stage, sink.url)
    held = (await reminders(stage, survey))[0]
    assert (held["outcome"], held["recipients"], held["detail"]) == ("sent", 2, None)
    assert sorted(sink.addresses()) == ["chen@jade.example", "lin@jade.example", "wu@river.example"]


async def test_while_the_mail_server_is_away_the_round_waits_and_then_goes_on(stage: Stage, sink: Sink) -> None:
    survey, _, _ = await two_suppliers(stage)
    await plan(stage)
    await work(stage, "smtp://127.0.0.1:1")
    held = await stage.psql("audit", "SELECT status, last_error FROM task")
    assert [row["status"] for row in held] == ["queued"]
    assert "cannot be reached" in held[0]["last_error"]
    assert await reminders(stage, survey) == []
    await try_again_now(stage)
    await work(stage, sink.url)
    assert len(sink.taken) == 2


async def test_while_the_registry_is_away_the_round_waits(stage: Stage, sink: Sink) -> None:
    await two_suppliers(stage)
    await plan(stage)
    application = stage.transport.applications.pop("registry")
    try:
        await work(stage, sink.url)
    finally:
        stage.transport.applications["registry"] = application
    assert sink.taken == []
    await try_again_now(stage)
    await work(stage, sink.url)
    assert len(sink.taken) == 2


async def test_a_worker_that_dies_between_mail_and_note_costs_that_supplier_a_second_mail_and_nobody_else(
    stage: Stage, sink: Sink
) -> None:
    survey, _, _ = await two_suppliers(stage)
    await plan(stage)
    loop = asyncio.get_running_loop()
    noted: list[list[dict[str, Any]]] = []

    async def die() -> None:
        """As far as anybody can tell: another worker has the task, and this one's note is rolled back."""
        noted.append(await reminders(stage, survey))
        await stage.psql("audit", "UPDATE task SET lease = lease + 1, locked_until = now() - interval '1 second'")

    def kill(recipient: str) -> None:
        """Before the worker hears that the mail was taken."""
        if recipient == "wu@river.example":
            sink.on_taken = None
            asyncio.run_coroutine_threadsafe(die(), loop).result()

    sink.on_taken = kill
    await work(stage, sink.url)
    assert [[row["supplier_code"] for row in rows] for rows in noted] == [["S1"]]
    assert sink.addresses() == ["lin@jade.example", "wu@river.example", "wu@river.example"]
    _, first, second = [message for _, message in sink.taken]
    assert first["Message-ID"] == second["Message-ID"]
    assert link_in(first) == link_in(second)
    assert [row["outcome"] for row in await reminders(stage, survey)] == ["sent", "sent"]


async def test_a_round_is_seen_through_however_many_workers_die_as_long_as_each_reminds_somebody(
    stage: Stage, sink: Sink
) -> None:
    codes = [f"S{n}" for n in range(MOST_ATTEMPTS + 4)]
    for code in codes:
        await add_contact(stage, await add_supplier(stage, code), f"{code.lower()}@river.example")
    survey = await add_campaign(stage, *codes, due_in=3, reminder_days=[3])
    await plan(stage)
    loop = asyncio.get_running_loop()
    taken_since_death = []

    async def die() -> None:
        await stage.psql("audit", "UPDATE task SET lease = lease + 1, locked_until = now() - interval '1 second'")

    def kill(recipient: str) -> None:
        """Over the second mail that each worker hands in."""
        taken_since_death.append(recipient)
        if len(taken_since_death) > 1:
            taken_since_death.clear()
            asyncio.run_coroutine_threadsafe(die(), loop).result()

    sink.on_taken = kill
    await work(stage, sink.url)
    assert {row["supplier_code"] for row in await reminders(stage, survey)} == set(codes)
    (task,) = await stage.psql("audit", "SELECT status, attempts FROM task WHERE kind = 'send_reminders'")
    assert task["status"] == "succeeded"


async def test_a_worker_that_is_told_to_stop_first_notes_the_mail_that_is_under_way(stage: Stage, sink: Sink) -> None:
    survey, _, _ = await two_suppliers(stage)
    await plan(stage)
    loop, working = asyncio.get_running_loop(), asyncio.create_task(work(stage, sink.url))
    sink.on_taken = lambda _: loop.call_soon_threadsafe(working.cancel) and None
    with pytest.raises(asyncio.CancelledError):
        await working
    assert [row["supplier_code"] for row in await reminders(stage, survey)] == ["S1"]
    sink.on_taken = None
    await work(stage, sink.url)
    assert sink.addresses() == ["lin@jade.example", "wu@river.example"]


async def test_reminding_by_hand_reaches_whom_nobody_could_write_to_this_morning(stage: Stage, sink: Sink) -> None:
    survey, _, _ = await two_suppliers(stage)
    await plan(stage)
    await work(stage, None)
    async with stage.machine("audit", "audit:write") as client:
        await client.post(f"/v1/surveys/{survey['id']}/reminders")
    await work(stage, sink.url)
    assert sink.addresses() == ["lin@jade.example", "wu@river.example"]
    assert [(row["outcome"], row["due_on"]) for row in await reminders(stage, survey)] == [
        ("sent", TODAY.isoformat()),
        ("sent", TODAY.isoformat()),
    ]


async def test_an_address_that_is_none_costs_nobody_else_the_reminder(stage: Stage, sink: Sink) -> None:
    survey, one, _ = await two_suppliers(stage)
    await add_contact(stage, one, "lin@[10.0.0.1")
    await plan(stage)
    await work(stage, sink.url)
    assert sink.addresses() == ["lin@jade.example", "wu@river.example"]
    assert [(row["outcome"], row["detail"]) for row in await reminders(stage, survey)] == [
        ("sent", "The address in the registry is none."),
        ("sent", None),
    ]


async def test_no_supplier_lists_or_sends_reminders_and_writing_needs_its_scope(stage: Stage) -> None:
    survey, one, _ = await two_suppliers(stage)
    url = f"/v1/surveys/{survey['id']}/reminders"
    async with stage.machine("audit", "audit:read", supplier_id=one) as bound:
        assert (await bound.get(url)).status_code == 404
    async with stage.machine("audit", "audit:read") as reader:
        assert (await reader.post(url)).status_code == 403
        assert (await reader.get(url.replace(survey["id"], one))).status_code == 404
