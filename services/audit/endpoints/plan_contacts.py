"""`/v1/plan-contacts/erase`: people who were named in plans, and are so no more."""

from services.audit.endpoints.callers import Writer
from services.audit.schemas.findings import ContactErasure, ContactErasureView
from services.audit.service import plan_contacts
from shared.web.route import new_router
from shared.web.transaction import Transaction

router = new_router("/v1/plan-contacts", "corrective action plans")


@router.post("/erase")
async def erase_contacts(body: ContactErasure, session: Transaction, caller: Writer) -> ContactErasureView:
    """Erase a person from all plans that were submitted: name and address go for good, the plans stay."""
    caller.refuse_bound("plan contact")
    return ContactErasureView(erased=await plan_contacts.erase_contacts(session, caller.actor, body.email))
