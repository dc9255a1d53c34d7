"""Engagement's routes."""

from services.engagement.endpoints import (
    attendance_reports,
    attendances,
    courses,
    events,
    figures,
    groups,
    topics,
    xapi,
)
from services.engagement.service.imports import KINDS
from shared.imports.endpoints import import_router

routers = (
    events.router,
    attendances.router,
    attendance_reports.router,
    courses.router,
    xapi.router,
    groups.router,
    figures.balances_router,
    figures.router,
    figures.events_router,
    topics.router,
    topics.effect_router,
    import_router(KINDS, read_scope="engagement:read"),
)
