"""The compose stack as a whole: starting it, what runs in it, and killing parts of it."""

import json
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from local.environment import Addresses
from local.errors import LocalError
from local.supervisor import PROJECT

NAME = "bellwether-test"
"""Another project than the one that an operator may be running: other containers, volumes and networks."""

HEALTHY_SECONDS = 300.0
ONCE = frozenset({"bootstrap", "migrate"})


@dataclass(frozen=True, slots=True)
class Container:
    """One container of the stack, as the engine describes it."""

    service: str
    description: dict[str, Any]

    @property
    def id(self) -> str:
        """What the engine knows it by."""
        return str(self.description["Id"])

    @property
    def is_well(self) -> bool:
        """Running and, as it says itself, healthy."""
        state = self.description["State"]
        return bool(state["Running"]) and state.get("Health", {}).get("Status", "healthy") == "healthy"


class Compose:
    """`docker compose` on this project's file, with ports and people of the trial's own."""

    def __init__(self, files: list[str], environment: dict[str, str]) -> None:
        """`files` are compose files of which the later ones say more about the earlier."""
        self._files, self._environment = files, environment
        self._command = ["docker", "compose", "-p", NAME, *(part for file in files for part in ("-f", file))]

    @classmethod
    def for_trial(cls, addresses: Addresses, override: Path, issuer: str, scopes: dict[str, list[str]]) -> Self:
        """`override` is a second compose file; `issuer` is where people come from."""
        ports = {f"{name.upper()}_PORT": str(port) for name, port in addresses.ports.items()}
        environment = {
            **os.environ,
            **ports,
            "HOST": addresses.host,
            # One client loads a year's programme and then posts without a pause.
            "RATE_LIMIT_REQUESTS": "60000",
            "RATE_LIMIT_IMPORTS": "6000",
            "DOOR_TLS_PORT": str(addresses.port_base + 443),
            "OIDC_ISSUER": issuer,
            "OIDC_SCOPES": json.dumps(scopes),
        }
        return cls(["docker-compose.yml", str(override)], environment)

    def __call__(self, *arguments: str) -> str:
        """Run a command of compose; LocalError with its last lines where it fails."""
        return run(*self._command, *arguments, environment=self._environment)

    def with_file(self, path: str) -> "Compose":
        """The same stack with a further compose file."""
        return Compose([*self._files, path], self._environment)

    def up(self, *arguments: str) -> None:
        """Start what is not running, and return when all of it is healthy."""
        self("up", "--detach", "--wait", f"--wait-timeout={HEALTHY_SECONDS:.0f}", *arguments)

    def containers(self) -> list[Container]:
        """What is there, without what runs once and ends."""
        ids = self("ps", "--all", "--quiet").split()
        described = json.loads(run("docker", "inspect", *ids)) if ids else []
        found = [Container(each["Config"]["Labels"]["com.docker.compose.service"], each) for each in described]
        return sorted((each for each in found if each.service not in ONCE), key=lambda each: each.service)

    def wait_until_well(self, seconds: float = HEALTHY_SECONDS) -> float:
        """Wait until every container is healthy; returns how long that took."""
        begun = time.monotonic()
        while ill := [each.service for each in self.containers() if not each.is_well]:
            if time.monotonic() - begun > seconds:
                raise LocalError(f"Not healthy after {seconds:.0f} s: {', '.join(ill)}.")
            time.sleep(0.5)
        return time.monotonic() - begun


def with_secrets_in(folder: Path) -> dict[str, Any]:
    """What a compose file says in which the stack's secrets are those of `folder`: an operator's own stay untouched."""
    described = json.loads(run("docker", "compose", "-f", "docker-compose.yml", "config", "--format", "json"))
    own = str(PROJECT / "secrets")

    def moved(path: str) -> str:
        return str(folder) + path.removeprefix(own)

    volumes = {
        service: [
            f"{moved(volume['source'])}:{volume['target']}:ro"
            for volume in described["services"][service].get("volumes", ())
            if volume["source"].startswith(own)
        ]
        for service in described["services"]
    }
    return {
        "secrets": {
            name: {"file": moved(secret["file"])}
            for name, secret in described["secrets"].items()
            if secret["file"].startswith(own)
        },
        "services": {service: {"volumes": mounted} for service, mounted in volumes.items() if mounted},
    }


def kill(container: Container) -> str:
    """Kill a container's first process, so that its engine starts it again as after a crash; says how it was done."""
    before = _state(container)
    try:
        os.kill(int(before["Pid"]), 9)
        how = "killed"
    except PermissionError:
        # Not ours to kill: the engine does it, and then takes it for wanted, so it has to be started again.
        run("docker", "kill", container.id)
        run("docker", "start", container.id)
        how = "killed by the engine and started"
    # The engine has to notice: until then it tells of the process that is gone, and calls it healthy.
    deadline = time.monotonic() + HEALTHY_SECONDS
    while _state(container)["StartedAt"] == before["StartedAt"]:
        if time.monotonic() > deadline:
            raise LocalError(f"{container.service} was killed, and not started again.")
        time.sleep(0.1)
    return how


def _state(container: Container) -> dict[str, Any]:
    state: dict[str, Any] = json.loads(run("docker", "inspect", container.id))[0]["State"]
    return state


def run(*command: str, environment: dict[str, str] | None = None) -> str:
    """Output of a command; LocalError with its last lines where it fails."""
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = "\n".join((done.stdout + done.stderr).strip().splitlines()[-20:])
        raise LocalError(f"`{' '.join(command[:6])} ...` failed:\n{last}")
    return done.stdout
