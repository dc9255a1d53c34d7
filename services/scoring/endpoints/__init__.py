"""The scoring service's routes."""

from services.scoring.endpoints import country_risks, scores
from services.scoring.service import country_risks as country_risks_service
from shared.imports.endpoints import import_router

routers = (
    scores.router,
    scores.freshness_router,
    country_risks.router,
    import_router((country_risks_service.IMPORT,), read_scope="scoring:read"),
)
