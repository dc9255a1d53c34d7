"""Lists in pages: `?limit=&cursor=`, by keyset, with a cursor that callers cannot forge or mix up."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel
from sqlalchemy import Column, Row, Select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import QueryableAttribute

from shared.errors import Malformed
from shared.web.caller import resources_of

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 200
SKIPPED_IN_FILTER = ("cursor", "limit")
MAC_BYTES = 12

T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    """One page of a list; `next_cursor` is null on the last."""

    items: list[T]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page of which list is asked for."""

    limit: int
    after: tuple[Any, ...] | None
    _sign: Callable[[Sequence[Any]], str]

    def following(self, *values: Any) -> str:
        """The cursor of the page behind these values of the list's keys, which the answer's Link names too."""
        return self._sign(values)

    async def read(
        self,
        session: AsyncSession,
        query: Select[*tuple[Any, ...]],
        *keys: QueryableAttribute[Any] | Column[Any],
        descending: bool = False,
    ) -> tuple[Sequence[Row[Any]], str | None]:
        """The page's rows of `query` and the next cursor.

        `keys` are the columns that order the list, together unique; `query` must select them under their names.
        """
        if self.after is not None:
            if len(self.after) != len(keys):
                raise _not_ours()
            here = tuple_(*[_typed(key, value) for key, value in zip(keys, self.after, strict=True)])
            query = query.where(tuple_(*keys) < here if descending else tuple_(*keys) > here)
        order = [key.desc() for key in keys] if descending else list(keys)
        rows = (await session.execute(query.order_by(*order).limit(self.limit + 1))).all()
        if len(rows) <= self.limit:
            return rows, None
        last = rows[self.limit - 1]._mapping  # noqa: SLF001  # SQLAlchemy's documented name
        return rows[: self.limit], self._sign([last[key.key] for key in keys])


async def paging(
    request: Request,
    response: Response,
    limit: Annotated[
        int, Query(ge=1, description=f"Items on a page; more than {LARGEST_LIMIT} is read as that")
    ] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=1000, description="`next_cursor` of the page before")] = None,
) -> Paging:
    """The page that the query string asks for; Malformed where the cursor is not ours or the filters changed."""
    filters = sorted(
        (name, value) for name, value in request.query_params.multi_items() if name not in SKIPPED_IN_FILTER
    )
    context = json.dumps([request.url.path, filters]).encode()
    key = resources_of(request).cursor_key

    def mac(payload: bytes) -> bytes:
        return hmac.digest(key, payload + hashlib.sha256(context).digest(), "sha256")[:MAC_BYTES]

    def sign(values: Sequence[Any]) -> str:
        payload = json.dumps(values, default=str).encode()
        token = base64.urlsafe_b64encode(mac(payload) + payload).decode().rstrip("=")
        following = request.url.include_query_params(cursor=token)
        response.headers["Link"] = f'<{following.path}?{following.query}>; rel="next"'
        return token

    if cursor is None:
        return Paging(min(limit, LARGEST_LIMIT), None, sign)
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except ValueError:
        raise _not_ours() from None
    if not hmac.compare_digest(raw[:MAC_BYTES], mac(raw[MAC_BYTES:])):
        raise _not_ours()
    return Paging(min(limit, LARGEST_LIMIT), tuple(json.loads(raw[MAC_BYTES:])), sign)


Pages = Annotated[Paging, Depends(paging)]


def _typed(key: QueryableAttribute[Any] | Column[Any], value: Any) -> Any:
    """A value of a cursor in its column's own type."""
    python_type = key.type.python_type
    if value is not None and python_type in (UUID, date, datetime):
        return UUID(value) if python_type is UUID else python_type.fromisoformat(value)
    return value


def _not_ours() -> Malformed:
    return Malformed(
        "This cursor does not belong to this list with these filters; start without one.",
        code="cursor-invalid",
    )
