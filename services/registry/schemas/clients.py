"""API clients as the API takes and gives them."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, field_validator, model_validator

from services.registry.schemas.fields import Body, Text, View
from shared.auth.principal import SCOPES

BOUND_SCOPES = ("audit:read", "audit:submit", "engagement:read", "scoring:read")


class NewClient(Body):
    """An API client to create."""

    name: Text
    scopes: Annotated[list[str], Field(min_length=1, examples=[["scoring:read", "feed:read"]])]
    supplier_id: UUID | None = Field(default=None, description="Binds the client to one supplier")

    @field_validator("scopes")
    @classmethod
    def _known(cls, scopes: list[str]) -> list[str]:
        unknown = sorted(set(scopes) - set(SCOPES))
        if unknown:
            raise ValueError(f"unknown scope {', '.join(unknown)}; there are {', '.join(SCOPES)}")
        return sorted(set(scopes))

    @model_validator(mode="after")
    def _bound_clients_read_their_own(self) -> Self:
        refused = sorted(set(self.scopes) - set(BOUND_SCOPES)) if self.supplier_id else []
        if refused:
            raise ValueError(
                f"a supplier-bound client cannot have {', '.join(refused)}; only {', '.join(BOUND_SCOPES)}"
            )
        return self


class ClientView(View):
    """An API client; its secret is shown once, when it is made."""

    client_id: UUID
    version: int
    name: str
    scopes: list[str]
    supplier_id: UUID | None
    revoked_at: datetime | None
    created_at: datetime


class ClientWithSecret(ClientView):
    """An API client with its new secret."""

    client_secret: str = Field(description="Shown only now")
