"""The engagement service's process: `python -m services.engagement.main`."""

import httpx
from fastapi import FastAPI

from services.engagement.endpoints import TAGS, routers
from services.engagement.repository.mail_figures import read_mails
from services.engagement.settings import EngagementSettings
from shared.app import build_app, serve
from shared.health.figures import read_cursors
from shared.web.resources import open_resources


def create_app(
    settings: EngagementSettings | None = None, *, transport: httpx.AsyncBaseTransport | None = None
) -> FastAPI:
    """The engagement application; without settings they are read from the environment when it starts."""
    return build_app(
        EngagementSettings,
        lambda given: open_resources(given, transport=transport),
        routers,
        title="Bellwether engagement",
        description="Forums, trainings, support meetings and courses: who took part, and what it adds up to.",
        tags=TAGS,
        figures=(read_cursors, read_mails),
        settings=settings,
    )


def main() -> None:
    """Serve until told to stop."""
    settings = EngagementSettings.load()
    serve(create_app(settings), settings)


if __name__ == "__main__":
    main()
