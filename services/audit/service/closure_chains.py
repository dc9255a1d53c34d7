"""Which audit a closure audit can follow."""

from datetime import date

from services.audit.domain.audits import unfit
from services.audit.models import Audit
from shared.errors import Conflict

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
    if closure.conducted_on is not None and closure.conducted_on < followed.conducted_on:
        raise unfit("conducted_on", f"{closure.conducted_on} lies before the audit that it follows.")


def check_followed(audit: Audit, has_closures: bool, first_closure_on: date | None) -> None:
    """Raise Conflict where closure audits follow this one that could not, as it is to be."""
    if has_closures and audit.kind == "closure":
        raise Conflict("Closure audits follow this one, so it cannot become one itself.", code="audit-followed")
    if first_closure_on is not None and audit.conducted_on is not None and audit.conducted_on > first_closure_on:
        raise Conflict(
            f"A closure audit that follows this one was on {first_closure_on}; it cannot have been after that.",
            code="audit-followed",
        )
