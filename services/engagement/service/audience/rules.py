"""Reading a rule against what is known here: of a rule for an audience becomes a test of suppliers and people."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement import clients
from services.engagement.domain import audiences
from services.engagement.domain.audiences import Gathering, Test
from services.engagement.repository import audiences as repository
from services.engagement.repository.audiences import Supplier
from services.engagement.schemas.audiences import AudienceRule, FindingsRule
from services.engagement.service import suppliers
from shared.errors import FieldError, Invalid
from shared.web.resources import Resources

DELIVERING = ("active", "probation")
"""Whoever does business with us now; a supplier on probation needs the programme most."""


@dataclass(frozen=True, slots=True)
class Suppliers:
    """All suppliers, and which of them is left after merges."""

    by_id: Mapping[UUID, Supplier]

    def survivor(self, supplier_id: UUID) -> UUID:
        """The one that counts for this one."""
        held = self.by_id.get(supplier_id)
        return supplier_id if held is None or held.merged_into is None else held.merged_into

    def left(self) -> list[Supplier]:
        """Those that are not merged into others, in the order of their codes."""
        return [one for one in self.by_id.values() if one.merged_into is None]


POINTER = "#/audience"
"""Where requests and newsletters hold a rule; which of the rules in it is at fault is told by the value."""


async def ask_others(resources: Resources, rule: AudienceRule) -> dict[str, frozenset[UUID]]:
    """The suppliers in each risk tier that the rule names; all suppliers that it names are known here afterwards.

    Never inside a transaction. Invalid where there is no such supplier; Unavailable while a service does not answer.
    """
    parts = rule.parts()
    codes = {code for part in parts for code in part.supplier_codes}
    ids = {supplier_id for part in parts for supplier_id in part.supplier_ids}
    by_code, by_id = await suppliers.learn(resources, codes, ids) if codes or ids else ({}, {})
    missing = [
        FieldError(f"{POINTER}/supplier_codes", f"no supplier has the code {one}")
        for one in sorted(codes - set(by_code))
    ]
    missing += [
        FieldError(f"{POINTER}/supplier_ids", f"no supplier has the id {one}") for one in sorted(ids - set(by_id))
    ]
    if missing:
        raise Invalid("There is no such supplier.", code="unknown-supplier", fields=missing)
    tiers = sorted({tier for part in parts for tier in part.risk_tiers})
    found = await asyncio.gather(*[clients.list_suppliers_in_risk_tier(resources, tier) for tier in tiers])
    return dict(zip(tiers, found, strict=True))


async def compile_rule(
    session: AsyncSession, rule: AudienceRule, in_tier: Mapping[str, frozenset[UUID]]
) -> tuple[Suppliers, Test]:
    """The suppliers, and what tests them and their people; Invalid where the rule names an event that there is not."""
    known = Suppliers({one.id: one for one in await repository.list_suppliers(session)})
    found: dict[str, dict[UUID, set[str]]] = {}
    for part in rule.parts():
        if part.findings is not None and _key(part.findings) not in found:
            found[_key(part.findings)] = await _found(session, known, part.findings)
    return known, _Compiling(known, in_tier, found, await _gatherings(session, known, rule)).test_of(rule)


@dataclass(frozen=True, slots=True)
class _Compiling:
    known: Suppliers
    in_tier: Mapping[str, frozenset[UUID]]
    found: Mapping[str, Mapping[UUID, set[str]]]
    gatherings: Mapping[UUID, Gathering]

    def test_of(self, rule: AudienceRule) -> Test:
        tests = [*self._of_suppliers(rule), *self._of_people(rule)]
        if rule.any_of:
            tests.append(audiences.any_of([self.test_of(part) for part in rule.any_of]))
        return audiences.every(tests)

    def _of_suppliers(self, rule: AudienceRule) -> list[Test]:
        tests: list[Test] = [audiences.everybody] if rule.everybody else []
        if rule.supplier_ids or rule.supplier_codes:
            tests.append(audiences.among(self._listed(rule)))
        left = self.known.left()
        if rule.kinds:
            tests.append(audiences.among({s.id: [f"kind {s.kind}"] for s in left if s.kind in rule.kinds}))
        if rule.supply_tiers:
            suiting = (s for s in left if s.supply_tier in rule.supply_tiers)
            tests.append(audiences.among({s.id: [f"supply tier {s.supply_tier}"] for s in suiting}))
        if rule.countries:
            suiting = (s for s in left if s.country in rule.countries)
            tests.append(audiences.among({s.id: [f"country {s.country}"] for s in suiting}))
        if rule.risk_tiers:
            told = ((one, f"risk tier {tier}") for tier in rule.risk_tiers for one in self.in_tier[tier])
            tests.append(audiences.among(_gathered(self.known, told)))
        if rule.findings is not None:
            tests.append(audiences.among(self.found[_key(rule.findings)]))
        return tests

    def _of_people(self, rule: AudienceRule) -> list[Test]:
        tests: list[Test] = []
        if rule.invited_to is not None:
            tests.append(audiences.invited(self.gatherings[rule.invited_to]))
        if rule.absent_from is not None:
            tests.append(audiences.absent(self.gatherings[rule.absent_from]))
        if rule.roles:
            tests.append(audiences.in_role(rule.roles))
        return tests

    def _listed(self, rule: AudienceRule) -> dict[UUID, set[str]]:
        codes, ids = set(rule.supplier_codes), set(rule.supplier_ids)
        named = (one for one in self.known.by_id.values() if one.id in ids or one.code in codes)
        return _gathered(self.known, ((one.id, f"supplier {one.code}") for one in named))


def _gathered(known: Suppliers, told: Iterable[tuple[UUID, str]]) -> dict[UUID, set[str]]:
    """Reasons by the supplier that is left."""
    reasons: dict[UUID, set[str]] = {}
    for supplier_id, reason in told:
        reasons.setdefault(known.survivor(supplier_id), set()).add(reason)
    return reasons


def _key(rule: FindingsRule) -> str:
    return rule.model_dump_json()


async def _found(session: AsyncSession, known: Suppliers, rule: FindingsRule) -> dict[UUID, set[str]]:
    found = await repository.list_found(session, rule)
    # Without provisions a supplier may have findings on fifty of them, which says no more than that it has some.
    return _gathered(
        known,
        (
            (supplier_id, f"finding on {rule.standard} {version}" + (f" {provision}" if rule.provisions else ""))
            for supplier_id, version, provision in found
        ),
    )


async def _gatherings(session: AsyncSession, known: Suppliers, rule: AudienceRule) -> dict[UUID, Gathering]:
    named = {one for part in rule.parts() for one in (part.invited_to, part.absent_from) if one is not None}
    if not named:
        return {}
    refs = await repository.refs_of_events(session, named)
    unknown = sorted(named - set(refs))
    if unknown:
        missing = [FieldError(POINTER, f"invited_to or absent_from: no event has the id {one}") for one in unknown]
        raise Invalid("There is no such event.", code="unknown-event", fields=missing)
    invited: dict[UUID, dict[UUID, set[str]]] = {}
    for event_id, supplier_id, ref in await repository.list_invited(session, named):
        invited.setdefault(event_id, {}).setdefault(known.survivor(supplier_id), set()).add(ref)
    there: dict[UUID, list[tuple[UUID, str | None]]] = {}
    for event_id, supplier_id, person in await repository.list_there(session, named):
        there.setdefault(event_id, []).append((known.survivor(supplier_id), person))
    return {
        event_id: Gathering(
            event_ref,
            {one: frozenset(people) for one, people in invited.get(event_id, {}).items()},
            frozenset(ref for _, ref in there.get(event_id, []) if ref is not None),
            audiences.unnamed_at(there.get(event_id, [])),
        )
        for event_id, event_ref in refs.items()
    }
