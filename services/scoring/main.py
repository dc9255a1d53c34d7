"""The scoring service's process: `python -m services.scoring.main`."""

import httpx
from fastapi import FastAPI

from services.scoring.endpoints import TAGS, routers, sent
from services.scoring.endpoints.plain_reads import PlainReads
from services.scoring.repository.figures import read_verified, read_waiting
from services.scoring.settings import ScoringSettings
from shared.app import build_app, serve
from shared.health.figures import read_cursors
from shared.web.resources import open_resources


def create_app(
    settings: ScoringSettings | None = None, *, transport: httpx.AsyncBaseTransport | None = None
) -> FastAPI:
    """The scoring application; without settings they are read from the environment when it starts."""
    return build_app(
        ScoringSettings,
        lambda given: open_resources(given, transport=transport),
        routers,
        title="Bellwether scoring",
        description="Risk tiers, the quarterly business review and order allocation.",
        tags=TAGS,
        webhooks=sent,
        figures=(read_cursors, read_waiting, read_verified),
        innermost=(PlainReads,),
        settings=settings,
    )


def main() -> None:
    """Serve until told to stop."""
    settings = ScoringSettings.load()
    serve(create_app(settings), settings)


if __name__ == "__main__":
    main()
