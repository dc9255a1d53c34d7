"""Mails go out one by one at the pace that all workers share: what is sent, put off, refused, and never sent twice."""

import asyncio
from collections.abc import Iterator
from time import monotonic

import pytest

from tests.engagement.mailing import (
    add_people,
    counts,
    leases_end,
    ref_of,
    send_newsletter,
    states,
    time_passes,
    work,
)
from tests.shared.smtp_sink import Sink, smtp_sink
from tests.stage import Stage

UNREACHABLE = "SELECT person_ref FROM mailbox WHERE unreachable_since IS NOT NULL"


@pytest.fixture
def sink() -> Iterator[Sink]:
    with smtp_sink() as running:
        yield running


async def tasks_of(stage: Stage) -> list[str]:
    return [row["status"] for row in await stage.psql("engagement", "SELECT status FROM task")]


async def test_everybody_gets_one_mail_and_then_the_newsletter_is_sent(stage: Stage, sink: Sink) -> None:
    people = await add_people(stage, 120)
    newsletter_id = await send_newsletter(stage, people)
    await work(stage, sink.url)
    assert sorted(sink.addresses()) == sorted(person.email for person in people)
    assert await counts(stage, newsletter_id) == {"sent": 120}
    assert len({message["Message-ID"] for _, message in sink.taken}) == 120
    assert await tasks_of(stage) == ["succeeded"]
    [row] = await stage.psql("engagement", "SELECT status, sent_at FROM newsletter")
    assert row["status"] == "sent"
    first = (await states(stage, newsletter_id))[0]
    assert sink.taken[0][1]["Message-ID"] == f"<{first['id']}@localhost>"
    assert "jade" not in str(first)
    assert (first["supplier_code"], first["attempts"], first["next_attempt_at"]) == ("S1", 1, None)


async def test_mails_come_back_to_the_address_for_bounces(stage: Stage, sink: Sink) -> None:
    await send_newsletter(stage, await add_people(stage, 1))
    await work(stage, sink.url, mail_bounces_to="bounces@brand.example")
    assert sink.senders == ["bounces@brand.example"]
    assert sink.taken[0][1]["From"] == "Bellwether <bellwether@localhost>"


async def test_a_mail_that_is_put_off_goes_out_later_and_nobody_else_gets_a_second(stage: Stage, sink: Sink) -> None:
    people = await add_people(stage, 3)
    newsletter_id = await send_newsletter(stage, people)
    sink.to_recipient = {people[1].email: [f"451 4.2.0 <{people[1].email}> greylisted"]}
    await work(stage, sink.url)
    held = (await states(stage, newsletter_id))[1]
    assert (held["status"], held["attempts"]) == ("queued", 1)
    assert held["detail"].endswith("451 4.2.0 <address> greylisted")
    await stage.psql("engagement", "UPDATE task SET next_attempt_at = now() WHERE status = 'queued'")
    await work(stage, sink.url)
    assert len(sink.taken) == 2
    sink.to_recipient = {}
    await time_passes(stage)
    await work(stage, sink.url)
    assert sink.addresses() == [people[0].email, people[2].email, people[1].email]
    assert await counts(stage, newsletter_id) == {"sent": 3}


async def test_a_mail_that_is_put_off_for_two_days_has_failed(stage: Stage, sink: Sink) -> None:
    people = await add_people(stage, 1)
    newsletter_id = await send_newsletter(stage, people)
    sink.to_recipient = {people[0].email: ["452 4.2.2 full"]}
    for _ in range(17):
        await work(stage, sink.url)
        await time_passes(stage)
    [failed] = await states(stage, newsletter_id)
    assert (failed["status"], failed["attempts"]) == ("failed", 17)
    assert await tasks_of(stage) == ["succeeded"]


async def test_who_is_unknown_at_the_mail_server_is_not_written_to_again(stage: Stage, sink: Sink) -> None:
    people = await add_people(stage, 3)
    newsletter_id = await send_newsletter(stage, people)
    sink.to_recipient = {
        people[0].email: [f"550 5.1.1 <{people[0].email}> unknown"],
        people[1].email: ["550 5.7.1 your network is listed"],
    }
    await work(stage, sink.url)
    unknown, listed, taken = await states(stage, newsletter_id)
    assert [mail["status"] for mail in (unknown, listed, taken)] == ["refused", "refused", "sent"]
    assert unknown["detail"] == "550 5.1.1 <address> unknown"
    marked = await stage.psql("engagement", UNREACHABLE)
    assert [row["person_ref"] for row in marked] == [ref_of(stage, people[0])]
    sink.to_recipient = {}
    again = await send_newsletter(stage, people)
    await work(stage, sink.url)
    assert await counts(stage, again) == {"sent": 2, "skipped": 1}


async def test_while_the_mail_server_or_the_registry_is_away_nobodys_mail_fails(stage: Stage, sink: Sink) -> None:
    newsletter_id = await send_newsletter(stage, await add_people(stage, 3))
    for _ in range(9):
        await work(stage, "smtp://127.0.0.1:1")
        await time_passes(stage)
    application = stage.transport.applications.pop("registry")
    try:
        for _ in range(9):
            await work(stage, sink.url)
            await time_passes(stage)
    finally:
        stage.transport.applications["registry"] = application
    assert await counts(stage, newsletter_id) == {"queued": 3}
    assert {mail["attempts"] for mail in await states(stage, newsletter_id)} == {0}
    assert await tasks_of(stage) == ["queued"]
    await work(stage, sink.url)
    assert await counts(stage, newsletter_id) == {"sent": 3}


async def test_without_a_mail_server_mails_wait_for_one_and_say_so(stage: Stage, sink: Sink) -> None:
    newsletter_id = await send_newsletter(stage, await add_people(stage, 1))
    await work(stage, None)
    [waiting] = await states(stage, newsletter_id)
    assert waiting["status"] == "queued"
    assert waiting["detail"].startswith("No mail server is configured")
    await time_passes(stage)
    await work(stage, sink.url)
    [sent] = await states(stage, newsletter_id)
    assert (sent["status"], sent["detail"]) == ("sent", None)


async def test_who_declined_meanwhile_or_is_erased_or_gone_gets_nothing(stage: Stage, sink: Sink) -> None:
    people = await add_people(stage, 4)
    newsletter_id = await send_newsletter(stage, people)
    await stage.psql(
        "engagement",
        "INSERT INTO mailbox (person_ref, version, newsletters, changed_by) VALUES ($1, 1, false, 'test')",
        ref_of(stage, people[0]),
    )
    await stage.psql("engagement", "UPDATE delivery SET contact_id = NULL WHERE contact_id = $1", people[1].contact_id)
    await stage.psql("registry", "UPDATE contact SET name = NULL, email = NULL WHERE id = $1", people[2].contact_id)
    await work(stage, sink.url)
    assert sink.addresses() == [people[3].email]
    assert [mail["detail"] for mail in await states(stage, newsletter_id)] == [
        "The person wants no such mails.",
        "The person is no contact in the registry any more.",
        "The person is no contact in the registry any more.",
        None,
    ]


async def test_where_people_must_agree_first_only_they_get_newsletters(stage: Stage, sink: Sink) -> None:
    people = await add_people(stage, 2)
    await send_newsletter(stage, people)
    await stage.psql(
        "engagement",
        "INSERT INTO mailbox (person_ref, version, newsletters, changed_by) VALUES ($1, 1, true, 'test')",
        ref_of(stage, people[1]),
    )
    await work(stage, sink.url, mail_consent="opt_in")
    assert sink.addresses() == [people[1].email]


async def test_an_address_that_is_none_costs_nobody_else_the_mail(stage: Stage, sink: Sink) -> None:
    people = await add_people(stage, 2)
    newsletter_id = await send_newsletter(stage, people)
    await stage.psql("registry", "UPDATE contact SET email = 'x@[10.0' WHERE id = $1", people[0].contact_id)
    await work(stage, sink.url)
    assert [mail["status"] for mail in await states(stage, newsletter_id)] == ["refused", "sent"]


async def test_workers_together_keep_the_pace(stage: Stage, sink: Sink) -> None:
    one = await send_newsletter(stage, (people := await add_people(stage, 40))[:20])
    two = await send_newsletter(stage, people[20:])
    begun = monotonic()
    # 20 a second: two workers with 20 mails each need 39 intervals of a twentieth of a second.
    while await counts(stage, one) != {"sent": 20} or await counts(stage, two) != {"sent": 20}:
        await asyncio.gather(*[work(stage, sink.url, mails_per_minute=1200) for _ in range(2)])
        await time_passes(stage)
    assert monotonic() - begun > 1.9
    assert len(set(sink.addresses())) == len(sink.taken) == 40


async def test_two_workers_at_once_send_nothing_twice(stage: Stage, sink: Sink) -> None:
    people = await add_people(stage, 100)
    newsletter_id = await send_newsletter(stage, people)
    await asyncio.gather(*[work(stage, sink.url) for _ in range(3)])
    assert sorted(sink.addresses()) == sorted(person.email for person in people)
    assert await counts(stage, newsletter_id) == {"sent": 100}


async def test_a_worker_that_is_told_to_stop_first_notes_the_mail_under_way(stage: Stage, sink: Sink) -> None:
    people = await add_people(stage, 5)
    newsletter_id = await send_newsletter(stage, people)
    loop, working = asyncio.get_running_loop(), asyncio.create_task(work(stage, sink.url))
    sink.on_taken = lambda who: loop.call_soon_threadsafe(working.cancel) and None if who == people[1].email else None
    with pytest.raises(asyncio.CancelledError):
        await working
    assert (await counts(stage, newsletter_id))["sent"] == len(sink.taken)
    sink.on_taken = None
    await work(stage, sink.url)
    assert sorted(sink.addresses()) == sorted(person.email for person in people)


async def test_a_worker_that_slept_past_its_lease_sends_at_most_the_mail_in_its_hand_twice(
    stage: Stage, sink: Sink
) -> None:
    people = await add_people(stage, 6)
    newsletter_id = await send_newsletter(stage, people)
    loop = asyncio.get_running_loop()
    with smtp_sink() as anothers:

        async def another_takes_over() -> None:
            await leases_end(stage)
            await work(stage, anothers.url)

        def on_taken(who: str) -> None:
            """The first worker hears that its third mail was taken only after the second has done all the rest."""
            if who == people[2].email:
                asyncio.run_coroutine_threadsafe(another_takes_over(), loop).result()

        sink.on_taken = on_taken
        await work(stage, sink.url)
    assert sink.addresses() == [person.email for person in people[:3]]
    assert anothers.addresses() == [person.email for person in people[2:]]
    assert sink.taken[2][1]["Message-ID"] == anothers.taken[0][1]["Message-ID"]
    assert await counts(stage, newsletter_id) == {"sent": 6}
