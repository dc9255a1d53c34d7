"""People's word on risk tiers: giving it, taking it back, and showing it beside what is computed."""

from collections.abc import Collection
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain.tier_overrides import faults_of_days
from services.scoring.models.overrides import TierOverride
from services.scoring.repository import overrides as repository
from services.scoring.repository import suppliers
from services.scoring.schemas.overrides import NewTierOverride
from services.scoring.service.policy.calendar import read_calendar
from shared import holding, journal
from shared.auth.principal import Actor, Principal
from shared.errors import Conflict, FieldError, Invalid
from shared.ids import new_id
from shared.journal import Change
from shared.web.etags import Expected

SHOWN = ("id", "version", "risk_tier", "valid_from", "valid_until", "reason")


async def create_override(session: AsyncSession, caller: Principal, given: NewTierOverride, today: date) -> UUID:
    """Have a person's word stand beside the supplier's computed tier; returns its id.

    Conflict where another one holds on one of its days.
    """
    caller.second_person(None, "Overriding a risk tier")
    starts = given.valid_from or today
    rules = (await read_calendar(session)).on(today).overrides
    if faults := faults_of_days(starts, given.valid_until, today, rules):
        raise Invalid(
            "An override of a risk tier cannot hold on these days.",
            fields=[FieldError(f"#/{name}", detail) for name, detail in faults.items()],
        )
    await holding.hold(session, "tier_override", str(given.supplier_id))
    supplier = await suppliers.find_supplier(session, given.supplier_id)
    if supplier is None:
        raise Invalid("There is no such supplier.", fields=[FieldError("#/supplier_id", "is not known")])
    if supplier.scored_as != supplier.id:
        raise Conflict(
            f"This supplier is merged into {supplier.scored_as} and scored with it; override that one's tier.",
            code="supplier-merged",
        )
    other = await repository.find_overlapping(session, given.supplier_id, starts, given.valid_until)
    if other is not None:
        raise Conflict(
            f"The override {other.id} holds from {other.valid_from} to {other.valid_until}; withdraw it first.",
            code="override-overlaps",
        )
    override = TierOverride(
        id=new_id(),
        version=0,
        supplier_id=given.supplier_id,
        risk_tier=given.risk_tier,
        valid_from=starts,
        valid_until=given.valid_until,
        reason=given.reason,
        created_by=caller.sub,
        created_at=datetime.now(UTC),
    )
    session.add(override)
    private = {"reason": [None, given.reason]}
    await _save(session, caller.actor, override, supplier.code, "created", {}, private)
    return override.id


async def withdraw_override(
    session: AsyncSession, caller: Principal, override_id: UUID, expected: Expected, reason: str, today: date
) -> None:
    """End an override today, with the reason; on the days before it goes on having held."""
    caller.second_person(None, "Withdrawing an override")
    override = await repository.lock_override(session, override_id)
    expected.check(override.version)
    if override.withdrawn_at is not None:
        raise Conflict("This override is withdrawn already.", code="already-withdrawn")
    if override.valid_until < today:
        raise Conflict(f"This override ended on {override.valid_until}.", code="override-ended")
    supplier = await suppliers.find_supplier(session, override.supplier_id)
    code = "" if supplier is None else supplier.code
    before = _state(override, code)
    override.withdrawn_by, override.withdrawn_at, override.withdrawn_reason = caller.sub, datetime.now(UTC), reason
    private = {"withdrawn_reason": [None, reason]}
    await _save(session, caller.actor, override, code, "withdrawn", before, private)


async def read_shown(
    session: AsyncSession,
    supplier_ids: Collection[UUID],
    day: date,
    *,
    known_at: datetime | None = None,
    registry_pos: int | None = None,
) -> dict[UUID, dict[str, Any]]:
    """Scored supplier -> what shows beside its computed tier on `day`, for those of whom somebody has said something.

    One statement, however many suppliers are asked about.
    """
    found = await repository.find_in_force(session, supplier_ids, day, known_at=known_at, registry_pos=registry_pos)
    return {supplier_id: {name: getattr(each, name) for name in SHOWN} for supplier_id, each in found.items()}


def state_on(override: TierOverride, today: date) -> str:
    """How an override stands today."""
    if override.withdrawn_at is not None:
        return "withdrawn"
    if override.valid_from > today:
        return "upcoming"
    return "in_force" if override.valid_until >= today else "ended"


def _state(override: TierOverride, code: str) -> dict[str, Any]:
    """An override as the feed tells it; reasons may hold names, so they stay out."""
    return {
        "supplier_id": str(override.supplier_id),
        "supplier_code": code,
        "risk_tier": override.risk_tier,
        "valid_from": override.valid_from.isoformat(),
        "valid_until": override.valid_until.isoformat(),
        "withdrawn_at": None if override.withdrawn_at is None else override.withdrawn_at.isoformat(),
    }


async def _save(
    session: AsyncSession,
    actor: Actor,
    override: TierOverride,
    code: str,
    happened: str,
    before: dict[str, Any],
    private: dict[str, Any],
) -> None:
    override.version += 1
    await session.flush()
    change = Change(f"tier_override.{happened}", override.id, override.version, _state(override, code), before, private)
    await journal.record(session, actor, [change])
