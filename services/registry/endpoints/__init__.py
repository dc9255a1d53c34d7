"""The registry's routes."""

from services.registry.endpoints import certificate_reminders, certificates, clients, contacts, sites, suppliers, tokens
from services.registry.service.imports import KINDS
from shared.imports.endpoints import import_router

TAGS = {
    "suppliers": "Companies that the brand buys from, directly or through others, under one code each; what else they "
    "are called elsewhere",
    "sites": "Where a supplier makes things: what audits are done at",
    "certificates": "Management systems that somebody certified, with the days between which that holds",
    "certificate reminders": "What a completed course suggests to have certified, until a person settles it",
    "contacts": "People at suppliers whom the brand writes to; erased when they ask for it",
    "API clients": "Machines that may call these services, each with scopes, and perhaps bound to one supplier",
    "tokens": "Access tokens for API clients, and the keys that verify them",
}
"""What the groups of routes are, for the API's description."""

routers = (
    suppliers.router,
    sites.router,
    certificates.router,
    certificate_reminders.asking_router,
    certificate_reminders.router,
    contacts.router,
    contacts.lookup_router,
    clients.router,
    tokens.router,
    import_router(KINDS, read_scope="registry:read"),
)
