"""The registry's process: `python -m services.registry.main [create-client]`."""

import argparse
import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI
from joserfc.jwk import Key

from services.registry.endpoints import routers
from services.registry.schemas.clients import NewClient
from services.registry.service import clients
from services.registry.settings import RegistrySettings
from shared.app import build_app, serve
from shared.auth.keys import load_private_key
from shared.auth.principal import Actor
from shared.db import connect
from shared.web.resources import Resources, open_resources


def create_app(
    settings: RegistrySettings | None = None, *, transport: httpx.AsyncBaseTransport | None = None
) -> FastAPI:
    """The registry's application; without settings they are read from the environment when it starts."""

    @asynccontextmanager
    async def open_with_keys(given: RegistrySettings) -> AsyncIterator[Resources]:
        key = load_private_key(given.token_key_file)
        previous = given.previous_token_key_file
        published = [key] if previous is None else [key, load_private_key(previous)]
        app.state.token_key, app.state.published_keys = key, published

        async def find_own_key(kid: str) -> Key | None:
            return next((known for known in published if known.kid == kid), None)

        async with open_resources(given, own_token_keys=find_own_key, transport=transport) as resources:
            yield resources

    app = build_app(
        RegistrySettings,
        open_with_keys,
        routers,
        title="Bellwether registry",
        description="Suppliers of every supply tier, with sites, certificates and contacts; API clients and tokens.",
        settings=settings,
    )
    return app


async def create_first_client(settings: RegistrySettings, name: str, scopes: list[str]) -> None:
    """Make an API client from the command line, since the API needs one to make one; prints its id and secret."""
    database = connect(settings.database_url, settings.service, pool_size=1)
    try:
        async with database.transaction() as session:
            new = NewClient(name=name, scopes=scopes)
            client, secret = await clients.create_client(session, Actor("operator", None), new)
    finally:
        await database.close()
    sys.stdout.write(json.dumps({"client_id": str(client.id), "client_secret": secret}) + "\n")


def main() -> None:
    """Serve, or create an API client."""
    parser = argparse.ArgumentParser(prog="registry", description=__doc__)
    commands = parser.add_subparsers(dest="command")
    create = commands.add_parser("create-client", help="make an API client and print its id and secret")
    create.add_argument("--name", required=True)
    create.add_argument("--scopes", required=True, help="separated by blanks")
    given = parser.parse_args()
    settings = RegistrySettings.load()
    if given.command == "create-client":
        asyncio.run(create_first_client(settings, given.name, given.scopes.split()))
    else:
        serve(create_app(settings), settings)


if __name__ == "__main__":
    main()
