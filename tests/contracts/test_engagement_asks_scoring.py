"""What engagement asks the scoring service, answered by scoring's real application."""

import httpx
import pytest

from services.engagement import clients
from shared.errors import Unavailable
from tests.engagement.known_people import add_supplier
from tests.stage import Stage

TIERS = ("high", "medium", "low")


async def test_the_suppliers_of_each_risk_tier_are_found_page_by_page(stage: Stage) -> None:
    ids = {await add_supplier(stage, f"S{n}", kind="key" if n % 2 else "oem") for n in range(5)}
    await stage.settle()
    resources = stage.resources("engagement")
    found = [await clients.list_suppliers_in_risk_tier(resources, tier, at_once=2) for tier in TIERS]
    assert sum(len(one) for one in found) == len(ids)
    assert {str(supplier_id) for one in found for supplier_id in one} == ids


async def test_scoring_that_is_away_or_makes_no_sense_is_said_to_be_away(stage: Stage) -> None:
    scoring = stage.transport.applications.pop("scoring")
    try:
        for answering in (None, httpx.MockTransport(lambda _: httpx.Response(200, json={"scores": []}))):
            if answering is not None:
                stage.transport.applications["scoring"] = answering
            with pytest.raises(Unavailable) as raised:
                await clients.list_suppliers_in_risk_tier(stage.resources("engagement"), "high")
            assert raised.value.code == "scoring-away"
    finally:
        stage.transport.applications["scoring"] = scoring
