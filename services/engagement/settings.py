"""The engagement service's settings."""

from typing import ClassVar, Literal

from pydantic import Field

from shared.settings import MailingSettings


class EngagementSettings(MailingSettings):
    """What the engagement service is configured with."""

    service: ClassVar[str] = "engagement"
    schema_step: ClassVar[int] = 6
    listeners: ClassVar[tuple[str, ...]] = ("scoring",)
    tasks_worker: ClassVar[str] = "engagement"
    followed: ClassVar[tuple[str, ...]] = ("registry", "audit")

    wecom_url: str = Field(
        default="https://qyapi.weixin.qq.com",
        pattern=r"^https?://[^/?#\s]+/?$",
        description="Where WeCom's robots are spoken to; no other host is, whatever address a group is given",
    )
    mail_bounces_to: str | None = Field(
        default=None,
        pattern=r"^[^@\s<>]+@[^@\s<>]+$",
        description="The address to which mail servers return what they cannot deliver; the sender's unless given",
    )
    mails_per_minute: int = Field(
        default=600, ge=1, le=60_000, description="How many mails go out at most, over all workers"
    )
    mail_consent: Literal["opt_out", "opt_in"] = Field(
        default="opt_out",
        description="Who gets invitations and newsletters: all contacts but those who declined, or who agreed alone",
    )
