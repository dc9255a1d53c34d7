"""Whom the annual risk identification looks at."""

from decimal import Decimal

import pytest

from services.scoring.domain.identification import LeftOut, why_left_out
from services.scoring.domain.policy import Identification

ALL = Identification()
ABOVE = Identification(least_annual_spend=0.1, currency="TWD")


@pytest.mark.parametrize(
    ("status", "amount", "currency", "rules", "reason"),
    [
        ("active", None, None, ALL, None),
        ("probation", Decimal(1), "EUR", ALL, None),
        ("prospect", None, None, ALL, "not_active"),
        ("suspended", Decimal(9), "TWD", ABOVE, "not_active"),
        ("inactive", Decimal(9), "TWD", ABOVE, "not_active"),
        ("active", None, None, ABOVE, "no_spend"),
        ("active", Decimal(9), "EUR", ABOVE, "other_currency"),
        ("active", Decimal("0.09"), "TWD", ABOVE, "below_spend"),
        ("active", Decimal("0.10"), "TWD", ABOVE, None),
        ("probation", Decimal(9), "TWD", ABOVE, None),
    ],
)
def test_a_supplier_is_left_out_for_one_reason_or_looked_at(
    status: str, amount: Decimal | None, currency: str | None, rules: Identification, reason: LeftOut | None
) -> None:
    assert why_left_out(status, amount, currency, rules) == reason
