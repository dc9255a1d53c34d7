"""Whom to write to: the contacts of suppliers, asked of the registry when a mail is written and kept nowhere else."""

from collections.abc import Collection
from typing import Any, Protocol
from uuid import UUID

import structlog
from pydantic import BaseModel, ValidationError

from shared import http
from shared.errors import Unavailable

MOST_AT_ONCE = 500

log = structlog.get_logger()


class Asks(Protocol):
    """What is needed of a process's resources: a way to put a long question to another service."""

    async def ask_about(self, service: str, path: str, body: Any) -> Any: ...


class KnownContact(BaseModel):
    """A person to write to, held only while writing."""

    supplier_id: UUID
    contact_id: UUID
    name: str
    email: str
    role: str
    language: str


class ContactAnswer(BaseModel):
    """The registry's answer to a lookup of contacts."""

    items: list[KnownContact]


class ContactsClient:
    """Asks the registry whom to write to, in batches; never to be used inside a transaction."""

    def __init__(self, asks: Asks) -> None:
        """`asks` are the process's resources."""
        self._asks = asks

    async def look_up(self, supplier_ids: Collection[UUID]) -> list[KnownContact]:
        """The contacts of these suppliers; Unavailable while the registry is away."""
        wanted = [str(supplier_id) for supplier_id in sorted(supplier_ids)]
        found: list[KnownContact] = []
        for start in range(0, len(wanted), MOST_AT_ONCE):
            body = {"supplier_ids": wanted[start : start + MOST_AT_ONCE]}
            try:
                answer = await self._asks.ask_about("registry", "/v1/contacts/lookup", body)
                found += ContactAnswer.model_validate(answer).items
            except (http.RequestFailed, ValidationError) as error:
                # What it answered is somebody's name and address: only that it failed may be told.
                log.warning("registry did not answer a lookup of contacts", error=type(error).__name__)
                raise Unavailable(
                    "The registry cannot be asked whom to write to; try again.", code="registry-away"
                ) from None
        return found
