"""The engagement service's settings."""

from typing import ClassVar

from pydantic import Field

from shared.settings import Settings


class EngagementSettings(Settings):
    """What the engagement service is configured with."""

    service: ClassVar[str] = "engagement"
    listeners: ClassVar[tuple[str, ...]] = ("scoring",)
    tasks_worker: ClassVar[str] = "engagement"
    followed: ClassVar[tuple[str, ...]] = ("registry", "audit")

    wecom_url: str = Field(
        default="https://qyapi.weixin.qq.com",
        pattern=r"^https?://[^/?#\s]+/?$",
        description="Where WeCom's robots are spoken to; no other host is, whatever address a group is given",
    )
