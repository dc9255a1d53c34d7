"""Closing findings as verified by a closure audit, all or none."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.domain.audits import unfit
from services.audit.models import Audit, Finding
from services.audit.repository import audits as repository
from services.audit.schemas.closures import ClosingBody
from services.audit.service import finding_steps
from services.audit.service.today import today
from shared.auth.principal import Principal
from shared.errors import BellwetherError, Conflict, FieldError
from shared.web.etags import Expected

Refusals = dict[int, tuple[UUID, BellwetherError]]
"""Place in the request -> the finding that may not be closed, and why."""


async def close_findings(
    session: AsyncSession, caller: Principal, audit_id: UUID, body: ClosingBody
) -> Sequence[Finding]:
    """The findings, closed, in the order of the request.

    Where one may not be closed, the first one's error, with all of them in `fields`: the caller's transaction must
    then not be committed.
    """
    caller.second_person(None, "Closing findings")
    closure = await repository.lock_audit(session, audit_id, share=True)
    _check_verifies(closure, body)
    closed: dict[int, Finding] = {}
    refused: Refusals = {}
    # Always in the same order, so that two who close the same findings cannot block each other.
    for place, item in sorted(enumerate(body.findings), key=lambda entry: entry[1].finding_id):
        expected = Expected(frozenset({item.version}))
        try:
            closed[place] = await finding_steps.close_finding(
                session, caller, item.finding_id, expected, body.on, body.reason, closure
            )
        except BellwetherError as error:
            refused[place] = (item.finding_id, error)
    if refused:
        raise _all_refused(refused, len(body.findings))
    return [closed[place] for place in sorted(closed)]


def _check_verifies(closure: Audit, body: ClosingBody) -> None:
    if closure.kind != "closure":
        raise Conflict(
            f"Only a closure audit verifies findings; this audit is of kind {closure.kind}.", code="not-a-closure-audit"
        )
    if closure.withdrawn_on is not None:
        raise Conflict("The closure audit is withdrawn; it verifies nothing.", code="audit-withdrawn")
    if closure.conducted_on is None:
        raise Conflict("The closure audit is only planned; nothing is verified yet.", code="audit-not-conducted")
    on, day = body.on or today(), today()
    if on > day:
        raise unfit("on", f"{on} lies in the future; today is {day} (UTC).", "step-out-of-time")
    if on < closure.conducted_on:
        raise unfit("on", f"{on} lies before the closure audit on {closure.conducted_on}.", "step-out-of-time")


def _all_refused(refused: Refusals, asked: int) -> BellwetherError:
    places = sorted(refused)
    first = refused[places[0]][1]
    said = [
        FieldError(f"#/findings/{place}", f"finding {refused[place][0]}: {refused[place][1].detail}")
        for place in places
    ]
    detail = f"{len(said)} of {asked} findings may not be closed, so nothing was changed: {said[0].detail}"
    return type(first)(detail, code=first.code, fields=said, members=first.members)
