"""`/v1/people`: what is known of a person by reference, what mail they want, and erasing them."""

from typing import Annotated

from fastapi import Path, Response

from services.engagement.domain import person_refs
from services.engagement.endpoints.callers import Reader, Writer
from services.engagement.schemas.people import (
    ConsentView,
    NewConsent,
    PersonAtSupplier,
    PersonCounts,
    PersonLookup,
    PersonView,
)
from services.engagement.service import erasure, people
from services.engagement.service.people import Known
from shared.web.caller import Opened
from shared.web.etags import IfMatchWhereGiven, set_etag
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

router = new_router("/v1/people", "people")

Ref = Annotated[
    str,
    Path(min_length=1, max_length=64, pattern=r"^[^@\x00]+$", description="As attendances and completions name them"),
]


def view(known: Known) -> PersonView:
    """A person as the API shows them."""
    mailbox = known.mailbox
    return PersonView(
        person_ref=known.person_ref,
        counts=PersonCounts.model_validate({name: known.count(name) for name in PersonCounts.model_fields}),
        suppliers=[PersonAtSupplier.model_validate(one) for one in known.suppliers],
        consent=ConsentView(version=0, invitations=None, newsletters=None, unreachable_since=None)
        if mailbox is None
        else ConsentView.model_validate(mailbox),
    )


@router.post("/lookup")
async def look_up_person(
    body: PersonLookup, session: Reading, caller: Writer, resources: Opened, response: Response
) -> PersonView:
    """Find by mail address how a person is called here, and how often; nothing is stored, logged or kept.

    For those who answer a request for access or erasure, hence the scope.
    """
    caller.refuse_bound("person")
    response.headers["Cache-Control"] = "no-store"
    return view(await people.find_person(session, person_refs.of_address(resources.cursor_key, body.email)))


@router.get("/{person_ref}")
async def get_person(person_ref: Ref, session: Reading, caller: Reader, response: Response) -> PersonView:
    """Read what is known of a person: where they are named, at which suppliers, and what mail they want."""
    caller.refuse_bound("person")
    return _marked(response, await people.get_person(session, person_ref))


@router.put("/{person_ref}/consent")
async def set_consent(
    person_ref: Ref,
    body: NewConsent,
    expected: IfMatchWhereGiven,
    session: Transaction,
    caller: Writer,
    response: Response,
) -> PersonView:
    """Say what mail a person wants; needs If-Match where something was said before."""
    caller.refuse_bound("person")
    await people.set_consent(session, caller.actor, person_ref, expected, body)
    return _marked(response, await people.get_person(session, person_ref))


@router.delete("/{person_ref}", status_code=204)
async def erase_person(person_ref: Ref, session: Transaction, caller: Writer, resources: Opened) -> None:
    """Erase a person on request: their reference gives way to a random one, what they did still counts.

    What mail they want is forgotten too: erase their contacts at the registry first. Again is as good as once.
    """
    caller.refuse_bound("person")
    await erasure.erase_person(session, resources.cursor_key, caller.actor, person_ref)


def _marked(response: Response, known: Known) -> PersonView:
    shown = view(known)
    set_etag(response, shown.consent.version, *shown.counts.model_dump().values())
    return shown
