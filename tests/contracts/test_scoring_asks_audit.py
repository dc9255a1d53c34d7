"""What scoring asks the audit service of standards and provisions, answered by audit's real application."""

import httpx
import pytest

from services.scoring.clients import AuditClient
from shared.errors import Unavailable
from tests.scoring.policy_makers import PolicyMakers
from tests.stage import Stage

SA8000 = {
    "standard": "SA8000",
    "version": "2014",
    "title": "Social Accountability",
    "sections": {"1": "Child Labour"},
    "provisions": [{"code": "1.1", "title": "Child labour", "section": "1"}],
}


async def test_all_editions_are_told_page_by_page_and_the_provisions_of_those_asked_for(stage: Stage) -> None:
    async with stage.machine("audit", "audit:write") as client:
        assert (await client.post("/v1/standards", json=SA8000)).status_code == 201
    catalogue = await AuditClient(stage.resources("scoring"), at_once=1).read_catalogue({"RBA", "nobody's"})
    assert catalogue["SA8000", "2014"] == []
    assert len(catalogue["RBA", "8.0"]) == 42
    assert catalogue["RBA", "8.0"][:2] == ["A1", "A2"]


async def test_a_policy_may_map_what_was_just_added_to_the_catalogue(stage: Stage) -> None:
    makers = PolicyMakers(stage)
    mapped = {"standard": "SA8000", "version": "2014", "provision": "1.1", "category": "labor_employment"}
    body = {"name": "both codes", "based_on": 1, "document": {"provisions": [mapped]}}
    assert (await makers.send("POST", "", body)).status_code == 422
    async with stage.machine("audit", "audit:write") as client:
        assert (await client.post("/v1/standards", json=SA8000)).status_code == 201
    assert (await makers.send("POST", "", body)).status_code == 201


@pytest.mark.parametrize("answer", [httpx.Response(200, json={"standards": []}), httpx.Response(500), None])
async def test_while_audit_is_away_no_policy_that_names_provisions_is_drafted(
    stage: Stage, answer: httpx.Response | None
) -> None:
    makers = PolicyMakers(stage)
    audit = stage.transport.applications.pop("audit")
    if answer is not None:
        stage.transport.applications["audit"] = httpx.MockTransport(lambda _request: answer)
    try:
        with pytest.raises(Unavailable) as refused:
            await AuditClient(stage.resources("scoring")).read_catalogue({"RBA"})
        assert refused.value.code == "audit-away"
        assert (await makers.send("POST", "", {"name": "later", "based_on": 1})).status_code == 503
        assert (await makers.send("GET", "/2")).status_code == 404
        without = await makers.draft({"categories": [{"code": "all", "weight": 1}]}, based_on=None)
        assert (await makers.publish(without)).status_code == 200
    finally:
        stage.transport.applications["audit"] = audit
