"""What an audit process holds open besides what every process does: the store of files."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields

import httpx

from services.audit.settings import AuditSettings
from shared.storage import Storage, open_store
from shared.web.resources import Resources, open_resources


@dataclass(frozen=True, slots=True)
class AuditResources(Resources):
    """Opened once per process and handed to endpoints and tasks."""

    files: Storage


@asynccontextmanager
async def open_audit_resources(
    settings: AuditSettings, *, transport: httpx.AsyncBaseTransport | None = None
) -> AsyncIterator[AuditResources]:
    """Everything that an audit process needs, closed again at the end of the block."""
    files = open_store(
        settings.files_url,
        endpoint=settings.s3_endpoint,
        region=settings.s3_region,
        access_key_id=settings.s3_access_key_id,
        secret_access_key=settings.s3_secret_access_key,
        outbound=settings.outbound,
    )
    async with open_resources(settings, transport=transport) as opened:
        yield AuditResources(**{field.name: getattr(opened, field.name) for field in fields(opened)}, files=files)
