"""Newsletters on their way to many people, and workers that send them."""

import asyncio
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from services.engagement import tasks
from services.engagement.domain import person_refs
from services.engagement.models import Newsletter
from services.engagement.service.mail import deliveries
from services.engagement.service.mail.deliveries import NewMail
from shared.ids import new_id
from shared.tasks import run_due
from tests.stage import Stage

FAST = 60_000
"""Mails a minute: as many as there can be."""
PEOPLE_PER_SUPPLIER = 5


@dataclass(frozen=True)
class Person:
    """Somebody to write to."""

    contact_id: UUID
    supplier_id: UUID
    email: str


async def add_people(stage: Stage, count: int) -> list[Person]:
    """So many contacts of suppliers, put into the registry at once."""
    suppliers = [new_id() for _ in range(-(-count // PEOPLE_PER_SUPPLIER))]
    people = [Person(new_id(), suppliers[n // PEOPLE_PER_SUPPLIER], f"reader{n}@jade.example") for n in range(count)]
    await stage.psql(
        "registry",
        "INSERT INTO supplier (id, version, code, name, aliases, kind, status, commodities, created_by)"
        " SELECT id, 1, 'S' || n, 'Company ' || n, '{}', 'general', 'active', '{}', 'test'"
        " FROM unnest($1::uuid[]) WITH ORDINALITY AS given (id, n)",
        suppliers,
    )
    await stage.psql(
        "engagement",
        "INSERT INTO supplier_copy (id, pos, code, name, kind, status)"
        " SELECT id, 0, 'S' || n, 'Company ' || n, 'general', 'active'"
        " FROM unnest($1::uuid[]) WITH ORDINALITY AS given (id, n)",
        suppliers,
    )
    await stage.psql(
        "registry",
        "INSERT INTO contact (id, version, supplier_id, name, email, role, language)"
        " SELECT id, 1, supplier_id, 'Lin Mei', email, 'sustainability', 'en'"
        " FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS given (id, supplier_id, email)",
        [person.contact_id for person in people],
        [person.supplier_id for person in people],
        [person.email for person in people],
    )
    return people


async def send_newsletter(stage: Stage, people: Sequence[Person]) -> UUID:
    """A newsletter with a mail in line for each of these people."""
    resources, newsletter_id = stage.resources("engagement"), new_id()
    article = {"code": "a", "texts": {"en": {"title": "The forum", "body": "What was said, **in short**."}}}
    async with resources.database.transaction() as session:
        session.add(
            Newsletter(
                id=newsletter_id, version=1, newsletter_ref=str(newsletter_id), default_language="en",
                subjects={"en": "News"}, articles=[article], audience={}, status="sending", created_by="test",
            )
        )  # fmt: skip
        mails = [NewMail(person.contact_id, person.supplier_id, ref_of(stage, person), "en") for person in people]
        await deliveries.queue(session, "newsletter", newsletter_id, mails)
    return newsletter_id


def ref_of(stage: Stage, person: Person) -> str:
    return person_refs.of_address(stage.resources("engagement").cursor_key, person.email)


async def work(stage: Stage, smtp_url: str | None, **settings: Any) -> None:
    """What the engagement worker does of tasks that are due, with that mail server."""
    resources = stage.resources("engagement")
    changed = {"smtp_url": smtp_url, "mails_per_minute": FAST, **settings}
    resources = replace(resources, settings=resources.settings.model_copy(update=changed))
    await run_due(resources.database, tasks.handlers(resources), tasks.GIVE_UP)


async def time_passes(stage: Stage) -> None:
    """All that waits for a later attempt is due."""
    for table in ("task", "delivery"):
        await stage.psql("engagement", f"UPDATE {table} SET next_attempt_at = now() WHERE status = 'queued'")


async def leases_end(stage: Stage) -> None:
    """A minute passes in which no worker says that it is alive."""
    await stage.psql("engagement", "UPDATE task SET locked_until = now() - interval '1 s' WHERE status = 'running'")


async def states(stage: Stage, newsletter_id: UUID) -> list[dict[str, Any]]:
    """The newsletter's mails as the API shows them, in the order of their recipients."""
    async with stage.machine("engagement", "engagement:read") as client:
        answer = await client.get(f"/v1/newsletters/{newsletter_id}/deliveries", params={"limit": 200})
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items


async def counts(stage: Stage, newsletter_id: UUID) -> dict[str, int]:
    """How many of its mails are in which state, of those in which some are."""
    async with stage.machine("engagement", "engagement:read") as client:
        answer = await client.get(f"/v1/newsletters/{newsletter_id}/deliveries/counts")
        assert answer.status_code == 200, answer.text
        return {status: count for status, count in answer.json().items() if count}


async def start_worker(stage: Stage, smtp_url: str, registry_url: str, **settings: str) -> asyncio.subprocess.Process:
    """A real worker of the engagement service; whoever starts it ends it."""
    given = stage.settings("engagement")
    names = ("database_url", "redis_url", "service_key_file", "peer_keys_dir", "public_url")
    environment = {name.upper(): str(getattr(given, name)) for name in names}
    environment |= {"SMTP_URL": smtp_url, "REGISTRY_URL": registry_url, "MAILS_PER_MINUTE": str(FAST), **settings}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.engagement.worker",
        env={**os.environ, **environment}, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
