"""What happened to a finding or an assessment, told from how it counted before and after."""

from services.scoring.domain.changes.contribution import Piece

_INTO = {"closed": "finding_closed", "overdue": "finding_overdue", "plan_approved": "finding_plan_approved"}


def finding_cause(before: Piece | None, after: Piece | None) -> str:
    """Return the code of what happened to a finding that counts otherwise than before."""
    counted, counts = before is not None and before["counts"], after is not None and after["counts"]
    if counted and counts and before is not None and after is not None:
        return _other_state(before, after)
    if counts:
        was = None if before is None else before["state"]
        return {"withdrawn": "finding_restored", "closed": "finding_reopened"}.get(was or "", "finding_new")
    is_now = None if after is None else after["state"]
    return {
        None: "finding_gone",
        "withdrawn": "finding_withdrawn",
        "closed": "finding_left_window",
    }.get(is_now, "finding_corrected")


def assessment_cause(before: Piece | None, after: Piece | None) -> str:
    """Return the code of what happened to an audit that assesses otherwise than before."""
    counted, counts = before is not None and before["counts"], after is not None and after["counts"]
    if counted and counts:
        return "assessment_corrected"
    if counts:
        return "assessment_new"
    return "assessment_withdrawn" if after is None else "assessment_lapsed"


def _other_state(before: Piece, after: Piece) -> str:
    if before["state"] == after["state"]:
        return "finding_corrected"
    if before["state"] == "closed":
        return "finding_reopened"
    return _INTO.get(after["state"], "finding_open_again")
