"""Which participation earns which credit."""

from services.scoring.domain.evidence import PARTICIPATION_KINDS, ParticipationKind

CREDITED_AS: dict[str, ParticipationKind] = {"forum": "event", "training": "event", "course": "course"}


def participation_code(kind: str) -> int:
    """The index in PARTICIPATION_KINDS of what engagement calls `kind`; support meetings earn nothing."""
    return PARTICIPATION_KINDS.index(CREDITED_AS.get(kind, "uncredited"))
