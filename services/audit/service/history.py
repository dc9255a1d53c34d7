"""Who did what to a finding, and when: its steps, plans, extensions, files and commitments in one line of time."""

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from services.audit.models import Finding, FindingCommitment, FindingExtension, FindingTransition, Plan, StoredFile
from services.audit.repository import commitments as commitments_repository
from services.audit.repository import findings as repository
from services.audit.schemas.history import FindingHistoryEntry


async def list_history(session: AsyncSession, finding: Finding) -> list[FindingHistoryEntry]:
    """All that was done, in order of time; nothing in it is hidden from the finding's supplier."""
    transitions = (await repository.list_transitions(session, [finding.id])).get(finding.id, [])
    told = [
        *_steps(transitions, await repository.list_plans(session, finding.id)),
        *_extensions(await repository.list_extensions(session, finding.id)),
        *_files(await repository.list_files(session, finding.id)),
        *_commitments(await commitments_repository.list_commitments(session, finding.id)),
    ]
    # Sorting keeps the order of what was written down in one transaction.
    told.sort(key=lambda entry: entry.at)
    return [_recording(finding, told), *told]


def _recording(finding: Finding, told: Sequence[FindingHistoryEntry]) -> FindingHistoryEntry:
    # Steps that came with the finding bear their transaction's start, the finding the moment a little later.
    at = min(finding.created_at, told[0].at) if told else finding.created_at
    return FindingHistoryEntry(
        at=at,
        by=finding.created_by,
        what="recorded",
        on=finding.discovered_on,
        reason=None,
        details={"finding_ref": finding.finding_ref},
    )


def _steps(transitions: Sequence[FindingTransition], plans: Iterable[Plan]) -> Iterator[FindingHistoryEntry]:
    """Each step; with a submission goes its plan, written down in the same transaction."""
    submissions = sorted((step for step in transitions if step.to == "plan_submitted"), key=lambda step: step.n)
    plan_of = {step.n: plan for step, plan in zip(submissions, plans, strict=False)}
    for step in transitions:
        details: dict[str, object] = {}
        if plan := plan_of.get(step.n):
            details = {"plan": plan.n, "starts_on": plan.starts_on, "completes_on": plan.completes_on}
        if step.audit_id:
            details = {"audit_id": step.audit_id}
        yield FindingHistoryEntry.model_validate(
            {"at": step.recorded_at, "by": step.by, "what": step.to, "on": step.on, "reason": step.reason}
            | {"details": details}
        )


def _extensions(extensions: Iterable[FindingExtension]) -> Iterator[FindingHistoryEntry]:
    for extension in extensions:
        yield FindingHistoryEntry(
            at=extension.recorded_at,
            by=extension.by,
            what="extended",
            on=None,
            reason=extension.reason,
            details={"due_on_before": extension.due_on_before, "due_on": extension.due_on},
        )


def _files(files: Iterable[StoredFile]) -> Iterator[FindingHistoryEntry]:
    for file in files:
        # A name may tell of a person, like the content that was erased.
        name = None if file.erased_at else file.name
        details = {"file_id": file.id, "name": name, "media_type": file.media_type, "size": file.size}
        yield FindingHistoryEntry(
            at=file.uploaded_at, by=file.uploaded_by, what="file_uploaded", on=None, reason=None, details=details
        )
        if file.withdrawn_at is not None:
            yield FindingHistoryEntry(
                at=file.withdrawn_at,
                by=file.withdrawn_by,
                what="file_withdrawn",
                on=None,
                reason=file.withdrawn_reason,
                details=details,
            )


def _commitments(commitments: Iterable[FindingCommitment]) -> Iterator[FindingHistoryEntry]:
    for commitment in commitments:
        details = {
            "commitment_id": commitment.id,
            "meeting": commitment.meeting,
            "what": commitment.what,
            "due_on": commitment.due_on,
        }
        yield FindingHistoryEntry(
            at=commitment.created_at,
            by=commitment.created_by,
            what="commitment_made",
            on=commitment.made_on,
            reason=None,
            details=details,
        )
        if commitment.ended_at is not None:
            yield FindingHistoryEntry(
                at=commitment.ended_at,
                by=commitment.ended_by,
                what="commitment_kept" if commitment.kept_on else "commitment_withdrawn",
                on=commitment.kept_on or commitment.withdrawn_on,
                reason=commitment.note,
                details=details,
            )
