"""Whether a supplier's person is meant by a rule, and by which parts of it; rules are built of small tests."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.engagement.domain import person_refs


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at a supplier, as far as a rule can tell people apart; what is None suits every rule."""

    role: str | None = None
    person_ref: str | None = None


SOMEBODY = Person()
"""Any of a supplier's people: whether the supplier is meant at all."""


@dataclass(frozen=True, slots=True)
class Meant:
    """That somebody is meant, and why; not certain where nobody can tell whether they were at an event."""

    reasons: frozenset[str]
    certain: bool = True


Test = Callable[[UUID, Person], Meant | None]
"""Whether a person of a supplier is meant."""


@dataclass(frozen=True, slots=True)
class Gathering:
    """Who was invited to an event and who was there; suppliers are those that are left after merges."""

    event_ref: str
    invited: Mapping[UUID, frozenset[str]]
    there: frozenset[str]
    unnamed: frozenset[UUID]


def unnamed_at(attendances: Collection[tuple[UUID, str | None]]) -> frozenset[UUID]:
    """Suppliers of which somebody was there who may be any of its people: only counted, or not known by address.

    An erased person's attendance is nobody's whom one could still write to.
    """
    return frozenset(
        supplier_id
        for supplier_id, ref in attendances
        if ref is None or not (person_refs.is_mail(ref) or ref.startswith(person_refs.ERASED))
    )


def everybody(_supplier_id: UUID, _person: Person) -> Meant | None:
    """All are meant."""
    return Meant(frozenset({"everybody"}))


def among(reasons: Mapping[UUID, Collection[str]]) -> Test:
    """Those of these suppliers, each for its reasons."""

    def test(supplier_id: UUID, _person: Person) -> Meant | None:
        found = reasons.get(supplier_id)
        return None if found is None else Meant(frozenset(found))

    return test


def in_role(roles: Collection[str]) -> Test:
    """Those who have one of these roles, however it is spelt in capitals."""
    wanted = {role.casefold() for role in roles}

    def test(_supplier_id: UUID, person: Person) -> Meant | None:
        if person.role is None:
            return Meant(frozenset())
        return Meant(frozenset({f"role {person.role}"})) if person.role.casefold() in wanted else None

    return test


def invited(gathering: Gathering) -> Test:
    """Those who are invited to an event."""
    reason = frozenset({f"invited to {gathering.event_ref}"})

    def test(supplier_id: UUID, person: Person) -> Meant | None:
        return Meant(reason) if _is_invited(gathering, supplier_id, person) else None

    return test


def absent(gathering: Gathering) -> Test:
    """Those who are invited to an event and were not there."""
    reason = frozenset({f"absent from {gathering.event_ref}"})

    def test(supplier_id: UUID, person: Person) -> Meant | None:
        if not _is_invited(gathering, supplier_id, person) or person.person_ref in gathering.there:
            return None
        return Meant(reason, certain=person.person_ref is None or supplier_id not in gathering.unnamed)

    return test


def every(tests: Sequence[Test]) -> Test:
    """Those whom all of these mean."""

    def test(supplier_id: UUID, person: Person) -> Meant | None:
        found: list[Meant] = []
        for one in tests:
            meant = one(supplier_id, person)
            if meant is None:
                return None
            found.append(meant)
        return _together(found, certain=all(meant.certain for meant in found))

    return test


def any_of(tests: Sequence[Test]) -> Test:
    """Those whom at least one of these means; where one does so for certain, the doubts of others do not matter."""

    def test(supplier_id: UUID, person: Person) -> Meant | None:
        found = [meant for one in tests if (meant := one(supplier_id, person)) is not None]
        certain = [meant for meant in found if meant.certain]
        return _together(certain or found, certain=bool(certain)) if found else None

    return test


def _is_invited(gathering: Gathering, supplier_id: UUID, person: Person) -> bool:
    refs = gathering.invited.get(supplier_id, frozenset())
    return bool(refs) if person.person_ref is None else person.person_ref in refs


def _together(found: Sequence[Meant], *, certain: bool) -> Meant:
    return Meant(frozenset().union(*[meant.reasons for meant in found]), certain)
