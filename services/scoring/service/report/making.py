"""Having a revision's pack made as a PDF, once per version and language, and handing out what is made."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain.report import Pack
from services.scoring.models.reports import QbrReport
from services.scoring.models.reviews import Qbr
from services.scoring.repository import reports as repository
from services.scoring.service.report.document import write_document
from services.scoring.service.report.pdf_process import make_pdf
from services.scoring.service.report.reading import check_computed, check_fits, read_pack
from shared import tasks
from shared.db import Database
from shared.errors import Unavailable
from shared.languages import DEFAULT, Language, language_of
from shared.tasks import GIVEN_UP, Handler, Lease
from shared.web.resources import Resources

TASK_KIND = "qbr_report"
EXTENDED_EVERY_SECONDS = 20.0
MOST_SUPPLIERS = 800
"""A page for each takes about 2 MB to make: what the worker may use (docs/report.md) is enough for so many."""


async def find_pdf(session: AsyncSession, qbr: Qbr, language: Language) -> QbrReport | None:
    """The PDF of the revision as it is now, or its place in the line, or None where nobody has asked for it."""
    check_computed(qbr)
    found = await repository.find_report(session, qbr.id, language, qbr.version)
    if found is not None and found.status == "failed":
        raise Unavailable(f"The PDF could not be made: {found.error}", code="report-failed")
    return found


async def request_pdf(session: AsyncSession, qbr: Qbr, language: Language) -> None:
    """Have a worker make the PDF, where nobody has asked for it yet."""
    check_computed(qbr)
    check_fits(qbr, MOST_SUPPLIERS)
    if await repository.queue_report(session, qbr.id, language, qbr.version):
        payload = {"qbr_id": str(qbr.id), "version": qbr.version, "language": language}
        await tasks.enqueue(session, TASK_KIND, payload)


def task_handlers(resources: Resources) -> dict[str, Handler]:
    """What to do for each kind of task of reports."""

    async def make(lease: Lease) -> None:
        await make_report(resources.database, lease)

    return {TASK_KIND: make}


async def make_report(database: Database, lease: Lease) -> None:
    """Make the task's PDF, where the revision is still as it was when somebody asked."""
    qbr_id, version = UUID(lease.payload["qbr_id"]), lease.payload["version"]
    language = language_of(lease.payload["language"]) or DEFAULT
    pack = await _read_pack(database, qbr_id, version)
    content = None if pack is None else await _make(database, lease, pack, language)
    async with database.transaction() as session:
        await lease.complete(session)
        if content is not None:
            await repository.keep_report(session, qbr_id, language, version, content)
            await repository.drop_outdated(session, qbr_id, version)


async def give_up_report(session: AsyncSession, payload: Mapping[str, Any]) -> None:
    """Tell whoever waits that there will be no PDF unless the task is replayed."""
    await repository.fail_report(session, UUID(payload["qbr_id"]), payload["language"], payload["version"], GIVEN_UP)


async def _read_pack(database: Database, qbr_id: UUID, version: int) -> Pack | None:
    async with database.snapshot() as session:
        qbr = await session.get_one(Qbr, qbr_id)
        return await read_pack(session, qbr) if qbr.version == version else None


async def _make(database: Database, lease: Lease, pack: Pack, language: Language) -> bytes:
    """The PDF, while the lease is held on to; losing it ends the work."""
    made_at = pack.edition.published_at or pack.edition.computed_at
    document = await asyncio.to_thread(write_document, pack, language)
    making = asyncio.create_task(make_pdf(document, made_at))
    try:
        while not (await asyncio.wait({making}, timeout=EXTENDED_EVERY_SECONDS))[0]:
            async with database.transaction() as session:
                await lease.extend(session)
        return making.result()
    finally:
        making.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await making
