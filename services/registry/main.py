"""The registry's process: `python -m services.registry.main`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI
from joserfc.jwk import Key

from services.registry.endpoints import TAGS, routers
from services.registry.settings import RegistrySettings
from shared.app import build_app, serve
from shared.auth.keys import load_private_key
from shared.web.resources import Resources, open_resources


def create_app(
    settings: RegistrySettings | None = None, *, transport: httpx.AsyncBaseTransport | None = None
) -> FastAPI:
    """The registry's application; without settings they are read from the environment when it starts."""

    @asynccontextmanager
    async def open_with_keys(given: RegistrySettings) -> AsyncIterator[Resources]:
        key = load_private_key(given.token_key_file)
        previous = load_private_key(given.previous_token_key_file) if given.previous_token_key_file else key
        # By key id: while nothing is being changed, the one before may well be the same.
        published = list({each.kid: each for each in (key, previous)}.values())
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
        tags=TAGS,
        settings=settings,
    )
    return app


def main() -> None:
    """Serve until told to stop."""
    settings = RegistrySettings.load()
    serve(create_app(settings), settings)


if __name__ == "__main__":
    main()
