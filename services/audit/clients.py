"""What the audit service asks of others: which suppliers the registry knows, where the scoring policy counts what."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, Protocol
from uuid import UUID

import structlog
from pydantic import BaseModel, Field, ValidationError

from shared import http
from shared.errors import Unavailable

MOST_AT_ONCE = 5000

log = structlog.get_logger()


class KnownSupplier(BaseModel):
    """A supplier as the registry tells it, in its answers and in its feed: the part that is copied here."""

    id: UUID
    code: str
    name: str
    country: str | None
    supply_tier: int | None
    kind: str
    status: str
    merged_into: UUID | None


class Answer(BaseModel):
    """The registry's answer to a lookup."""

    items: list[KnownSupplier]


class Asks(Protocol):
    """What the clients need: a way to put a question to another service."""

    async def ask(self, service: str, path: str, *, params: dict[str, Any] | None = None) -> object: ...

    async def ask_about(self, service: str, path: str, body: object) -> object: ...


class RegistryClient:
    """Asks the registry, in batches; never to be used inside a transaction."""

    def __init__(self, asks: Asks) -> None:
        """`asks` are the process's resources."""
        self._asks = asks

    async def look_up(self, codes: Collection[str], ids: Collection[UUID]) -> list[KnownSupplier]:
        """The suppliers with these codes or ids, unknown ones left out; Unavailable while the registry is away."""
        wanted = [("codes", code) for code in sorted(codes)] + [("ids", str(known)) for known in sorted(ids)]
        found: list[KnownSupplier] = []
        for start in range(0, len(wanted), MOST_AT_ONCE):
            found += await self._ask(wanted[start : start + MOST_AT_ONCE])
        return found

    async def _ask(self, wanted: Sequence[tuple[str, str]]) -> list[KnownSupplier]:
        body = {name: [value for kind, value in wanted if kind == name] for name in ("codes", "ids")}
        try:
            answer = await self._asks.ask_about("registry", "/v1/suppliers/lookup", body)
            return Answer.model_validate(answer).items
        except (http.RequestFailed, ValidationError) as error:
            log.warning("registry did not answer a lookup", error=str(error))
            raise Unavailable(
                "The registry cannot be asked about a supplier that is not known here yet; try again.",
                code="registry-away",
            ) from error


class ProvisionCategory(BaseModel):
    """The risk category of a provision; `*` for all others of that version."""

    standard: str
    version: str
    provision: str
    category: str


class ScoringPolicy(BaseModel):
    """A policy as scoring tells it: the part that says where a provision counts."""

    version: int
    provision_categories: list[ProvisionCategory]
    section_categories: dict[str, str]


class Policies(BaseModel):
    """Scoring's answer: the policy in force."""

    items: list[ScoringPolicy] = Field(min_length=1, max_length=1)


class ScoringClient:
    """Asks scoring; never to be used inside a transaction."""

    def __init__(self, asks: Asks) -> None:
        """`asks` are the process's resources."""
        self._asks = asks

    async def policy_on(self, day: date) -> ScoringPolicy:
        """The policy in force on that day; Unavailable while scoring is away."""
        try:
            params = {"status": "published", "on": day.isoformat()}
            answer = await self._asks.ask("scoring", "/v1/policies", params=params)
            return Policies.model_validate(answer).items[0]
        except (http.RequestFailed, ValidationError) as error:
            log.warning("scoring did not tell its policy", error=str(error))
            raise Unavailable(
                "Scoring cannot be asked where its policy counts which provision; try again.", code="policy-away"
            ) from error
