"""`/v1/suppliers/{supplier_id}/contacts`, and `/v1/contacts/lookup` for many suppliers at once."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Response
from sqlalchemy import select

from services.registry import repository
from services.registry.models import Contact, Supplier
from services.registry.schemas.contacts import ContactLookup, ContactLookupAnswer, ContactView, KnownContact, NewContact
from services.registry.service import contacts
from shared.auth.principal import Principal
from shared.errors import NotFound
from shared.web.caller import scoped
from shared.web.etags import set_etag
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

router = new_router("/v1/suppliers/{supplier_id}/contacts", "contacts")

lookup_router = new_router("/v1/contacts", "contacts")

Reader = Annotated[Principal, scoped("registry:read")]
Writer = Annotated[Principal, scoped("registry:write")]


@router.get("")
async def list_contacts(supplier_id: UUID, session: Reading, _caller: Reader, pages: Pages) -> Page[ContactView]:
    """List a supplier's contacts."""
    await repository.get(session, Supplier, supplier_id, "supplier")
    query = select(Contact, Contact.id).where(Contact.supplier_id == supplier_id)
    rows, following = await pages.read(session, query, Contact.id)
    return Page(items=[ContactView.model_validate(row.Contact) for row in rows], next_cursor=following)


@router.post("", status_code=201)
async def create_contact(
    supplier_id: UUID, body: NewContact, session: Transaction, caller: Writer, response: Response
) -> ContactView:
    """Record a person to write to; keep them few and for a purpose."""
    contact = await contacts.create_contact(session, caller.actor, supplier_id, body)
    set_etag(response, contact.version)
    response.headers["Location"] = f"/v1/suppliers/{supplier_id}/contacts/{contact.id}"
    return ContactView.model_validate(contact)


@router.get("/{contact_id}")
async def get_contact(
    supplier_id: UUID, contact_id: UUID, session: Reading, _caller: Reader, response: Response
) -> ContactView:
    """Read one contact."""
    contact = await repository.get(session, Contact, contact_id, "contact")
    if contact.supplier_id != supplier_id:
        raise NotFound("No such contact.")
    set_etag(response, contact.version)
    return ContactView.model_validate(contact)


@router.delete("/{contact_id}", status_code=204)
async def erase_contact(supplier_id: UUID, contact_id: UUID, session: Transaction, caller: Writer) -> None:
    """Erase the person on request: name and address go for good, what counted them stays."""
    if (await repository.get(session, Contact, contact_id, "contact")).supplier_id != supplier_id:
        raise NotFound("No such contact.")
    await contacts.erase_contact(session, caller.actor, contact_id, datetime.now(UTC))


@lookup_router.post("/lookup")
async def look_up_contacts(
    body: ContactLookup, session: Reading, caller: Reader, response: Response
) -> ContactLookupAnswer:
    """Find the contacts of many suppliers at once, erased ones left out; changes nothing."""
    caller.refuse_bound("contact")
    response.headers["Cache-Control"] = "no-store"
    found = await repository.list_contacts_of(session, body.supplier_ids, body.roles)
    return ContactLookupAnswer(
        items=[
            KnownContact(
                supplier_id=contact.supplier_id, contact_id=contact.id, name=contact.name, email=contact.email,
                role=contact.role, language=contact.language,
            )
            for contact in found
            if contact.name is not None and contact.email is not None
        ]
    )  # fmt: skip
