"""What changed in a supplier's score from one day, or one state of knowledge, to another."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain.changes import explain_changes
from services.scoring.service import reading
from services.scoring.service.policy.calendar import read_calendar
from services.scoring.service.reading import When
from shared.errors import FieldError, Invalid


async def read_changes(
    session: AsyncSession, supplier_id: UUID, earlier: When, later: When, today: date
) -> dict[str, Any]:
    """The two scores, and each change between them with its effect; they add up to the difference.

    Each score is under the policy of its day. Where that is another one, the earlier evidence is looked at under the
    later policy, too: what that alone does is the first of the changes.
    """
    for name, when in (("from", earlier), ("to", later)):
        when.check(today, as_of=name, known_at=f"{name}_known_at")
    calendar = await read_calendar(session)
    before = await reading.explain_at(session, supplier_id, earlier, today, calendar)
    after = await reading.explain_at(session, supplier_id, later, today, calendar)
    from_day, to_day = (date.fromisoformat(each["as_of"]) for each in (before, after))
    if from_day > to_day:
        fault = FieldError("query: from", f"lies after {to_day}, the day to which changes are asked for")
        raise Invalid("Changes are told from an earlier day to a later one.", fields=[fault])
    policy, repriced = calendar.on(to_day), before
    if before["policy_version"] != policy.version:
        repriced = await reading.explain_at(session, supplier_id, earlier, today, calendar, policy)
    found = explain_changes(before, repriced, after, policy, to_day)
    for name, explanation in (("before", before), ("after", after)):
        found[name]["positions"] = explanation["positions"]
    return {"supplier_id": supplier_id, "supplier_code": after["supplier_code"], **found}
