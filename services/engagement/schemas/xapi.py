"""Statements of learning systems (xAPI 1.0.3), as far as they matter here; what else they say is passed over."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from services.engagement.domain.xapi import SUPPLIER_EXTENSION, VERBS
from services.engagement.schemas.fields import Moment
from shared.matching import Matching

MOST_STATEMENTS = 500

Iri = Annotated[
    str,
    StringConstraints(min_length=3, max_length=2000),
    Matching(r"^[A-Za-z][A-Za-z0-9+.-]*:\S+$", "must be an IRI, as in https://learning.example/14001"),
]


class Part(BaseModel):
    """A part of a statement: learning systems say far more than is kept."""

    model_config = ConfigDict(extra="ignore")


class Account(Part):
    """Somebody's account at a learning system."""

    homePage: Iri = Field(examples=["https://learning.example"])  # noqa: N815  # the standard's spelling
    name: Annotated[str, StringConstraints(min_length=1, max_length=500)] = Field(
        description="Somebody's name there; `SUPPLIER/person` says for which supplier", examples=["S-0042/p-17"]
    )


class ActorOfStatement(Part):
    """Whoever learns, by exactly one identifier. Only a keyed hash of it is kept."""

    objectType: Literal["Agent"] = "Agent"  # noqa: N815
    account: Account | None = None
    mbox: (
        Annotated[
            str,
            StringConstraints(max_length=300),
            Matching(r"^mailto:[^@\s]+@[^@\s]+$", "must be an address, as in mailto:mei.lin@supplier.example"),
        ]
        | None
    ) = None
    mbox_sha1sum: Annotated[str, Matching(r"^[0-9a-fA-F]{40}$", "must be 40 hexadecimal digits")] | None = None

    @model_validator(mode="after")
    def _by_exactly_one(self) -> Self:
        if sum(given is not None for given in (self.account, self.mbox, self.mbox_sha1sum)) != 1:
            raise ValueError("name the person by exactly one of account, mbox and mbox_sha1sum")
        return self


class VerbOfStatement(Part):
    """What was done."""

    id: Iri = Field(description=f"One of {', '.join(VERBS)}", examples=list(VERBS))


class ObjectOfStatement(Part):
    """The course that it was done with."""

    objectType: Literal["Activity"] = "Activity"  # noqa: N815
    id: Iri = Field(
        description="One of the course's links, exactly, or `urn:bellwether:course:CODE`",
        examples=["urn:bellwether:course:CRS-14001"],
    )


class ResultOfStatement(Part):
    """How it went."""

    success: bool | None = None
    completion: bool | None = None


class ContextOfStatement(Part):
    """In what connection."""

    extensions: dict[str, Any] | None = Field(
        default=None,
        description=f"`{SUPPLIER_EXTENSION}` names the supplier; without it the account's name does",
        examples=[{SUPPLIER_EXTENSION: "S-0042"}],
    )


class Statement(Part):
    """That somebody viewed, completed or passed a course."""

    id: UUID | None = Field(default=None, description="Without one the statement cannot be sent twice safely")
    actor: ActorOfStatement
    verb: VerbOfStatement
    object: ObjectOfStatement
    result: ResultOfStatement | None = None
    context: ContextOfStatement | None = None
    timestamp: Moment | None = Field(default=None, description="When it was done; now unless given")

    @property
    def account_name(self) -> str | None:
        """The name of the actor's account, where it is known by one."""
        return None if self.actor.account is None else self.actor.account.name

    @property
    def extensions(self) -> dict[str, Any] | None:
        """The context's extensions."""
        return None if self.context is None else self.context.extensions

    def occurred_at(self, now: datetime) -> datetime:
        """When it was done, never later than `now`."""
        return now if self.timestamp is None else min(self.timestamp, now)


def _as_list(body: Any) -> Any:
    return [body] if isinstance(body, dict) else body


Statements = Annotated[
    list[Statement],
    BeforeValidator(_as_list),
    Field(
        min_length=1,
        max_length=MOST_STATEMENTS,
        description="Statements of xAPI; a single one need not stand in a list",
    ),
]
