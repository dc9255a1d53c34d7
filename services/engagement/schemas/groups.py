"""Chat groups and what is posted to them."""

import re
from datetime import date, datetime
from typing import Annotated, Literal, Self
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from pydantic import AfterValidator, Field, SecretStr, StringConstraints, model_validator

from services.engagement.schemas.fields import Body, Code, Day, Text, View
from shared.matching import Matching

ROBOTS_HOST = "qyapi.weixin.qq.com"
MOST_CHARACTERS = 100_000

Channel = Literal["wecom", "recorded"]
Format = Literal["text", "markdown"]
Status = Literal["recorded", "queued", "sent", "failed"]


def _is_key(given: SecretStr) -> SecretStr:
    if re.fullmatch(r"[A-Za-z0-9_-]{16,128}", given.get_secret_value().strip()) is None:
        raise ValueError("is no key of a robot: 16 to 128 letters, digits and hyphens")
    return SecretStr(given.get_secret_value().strip())


def _is_address(given: SecretStr) -> SecretStr:
    try:
        parts = urlsplit(given.get_secret_value().strip())
        keys = parse_qs(parts.query).get("key", [])
    except ValueError:
        raise ValueError("is no address") from None
    if parts.scheme != "https" or parts.hostname != ROBOTS_HOST or len(keys) != 1:
        raise ValueError(f"must be https://{ROBOTS_HOST}/cgi-bin/webhook/send?key=..., as WeCom shows it")
    return _is_key(SecretStr(keys[0]))


RobotKey = Annotated[
    SecretStr, AfterValidator(_is_key), Field(description="The key in the robot's address; it is never shown again")
]
RobotAddress = Annotated[
    SecretStr, AfterValidator(_is_address), Field(description="The robot's address; only its key is taken")
]
Members = Annotated[int, Field(ge=0, le=1_000_000, description="How many people are in it, as last reported")]
Codes = Annotated[list[Code], Field(max_length=5000)]
Ids = Annotated[list[UUID], Field(max_length=5000)]


class MayBringKey(Body):
    """A request that may bring a robot's key."""

    webhook_url: RobotAddress | None = None
    key: RobotKey | None = None

    @model_validator(mode="after")
    def _not_twice(self) -> Self:
        if self.webhook_url is not None and self.key is not None:
            raise ValueError("give the robot's webhook_url or its key, not both")
        return self

    @property
    def robot_key(self) -> str | None:
        """The key, out of whichever was given."""
        given = self.webhook_url or self.key
        return None if given is None else given.get_secret_value()


class NewGroup(MayBringKey):
    """A group to set up."""

    name: Text
    channel: Channel = Field(description="`wecom`: its robot posts; `recorded`: what people posted is written down")
    topic: Text | None = None
    members: Members | None = None
    supplier_ids: Ids = Field(default_factory=list, description="Whose people are in it")
    supplier_codes: Codes = Field(default_factory=list, description="The same, by code")

    @model_validator(mode="after")
    def _a_key_for_a_robot(self) -> Self:
        if (self.channel == "wecom") != (self.robot_key is not None):
            raise ValueError("a group at wecom needs its robot's webhook_url or key, another takes none")
        return self


class GroupPatch(MayBringKey):
    """The fields to change; those left out stay. The suppliers given, by id and by code, replace all before."""

    name: Text | None = None
    topic: Text | None = None
    members: Members | None = None
    supplier_ids: Ids | None = None
    supplier_codes: Codes | None = None

    @model_validator(mode="after")
    def _no_nulls_where_a_value_is_needed(self) -> Self:
        for name in ("name", "supplier_ids", "supplier_codes", "webhook_url", "key"):
            if name in self.model_fields_set and getattr(self, name) is None:
                raise ValueError(f"{name} cannot be null")
        return self


class GroupView(View):
    """A chat group."""

    id: UUID
    version: int
    name: str = Field(examples=["RBA suppliers, Kunshan"])
    channel: Channel
    has_key: bool = Field(description="Whether its robot's key is known; the key itself is never shown")
    topic: str | None
    members: int | None
    supplier_ids: list[UUID]
    withdrawn_on: date | None
    reason: str | None


class NewMessage(Body):
    """A message to post, or that was posted."""

    format: Format = "text"
    content: Annotated[
        str, StringConstraints(min_length=1, max_length=MOST_CHARACTERS), Matching(r"\S", "must say something")
    ]
    posted_on: Day | None = Field(
        default=None, description="Only for groups that are recorded: the day on which it was posted; default: today"
    )


class MessageView(View):
    """A message in a group, or on its way there."""

    id: UUID
    version: int
    group_id: UUID
    format: Format
    content: str
    status: Status
    parts: int = Field(description="Into how many of the channel's messages it is cut by the channel's limits")
    parts_sent: int
    last_error: str | None = Field(description="Why it failed, or what keeps it for now")
    posted_on: date
    created_at: datetime
    sent_at: datetime | None
