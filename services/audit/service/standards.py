"""The code catalogue: adding editions of standards, and saying what is wrong with a provision that is in none."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.domain import provisions
from services.audit.domain.provisions import Complaint, ProvisionName
from services.audit.models import Standard
from services.audit.repository import standards as repository
from services.audit.schemas.standards import NewStandard
from shared import journal
from shared.auth.principal import Actor
from shared.errors import Conflict, FieldError, Invalid
from shared.holding import hold
from shared.ids import new_id
from shared.journal import Change

Complaints = Mapping[ProvisionName, Complaint]
"""What is wrong with each provision that there is not."""


async def find_complaints(session: AsyncSession, named: Collection[ProvisionName]) -> Complaints:
    """What is wrong with those of these provisions that there are not, with the nearest valid ones."""
    unknown = set(named) - await repository.find_known(session, named)
    if not unknown:
        return {}
    catalogue = await repository.load_catalogue(session)
    found = {name: provisions.complaint(name, catalogue) for name in unknown}
    return {name: complaint for name, complaint in found.items() if complaint is not None}


async def add_standard(session: AsyncSession, actor: Actor, new: NewStandard) -> Standard:
    """A further edition, which never changes; Conflict where it is held, Invalid where it does not fit together."""
    await hold(session, "standard", new.standard, new.version)
    if await repository.edition_is_taken(session, new.standard, new.version):
        raise Conflict(
            f"{new.standard} {new.version} is held and never changes; add a correction under another version.",
            code="edition-taken",
        )
    _check(new)
    standard = Standard(
        id=new_id(), standard=new.standard, version=new.version, title=new.title, sections=new.sections,
        created_by=actor.sub,
    )  # fmt: skip
    session.add(standard)
    await session.flush()
    edition = {"standard": new.standard, "version": new.version}
    rows = [provision.model_dump() for provision in new.provisions]
    await repository.add_provisions(
        session, [edition | row | {"position": position} for position, row in enumerate(rows, start=1)]
    )
    await session.refresh(standard)
    await journal.record(session, actor, [Change("standard.created", standard.id, 1, _feed_state(standard, len(rows)))])
    return standard


async def check_standard_known(session: AsyncSession, standard: str, version: str | None) -> None:
    """Raise Invalid, naming what is held, where there is no such standard or version."""
    catalogue = await repository.load_catalogue(session)
    if not any(standard == held and version in (None, edition) for held, edition in catalogue):
        named = " ".join(filter(None, (standard, version)))
        raise Invalid(f"There is no {named}; held are {provisions.editions(catalogue)}.", code="standard-unknown")


def _check(new: NewStandard) -> None:
    errors: list[FieldError] = []
    seen: set[str] = set()
    for n, provision in enumerate(new.provisions):
        if provision.section not in new.sections:
            errors.append(FieldError(f"#/provisions/{n}/section", f"there is no section {provision.section}"))
        if provision.code in seen:
            errors.append(FieldError(f"#/provisions/{n}/code", f"{provision.code} comes twice"))
        seen.add(provision.code)
    if errors:
        raise Invalid("The standard does not fit together.", fields=errors)


def _feed_state(standard: Standard, provisions_held: int) -> dict[str, Any]:
    """An edition as the feed tells it: what thousands of provisions are called is asked for where it is needed."""
    return {
        "standard": standard.standard,
        "code_version": standard.version,  # `version` is the resource's own, as of all that the feed tells
        "title": standard.title,
        "provisions": provisions_held,
    }
