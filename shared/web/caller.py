"""Who calls, as a dependency: every route names the scope that it needs."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import Depends, Request, Security
from fastapi.security import OAuth2, SecurityScopes

from shared.auth.principal import SCOPES, Principal
from shared.errors import Forbidden, Unauthenticated
from shared.web.resources import Resources

bearer = OAuth2(
    scheme_name="oauth2",
    description="Client credentials at the registry's token endpoint; people bring a token of their OIDC issuer.",
    flows={"clientCredentials": {"tokenUrl": "/oauth2/token", "scopes": SCOPES}},
    auto_error=False,
)


def resources_of(request: Request) -> Resources:
    """What the application's lifespan opened."""
    resources: Resources = request.app.state.resources
    return resources


async def opened(request: Request) -> Resources:
    """The same as a dependency, which FastAPI would run in another thread were it no coroutine."""
    return resources_of(request)


Opened = Annotated[Resources, Depends(opened)]


def token_of(header: str | None) -> str | None:
    """The token in an Authorization header; None where it holds none."""
    scheme, _, token = (header or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token else None


async def authenticate(request: Request, header: Annotated[str | None, Depends(bearer)]) -> Principal:
    """The principal of the bearer token, or Unauthenticated."""
    token = token_of(header)
    if token is None:
        raise Unauthenticated("A bearer token is needed: Authorization: Bearer <token>.")
    principal = await resources_of(request).verifier.verify(token)
    return replace(principal, request_id=request.scope.get("request_id"))


async def check_scopes(needed: SecurityScopes, principal: Annotated[Principal, Depends(authenticate)]) -> Principal:
    """The principal, if its token carries what the route needs."""
    for scope in needed.scopes:
        if not principal.has(scope):
            raise Forbidden(f"The token lacks the scope {scope}.", code="insufficient-scope")
    return principal


def scoped(scope: str) -> Any:
    """The dependency that lets callers with `scope` in, and puts it into the API description."""
    if scope not in SCOPES:
        raise ValueError(scope)
    return Security(check_scopes, scopes=[scope])
