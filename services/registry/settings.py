"""The registry's settings."""

from pathlib import Path
from typing import ClassVar

from pydantic import Field

from shared.settings import Settings


class RegistrySettings(Settings):
    """What the registry is configured with."""

    service: ClassVar[str] = "registry"
    schema_step: ClassVar[int] = 4
    listeners: ClassVar[tuple[str, ...]] = ("scoring", "audit", "engagement")
    tasks_worker: ClassVar[str] = "registry"

    token_key_file: Path = Field(description="Private Ed25519 key (PEM) that signs API clients' tokens")
    previous_token_key_file: Path | None = Field(
        default=None, description="The signing key before this one: still published while its tokens live"
    )
    rate_limit_tokens: int = Field(
        default=30, ge=0, description="Times a minute that a token may be asked for by a client id from one address"
    )
    rate_limit_wrong_secrets: int = Field(
        default=60,
        ge=0,
        description="Wrong secrets or client ids that one address may try in a minute",
    )
