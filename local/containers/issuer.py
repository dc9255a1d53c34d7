"""The local people's issuer where containers can reach it: somebody has to publish and approve."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from joserfc.jwk import OKPKey
from starlette.applications import Starlette

from bellwether.api import Credentials
from local.people import PeopleIssuer, write_people
from local.ports import free_port
from shared.auth.keys import with_key_id

HOST = "people.test"
"""The name by which containers know the machine that they run on."""


class Issuer:
    """Where the people come from, as containers and this machine see it."""

    def __init__(self, folder: Path) -> None:
        """`folder` keeps who they are."""
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}"
        self.people = write_people(folder / "people.json", f"http://127.0.0.1:{self.port}/token")

    @property
    def credentials(self) -> list[Credentials]:
        """By which each of the people gets a token."""
        return [Credentials(each["token_url"], each["client_id"], each["client_secret"]) for each in self.people]

    def add_to(self, override: dict[str, Any], services: list[str]) -> None:
        """Have the services of a compose file know this machine by its name."""
        for service in services:
            override["services"].setdefault(service, {})["extra_hosts"] = [f"{HOST}:host-gateway"]

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Answer for the time of the block."""
        issuer = PeopleIssuer(self.url, with_key_id(OKPKey.generate_key("Ed25519")), self.people)
        config = uvicorn.Config(Starlette(routes=issuer.routes()), host="0.0.0.0", port=self.port, log_level="warning")  # noqa: S104  # containers come by the bridge
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.05)
        try:
            yield
        finally:
            server.should_exit = True
            thread.join()
