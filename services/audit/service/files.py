"""Files that are kept outside the database: taken in, withdrawn, erased, and swept up where nothing knows them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.domain import files as rules
from services.audit.models import StoredFile
from services.audit.repository import files as repository
from services.audit.repository import findings as findings_repository
from services.audit.repository import survey_answers
from services.audit.repository.files import Owner
from services.audit.schemas.files import FileWithdrawal
from shared import journal, tasks
from shared.auth.principal import Actor
from shared.db import Database
from shared.errors import Conflict, Forbidden, Gone, NotFound, Unavailable
from shared.ids import new_id
from shared.journal import Change
from shared.storage import Storage
from shared.tasks import Lease
from shared.web.etags import Expected

ERASE_TASK = "erase_file"
ERASED_NAME = "erased"
SWEPT_AT_ONCE = 1000
FEW_UNKNOWN = 20
UNKNOWN_KEPT_FOR = timedelta(days=1)
"""No upload takes longer from its content to its row."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Upload:
    """A content that lies in the store under `id`, and that nothing refers to yet."""

    id: UUID
    name: str
    content: rules.Content


def version_of(file: StoredFile) -> int:
    """1 as uploaded; withdrawing and erasing, each once, are all that can change."""
    return 1 + (file.withdrawn_at is not None) + (file.erased_at is not None)


async def check_takes_files(session: AsyncSession, owner: Owner, *, lock: bool = False) -> None:
    """Conflict where the finding or response takes no more files; with `lock` that holds to the transaction's end."""
    if owner.finding_id is not None:
        read = findings_repository.lock_finding if lock else findings_repository.get_finding
        if (await read(session, owner.finding_id)).status == "withdrawn":
            raise Conflict("The finding is withdrawn; it takes no more evidence.", code="finding-withdrawn")
    elif owner.response_id is not None:
        response, _, _ = await survey_answers.get_sheet(session, owner.response_id, lock=lock)
        if response.status == "submitted":
            raise Conflict(
                "The response is submitted; its files can be changed once it is reopened.", code="response-submitted"
            )


async def receive(store: Storage, name: str, content_type: str | None, stream: AsyncIterator[bytes]) -> Upload:
    """Have the store keep what streams in; Invalid or Unsupported, and nothing kept, where it is not what it should be.

    To be called outside of any transaction: it takes as long as the sender does.
    """
    media_type = rules.media_type_of(content_type)
    upload = Upload(new_id(), rules.clean_name(name, media_type), rules.Content(media_type))

    async def checked() -> AsyncIterator[bytes]:
        async for piece in stream:
            if piece:
                upload.content.take(piece)
                yield piece
        upload.content.end()

    await store.put(upload.id, checked())
    return upload


async def keep_file(session: AsyncSession, actor: Actor, owner: Owner, upload: Upload) -> tuple[StoredFile, bool]:
    """The file of an upload and whether it is a new one; the same content again is the file that there is.

    Conflict where the owner takes no more. What is not kept in the end is left to the sweep.
    """
    await check_takes_files(session, owner, lock=True)
    content = upload.content
    held = await repository.find_live_by_content(session, owner, content.sha256, content.media_type)
    if held is not None:
        return held, False
    live, ever = await repository.count_files(session, owner)
    if live >= rules.MOST_FILES:
        raise Conflict(f"There are {rules.MOST_FILES} files already; withdraw one first.", code="too-many-files")
    if ever >= rules.MOST_FILES_EVER:
        raise Conflict(f"{ever} files have been handed in, the withdrawn ones included.", code="too-many-files")
    file = StoredFile(
        id=upload.id, finding_id=owner.finding_id, response_id=owner.response_id, name=upload.name,
        media_type=content.media_type, size=content.size, sha256=content.sha256,
        uploaded_by=actor.sub, uploaded_at=datetime.now(UTC),
    )  # fmt: skip
    session.add(file)
    await session.flush()
    await journal.record(session, actor, [Change("evidence.added", file.id, 1, feed_state(file))])
    return file, True


async def withdraw_file(
    session: AsyncSession, actor: Actor, owner: Owner, file_id: UUID, expected: Expected, body: FileWithdrawal
) -> StoredFile:
    """The file, withdrawn with the reason; where it says `erase`, its name and content go for good.

    Conflict where nothing is left to be done, or where it is to stay readable and belongs to a submitted response;
    Forbidden where a supplier's client did not add the evidence itself.
    """
    if owner.response_id is not None and not body.erase:
        await check_takes_files(session, owner, lock=True)
    file = await repository.lock_file(session, owner, file_id)
    if owner.finding_id is not None and actor.supplier_id is not None and file.uploaded_by != actor.sub:
        raise Forbidden("This evidence was added by others; only they or the buyer withdraw it.", code="not-yours")
    expected.check(version_of(file))
    if file.erased_at is not None or (file.withdrawn_at is not None and not body.erase):
        raise Conflict("The file is withdrawn already.", code="file-withdrawn")
    before, now = feed_state(file), datetime.now(UTC)
    if file.withdrawn_at is None:
        file.withdrawn_at, file.withdrawn_by, file.withdrawn_reason = now, actor.sub, body.reason
    if body.erase:
        file.erased_at, file.name = now, ERASED_NAME
        # By the worker: the store cannot be part of this transaction, and must not be forgotten once it is committed.
        await tasks.enqueue(session, ERASE_TASK, {"file_id": str(file.id)})
    await session.flush()
    happened = "evidence.erased" if body.erase else "evidence.withdrawn"
    private = {"reason": [None, body.reason]}
    await journal.record(
        session, actor, [Change(happened, file.id, version_of(file), feed_state(file), before, private)]
    )
    return file


async def open_content(store: Storage, file: StoredFile) -> AsyncIterator[bytes]:
    """The file's content as a stream; Gone once it is erased."""
    if file.erased_at is not None:
        raise Gone("The content of this file was erased.", code="file-erased")
    try:
        return await store.open(file.id)
    except NotFound:
        # Somebody took it from the store, or the backup that was restored lacks it.
        log.exception("a file's content is missing from the store", file_id=str(file.id))
        raise Unavailable("The content is missing from the file store.", code="content-missing") from None


async def erase_content(database: Database, store: Storage, lease: Lease) -> None:
    """The task that follows an erasure: the content leaves the store."""
    await store.delete(UUID(lease.payload["file_id"]))
    async with database.transaction() as session:
        await lease.complete(session)


class Sweep:
    """Removes contents that no file refers to, and those of erased files that a restored backup brought back."""

    def __init__(self, database: Database, store: Storage, at_once: int = SWEPT_AT_ONCE) -> None:
        """The first call begins with the oldest content; each looks at `at_once` of them."""
        self._database = database
        self._store = store
        self._at_once = at_once
        self._after: UUID | None = None

    async def sweep(self, now: datetime) -> int:
        """Look at the next contents older than a day; returns how many were removed."""
        keys = await self._store.list_older(now - UNKNOWN_KEPT_FOR, after=self._after, limit=self._at_once)
        self._after = keys[-1] if len(keys) == self._at_once else None
        if not keys:
            return 0
        async with self._database.snapshot() as session:
            kept = await repository.list_with_content(session, keys)
        unknown = [key for key in keys if key not in kept]
        if len(unknown) > max(FEW_UNKNOWN, len(kept)):
            # Crashes do not leave so many; a store beside somebody else's, or an empty, database does.
            log.error("the file store does not fit the database; nothing was removed", unknown=len(unknown))
            return 0
        for key in unknown:
            await self._store.delete(key)
        if unknown:
            log.info("contents without a file removed", number=len(unknown))
        return len(unknown)


def feed_state(file: StoredFile) -> dict[str, Any]:
    """A file as the feed tells it: no name, which may be somebody's."""
    return {
        "finding_id": str(file.finding_id) if file.finding_id else None,
        "response_id": str(file.response_id) if file.response_id else None,
        "media_type": file.media_type,
        "size": file.size,
        "sha256": file.sha256,
        "withdrawn": file.withdrawn_at is not None,
        "erased": file.erased_at is not None,
    }
