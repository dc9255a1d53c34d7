"""What every process is configured with, from the environment or secret files; a wrong value stops the start."""

import importlib.util
import ssl
import sys
from pathlib import Path
from typing import ClassVar, Literal, Self

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from shared.outbound import Outbound
from shared.redis_address import RedisAddress, sentinels_in

SECRETS_FOLDER = Path("/run/secrets")
"""Where containers find secrets: a file for a setting, named like it in lower case. The environment goes first."""


class Settings(BaseSettings):
    """Settings common to the four services; each service's own settings extend it."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    service: ClassVar[str]
    """The service's name: its schema, its database role, its place in events."""

    schema_step: ClassVar[int]
    """The number of the newest migration, without which the service is not ready."""

    listeners: ClassVar[tuple[str, ...]] = ()
    """The workers that follow this service's feed and are rung after a change."""

    tasks_worker: ClassVar[str]
    """The worker that does this service's slow and outgoing work."""

    followed: ClassVar[tuple[str, ...]] = ()
    """The services whose feeds this one's tasks worker takes in."""

    peers: ClassVar[tuple[str, ...]] = ("registry", "audit", "engagement", "scoring")
    """The services whose self-signed tokens are accepted, each under its own key."""

    database_url: str = Field(
        pattern=r"^postgresql://",
        description="PostgreSQL of this service's own role: postgresql://role:password@host/database",
    )
    redis_url: str = Field(
        pattern=r"^(redis|rediss|unix)://",
        description="Redis or Valkey for the doorbells: redis://[:password@]host:port/0",
    )
    redis_sentinels: str | None = Field(
        default=None,
        description="Sentinels that know where Redis is: host[:port] between commas; REDIS_URL's host is not used then",
    )
    redis_primary: str = Field(
        default="mymaster", min_length=1, description="The name under which the sentinels know it (master name)"
    )
    redis_sentinel_password: str | None = Field(
        default=None, repr=False, description="What the sentinels themselves want to be told"
    )
    host: str = Field(default="127.0.0.1", description="Address to listen on")
    port: int = Field(default=0, ge=0, le=65535, description="Port to listen on")
    health_port: int = Field(
        default=0,
        ge=0,
        le=65535,
        description="Where a worker serves /livez, /readyz and /metrics; nowhere unless given",
    )
    drain_seconds: float = Field(
        default=0,
        ge=0,
        le=300,
        description="How long an API that is told to stop goes on answering, not ready, until nobody sends any more",
    )
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
    database_pool_size: int = Field(
        default=10,
        ge=1,
        le=200,
        description="Connections that a process may hold, and up to 8 beside them for plain reads",
    )
    database_statement_seconds: int = Field(
        default=60, ge=1, le=3600, description="Seconds after which a statement is ended or given up"
    )
    rate_limit_requests: int = Field(
        default=600, ge=0, description="Requests that a client or person may make in a minute; 0: no limit"
    )
    rate_limit_imports: int = Field(
        default=60, ge=0, description="Files that a client or person may hand in in a minute; 0: no limit"
    )
    trusted_proxies: str = Field(
        default="127.0.0.1,::1",
        description="Whose X-Forwarded-For says where a request comes from: addresses and networks between commas",
    )
    outbound_proxy: str | None = Field(
        default=None,
        pattern=r"^https?://",
        repr=False,
        description="The proxy by which OIDC issuer, WeCom, webhooks and S3 are reached: http://[user:password@]host:port",
    )
    outbound_direct_hosts: str = Field(
        default="",
        description="Hosts among these that are reached without it, with all below them: intranet.example,10.0.0.5",
    )
    ca_file: Path | None = Field(
        default=None, description="Certificates (PEM) of authorities that are believed besides the usual ones"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="Least level logged")
    log_format: Literal["json", "text"] = Field(default="json", description="json for machines, text for a terminal")
    otel_exporter_otlp_endpoint: str | None = Field(
        default=None,
        pattern=r"^https?://",
        description="The OpenTelemetry collector that traces are sent to: http://host:4318; without it none are",
    )
    otel_exporter_otlp_headers: str | None = Field(
        default=None, repr=False, description="What the collector wants to be told with them: name=value,name=value"
    )
    otel_traces_sampler_arg: float = Field(
        default=1.0, ge=0, le=1, description="The share of traces that is sent; the same in all services"
    )

    @field_validator("otel_exporter_otlp_endpoint")
    @classmethod
    def _can_be_sent(cls, endpoint: str | None) -> str | None:
        if endpoint is not None and not _is_installed("opentelemetry.exporter.otlp.proto.http"):
            raise ValueError("traces need the packages of requirements-otel.txt, which are not installed")
        return endpoint

    @field_validator("redis_sentinels")
    @classmethod
    def _names_sentinels(cls, given: str | None) -> str | None:
        if given is not None:
            sentinels_in(given)
        return given

    @field_validator("ca_file")
    @classmethod
    def _holds_certificates(cls, path: Path | None) -> Path | None:
        if path is not None:
            try:
                ssl.create_default_context().load_verify_locations(cafile=path)
            except OSError as error:
                raise ValueError(f"holds no certificates that can be read: {error.strerror or error}") from None
        return path

    @property
    def outbound(self) -> Outbound:
        """How those outside are reached."""
        direct = tuple(
            host.strip().strip(".").lower() for host in self.outbound_direct_hosts.split(",") if host.strip()
        )
        return Outbound(self.outbound_proxy, direct, self.ca_file)

    @property
    def redis(self) -> RedisAddress:
        """Where Redis is."""
        sentinels = sentinels_in(self.redis_sentinels) if self.redis_sentinels else ()
        return RedisAddress(self.redis_url, sentinels, self.redis_primary, self.redis_sentinel_password)

    @classmethod
    def load(cls, secrets: Path = SECRETS_FOLDER) -> Self:
        """Settings from the environment and the files in `secrets`; names wrong values on stderr and exits with 2."""
        try:
            return cls(_secrets_dir=secrets if secrets.is_dir() else None)  # type: ignore[call-arg,unused-ignore]  # the values come from outside
        except ValidationError as error:
            for problem in error.errors():
                name = ".".join(str(part) for part in problem["loc"]).upper()
                sys.stderr.write(f"{cls.service}: setting {name}: {problem['msg']}\n")
            raise SystemExit(2) from None
        except SettingsError as error:
            # A setting that is a table and no JSON; the message names the field.
            sys.stderr.write(f"{cls.service}: {str(error).upper()}: it must be JSON\n")
            raise SystemExit(2) from None

    def url_of(self, service: str) -> str:
        """The address of another service's API."""
        return str(getattr(self, f"{service}_url"))


class MailingSettings(Settings):
    """Settings of a service that writes to people."""

    public_url: str = Field(
        default="http://127.0.0.1:8000", pattern=r"^https?://", description="The door, as suppliers' browsers reach it"
    )
    smtp_url: str | None = Field(
        default=None,
        pattern=r"^smtps?://",
        description="Where mail is handed in: smtp[s]://[user:password@]host:port; without it none is sent",
    )
    mail_from: str = Field(default="Bellwether <bellwether@localhost>", description="The sender of mails")


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False
