"""Findings as each caller may see them."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.models import Finding, FindingDraft
from services.audit.repository import commitments as commitments_repository
from services.audit.repository import findings as repository
from services.audit.repository import suppliers as suppliers_repository
from services.audit.schemas.findings import (
    ExtensionView,
    FindingDetail,
    FindingView,
    TransitionView,
    finding_fields,
)
from services.audit.service.today import today
from shared.auth.principal import Principal
from shared.web.etags import set_etag


def views(rows: Iterable[Any], caller: Principal) -> list[FindingView]:
    """A page of findings."""
    day, bound = today(), caller.supplier_id is not None
    return [FindingView(**finding_fields(row.Finding, row.supplier_code, today=day, to_supplier=bound)) for row in rows]


async def single(session: AsyncSession, finding: Finding | FindingDraft, caller: Principal) -> FindingDetail:
    """One finding with its life."""
    codes = await suppliers_repository.get_codes(session, [finding.supplier_id])
    transitions = (await repository.list_transitions(session, [finding.id])).get(finding.id, [])
    extensions = await repository.list_extensions(session, finding.id)
    are_open, overdue = await commitments_repository.count_open(session, finding.id, today())
    fields = finding_fields(
        finding, codes[finding.supplier_id], today=today(), to_supplier=caller.supplier_id is not None
    )
    return FindingDetail(
        **fields,
        transitions=[TransitionView.model_validate(step) for step in transitions],
        extensions=[ExtensionView.model_validate(extension) for extension in extensions],
        open_commitments=are_open,
        overdue_commitments=overdue,
    )


async def just_recorded(
    session: AsyncSession, finding: FindingDraft, supplier_code: str | None, caller: Principal
) -> FindingDetail:
    """A finding whose life is about to begin: there is nothing to be read about it."""
    if supplier_code is None:
        supplier_code = (await suppliers_repository.get_codes(session, [finding.supplier_id]))[finding.supplier_id]
    fields = finding_fields(finding, supplier_code, today=today(), to_supplier=caller.supplier_id is not None)
    return FindingDetail(**fields, transitions=[], extensions=[], open_commitments=0, overdue_commitments=0)


def set_finding_etag(response: Response, finding: Finding | FindingDraft, detail: FindingDetail | None = None) -> None:
    """Mark the response with the finding's version, and with the day, on which it depends whether it is overdue.

    `detail` is given where it is read: what is promised about the finding comes and goes without a new version of it.
    """
    awaited = [] if detail is None else [detail.open_commitments, detail.overdue_commitments]
    set_etag(response, finding.version, today(), *(awaited if any(awaited) else ()))


async def lock_own(session: AsyncSession, finding_id: UUID, caller: Principal) -> Finding:
    """The finding, held until the transaction ends; NotFound where a supplier asks for another's."""
    finding = await repository.lock_finding(session, finding_id)
    caller.see_only_own(finding.supplier_id, "finding")
    return finding


async def get_own(session: AsyncSession, finding_id: UUID, caller: Principal) -> Finding:
    """The finding; NotFound where a supplier asks for another's."""
    finding = await repository.get_finding(session, finding_id)
    caller.see_only_own(finding.supplier_id, "finding")
    return finding
