"""The registry's routes."""

from services.registry.endpoints import certificates, clients, contacts, sites, suppliers, tokens
from services.registry.service.imports import KINDS
from shared.imports.endpoints import import_router

routers = (
    suppliers.router,
    sites.router,
    certificates.router,
    contacts.router,
    contacts.lookup_router,
    clients.router,
    tokens.router,
    import_router(KINDS, read_scope="registry:read"),
)
