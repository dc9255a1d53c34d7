"""The caller of a request, as far as its token tells."""

from dataclasses import dataclass
from uuid import UUID

from shared.errors import Conflict, Forbidden, NotFound

SCOPES = {
    "registry:read": "Read suppliers, sites, certificates and contacts",
    "registry:write": "Create and change suppliers, sites, certificates and contacts",
    "audit:read": "Read audits, findings, plans and surveys",
    "audit:write": "Record audits and findings, run surveys",
    "audit:submit": "Submit corrective action plans and survey answers",
    "audit:approve": "Approve or reject corrective action plans, withdraw findings",
    "audit:verify": "Verify corrective action and close findings",
    "engagement:read": "Read events, attendances, courses, groups and newsletters",
    "engagement:write": "Run events, courses, groups and newsletters",
    "scoring:read": "Read scores, quarterly reviews and allocations",
    "scoring:write": "Change country risks, performance, sourcing and policies; run reviews and allocations",
    "allocation:approve": "Approve or override order allocations",
    "feed:read": "Read the change feeds",
    "admin": "Everything, API clients and dead letters included",
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something, for the record: opaque ids, no names; `supplier_id` binds it as it binds its principal."""

    sub: str
    client_id: str | None
    person: bool = False
    request_id: str | None = None
    supplier_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated caller.

    `supplier_id` binds a client to one supplier: whatever belongs to another is then not found.
    """

    sub: str
    client_id: str | None
    scopes: frozenset[str]
    person: bool = False
    supplier_id: UUID | None = None
    request_id: str | None = None
    service: bool = False

    @property
    def actor(self) -> Actor:
        """Who to write down as the author of a change."""
        return Actor(self.sub, self.client_id, self.person, self.request_id, self.supplier_id)

    def has(self, scope: str) -> bool:
        """Whether the token carries `scope`; `admin` carries all."""
        return scope in self.scopes or "admin" in self.scopes

    def see_only_own(self, supplier_id: UUID | None, what: str) -> None:
        """Raise NotFound where a bound client asks for what is another supplier's, or nobody's."""
        if self.supplier_id is not None and supplier_id != self.supplier_id:
            raise NotFound(f"No such {what}.")

    def refuse_bound(self, what: str) -> None:
        """Raise NotFound where a supplier-bound client asks for what no supplier may see."""
        if self.supplier_id is not None:
            raise NotFound(f"No such {what}.")

    def second_person(self, first: str | None, step: str) -> None:
        """Raise unless the caller is a person other than `first`, who created or submitted what is decided on."""
        if not self.person:
            raise Forbidden(f"{step} needs a person; a machine client cannot do it.", code="person-required")
        if first == self.sub:
            raise Conflict(
                f"{step} needs a second person: you created or submitted this.", code="second-person-required"
            )
