"""`/v1/surveys/{survey_id}/responses/{supplier_id}/files`: files that answer questions of a survey."""

from uuid import UUID

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.endpoints import file_transfer
from services.audit.endpoints.callers import Reader, Reporter
from services.audit.endpoints.file_transfer import FileName, OpenedWithFiles
from services.audit.models import StoredFile
from services.audit.repository import files as repository
from services.audit.repository import survey_answers
from services.audit.repository.files import Owner
from services.audit.schemas.files import FileView, FileWithdrawal
from services.audit.service import files
from shared.auth.principal import Principal
from shared.web.etags import IfMatchWhereGiven
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import OpenTransaction, Reading, Transaction

router = new_router("/v1/surveys/{survey_id}/responses/{supplier_id}/files", "surveys")


@router.post("", status_code=201, responses=file_transfer.UPLOAD_ANSWERS, openapi_extra=file_transfer.UPLOAD)
async def add_response_file(
    survey_id: UUID,
    supplier_id: UUID,
    name: FileName,
    request: Request,
    resources: OpenedWithFiles,
    session: OpenTransaction,
    caller: Reporter,
    response: Response,
) -> FileView:
    """Add a file of at most 25 MiB, for an answer to name as `{"file_id": ...}`. Scope: submit or write."""
    async with resources.database.snapshot() as reading:
        owner = await _own(reading, survey_id, supplier_id, caller)
        await files.check_takes_files(reading, owner)
    upload = await file_transfer.receive(request, resources, name)
    return await file_transfer.keep(request, session, caller, owner, upload, response)


@router.get("")
async def list_response_files(
    survey_id: UUID, supplier_id: UUID, session: Reading, caller: Reader, pages: Pages
) -> Page[FileView]:
    """List a response's files in the order of their upload, withdrawn ones included."""
    owner = await _own(session, survey_id, supplier_id, caller)
    rows, following = await pages.read(session, repository.files_of(owner), StoredFile.id)
    return Page(items=[file_transfer.view(row.StoredFile) for row in rows], next_cursor=following)


@router.get("/{file_id}")
async def get_response_file(
    survey_id: UUID, supplier_id: UUID, file_id: UUID, session: Reading, caller: Reader, response: Response
) -> FileView:
    """Read what is known of a file."""
    owner = await _own(session, survey_id, supplier_id, caller)
    return file_transfer.show(await repository.get_file(session, owner, file_id), response)


@router.get("/{file_id}/content", response_class=Response, responses=file_transfer.CONTENT_ANSWERS)
async def download_response_file(
    survey_id: UUID, supplier_id: UUID, file_id: UUID, request: Request, resources: OpenedWithFiles, caller: Reader
) -> Response:
    """Download a file; 410 once it is erased."""
    async with resources.database.snapshot() as session:
        owner = await _own(session, survey_id, supplier_id, caller)
        file = await repository.get_file(session, owner, file_id)
    return await file_transfer.give_out(request, resources, file)


@router.post("/{file_id}/withdraw")
async def withdraw_response_file(
    survey_id: UUID,
    supplier_id: UUID,
    file_id: UUID,
    body: FileWithdrawal,
    expected: IfMatchWhereGiven,
    session: Transaction,
    caller: Reporter,
    response: Response,
) -> FileView:
    """Withdraw a file with the reason; it stays readable unless `erase` (scope audit:write) has its content removed."""
    owner = await _own(session, survey_id, supplier_id, caller)
    return file_transfer.show(await file_transfer.withdraw(session, caller, owner, file_id, expected, body), response)


async def _own(session: AsyncSession, survey_id: UUID, supplier_id: UUID, caller: Principal) -> Owner:
    """The supplier's response as what files belong to; NotFound where a supplier asks for another's."""
    caller.see_only_own(supplier_id, "response")
    return Owner(response_id=await survey_answers.get_response_id(session, survey_id, supplier_id))
