"""Taking in a batch of audits."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.models import Audit
from services.audit.repository import audits as repository
from services.audit.repository import suppliers as suppliers_repository
from services.audit.schemas.rows import AuditRow
from services.audit.service import audits
from services.audit.service.closure_chains import check_bonds, check_not_before
from services.audit.service.imports.suppliers import no_supplier
from services.audit.service.today import today
from shared.auth.principal import Actor
from shared.errors import Conflict, Invalid
from shared.imports import Row, RowError


async def apply_audits(session: AsyncSession, actor: Actor, rows: Sequence[Row[AuditRow]]) -> list[RowError]:
    """Create or change the audits of a batch, and mend the findings of those that changed."""
    day = today()
    errors: list[RowError] = []
    ids = await suppliers_repository.find_ids_by_code(session, {row.data.supplier_code for row in rows})
    held = await repository.lock_audits_by_ref(session, [row.data.audit_ref for row in rows])
    by_id = {audit.id: audit for audit in held.values()}
    bonds = await repository.find_bonds(session, by_id)
    changed: list[audits.AuditChange] = []
    for row in rows:
        supplier_id = ids.get(row.data.supplier_code)
        audit = held.get(row.data.audit_ref)
        if supplier_id is None:
            errors.append(RowError(row.line, "supplier_code", no_supplier(row.data.supplier_code)))
            continue
        refusal = _refusal(audit, row, supplier_id == audit.supplier_id) if audit is not None else None
        if refusal is not None:
            errors.append(refusal)
            continue
        before = audits.state(audit) if audit is not None else {}
        target = audit or audits.build(actor, supplier_id, row.data.audit_ref)
        fields = {name: getattr(row.data, name) for name in row.given & set(audits.FIELDS)}
        try:
            if audit is not None and fields.keys() & {"kind", "conducted_on"}:
                conducted_on = fields.get("conducted_on", audit.conducted_on)
                check_bonds(bonds[audit.id], fields.get("kind", audit.kind), conducted_on)
                if audit.follows_audit_id is not None:
                    check_not_before(conducted_on, by_id[audit.follows_audit_id])
            differs = audits.apply_fields(target, fields, day)
        except (Invalid, Conflict) as error:
            errors.append(RowError(row.line, error.fields[0].pointer.removeprefix("#/"), error.fields[0].detail))
            continue
        if differs:
            changed.append((target, before))
    session.add_all([audit for audit, before in changed if not before])
    await audits.save(session, actor, changed)
    return errors


def _refusal(audit: Audit, row: Row[AuditRow], same_supplier: bool) -> RowError | None:
    """Why the rules do not let this row change an audit, or None."""
    if not same_supplier:
        return RowError(row.line, "supplier_code", f"audit {audit.audit_ref} is of another supplier")
    if audit.withdrawn_on is not None:
        return RowError(row.line, "", f"audit {audit.audit_ref} is withdrawn; it changes no more")
    return None
