"""Taking in what learning systems tell: all statements of a request or none, each only once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.domain import person_refs, rules, xapi
from services.engagement.models import Course, XapiStatement
from services.engagement.repository import courses as courses_repository
from services.engagement.repository import xapi as repository
from services.engagement.repository.courses import Completed
from services.engagement.schemas.xapi import Statement
from services.engagement.service import courses, suppliers
from services.engagement.service.courses import Studied
from services.engagement.service.suppliers import Known
from shared.auth.principal import Actor
from shared.errors import Conflict, FieldError, Invalid, Malformed
from shared.ids import new_id
from shared.web.resources import Resources


@dataclass(frozen=True, slots=True)
class Told:
    """A statement with what it says: where it stands in the request, and of whom, as far as that is known."""

    pointer: str
    id: UUID
    digest: str
    statement: Statement
    person_ref: str
    supplier_code: str | None


@dataclass(slots=True)
class _Meaning:
    """A new statement, understood."""

    told: Told
    verb: xapi.Verb
    course: Course
    supplier: Known | None


@dataclass(slots=True)
class _Reading:
    """What it takes to understand statements, and what could not be understood."""

    by_name: Mapping[str, list[Course]]
    known: Mapping[str, Known]
    now: datetime
    errors: list[FieldError] = field(default_factory=list)


async def learn_suppliers(resources: Resources, statements: Sequence[Statement]) -> dict[str, Known]:
    """The suppliers that the statements name, by code; asks the registry, so it comes before the transaction."""
    codes = {xapi.supplier_code(one.extensions, one.account_name) for one in statements}
    by_code, _ = await suppliers.learn(resources, {code for code in codes if code and xapi.may_be_code(code)})
    return by_code


def read_statements(key: bytes, statements: Sequence[Statement], raw: Any) -> list[Told]:
    """The statements with ids, made where they have none; Malformed where two have the same.

    `raw` is the body as it was sent, `key` the secret that identifiers of persons and whole statements are hashed with.
    """
    single = isinstance(raw, dict)
    told = [
        Told(
            pointer="#" if single else f"#/{place}",
            id=statement.id or new_id(),
            digest=xapi.digest(key, sent),
            statement=statement,
            person_ref=_person_ref(key, statement),
            supplier_code=xapi.supplier_code(statement.extensions, statement.account_name),
        )
        for place, (statement, sent) in enumerate(zip(statements, [raw] if single else raw, strict=True))
    ]
    ids = [one.id for one in told]
    twice = [FieldError(f"{one.pointer}/id", "comes twice") for i, one in enumerate(told) if one.id in ids[:i]]
    if twice:
        raise Malformed("Two statements have the same id; nothing was stored.", code="duplicate-id", fields=twice)
    return told


def _person_ref(key: bytes, statement: Statement) -> str:
    actor = statement.actor
    if actor.account is not None:
        return person_refs.of_account(key, actor.account.homePage, actor.account.name)
    if actor.mbox is not None:
        return person_refs.of_address(key, actor.mbox.removeprefix("mailto:"))
    return person_refs.of_mbox_sha1sum(key, actor.mbox_sha1sum or "")


async def store_statements(
    session: AsyncSession, actor: Actor, told: Sequence[Told], known: Mapping[str, Known]
) -> list[UUID]:
    """Take in those that are new, count them, and return the ids of all.

    Conflict where an id was used for another statement, Invalid where one cannot be understood: then none is kept.
    """
    names = {one.statement.object.id for one in told}
    codes = {code for name in names if (code := xapi.course_code(name)) is not None}
    # Held first: whoever sends the same statements at the same time waits here, and then finds them stored.
    held = await courses_repository.lock_named(session, codes, names)
    stored = await repository.find_digests(session, [one.id for one in told])
    changed = [one for one in told if stored.get(one.id, one.digest) != one.digest]
    if changed:
        fields = [FieldError(f"{one.pointer}/id", "was used for another statement") for one in changed]
        raise Conflict("A statement with this id says something else.", code="statement-differs", fields=fields)
    reading = _Reading(_by_name(names, held), known, datetime.now(UTC))
    meanings = [_understand(one, reading) for one in told if one.id not in stored]
    if reading.errors:
        raise Invalid("Not every statement can be understood; none was stored.", fields=reading.errors)
    await _count(session, actor, [one for one in meanings if one is not None], reading.now)
    return [one.id for one in told]


def _by_name(names: set[str], held: Sequence[Course]) -> dict[str, list[Course]]:
    """What statements call courses -> the courses."""
    return {
        name: [course for course in held if course.code == xapi.course_code(name) or name in course.links]
        for name in names
    }


def _understand(told: Told, reading: _Reading) -> _Meaning | None:
    statement = told.statement
    complaints: list[rules.Complaint] = []
    verb = xapi.VERBS.get(statement.verb.id)
    found = reading.by_name[statement.object.id]
    supplier = reading.known.get(told.supplier_code or "")
    if verb is None:
        complaints.append(("verb/id", f"is not understood here; these are: {', '.join(xapi.VERBS)}"))
    elif statement.result is not None:
        wrong = xapi.complaint_about_result(verb, statement.result.success, statement.result.completion)
        complaints += [] if wrong is None else [(f"result/{wrong[0]}", wrong[1])]
    if len(found) != 1:
        complaints.append(("object/id", "is a link of several courses" if found else "is no course of the catalogue"))
    if told.supplier_code is not None and supplier is None:
        complaints.append(("context/extensions", "no supplier has the code that these, or else the account, name"))
    elif supplier is None and verb != "viewed":
        complaints.append(("context/extensions", f"must name the supplier, by {xapi.SUPPLIER_EXTENSION}"))
    if statement.timestamp is not None:
        late = xapi.complaint_about_time(statement.timestamp, reading.now)
        complaints += [] if late is None else [("timestamp", late)]
    if complaints or verb is None:
        reading.errors += [FieldError(f"{told.pointer}/{name}", detail) for name, detail in complaints]
        return None
    return _Meaning(told, verb, found[0], supplier)


async def _count(session: AsyncSession, actor: Actor, meanings: Sequence[_Meaning], now: datetime) -> None:
    """Keep the statements, and record the views and completions that they come to."""
    views: dict[tuple[UUID, Known | None, Any], int] = {}
    wanted: dict[Completed, Known] = {}
    for one in meanings:
        on = rules.utc_day(one.told.statement.occurred_at(now))
        if one.verb == "viewed" or one.supplier is None:
            views[one.course.id, one.supplier, on] = views.get((one.course.id, one.supplier, on), 0) + 1
        else:
            wanted[one.course.id, one.supplier.id, one.told.person_ref, on] = one.supplier
    recorded = await courses_repository.find_completed(session, wanted)
    studied = {one.course.id: Studied(one.course) for one in meanings}
    for (course_id, known, on), count in views.items():
        studied[course_id].views.append(courses.new_view(course_id, known, on, count))
    for key, known in wanted.items():
        if key not in recorded:
            studied[key[0]].completions.append(courses.new_completion(key[0], known, key[2], key[3]))
    session.add_all([_row(one, now) for one in meanings])
    await courses.record(session, actor, [one for one in studied.values() if one.views or one.completions])


def _row(one: _Meaning, now: datetime) -> XapiStatement:
    return XapiStatement(
        id=one.told.id,
        digest=one.told.digest,
        verb=one.verb,
        course_id=one.course.id,
        supplier_id=one.supplier.id if one.supplier else None,
        occurred_at=one.told.statement.occurred_at(now),
    )
