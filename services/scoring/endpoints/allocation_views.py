"""How an allocation is shown: its figures, what binds them, and both in words."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from services.scoring.domain.allocation import Bound, Reason, explain, in_words, nearest
from services.scoring.models.allocations import Allocation
from services.scoring.schemas.allocation_what_if import AdviceView, MoveView, TriedView
from services.scoring.schemas.allocations import AllocationLineView, AllocationView
from services.scoring.service.allocation import limits
from services.scoring.service.allocation.proposals import Proposal, values_of
from services.scoring.service.allocation.what_if import Tried


def view(allocation: Allocation) -> AllocationView:
    """An allocation as the API shows it."""
    shown = values_of(allocation)
    lines = [values_of(line) for line in allocation.lines]
    return AllocationView.model_validate({**shown, **show(shown, lines)})


def show(values: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What is shown of a commodity's limits, of what binds its shares, and of its lines."""
    shown = [_show_line(line) for line in lines]
    return {
        "limits": limits.view(values["limits"]),
        "binding": [
            {
                "supplier_code": line["supplier_code"],
                "bound": line["bound"],
                "text": in_words(Reason(line["bound"])),
                "at": _at(line),
            }
            for line in lines
            if line["bound"] != Bound.NONE.name.lower()
        ],
        "lines": [AllocationLineView.model_validate(line) for line in shown],
    }


def show_tried(tried: Tried) -> TriedView:
    """A commodity as it is, as it would be, and what lies between."""
    present = {line["supplier_code"]: line["recommended_share"] for line in tried.present.lines}
    changed = {line["supplier_code"]: line["recommended_share"] for line in tried.changed.lines}
    differences = {
        code: None if changed[code] is None or share is None else changed[code] - share
        for code, share in present.items()
    }
    known = [abs(difference) for difference in differences.values() if difference is not None]
    return TriedView(
        commodity=tried.present.values["commodity"],
        present=_advice(tried.present),
        changed=_advice(tried.changed),
        moves=[
            MoveView(
                supplier_code=code,
                present_share=present[code],
                changed_share=changed[code],
                difference=differences[code],
            )
            for code in present
        ],
        moved_share=float(sum(known) / 2) if len(known) == len(present) else None,
    )


def _advice(proposal: Proposal) -> AdviceView:
    return AdviceView.model_validate({**proposal.values, **show(proposal.values, proposal.lines)})


def _show_line(line: Mapping[str, Any]) -> dict[str, Any]:
    recommended, overridden = line["recommended_share"], line["overridden_share"]
    effects = line["effects"] and {name: Decimal(effect) for name, effect in line["effects"].items()}
    return {
        **line,
        "delta": None if recommended is None else recommended - line["baseline_share"],
        "share": recommended if overridden is None else overridden,
        "effects": effects,
        "reasons": [{"code": code, "text": in_words(Reason(code))} for code in line["reasons"]],
        "explanation": explain(
            baseline=line["baseline_share"],
            recommended=recommended,
            effects=effects,
            bound=Bound[line["bound"].upper()],
            at=_at(line),
        ),
    }


def _at(line: Mapping[str, Any]) -> Decimal | None:
    return nearest(line["recommended_share"], line["lower_share"], line["upper_share"])
