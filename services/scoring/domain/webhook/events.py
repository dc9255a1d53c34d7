"""What webhooks tell: which changes of the feed, under which names, and what is said of each."""

from collections.abc import Mapping
from typing import Any, Final

SCORE_CHANGED: Final = "score.changed"
RISK_TIER_CHANGED: Final = "risk_tier.changed"
QBR_PUBLISHED: Final = "qbr.published"
ALLOCATION_APPROVED: Final = "allocation.approved"
TEST: Final = "webhook.test"
"""Sent when somebody asks for it, whatever a webhook listens to."""

EVENT_TYPES: Final = (SCORE_CHANGED, RISK_TIER_CHANGED, QBR_PUBLISHED, ALLOCATION_APPROVED)

EVENT_OF_CHANGE: Final[Mapping[str, str]] = {
    "score.changed": SCORE_CHANGED,
    "risk_tier.changed": RISK_TIER_CHANGED,
    "qbr.published": QBR_PUBLISHED,
    "allocation.approved": ALLOCATION_APPROVED,
    # For whoever places orders it is as good as approved; its status says which it was.
    "allocation.overridden": ALLOCATION_APPROVED,
}
"""Type of a change in this service's feed -> type of the event that webhooks send."""

MOST_LINES: Final = 100
"""Lines of an allocation that go along; with more, the message would outgrow the 20 kB that receivers may expect."""

TOLD: Final[Mapping[str, tuple[str, ...]]] = {
    SCORE_CHANGED: (
        "supplier_id", "supplier_code", "score", "base", "credit", "risk_tier", "tier_reasons", "basis", "confidence",
        "categories", "policy_version", "as_of", "computed_at",
    ),
    RISK_TIER_CHANGED: ("supplier_id", "supplier_code", "risk_tier", "previous", "tier_reasons", "score_version"),
    QBR_PUBLISHED: ("quarter", "revision", "policy_version", "grades"),
    ALLOCATION_APPROVED: (
        "qbr_quarter", "qbr_revision", "commodity", "status", "valid_from", "valid_to", "supersedes",
    ),
}  # fmt: skip
"""The fields of a change that are sent; a closed list, so that nothing leaves the house because a feed grew."""


def changes_for(events: list[str]) -> list[str]:
    """The types of change in the feed that a webhook for these events must be told."""
    return [change for change, event in EVENT_OF_CHANGE.items() if event in events]


def tell(event: str, state: Mapping[str, Any]) -> dict[str, Any]:
    """What is sent of a resource's state, without people and free text."""
    told = {name: state.get(name) for name in TOLD[event]}
    if event == ALLOCATION_APPROVED:
        lines = state["lines"]
        told["lines"] = [_tell_line(line) for line in lines] if len(lines) <= MOST_LINES else None
    return told


def _tell_line(line: Mapping[str, Any]) -> dict[str, Any]:
    overridden = line["overridden_share"]
    share = line["recommended_share"] if overridden is None else overridden
    return {"supplier_id": line["supplier_id"], "supplier_code": line["supplier_code"], "share": share}
