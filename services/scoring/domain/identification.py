"""The rules of the annual risk identification: whom it looks at, and what became of a supplier since another one."""

from decimal import Decimal
from typing import Literal, get_args

from services.scoring.domain.policy import Identification

STATUSES = ("active", "probation")
"""Who is bought from: those on probation too; prospects not yet, the suspended and inactive not now."""

LeftOut = Literal["not_active", "no_spend", "other_currency", "below_spend"]
LEFT_OUT: tuple[LeftOut, ...] = get_args(LeftOut)

Change = Literal["rose", "fell", "new", "gone"]
"""`rose` is to a higher risk tier."""


def why_left_out(status: str, spend: Decimal | None, currency: str | None, rules: Identification) -> LeftOut | None:
    """Return why a supplier is left out, or None; amounts in different currencies cannot be compared."""
    if status not in STATUSES:
        return "not_active"
    if rules.least_annual_spend is None:
        return None
    if spend is None:
        return "no_spend"
    if currency != rules.currency:
        return "other_currency"
    # as it is written in the policy: 0.1 is a tenth, not the binary number beside it
    return "below_spend" if spend < Decimal(str(rules.least_annual_spend)) else None
