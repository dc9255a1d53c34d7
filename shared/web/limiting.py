"""Around every request that brings a token: counted against the quota of whoever brings it, as pure ASGI."""

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.auth.principal import Principal
from shared.errors import BellwetherError, TooMany
from shared.web import problems
from shared.web.caller import token_of
from shared.web.rate_limits import Standing
from shared.web.resources import Resources

IMPORTS = "/v1/imports/"
UNLIMITED = ("/v1/feed",)
"""Asked again and again by whoever follows a feed, for as long as a page comes at once."""


class RateLimits:
    """Refuses what is too much with 429, and says on every other answer what is left."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap `app`, whose state holds the resources."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] in UNLIMITED:
            await self.app(scope, receive, send)
            return
        try:
            standing = await _count(scope)
        except TooMany as error:
            await problems.on_known(Request(scope), error)(scope, receive, send)
            return
        told = [] if standing is None else [(name.lower(), value) for name, value in standing.headers.items()]

        async def send_told(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *((n.encode(), v.encode()) for n, v in told)]
            await send(message)

        await self.app(scope, receive, send_told)


async def _count(scope: Scope) -> Standing | None:
    resources: Resources = scope["app"].state.resources
    caller = await _caller(scope, resources)
    if caller is None or caller.service:
        return None
    handed_in = scope["method"] == "POST" and scope["path"].startswith(IMPORTS)
    limiter = resources.limiter
    return await limiter.count(limiter.imports if handed_in else limiter.requests, caller.sub)


async def _caller(scope: Scope, resources: Resources) -> Principal | None:
    """Whoever asks; None where nobody is known, which the route itself will refuse."""
    header = dict(scope["headers"]).get(b"authorization")
    token = None if header is None else token_of(header.decode("latin-1"))
    if token is None:
        return None
    try:
        return await resources.verifier.verify(token)
    except BellwetherError:
        return None
