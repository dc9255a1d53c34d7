"""Who calls, as the audit service's routes tell callers apart."""

from typing import Annotated

from fastapi import Depends, Security

from shared.auth.principal import Principal
from shared.errors import Forbidden
from shared.web.caller import authenticate, scoped

Reader = Annotated[Principal, scoped("audit:read")]
Writer = Annotated[Principal, scoped("audit:write")]
Submitter = Annotated[Principal, scoped("audit:submit")]
Approver = Annotated[Principal, scoped("audit:approve")]
Verifier = Annotated[Principal, scoped("audit:verify")]


async def check_reports(principal: Annotated[Principal, Depends(authenticate)]) -> Principal:
    """The principal, if it may say that something was done: the supplier, or whoever records for it."""
    if not (principal.has("audit:submit") or principal.has("audit:write")):
        raise Forbidden("The token lacks the scope audit:submit (or audit:write).", code="insufficient-scope")
    return principal


Reporter = Annotated[Principal, Security(check_reports, scopes=["audit:submit"])]
