"""What the processes of the one-machine run are given: addresses, keys, passwords, environment variables."""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from joserfc.jwk import OKPKey

from local.errors import LocalError
from local.servers.account import write_private

SERVICES = ("registry", "audit", "engagement", "scoring")
ROLES = ("migrator", *SERVICES)
DATABASE = "bellwether"
HIGHEST_PORT = 65535
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104  # listened on only where HOST says so
# People come from the local issuer with one role; in production a company maps its own roles to scopes.
SCOPES_OF_ROLES = {"manager": ["admin"]}


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the door and the services listen, and how they are reached."""

    host: str
    port_base: int

    @classmethod
    def from_environment(cls) -> "Addresses":
        """From HOST and PORT_BASE; LocalError if they make no sense."""
        given = os.environ.get("PORT_BASE") or "8000"
        if not given.isdigit() or not 0 < int(given) <= HIGHEST_PORT - len(SERVICES):
            raise LocalError(
                f"PORT_BASE is {given!r}: it must be a port number from 1 to {HIGHEST_PORT - len(SERVICES)}."
            )
        return cls(os.environ.get("HOST") or "127.0.0.1", int(given))

    @property
    def ports(self) -> dict[str, int]:
        """The port of the door and of each service."""
        return {name: self.port_base + number for number, name in enumerate(("door", *SERVICES))}

    def url(self, name: str) -> str:
        """The address of the door or a service, as a client on this machine reaches it."""
        host = EVERYWHERE.get(self.host, self.host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.ports[name]}"

    @property
    def issuer(self) -> str:
        """The local OIDC issuer."""
        return f"{self.url('door')}/people"


class Secrets:
    """Keys and passwords in a folder, each written once, readable by its owner only."""

    def __init__(self, folder: Path) -> None:
        """Make in `folder` whatever is not there yet."""
        self._folder = folder
        self.peer_keys = folder / "peers"
        for path in (folder, self.peer_keys):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.token_key = self._private_key("token")
        self.people_key = self._private_key("people")
        for service in SERVICES:
            public = self.peer_keys / f"{service}.pem"
            key = OKPKey.import_key(self._private_key(service).read_bytes())
            public.write_bytes(key.as_pem(private=False))
        self.passwords_file = folder / "role-passwords.json"
        if not self.passwords_file.exists():
            write_private(self.passwords_file, json.dumps({role: secrets.token_urlsafe(24) for role in ROLES}), None)
        self.passwords: dict[str, str] = json.loads(self.passwords_file.read_text(encoding="utf-8"))

    def key_of(self, service: str) -> Path:
        """The file with a service's private key."""
        return self._folder / f"{service}.key.pem"

    def _private_key(self, name: str) -> Path:
        path = self.key_of(name)
        if not path.exists():
            write_private(path, OKPKey.generate_key("Ed25519").as_pem(private=True).decode("ascii"), None)
        return path


@dataclass(frozen=True, slots=True)
class Environment:
    """Builds the environment variables of every process."""

    addresses: Addresses
    secrets: Secrets
    admin_url: str
    redis_url: str
    files: Path
    """The folder for files that are kept outside the database."""

    def of_bootstrap(self) -> dict[str, str]:
        """For `bellwether bootstrap`, which makes the database, its roles and its schemas."""
        return _python({"ADMIN_DATABASE_URL": self.admin_url, "ROLE_PASSWORDS_FILE": str(self.secrets.passwords_file)})

    def of_migrations(self) -> dict[str, str]:
        """For `bellwether migrate`."""
        return _python({"MIGRATION_DATABASE_URL": self._database_url("migrator")})

    def of_service(self, service: str) -> dict[str, str]:
        """For a service's API, its workers and its commands."""
        variables = {
            "DATABASE_URL": self._database_url(service),
            "REDIS_URL": self.redis_url,
            "HOST": self.addresses.host,
            "PORT": str(self.addresses.ports[service]),
            "SERVICE_KEY_FILE": str(self.secrets.key_of(service)),
            "PEER_KEYS_DIR": str(self.secrets.peer_keys),
            "OIDC_ISSUER": self.addresses.issuer,
            "OIDC_SCOPES": json.dumps(SCOPES_OF_ROLES),
            "PUBLIC_URL": self.addresses.url("door"),
            "FILES_URL": self.files.resolve().as_uri(),
            "LOG_FORMAT": "json",
            "RATE_LIMIT_REQUESTS": os.environ.get("RATE_LIMIT_REQUESTS", "60000"),  # one client does everything here
            "RATE_LIMIT_IMPORTS": os.environ.get("RATE_LIMIT_IMPORTS", "6000"),
            # Whoever tries webhooks here has the receiver on this machine, too.
            "WEBHOOK_ALLOWED_NETWORKS": os.environ.get("WEBHOOK_ALLOWED_NETWORKS", "127.0.0.0/8,::1/128"),
            **self._service_urls(),
        }
        if service == "registry":
            variables["TOKEN_KEY_FILE"] = str(self.secrets.token_key)
        return _python(variables)

    def of_door(self, people: Path) -> dict[str, str]:
        """For `python -m local.door`."""
        variables = {
            "HOST": self.addresses.host,
            "PORT": str(self.addresses.ports["door"]),
            "OIDC_ISSUER": self.addresses.issuer,
            "PEOPLE_FILE": str(people),
            "PEOPLE_KEY_FILE": str(self.secrets.people_key),
            **self._service_urls(),
        }
        return _python(variables)

    def _service_urls(self) -> dict[str, str]:
        return {f"{service.upper()}_URL": self.addresses.url(service) for service in SERVICES}

    def _database_url(self, role: str) -> str:
        admin = urlsplit(self.admin_url)
        where = admin.netloc.rpartition("@")[2]
        login = f"{role}:{quote(self.secrets.passwords[role], safe='')}"
        return urlunsplit((admin.scheme, f"{login}@{where}", f"/{DATABASE}", admin.query, ""))


def _python(variables: dict[str, str]) -> dict[str, str]:
    # The superuser's URL of an existing server must not reach a service.
    inherited = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    return {**inherited, "PYTHONUNBUFFERED": "1", **variables}
