"""Which audit a closure audit can follow, and what that and its closings hold fast."""

from datetime import date

from services.audit.domain.audits import unfit
from services.audit.models import Audit
from services.audit.repository.audits import Bonds
from shared.errors import Conflict, FieldError

FIELD, UNFIT = "follows_audit_id", "audit-unfit"


def check_follows(closure: Audit, followed: Audit | None) -> None:
    """Raise Invalid unless `closure` can verify the findings of `followed`; None where there is no such audit."""
    if followed is None:
        raise unfit(FIELD, f"There is no audit {closure.follows_audit_id}.", UNFIT)
    if followed.supplier_id != closure.supplier_id:
        raise unfit(FIELD, f"Audit {followed.audit_ref} is of another supplier.", UNFIT)
    if followed.kind == "closure":
        raise unfit(
            FIELD, f"Audit {followed.audit_ref} is a closure audit itself; name the one that it follows.", UNFIT
        )
    if followed.withdrawn_on is not None:
        raise unfit(FIELD, f"Audit {followed.audit_ref} is withdrawn.", UNFIT)
    if followed.conducted_on is None:
        raise unfit(FIELD, f"Audit {followed.audit_ref} is only planned; there is nothing to verify yet.", UNFIT)
    check_not_before(closure.conducted_on, followed)


def check_not_before(conducted_on: date | None, followed: Audit) -> None:
    """Raise Invalid where a closure audit of that day cannot have followed this audit."""
    if conducted_on is not None and followed.conducted_on is not None and conducted_on < followed.conducted_on:
        raise unfit("conducted_on", f"{conducted_on} lies before the audit that it follows.")


def check_bonds(bonds: Bonds, kind: str, conducted_on: date | None) -> None:
    """Raise Conflict where something rests on an audit that could not, were it of that kind and day."""
    if bonds.closures and kind == "closure":
        raise _bound("kind", "Closure audits follow this one, so it cannot become one itself.", "audit-followed")
    if bonds.first_closing_on is not None and kind != "closure":
        raise _bound("kind", "Findings were closed by this audit, so it stays a closure audit.", "findings-closed")
    if conducted_on is None:
        return
    if bonds.first_closure_on is not None and conducted_on > bonds.first_closure_on:
        said = f"A closure audit that follows this one was on {bonds.first_closure_on}; it cannot have been after that."
        raise _bound("conducted_on", said, "audit-followed")
    if bonds.first_closing_on is not None and conducted_on > bonds.first_closing_on:
        said = f"It closed a finding on {bonds.first_closing_on}; it cannot have been after that."
        raise _bound("conducted_on", said, "findings-closed")


def _bound(field: str, detail: str, code: str) -> Conflict:
    return Conflict(detail, code=code, fields=[FieldError(f"#/{field}", detail)])
