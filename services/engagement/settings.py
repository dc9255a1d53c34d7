"""The engagement service's settings."""

from typing import ClassVar

from shared.settings import Settings


class EngagementSettings(Settings):
    """What the engagement service is configured with."""

    service: ClassVar[str] = "engagement"
    listeners: ClassVar[tuple[str, ...]] = ("scoring",)
    tasks_worker: ClassVar[str] = "engagement"
    followed: ClassVar[tuple[str, ...]] = ("registry",)
