"""Taking files in and giving them out, the same for findings and for answers to surveys."""

from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import ClientDisconnect

from services.audit.domain.files import ENDINGS
from services.audit.models import StoredFile
from services.audit.repository.files import Owner
from services.audit.schemas.files import FileView, FileWithdrawal
from services.audit.service import files
from services.audit.service.files import Upload, version_of
from services.audit.service.resources import AuditResources
from shared.auth.principal import Principal
from shared.errors import Forbidden, Malformed
from shared.web import etags, idempotency
from shared.web.caller import resources_of

FileName = Annotated[str, Query(alias="name", min_length=1, max_length=1000, examples=["photo.jpg"])]

_BINARY: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
UPLOAD: dict[str, Any] = {
    "requestBody": {"required": True, "content": dict.fromkeys(ENDINGS, _BINARY)},
}
"""What the API description says of a file's body."""
UPLOAD_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"model": FileView, "description": "The same content is there already"}
}
CONTENT_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": dict.fromkeys(ENDINGS, _BINARY), "description": "The content"}
}


async def audit_resources_of(request: Request) -> AuditResources:
    """What the application's lifespan opened."""
    resources = resources_of(request)
    assert isinstance(resources, AuditResources)  # noqa: S101  # the audit service opens nothing else
    return resources


OpenedWithFiles = Annotated[AuditResources, Depends(audit_resources_of)]


async def receive(request: Request, resources: AuditResources, name: str) -> Upload:
    """The request's body in the store, before any transaction; refused as soon as it is too large or not its type."""
    try:
        return await files.receive(resources.files, name, request.headers.get("content-type"), request.stream())
    except ClientDisconnect:
        # Nobody reads the answer; it is for the log, where a bad line is no failure of ours.
        raise Malformed("The upload broke off.", code="upload-broken-off") from None


async def keep(
    request: Request, session: AsyncSession, caller: Principal, owner: Owner, upload: Upload, response: Response
) -> FileView:
    """The upload as a file of its owner: 201, or 200 where the same content was there."""
    key = idempotency.key_of(request)
    if key is not None:
        same = idempotency.fingerprint(request, caller, bytes.fromhex(upload.content.sha256))
        await idempotency.begin(request, session, caller, key, same)
    file, created = await files.keep_file(session, caller.actor, owner, upload)
    response.status_code = 201 if created else 200
    response.headers["Location"] = f"{request.url.path}/{file.id}"
    return show(file, response)


async def withdraw(
    session: AsyncSession,
    caller: Principal,
    owner: Owner,
    file_id: UUID,
    expected: etags.Expected,
    body: FileWithdrawal,
) -> StoredFile:
    """The file withdrawn; Forbidden where the caller may not erase."""
    if body.erase and not caller.has("audit:write"):
        raise Forbidden("Erasing needs the scope audit:write.", code="insufficient-scope")
    return await files.withdraw_file(session, caller.actor, owner, file_id, expected, body)


def view(file: StoredFile) -> FileView:
    """What is known of a file."""
    held = {name: getattr(file, name) for name in FileView.model_fields if name != "version"}
    return FileView(**held, version=version_of(file))


def show(file: StoredFile, response: Response) -> FileView:
    """What is known of a file, its version marked on the response."""
    etags.set_etag(response, version_of(file))
    return view(file)


async def give_out(request: Request, resources: AuditResources, file: StoredFile) -> Response:
    """The file's content as a download that no browser runs; to be called outside of any transaction."""
    headers = {
        "ETag": f'"{file.sha256}"',
        "Content-Length": str(file.size),
        "Content-Disposition": disposition(file.name),
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    if file.erased_at is None:
        unchanged = etags.answer_conditionally(request, Response(headers={"ETag": headers["ETag"]}))
        if unchanged.status_code != Response().status_code:
            return unchanged
    content = await files.open_content(resources.files, file)
    media_type = f"{file.media_type}; charset=utf-8" if file.media_type.startswith("text/") else file.media_type
    return StreamingResponse(content, headers=headers, media_type=media_type)


def disposition(name: str) -> str:
    """Content-Disposition for a name in any language (RFC 6266): plain for old clients, percent-encoded for others."""
    plain = "".join(letter if letter.isascii() and (letter.isalnum() or letter in " ._-") else "_" for letter in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
