"""Finding whom to invite or to write to: suppliers by rule, their contacts, and who of them wants mail."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args
from uuid import UUID

from services.engagement.domain import audiences, person_refs
from services.engagement.domain.audiences import Meant, Person, Test
from services.engagement.models import Mailbox
from services.engagement.repository import mailboxes
from services.engagement.repository.audiences import Supplier
from services.engagement.schemas.audiences import AudienceRule
from services.engagement.service.audience import rules
from services.engagement.service.audience.rules import DELIVERING, Suppliers
from services.engagement.service.mail.links import settings_of
from shared.contacts import ContactsClient, KnownContact
from shared.web.resources import Resources

Purpose = Literal["invitations", "newsletters"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
Reason = Literal[
    "consent_withdrawn", "not_agreed", "unreachable", "no_contact", "supplier_not_active", "cannot_tell", "duplicate"
]


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person to write to, once, and by which parts of the rule.

    The supplier is the one whose contact the registry holds: after a merge too, so that it can be asked for again.
    """

    contact_id: UUID
    supplier_id: UUID
    supplier_code: str
    person_ref: str
    language: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A person, or a supplier where no person is named, that the rule means and nobody writes to."""

    supplier_id: UUID
    supplier_code: str
    reason: Reason
    contact_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a rule means, in a fixed order, and who was left out."""

    recipients: list[Recipient]
    left_out: list[LeftOut]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A contact whom the rule means."""

    contact: KnownContact
    supplier_code: str
    person_ref: str
    meant: Meant

    def left_out(self, reason: Reason) -> LeftOut:
        return LeftOut(self.contact.supplier_id, self.supplier_code, reason, self.contact.contact_id)


async def find_audience(resources: Resources, rule: AudienceRule, purpose: Purpose) -> Audience:
    """Whom the rule means; asks the registry (and scoring), so never inside a transaction.

    Invalid where the rule names what there is not; Unavailable where a service that has to be asked is away.
    """
    in_tier = await rules.ask_others(resources, rule)
    async with resources.database.snapshot() as session:
        known, test = await rules.compile_rule(session, rule, in_tier)
    meant = [one for one in known.left() if test(one.id, audiences.SOMEBODY) is not None]
    left_out = [LeftOut(one.id, one.code, "supplier_not_active") for one in meant if one.status not in DELIVERING]
    asked = {one.id: one for one in meant if one.status in DELIVERING}
    of_supplier = await _contacts_of(resources, known, asked)
    candidates: list[_Candidate] = []
    for supplier in asked.values():
        found, has_contact = _candidates(resources.cursor_key, known, supplier, of_supplier.get(supplier.id, []), test)
        candidates += found
        left_out += [] if has_contact else [LeftOut(supplier.id, supplier.code, "no_contact")]
    async with resources.database.snapshot() as session:
        known_mailboxes = await mailboxes.find(session, {one.person_ref for one in candidates})
    choosing = _Choosing(purpose, known_mailboxes, needs_yes=settings_of(resources).mail_consent == "opt_in")
    recipients, more = choosing.choose(candidates)
    left_out += more
    return Audience(recipients, sorted(left_out, key=lambda one: (one.supplier_code, str(one.contact_id or ""))))


def refusal_of(mailbox: Mailbox | None, purpose: Purpose, *, needs_yes: bool) -> Reason | None:
    """Why no mail of that purpose may go to a mailbox; None where it may. `needs_yes`: only to those who agreed."""
    agreed: bool | None = None if mailbox is None else getattr(mailbox, purpose)
    if agreed is False:
        return "consent_withdrawn"
    if agreed is None and needs_yes:
        return "not_agreed"
    return "unreachable" if mailbox is not None and mailbox.unreachable_since is not None else None


async def _contacts_of(
    resources: Resources, known: Suppliers, asked: Mapping[UUID, Supplier]
) -> dict[UUID, list[KnownContact]]:
    """The contacts of these suppliers, those of suppliers merged into them among them."""
    ids = [one.id for one in known.by_id.values() if known.survivor(one.id) in asked]
    found: dict[UUID, list[KnownContact]] = {}
    for contact in await ContactsClient(resources).look_up(ids):
        found.setdefault(known.survivor(contact.supplier_id), []).append(contact)
    return found


def _candidates(
    key: bytes, known: Suppliers, supplier: Supplier, contacts: Iterable[KnownContact], test: Test
) -> tuple[list[_Candidate], bool]:
    """Whom of a supplier's contacts the rule means, and whether one of them could be meant at all, there or not."""
    found: list[_Candidate] = []
    has_contact = False
    for contact in contacts:
        person_ref = person_refs.of_address(key, contact.email)
        meant = test(supplier.id, Person(contact.role, person_ref))
        has_contact = has_contact or meant is not None or test(supplier.id, Person(contact.role)) is not None
        if meant is not None:
            found.append(_Candidate(contact, known.by_id[contact.supplier_id].code, person_ref, meant))
    return found, has_contact


@dataclass(frozen=True, slots=True)
class _Choosing:
    purpose: Purpose
    known: Mapping[str, Mailbox]
    needs_yes: bool

    def choose(self, candidates: Iterable[_Candidate]) -> tuple[list[Recipient], list[LeftOut]]:
        """Each person once, as the contact that comes first by its supplier's code; for all its reasons."""
        people: dict[str, list[_Candidate]] = {}
        for one in sorted(candidates, key=lambda one: (one.supplier_code, str(one.contact.contact_id))):
            people.setdefault(one.person_ref, []).append(one)
        recipients: list[Recipient] = []
        left_out: list[LeftOut] = []
        for person_ref, met in people.items():
            certain = [one for one in met if one.meant.certain]
            refusal = refusal_of(self.known.get(person_ref), self.purpose, needs_yes=self.needs_yes)
            if refusal is not None or not certain:
                left_out += [one.left_out(refusal or "cannot_tell") for one in met[:1]]
            else:
                recipients.append(_recipient(certain))
            chosen = certain[0] if certain and refusal is None else met[0]
            left_out += [one.left_out("duplicate") for one in met if one is not chosen]
        return recipients, left_out


def _recipient(met: list[_Candidate]) -> Recipient:
    first = met[0]
    reasons = frozenset().union(*[one.meant.reasons for one in met])
    return Recipient(
        contact_id=first.contact.contact_id,
        supplier_id=first.contact.supplier_id,
        supplier_code=first.supplier_code,
        person_ref=first.person_ref,
        language=first.contact.language,
        reasons=tuple(sorted(reasons)),
    )
