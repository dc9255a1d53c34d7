"""The audit service's question for the policy against scoring's real application, and without it."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from services.audit.clients import ScoringClient
from shared.errors import Unavailable
from tests.stage import Stage

LATER_POLICY = """
    INSERT INTO policy (version, name, status, valid_from, document, created_by)
    SELECT 2, 'stricter', 'published', CURRENT_DATE + 1, document || '{"version": 2, "name": "stricter"}', 'test'
    FROM policy WHERE version = 1
"""
TODAY = datetime.now(UTC).date()


async def test_the_policy_in_force_says_where_provisions_count(stage: Stage) -> None:
    policy = await ScoringClient(stage.resources("audit")).policy_on(TODAY)
    assert policy.version == 1
    mapped = {(each.standard, each.version, each.provision): each.category for each in policy.provision_categories}
    assert len(mapped) == 42
    assert mapped["RBA", "8.0", "C6"] == "product_liability"
    assert policy.section_categories["*"] == "management_system"


async def test_a_later_policy_holds_from_its_day_on(stage: Stage) -> None:
    await stage.psql("scoring", LATER_POLICY)
    client = ScoringClient(stage.resources("audit"))
    assert (await client.policy_on(TODAY)).version == 1
    assert (await client.policy_on(TODAY + timedelta(days=2))).version == 2


@pytest.mark.parametrize("answer", [httpx.Response(200, json={"items": []}), httpx.Response(500), None])
async def test_without_a_policy_it_is_away(stage: Stage, answer: httpx.Response | None) -> None:
    application = stage.transport.applications.pop("scoring")
    if answer is not None:
        stage.transport.applications["scoring"] = httpx.MockTransport(lambda _request: answer)
    try:
        with pytest.raises(Unavailable) as refused:
            await ScoringClient(stage.resources("audit")).policy_on(TODAY)
    finally:
        stage.transport.applications["scoring"] = application
    assert refused.value.code == "policy-away"
