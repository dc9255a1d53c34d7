"""The hot reads, `/v1/scores/{supplier_id}` and `/v1/scores`, answered before the framework where they are plain.

Finding a route, its dependencies, a transaction's statements, the ORM and the checks of an answer that cannot be wrong
cost twenty times what reading the row costs. Whatever is not plain goes the long way (endpoints/scores.py), which
answers just the same and knows of everything else: parameters, suppliers' own clients, overrides, errors.
"""

import re
from dataclasses import dataclass
from uuid import UUID

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from services.scoring.service import plain_reading, scoring
from shared.errors import BellwetherError
from shared.web.caller import token_of
from shared.web.etags import etag_of
from shared.web.pages import DEFAULT_LIMIT, paging
from shared.web.rendering import json_response
from shared.web.resources import Resources
from shared.web.route import finished

ONE = re.compile(r"/v1/scores/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})")
LIST = "/v1/scores"
QUERY = re.compile(rb"(?:limit=([1-9][0-9]{0,2}))?&?(?:cursor=([\w-]+))?")
SCOPE = "scoring:read"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Route:
    """What logs and figures call it by."""

    path: str


ONE_ROUTE, LIST_ROUTE = _Route("/v1/scores/{supplier_id}"), _Route("/v1/scores")


class PlainReads:
    """Pure ASGI, innermost: counted, logged and measured as every request."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap `app`, whose state holds the resources."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        answer = None
        if scope["type"] == "http" and scope["method"] == "GET" and scope["path"].startswith(LIST):
            answer = await _answer(scope)
        await (answer or self.app)(scope, receive, send)


async def _answer(scope: Scope) -> Response | None:
    """The answer to a plain read; None for everything else."""
    resources: Resources = scope["app"].state.resources
    one = ONE.fullmatch(scope["path"])
    try:
        if one is not None and not scope["query_string"] and await _may_read(scope, resources):
            return await _one(scope, resources, UUID(one[1]))
        if scope["path"] == LIST and await _may_read(scope, resources):
            query = QUERY.fullmatch(scope["query_string"])
            return None if query is None else await _list(scope, resources, query)
    except BellwetherError:
        pass
    except Exception as error:  # noqa: BLE001  # nobody is refused what the long way may still answer
        log.warning("a plain read goes the long way", error=repr(error))
    return None


async def _may_read(scope: Scope, resources: Resources) -> bool:
    header = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
    token = token_of(header.decode("latin-1"))
    if token is None:
        return False
    caller = await resources.verifier.verify(token)
    return caller.supplier_id is None and caller.has(SCOPE)


async def _one(scope: Scope, resources: Resources, supplier_id: UUID) -> Response | None:
    found = await plain_reading.read_plain_score(resources.database, supplier_id, scoring.today())
    if found is None:
        return None
    view, positions = found
    rules = f"{view['policy_version']}-{view['valid_until']}"
    etag = etag_of(view["version"], view["as_of"], positions, "complete", rules, "computed")
    scope["route"] = ONE_ROUTE
    return finished(Request(scope), json_response(view, headers={"ETag": etag}))


async def _list(scope: Scope, resources: Resources, query: re.Match[bytes]) -> Response | None:
    request, carried = Request(scope), Response()
    limit, cursor = (None if part is None else part.decode() for part in query.groups())
    page = await paging(request, carried, DEFAULT_LIMIT if limit is None else int(limit), cursor)
    after = None if page.after is None else UUID(*page.after)
    views = await plain_reading.list_plain_scores(resources.database, after, page.limit + 1, scoring.today())
    if views is None:
        return None
    items = views[: page.limit]
    following = page.following(items[-1]["supplier_id"]) if len(views) > page.limit else None
    headers = {"Link": carried.headers["link"]} if "link" in carried.headers else {}
    scope["route"] = LIST_ROUTE
    return finished(request, json_response({"items": items, "next_cursor": following}, headers=headers))
