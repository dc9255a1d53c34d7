"""Taking the other services' events in: new versions of copies, and marks on the suppliers that they change."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.domain import finding_dates
from services.scoring.domain.evidence import AUDIT_KINDS
from services.scoring.domain.policy import SEVERITIES
from services.scoring.models.evidence import (
    AuditCopy,
    CertificateCopy,
    Copy,
    FindingCopy,
    ParticipationCopy,
    SupplierCopy,
    SurveyCopy,
)
from services.scoring.models.scores import Incomplete
from services.scoring.repository import scores
from services.scoring.repository.copies import Changed, Version, store_versions
from services.scoring.repository.scores import News
from shared.feed.following import Event
from shared.tasks import parked_events

Read = Callable[[UUID, Mapping[str, Any]], dict[str, Any] | None]
"""The columns that an event's data comes to; None where it is no evidence (yet)."""


def read_supplier(supplier_id: UUID, data: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a supplier's copy."""
    return {
        "scored_as": UUID(data["merged_into"]) if data["merged_into"] else supplier_id,
        "code": data["code"],
        "name": data["name"],
        "country": data["country"],
        "supply_tier": data["supply_tier"],
        "kind": data["kind"],
        "status": data["status"],
        "annual_spend": data["annual_spend"],
        "identifiers": data["identifiers"],
    }


def read_certificate(_id: UUID, data: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a certificate's copy; a withdrawn one ends the day before."""
    valid_until = date.fromisoformat(data["valid_until"])
    withdrawn_on = _day(data["withdrawn_on"])
    return {
        "supplier_id": UUID(data["supplier_id"]),
        "standard": data["standard"],
        "valid_from": date.fromisoformat(data["valid_from"]),
        "valid_until": valid_until if withdrawn_on is None else min(valid_until, withdrawn_on - timedelta(days=1)),
    }


def read_audit(_id: UUID, data: Mapping[str, Any]) -> dict[str, Any] | None:
    """The columns of an audit's copy; None for one that is only planned, which shows nothing of its supplier."""
    if data["conducted_on"] is None:
        return None
    return {
        "supplier_id": UUID(data["supplier_id"]),
        "kind": _one_of(AUDIT_KINDS, data["kind"]),
        "scope": sorted(data["scope"]),
        "site_code": data["site_code"],
        "conducted_on": date.fromisoformat(data["conducted_on"]),
        "withdrawn_on": _day(data["withdrawn_on"]),
    }


def read_finding(_id: UUID, data: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a finding's copy; its transitions also as the dates that stand after all of them."""
    steps = [(step["to"], date.fromisoformat(step["on"])) for step in data["transitions"]]
    standing = finding_dates.collapsed(steps)
    return {
        "supplier_id": UUID(data["supplier_id"]),
        "standard": data["standard"],
        "code_version": data["code_version"],
        "provision": data["provision"],
        "severity": _one_of(SEVERITIES, data["severity"]),
        "site_code": data["site_code"],
        "discovered_on": date.fromisoformat(data["discovered_on"]),
        "due_on": date.fromisoformat(data["due_on"]),
        "approved_on": standing.approved_on,
        "implemented_on": standing.implemented_on,
        "closed_on": standing.closed_on,
        "withdrawn_on": standing.withdrawn_on,
        "voided_on": standing.voided_on,
        "transitions": [{"to": step["to"], "on": step["on"]} for step in data["transitions"]],
    }


def read_survey(_id: UUID, data: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a survey response's copy."""
    answers = sorted(data["scores"].items())
    return {
        "supplier_id": UUID(data["supplier_id"]),
        "due_on": _day(data["due_on"]),
        "submitted_on": _day(data["submitted_on"]),
        "categories": [category for category, _ in answers],
        "scores": [float(answer["score"]) for _, answer in answers],
        "answered_on": [date.fromisoformat(answer["submitted_on"]) for _, answer in answers],
    }


def read_participation(_id: UUID, data: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a participation's copy."""
    return {
        "supplier_id": UUID(data["supplier_id"]),
        "subject_id": UUID(data["subject_id"]),
        "kind": data["kind"],
        "on": date.fromisoformat(data["on"]),
        "counts": bool(data["counts"]),
    }


KEPT: dict[tuple[str, str], tuple[type[Copy], Read]] = {
    ("registry", "supplier"): (SupplierCopy, read_supplier),
    ("registry", "certificate"): (CertificateCopy, read_certificate),
    ("audit", "audit"): (AuditCopy, read_audit),
    ("audit", "finding"): (FindingCopy, read_finding),
    ("audit", "survey_response"): (SurveyCopy, read_survey),
    ("engagement", "participation"): (ParticipationCopy, read_participation),
}
"""Which resources of which feed are evidence; all others are passed over."""

FORGET_PARKED = text("""
    WITH made_up_for AS (
        DELETE FROM feed_parked WHERE source = :source AND event ->> 'resource_id' = ANY(CAST(:ids AS text[]))
        RETURNING source, pos
    ), buried AS (
        DELETE FROM task USING made_up_for
        WHERE task.kind = :kind AND task.status = 'dead' AND task.payload ->> 'source' = made_up_for.source
            AND (task.payload ->> 'pos')::bigint = made_up_for.pos
    )
    DELETE FROM incomplete USING made_up_for
    WHERE incomplete.source = made_up_for.source AND incomplete.pos = made_up_for.pos
""")

SOURCES = ("registry", "audit", "engagement")


async def apply_events(session: AsyncSession, source: str, events: Sequence[Event]) -> None:
    """Store a page of events as new versions and mark the suppliers whose evidence really changed."""
    await scores.hold_evidence(session)
    by_resource: dict[str, list[Event]] = {}
    for event in events:
        by_resource.setdefault(event.resource, []).append(event)
    touched: dict[UUID, News] = {}
    news = {event.pos: News(event.time, event.trace) for event in events}
    for resource, those in by_resource.items():
        if (source, resource) not in KEPT:
            continue
        kind, read = KEPT[source, resource]
        states = [(event, read(event.resource_id, event.data)) for event in those]
        versions = [Version(event.resource_id, event.pos, state) for event, state in states if state is not None]
        changed = await store_versions(session, kind, versions)
        for change in changed:
            for supplier_id in _suppliers_of(change):
                touched.setdefault(supplier_id, news[change.version.pos])
        await _forget_parked(session, source, [change.version.id for change in changed])
    await scores.mark_dirty(session, touched)


async def note_incomplete(session: AsyncSession, source: str, event: Event) -> None:
    """Mark the supplier of an event that could not be applied: its score lacks something."""
    supplier_id = event.resource_id if event.resource == "supplier" else _supplier_named_in(event.data)
    if supplier_id is not None:
        values = {"supplier_id": supplier_id, "source": source, "pos": event.pos}
        await session.execute(upsert(Incomplete).values(values).on_conflict_do_nothing())


async def note_complete(session: AsyncSession, source: str, event: Event) -> None:
    """Take that mark back: the event was applied after all."""
    await session.execute(delete(Incomplete).where(Incomplete.source == source, Incomplete.pos == event.pos))


async def _forget_parked(session: AsyncSession, source: str, resource_ids: Sequence[UUID]) -> None:
    """A newer event of a resource makes up for one of it that was parked: nothing is missing any more."""
    if resource_ids:
        await session.execute(
            FORGET_PARKED,
            {
                "source": source,
                "ids": [str(resource_id) for resource_id in resource_ids],
                "kind": parked_events.TASK_KIND,
            },
        )


def _suppliers_of(change: Changed) -> set[UUID]:
    """Whose score a change bears on: both suppliers where a piece of evidence, or a merge, goes from one to another."""
    states = [change.version.values] + ([change.before] if change.before is not None else [])
    if "scored_as" in change.version.values:
        return {change.version.id, *(state["scored_as"] for state in states)}
    return {state["supplier_id"] for state in states}


def _supplier_named_in(data: Mapping[str, Any]) -> UUID | None:
    try:
        return UUID(data["supplier_id"])
    except (KeyError, ValueError, TypeError):
        return None


def _one_of(allowed: Sequence[str], value: str) -> str:
    """`value`, or ValueError: an event that cannot be scored is parked, before it can hold its supplier up."""
    if value not in allowed:
        raise ValueError(f"{value!r} is none of {', '.join(allowed)}")
    return value


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
