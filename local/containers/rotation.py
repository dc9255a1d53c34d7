"""Every secret of the stack changed by the steps of docs/operations.md, while findings are posted."""

import json
import secrets
from collections.abc import Callable
from functools import partial
from pathlib import Path

from joserfc.jwk import OKPKey

from local.container_secrets import POSTGRES_PASSWORD, REDIS_PASSWORD, write_secrets
from local.containers.compose import Compose
from local.environment import DATABASE, ROLES, SERVICES
from local.errors import LocalError
from local.progress import Progress

PROCESSES = {
    "registry": ("registry", "registry-worker"),
    "audit": ("audit", "audit-worker"),
    "engagement": ("engagement", "engagement-worker"),
    "scoring": ("scoring", "scoring-worker", "scoring-tasks"),
}
ALL = tuple(name for names in PROCESSES.values() for name in names)
ROLE_PASSWORDS = "role-passwords.json"
TOKEN_KEY, PREVIOUS_TOKEN_KEY = "token.key.pem", "previous-token.key.pem"


class Rotation:
    """Changes what is in a folder of secrets, and has the containers take it up."""

    def __init__(self, compose: Compose, folder: Path) -> None:
        """`folder` is where the stack's secrets are."""
        self._compose, self._folder = compose, folder

    def try_each(self, progress: Progress) -> list[str]:
        """Change one after the other; returns what is wrong, which should be nothing."""
        steps: dict[str, Callable[[], list[str]]] = {
            "passwords of the database's roles": self._role_passwords,
            "password of the database's superuser": self._superuser,
            "password of Redis": self._redis,
            **{f"key of {service}": partial(self._service_key, service) for service in SERVICES},
            "key of clients' tokens": self._token_key,
            "certificate of the door": self._certificate,
        }
        wrong: list[str] = []
        for what, change in steps.items():
            with progress.step(f"Another {what}"):
                wrong += change()
        return wrong

    def _role_passwords(self) -> list[str]:
        old = json.loads(self._read(ROLE_PASSWORDS))
        self._write(ROLE_PASSWORDS, json.dumps({role: secrets.token_urlsafe(24) for role in ROLES}))
        write_secrets(self._folder)
        self._compose("run", "--rm", "bootstrap")
        self._restart(*ALL)
        let_in = [role for role in ROLES if self._lets_in(role, old[role])]
        return [f"the old password of {role} is still good" for role in let_in]

    def _superuser(self) -> list[str]:
        old, new = self._read(POSTGRES_PASSWORD), secrets.token_urlsafe(24)
        command = ("exec", "--no-TTY", "postgres", "psql", "-U", "postgres", "-h", "/var/run/postgresql", "-c")
        self._compose(*command, f"ALTER ROLE postgres PASSWORD '{new}'")
        self._write(POSTGRES_PASSWORD, new)
        write_secrets(self._folder)
        self._compose("run", "--rm", "bootstrap")
        return ["the superuser's old password is still good"] if self._lets_in("postgres", old) else []

    def _redis(self) -> list[str]:
        self._write(REDIS_PASSWORD, secrets.token_urlsafe(24))
        write_secrets(self._folder)
        self._restart("redis", *ALL)
        return []

    def _service_key(self, service: str) -> list[str]:
        key = OKPKey.generate_key("Ed25519")
        peers = self._folder / "peers"
        announced = peers / f"{service}.next.pem"
        announced.write_bytes(key.as_pem(private=False))
        announced.chmod(0o644)
        self._write(f"{service}.key.pem", key.as_pem(private=True).decode("ascii"))
        self._restart(*PROCESSES[service])
        write_secrets(self._folder)  # the public key takes its place
        announced.unlink()
        return []

    def _token_key(self) -> list[str]:
        self._write(PREVIOUS_TOKEN_KEY, self._read(TOKEN_KEY))
        self._write(TOKEN_KEY, OKPKey.generate_key("Ed25519").as_pem(private=True).decode("ascii"))
        self._restart(*PROCESSES["registry"])
        return []

    def _certificate(self) -> list[str]:
        old = self._read("door.crt.pem")
        (self._folder / "door.crt.pem").unlink()
        write_secrets(self._folder)
        self._restart("door")
        return ["the door's certificate is the old one"] if self._read("door.crt.pem") == old else []

    def _restart(self, *names: str) -> None:
        self._compose("restart", *names)
        self._compose.wait_until_well()

    def _lets_in(self, role: str, password: str) -> bool:
        # By the name that the other containers use: at 127.0.0.1 the image trusts whoever is inside.
        address = f"postgresql://{role}:{password}@postgres/{DATABASE}"
        try:
            self._compose("exec", "--no-TTY", "postgres", "psql", address, "-c", "SELECT 1")
        except LocalError as error:
            if "password authentication failed" not in str(error):
                raise
            return False
        return True

    def _read(self, name: str) -> str:
        return (self._folder / name).read_text(encoding="utf-8")

    def _write(self, name: str, content: str) -> None:
        # Another file in its place, as editors do it: a container takes it up when it is started again.
        path = self._folder / name
        path.unlink()
        path.write_text(content, encoding="utf-8")
        path.chmod(0o644)
