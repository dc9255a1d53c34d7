"""`/v1/policies`: the versions of the rules."""

from datetime import date
from typing import Annotated

from fastapi import Query
from sqlalchemy import select

from services.scoring.domain.policy_document import from_dict, to_dict
from services.scoring.models.scores import Policy
from services.scoring.schemas.policies import PolicyStatus, PolicyView
from services.scoring.service.policies import read_calendar
from shared.auth.principal import Principal
from shared.web.caller import scoped
from shared.web.pages import Page, Pages
from shared.web.route import new_router
from shared.web.transaction import Reading

router = new_router("/v1/policies", "policies")


@router.get("")
async def list_policies(
    session: Reading,
    caller: Annotated[Principal, scoped("scoring:read")],
    pages: Pages,
    status: Annotated[PolicyStatus | None, Query()] = None,
    on: Annotated[date | None, Query(description="Only the one in force on this day")] = None,
) -> Page[PolicyView]:
    """List the policies, oldest first."""
    caller.refuse_bound("policy")
    query = select(Policy, Policy.version)
    if status is not None:
        query = query.where(Policy.status == status)
    if on is not None:
        in_force = (await read_calendar(session)).on(on)
        query = query.where(Policy.version == in_force.version)
    rows, following = await pages.read(session, query, Policy.version)
    return Page(items=[_view(row.Policy) for row in rows], next_cursor=following)


def _view(policy: Policy) -> PolicyView:
    # Read and written once more, so that what a document leaves out shows as what it stands for.
    whole = to_dict(from_dict(policy.document))
    return PolicyView(
        version=policy.version,
        name=policy.name,
        status=policy.status,
        valid_from=policy.valid_from,
        categories=whole["categories"],
        provision_categories=whole["provisions"],
        section_categories=whole["sections"],
        document=policy.document,
    )
