"""Suppliers with people to write to, and what is known of these people. All of them are invented."""

from typing import Any
from uuid import UUID

from services.engagement import tasks
from services.engagement.domain import person_refs
from services.engagement.schemas.audiences import AudienceRule
from services.engagement.service.audience import audiences
from services.engagement.service.audience.audiences import Audience, Purpose
from shared.ids import new_id
from tests.stage import Stage


async def add_supplier(stage: Stage, code: str, **fields: Any) -> str:
    """A supplier at the registry; returns its id."""
    async with stage.machine("registry") as client:
        answer = await client.post("/v1/suppliers", json={"code": code, "name": f"Company {code}", **fields})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])


async def add_contact(stage: Stage, supplier_id: str, email: str, **fields: Any) -> str:
    """Somebody to write to; returns the contact's id."""
    body = {"name": "Lin Mei", "email": email, "role": "sustainability", **fields}
    async with stage.machine("registry") as client:
        answer = await client.post(f"/v1/suppliers/{supplier_id}/contacts", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])


async def erase_contact(stage: Stage, supplier_id: str, contact_id: str) -> None:
    """The registry erases somebody, and engagement follows."""
    async with stage.machine("registry") as client:
        assert (await client.delete(f"/v1/suppliers/{supplier_id}/contacts/{contact_id}")).status_code == 204
    await pull(stage)


async def pull(stage: Stage, *sources: str) -> None:
    """Take in what the others' feeds tell (the registry's, where none is named)."""
    follower = tasks.follower(stage.resources("engagement"))
    for source in sources or ("registry",):
        while await follower.pull(source):
            pass


def ref_of(stage: Stage, email: str) -> str:
    """How whoever has that address is called."""
    return person_refs.of_address(stage.resources("engagement").cursor_key, email)


async def invite(stage: Stage, event_id: str, supplier_id: str, contact_id: str, person_ref: str) -> str:
    """An invitation as it stands once it was made; returns its id."""
    invitation_id = new_id()
    await stage.psql(
        "engagement",
        "INSERT INTO invitation (id, version, event_id, supplier_id, contact_id, person_ref, language, reasons, reply,"
        " created_by) VALUES ($1, 1, $2, $3, $4, $5, 'en', '{}', 'needs_action', 'ann')",
        *(invitation_id, UUID(event_id), UUID(supplier_id), UUID(contact_id), person_ref),
    )
    return str(invitation_id)


async def find(stage: Stage, purpose: Purpose = "newsletters", **rule: Any) -> Audience:
    """Whom a rule means."""
    return await audiences.find_audience(stage.resources("engagement"), AudienceRule.model_validate(rule), purpose)


def reached(audience: Audience) -> dict[str, tuple[str, ...]]:
    """The suppliers whose people are written to, with the reasons; one person each."""
    codes = [one.supplier_code for one in audience.recipients]
    assert len(codes) == len(set(codes)), codes
    return {one.supplier_code: one.reasons for one in audience.recipients}


def missed(audience: Audience) -> list[tuple[str, str]]:
    """(supplier, reason) of those left out."""
    return [(one.supplier_code, one.reason) for one in audience.left_out]
