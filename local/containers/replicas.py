"""Two of each API behind the door, stopped one after the other: nobody who comes through the door may notice."""

import time
from contextlib import closing

from bellwether.api import Api, Credentials
from local.containers.compose import Compose, run
from local.containers.load import Load
from local.environment import Addresses
from local.progress import Progress

OVERRIDE = "deploy/replicas.yml"
REPLACED = ("audit", "registry")
STOP_SECONDS = 20


class ThroughTheDoor:
    """Where the services are for whoever knows the door alone."""

    def __init__(self, addresses: Addresses) -> None:
        """The door at these."""
        self._door = addresses.url("door")

    def url(self, name: str) -> str:
        """A service's address."""
        return f"{self._door}/{name}"


def try_replicas(
    compose: Compose, addresses: Addresses, client: Credentials, supplier_ids: list[str], progress: Progress
) -> list[str]:
    """Restart every replica of two services under load; each answer but a success is wrong."""
    doubled = compose.with_file(OVERRIDE)
    with progress.step("Two of each API behind the door"):
        doubled.up()
    where = ThroughTheDoor(addresses)
    credentials = Credentials(f"{where.url('registry')}/oauth2/token", client.client_id, client.client_secret)
    with closing(Api(where, credentials, patience=0)) as impatient, Load(impatient, supplier_ids) as load:
        for service in REPLACED:
            for container in [each for each in doubled.containers() if each.service == service]:
                with progress.step(f"A replica of {service} is replaced") as notes:
                    run("docker", "restart", f"--time={STOP_SECONDS}", container.id)
                    notes.append(f"healthy after {doubled.wait_until_well():.0f} s")
                    time.sleep(1)
    progress.say(f"{len(load.posted)} findings were posted through the door meanwhile, {len(load.failed)} failed.")
    compose.up()
    return [f"failed while replicas were replaced: {each}" for each in load.failed]
