"""`/v1/policies`: the versions of the rules."""

from dataclasses import replace
from typing import Annotated

from fastapi import Path, Query, Response
from sqlalchemy import select

from services.scoring.domain.policy.document import from_dict, to_dict
from services.scoring.domain.policy.warnings import policy_warnings
from services.scoring.models.scores import Policy
from services.scoring.repository import policies as repository
from services.scoring.schemas.policies import (
    NewPolicy,
    PolicyBody,
    PolicyCheck,
    PolicyStatus,
    PolicyView,
    PolicyWithdrawal,
    Publication,
    Restoring,
    Version,
)
from services.scoring.service import scoring
from services.scoring.service.policy import checks, drafts, publishing
from services.scoring.service.policy.calendar import read_calendar
from shared.auth.principal import Principal
from shared.days import IsoDate
from shared.web.caller import Opened, scoped
from shared.web.etags import IfMatch, set_etag
from shared.web.pages import Page, Pages
from shared.web.resources import Resources
from shared.web.route import new_router
from shared.web.transaction import Reading, Transaction

router = new_router("/v1/policies", "policies")

Reader = Annotated[Principal, scoped("scoring:read")]
Writer = Annotated[Principal, scoped("scoring:write")]
OfVersion = Annotated[Version, Path()]


@router.post("", status_code=201)
async def draft_policy(
    body: NewPolicy, resources: Opened, session: Transaction, caller: Writer, response: Response
) -> PolicyView:
    """Draft a policy under the next version; it is checked as a whole, and nothing is scored by it."""
    checked = await _check(resources, body)
    policy = await drafts.draft_policy(session, caller.actor, checked.or_raise(), body.note)
    response.headers["Location"] = f"/v1/policies/{policy.version}"
    return _answer(policy, response)


@router.post("/validate")
async def validate_policy(body: NewPolicy, resources: Opened, _caller: Writer) -> PolicyCheck:
    """Check a policy without keeping it: every error at once, and what is odd about it."""
    checked = await _check(resources, body)
    whole = None if checked.policy is None else to_dict(checked.policy)
    return PolicyCheck.model_validate(
        {"usable": whole is not None, "errors": checked.errors, "warnings": checked.warnings, "document": whole},
        from_attributes=True,
    )


@router.get("")
async def list_policies(
    session: Reading,
    caller: Reader,
    pages: Pages,
    status: Annotated[PolicyStatus | None, Query()] = None,
    on: Annotated[IsoDate | None, Query(description="Only the one in force on this day")] = None,
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


@router.get("/{version}")
async def get_policy(version: OfVersion, session: Reading, caller: Reader, response: Response) -> PolicyView:
    """Read a policy."""
    caller.refuse_bound("policy")
    return _answer(await repository.get_policy(session, version), response)


@router.put("/{version}")
async def change_policy(
    version: OfVersion,
    body: PolicyBody,
    expected: IfMatch,
    resources: Opened,
    session: Transaction,
    caller: Writer,
    response: Response,
) -> PolicyView:
    """Replace a draft as a whole; a published policy never changes."""
    rules = (await checks.check_document(resources, body.document, body.name)).or_raise()
    policy = await drafts.change_draft(session, caller.actor, version, expected, rules, body.note)
    return _answer(policy, response)


@router.post("/{version}/publish")
async def publish_policy(
    version: OfVersion,
    body: Publication,
    expected: IfMatch,
    session: Transaction,
    caller: Writer,
    response: Response,
) -> PolicyView:
    """Publish a draft from a day on: by a person who has written nothing of it, and for good."""
    policy = await publishing.publish_policy(session, caller, version, expected, body.valid_from, scoring.today())
    return _answer(policy, response)


@router.post("/{version}/restore", status_code=201)
async def restore_policy(
    version: OfVersion, body: Restoring, session: Transaction, caller: Writer, response: Response
) -> PolicyView:
    """Begin a roll-back: a draft with the document of an earlier version, to be published like any other."""
    policy = await drafts.restore_policy(session, caller.actor, version, body.note)
    response.headers["Location"] = f"/v1/policies/{policy.version}"
    return _answer(policy, response)


@router.post("/{version}/withdraw")
async def withdraw_policy(
    version: OfVersion,
    body: PolicyWithdrawal,
    expected: IfMatch,
    session: Transaction,
    caller: Writer,
    response: Response,
) -> PolicyView:
    """Withdraw a draft, or a published policy before its day comes."""
    policy = await drafts.withdraw_policy(session, caller, version, expected, body.reason, scoring.today())
    return _answer(policy, response)


async def _check(resources: Resources, body: NewPolicy) -> checks.Checked:
    document = body.document
    if body.based_on is not None:
        async with resources.database.snapshot() as session:
            document = await checks.based_on(session, body.based_on, document)
    return await checks.check_document(resources, document, body.name)


def _answer(policy: Policy, response: Response) -> PolicyView:
    set_etag(response, policy.edition)
    return _view(policy)


def _view(policy: Policy) -> PolicyView:
    # Read and written once more, so that what a document leaves out shows as what it stands for.
    rules = from_dict(policy.document)
    whole = to_dict(replace(rules, version=policy.version))
    own = {name: getattr(policy, name, None) for name in PolicyView.model_fields}
    shown = {
        "id": repository.id_of(policy.version),
        "categories": whole["categories"],
        "provision_categories": whole["provisions"],
        "section_categories": whole["sections"],
        "document": whole,
        "warnings": [
            {"pointer": f"#/document{each.pointer}", "detail": each.detail} for each in policy_warnings(rules)
        ],
    }
    return PolicyView.model_validate({**own, **shown})
