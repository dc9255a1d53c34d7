"""Audits as the API shows them, with the figures that follow from them."""

import hashlib
from collections.abc import Sequence
from typing import Any

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.models import Audit
from services.audit.repository import suppliers as suppliers_repository
from services.audit.schemas.audits import AuditView, audit_view
from services.audit.service.audit_figures import read_figures
from services.audit.service.today import today
from shared.web.etags import set_etag

DIGEST_LETTERS = 16


async def views(session: AsyncSession, rows: Sequence[Any]) -> list[AuditView]:
    """A page of audits."""
    figures = await read_figures(session, [row.Audit for row in rows], today())
    return [audit_view(row.Audit, row.supplier_code, figures[row.Audit.id]) for row in rows]


async def single(session: AsyncSession, audit: Audit, response: Response) -> AuditView:
    """One audit, its response marked with the version, the day, and the figures that other resources decide on."""
    day = today()
    codes = await suppliers_repository.get_codes(session, [audit.supplier_id])
    figures = await read_figures(session, [audit], day)
    view = audit_view(audit, codes[audit.supplier_id], figures[audit.id])
    digest = hashlib.sha256(view.model_dump_json().encode()).hexdigest()[:DIGEST_LETTERS]
    set_etag(response, audit.version, day, digest)
    return view
