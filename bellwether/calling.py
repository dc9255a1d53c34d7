"""Who calls, and where the services are: from the environment, a file, or what `make serve` wrote."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bellwether.api import Api, Credentials
from bellwether.errors import OperationFailed
from shared.settings import SECRETS_FOLDER

SERVICES = ("registry", "audit", "engagement", "scoring")
LOCAL_CLIENT = Path(".run/client.json")
FIRST_PORT = 8001
PATIENCE_SECONDS = 10.0


class Addresses:
    """Where each service is: `REGISTRY_URL` and its like, as the services themselves are told."""

    def url(self, name: str) -> str:
        """The address of a service; on this machine unless the environment says otherwise."""
        return os.environ.get(f"{name.upper()}_URL") or f"http://127.0.0.1:{FIRST_PORT + SERVICES.index(name)}"


@contextmanager
def calling() -> Iterator[Api]:
    """The services' API as the client that this command was given; OperationFailed where it was given none."""
    api = Api(Addresses(), _credentials(), patience=PATIENCE_SECONDS)
    try:
        yield api
    finally:
        api.close()


def _credentials() -> Credentials:
    token_url = f"{Addresses().url('registry')}/oauth2/token"
    client_id, client_secret = given("BELLWETHER_CLIENT_ID"), given("BELLWETHER_CLIENT_SECRET")
    if client_id and client_secret:
        return Credentials(token_url, client_id, client_secret)
    named = os.environ.get("BELLWETHER_CREDENTIALS")
    path = Path(named) if named else LOCAL_CLIENT
    if not path.is_file():
        raise OperationFailed(
            "No API client is named. Set BELLWETHER_CLIENT_ID and BELLWETHER_CLIENT_SECRET, or BELLWETHER_CREDENTIALS "
            "to a file with client_id and client_secret. The first one is made by `bellwether clients create --first`."
        )
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        return Credentials(known.get("token_url", token_url), known["client_id"], known["client_secret"])
    except (ValueError, KeyError, TypeError) as error:
        raise OperationFailed(f"{path} is no file of a client: {error}") from None


def service_named(service: str) -> str:
    """The name of a service that there is."""
    if service not in SERVICES:
        raise OperationFailed(f"There is no service {service}; there are {', '.join(SERVICES)}.")
    return service


def given(name: str) -> str:
    """From the environment, or a secret file of that name."""
    secret = SECRETS_FOLDER / name.lower()
    return os.environ.get(name) or (secret.read_text(encoding="utf-8").strip() if secret.is_file() else "")
