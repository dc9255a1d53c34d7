"""The audit service's process: `python -m services.audit.main`."""

import httpx
from fastapi import FastAPI

from services.audit.endpoints import TAGS, routers
from services.audit.service.resources import open_audit_resources
from services.audit.settings import AuditSettings
from shared.app import build_app, serve
from shared.health.figures import read_cursors


def create_app(settings: AuditSettings | None = None, *, transport: httpx.AsyncBaseTransport | None = None) -> FastAPI:
    """The audit application; without settings they are read from the environment when it starts."""
    return build_app(
        AuditSettings,
        lambda given: open_audit_resources(given, transport=transport),
        routers,
        title="Bellwether audit",
        description="Audits, findings and their corrective action, the annual survey.",
        tags=TAGS,
        figures=(read_cursors,),
        settings=settings,
    )


def main() -> None:
    """Serve until told to stop."""
    settings = AuditSettings.load()
    serve(create_app(settings), settings)


if __name__ == "__main__":
    main()
