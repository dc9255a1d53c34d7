"""The scoring service's settings."""

from typing import ClassVar

from shared.settings import Settings


class ScoringSettings(Settings):
    """What the scoring service is configured with."""

    service: ClassVar[str] = "scoring"
    listeners: ClassVar[tuple[str, ...]] = ()
    tasks_worker: ClassVar[str] = "scoring-tasks"
