"""The audit service's settings."""

from typing import ClassVar

from shared.settings import Settings


class AuditSettings(Settings):
    """What the audit service is configured with."""

    service: ClassVar[str] = "audit"
    listeners: ClassVar[tuple[str, ...]] = ("scoring",)
    tasks_worker: ClassVar[str] = "audit"
    followed: ClassVar[tuple[str, ...]] = ("registry",)
