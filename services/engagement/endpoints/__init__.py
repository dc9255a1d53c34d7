"""Engagement's routes."""

from services.engagement.endpoints import attendances, courses, events, figures
from services.engagement.service.imports import KINDS
from shared.imports.endpoints import import_router

routers = (
    events.router,
    attendances.router,
    courses.router,
    figures.balances_router,
    figures.router,
    import_router(KINDS, read_scope="engagement:read"),
)
