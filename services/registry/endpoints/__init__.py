"""The registry's routes."""

from services.registry.endpoints import certificate_reminders, certificates, clients, contacts, sites, suppliers, tokens
from services.registry.service.imports import KINDS
from shared.imports.endpoints import import_router

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
