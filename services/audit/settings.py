"""The audit service's settings."""

from typing import ClassVar

from pydantic import Field

from shared.settings import MailingSettings


class AuditSettings(MailingSettings):
    """What the audit service is configured with."""

    service: ClassVar[str] = "audit"
    schema_step: ClassVar[int] = 5
    listeners: ClassVar[tuple[str, ...]] = ("scoring", "engagement")
    tasks_worker: ClassVar[str] = "audit"
    followed: ClassVar[tuple[str, ...]] = ("registry",)

    files_url: str = Field(
        pattern=r"^(file:///|s3://[^/])",
        description="Where evidence files are kept: file:///folder, the same for all processes, or s3://bucket/prefix",
    )
    s3_endpoint: str | None = Field(default=None, description="Of an S3-compatible store; Amazon's own unless given")
    s3_region: str = Field(default="us-east-1", description="The bucket's region")
    s3_access_key_id: str | None = Field(default=None, description="The store's key")
    s3_secret_access_key: str | None = Field(default=None, description="Its secret")
