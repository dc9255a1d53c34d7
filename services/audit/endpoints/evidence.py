"""`/v1/findings/{finding_id}/evidence`: files that show how a finding was mended."""

from uuid import UUID

from fastapi import Request, Response

from services.audit.endpoints import file_transfer
from services.audit.endpoints.callers import Reader, Reporter
from services.audit.endpoints.file_transfer import FileName, OpenedWithFiles
from services.audit.endpoints.finding_views import get_own
from services.audit.models import StoredFile
from services.audit.repository import files as repository
from services.audit.repository.files import Owner
from services.audit.schemas.files import FileView, FileWithdrawal
from services.audit.service import files
from shared.web.etags import IfMatchWhereGiven
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import OpenTransaction, Reading, Transaction

router = new_router("/v1/findings/{finding_id}/evidence", "evidence")


@router.post("", status_code=201, responses=file_transfer.UPLOAD_ANSWERS, openapi_extra=file_transfer.UPLOAD)
async def add_evidence(
    finding_id: UUID,
    name: FileName,
    request: Request,
    resources: OpenedWithFiles,
    session: OpenTransaction,
    caller: Reporter,
    response: Response,
) -> FileView:
    """Add a file of at most 25 MiB; the same content again is the file that there is. Scope: submit or write."""
    owner = Owner(finding_id=finding_id)
    async with resources.database.snapshot() as reading:
        await get_own(reading, finding_id, caller)
        await files.check_takes_files(reading, owner)
    upload = await file_transfer.receive(request, resources, name)
    return await file_transfer.keep(request, session, caller, owner, upload, response)


@router.get("")
async def list_evidence(finding_id: UUID, session: Reading, caller: Reader, pages: Pages) -> Page[FileView]:
    """List a finding's files in the order of their upload, withdrawn ones included."""
    await get_own(session, finding_id, caller)
    rows, following = await pages.read(session, repository.files_of(Owner(finding_id=finding_id)), StoredFile.id)
    return Page(items=[file_transfer.view(row.StoredFile) for row in rows], next_cursor=following)


@router.get("/{file_id}")
async def get_evidence(
    finding_id: UUID, file_id: UUID, session: Reading, caller: Reader, response: Response
) -> FileView:
    """Read what is known of a file."""
    await get_own(session, finding_id, caller)
    return file_transfer.show(await repository.get_file(session, Owner(finding_id=finding_id), file_id), response)


@router.get("/{file_id}/content", response_class=Response, responses=file_transfer.CONTENT_ANSWERS)
async def download_evidence(
    finding_id: UUID, file_id: UUID, request: Request, resources: OpenedWithFiles, caller: Reader
) -> Response:
    """Download a file; 410 once it is erased."""
    async with resources.database.snapshot() as session:
        await get_own(session, finding_id, caller)
        file = await repository.get_file(session, Owner(finding_id=finding_id), file_id)
    return await file_transfer.give_out(request, resources, file)


@router.post("/{file_id}/withdraw")
async def withdraw_evidence(
    finding_id: UUID,
    file_id: UUID,
    body: FileWithdrawal,
    expected: IfMatchWhereGiven,
    session: Transaction,
    caller: Reporter,
    response: Response,
) -> FileView:
    """Withdraw a file with the reason; it stays readable unless `erase` (scope audit:write) has its content removed.

    A supplier withdraws what its client added itself, nothing else.
    """
    await get_own(session, finding_id, caller)
    owner = Owner(finding_id=finding_id)
    return file_transfer.show(await file_transfer.withdraw(session, caller, owner, file_id, expected, body), response)
