"""What every process is configured with, from the environment; a wrong value stops the start with its name."""

import sys
from pathlib import Path
from typing import ClassVar, Literal, Self

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Settings common to the four services; each service's own settings extend it."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    service: ClassVar[str]
    """The service's name: its schema, its database role, its place in events."""

    listeners: ClassVar[tuple[str, ...]] = ()
    """The workers that follow this service's feed and are rung after a change."""

    tasks_worker: ClassVar[str]
    """The worker that does this service's slow and outgoing work."""

    peers: ClassVar[tuple[str, ...]] = ("registry", "audit", "engagement", "scoring")
    """The services whose self-signed tokens are accepted, each under its own key."""

    database_url: str = Field(
        description="PostgreSQL of this service's own role: postgresql://role:password@host/database"
    )
    redis_url: str = Field(description="Redis or Valkey for the doorbells: redis://[:password@]host:port/0")
    host: str = Field(default="127.0.0.1", description="Address to listen on")
    port: int = Field(default=0, ge=0, le=65535, description="Port to listen on")
    registry_url: str = Field(default="http://127.0.0.1:8001", description="Where the registry's API is")
    audit_url: str = Field(default="http://127.0.0.1:8002", description="Where the audit API is")
    engagement_url: str = Field(default="http://127.0.0.1:8003", description="Where the engagement API is")
    scoring_url: str = Field(default="http://127.0.0.1:8004", description="Where the scoring API is")
    service_key_file: Path = Field(description="This service's own private Ed25519 key (PEM)")
    peer_keys_dir: Path = Field(description="Folder with the public keys of the services: {service}.pem")
    oidc_issuer: str | None = Field(default=None, description="The company's OIDC issuer, from which people come")
    oidc_audience: str = Field(default="bellwether", description="The audience that the issuer's tokens must name")
    oidc_scopes_claim: str = Field(default="roles", description="The claim that lists a person's roles")
    oidc_scopes: dict[str, list[str]] = Field(default_factory=dict, description="Role -> scopes, as JSON")
    database_pool_size: int = Field(default=10, ge=1, le=200, description="Connections that a process may hold")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="Least level logged")
    log_format: Literal["json", "text"] = Field(default="json", description="json for machines, text for a terminal")

    @classmethod
    def load(cls) -> Self:
        """Settings from the environment; names every wrong value on stderr and exits with 2 if there is one."""
        try:
            return cls()  # type: ignore[call-arg,unused-ignore]  # the values come from the environment
        except ValidationError as error:
            for problem in error.errors():
                name = ".".join(str(part) for part in problem["loc"]).upper()
                sys.stderr.write(f"{cls.service}: setting {name}: {problem['msg']}\n")
            raise SystemExit(2) from None

    def url_of(self, service: str) -> str:
        """The address of another service's API."""
        return str(getattr(self, f"{service}_url"))
