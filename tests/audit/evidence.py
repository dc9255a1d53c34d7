"""Evidence files to hand in, and the store that they lie in."""

import dataclasses
import io
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from services.audit.service.files import Sweep
from services.audit.service.resources import AuditResources
from shared.storage import Storage
from tests.audit import programme
from tests.stage import Stage

PDF = b"%PDF-1.7\n1 0 obj\n"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00 and so on"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


class holding:  # noqa: N801  # reads as a verb
    """Has the audit service keep its files in `store` for a while."""

    def __init__(self, stage: Stage, store: Storage) -> None:
        self.state, self.store = stage.apps["audit"].state, store

    def __enter__(self) -> Storage:
        self.before: AuditResources = self.state.resources
        self.state.resources = dataclasses.replace(self.before, files=self.store)
        return self.store

    def __exit__(self, *_: object) -> None:
        self.state.resources = self.before


def archive(member: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("[Content_Types].xml", "<Types/>" * 50)
        book.writestr(member, "<x/>" * 50)
    return packed.getvalue()


def supplier_client(stage: Stage, finding: dict[str, Any]) -> httpx.AsyncClient:
    return stage.machine("audit", "audit:read", "audit:submit", supplier_id=finding["supplier_id"])


def url_of(finding: dict[str, Any]) -> str:
    return f"/v1/findings/{finding['id']}/evidence"


async def upload(
    client: httpx.AsyncClient,
    url: str,
    content: bytes | AsyncIterator[bytes] = JPEG,
    media_type: str = "image/jpeg",
    name: str = "photo.jpg",
    **headers: str,
) -> httpx.Response:
    return await client.post(
        url, params={"name": name}, content=content, headers={"Content-Type": media_type, **headers}
    )


async def events(stage: Stage) -> list[dict[str, Any]]:
    return await programme.events(stage, "evidence.")


async def sweep(stage: Stage, store: Storage, *, days_later: int = 2) -> int:
    return await Sweep(stage.resources("audit").database, store).sweep(datetime.now(UTC) + timedelta(days=days_later))


async def stored(store: Storage) -> list[UUID]:
    return await store.list_older(datetime.now(UTC) + timedelta(days=1), after=None, limit=1000)


async def in_one_piece(text: str) -> AsyncIterator[bytes]:
    yield text.encode()
