"""Explanations and changes over HTTP: past days, past knowledge, the policy of the day, languages."""

import asyncio
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.scoring.domain.policy import DEFAULT
from services.scoring.domain.policy.document import to_dict
from services.scoring.service import country_risks
from shared.auth.principal import Actor
from shared.ids import new_id
from tests.scoring.feeding import Feeds, drain, finding_event, statements, supplier_event
from tests.stage import Stage

OTHER_POLICY = 21_001
"""Versions are read once per process, so this one is used nowhere else."""
SPRING, SUMMER = date(2024, 3, 31), date(2024, 9, 30)
DATES = {"discovered_on": "2024-01-15", "due_on": "2024-09-12"}
HALF_OF_LABOUR = 0.25 * 0.5


@pytest.fixture
def feeds(stage: Stage) -> Feeds:
    return Feeds(stage)


async def a_supplier_with_a_finding(stage: Stage, feeds: Feeds) -> tuple[UUID, UUID]:
    """A major finding of January, due on 12 September; nothing else is known."""
    supplier_id, finding_id = new_id(), new_id()
    await feeds.tell("registry", supplier_event(0, supplier_id, code="S1"))
    await feeds.tell("audit", finding_event(0, supplier_id, finding_id, **DATES))
    await drain(stage, datetime.now(UTC).date())
    return supplier_id, finding_id


async def changes(stage: Stage, supplier_id: UUID, **params: Any) -> dict[str, Any]:
    async with stage.machine("scoring", "scoring:read") as client:
        answer = await client.get(f"/v1/scores/{supplier_id}/changes", params=params)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


def points(found: dict[str, Any]) -> dict[str, float]:
    return {each["cause"]: each["points"] for each in found["contributions"]}


async def publish_other_policy(stage: Stage, valid_from: date) -> None:
    document = to_dict(DEFAULT) | {"version": OTHER_POLICY, "name": "strict", "factors": {"open": 2, "overdue": 3}}
    query = (
        "INSERT INTO policy (version, name, status, valid_from, document, created_by)"
        " VALUES ($1, 'strict', 'published', $2, $3, 'tests')"
    )
    await stage.psql("scoring", query, OTHER_POLICY, valid_from, json.dumps(document))


async def test_between_two_days_each_change_has_its_points(stage: Stage, feeds: Feeds) -> None:
    supplier_id, finding_id = await a_supplier_with_a_finding(stage, feeds)
    found = await changes(stage, supplier_id, **{"from": "2024-01-01", "to": SPRING.isoformat()})
    assert [(each["cause"], each["id"], each["points"]) for each in found["contributions"]] == [
        ("finding_new", str(finding_id), -12 * HALF_OF_LABOUR)
    ]
    assert (found["before"]["score"], found["after"]["score"], found["difference"]) == (56.5, 55.0, -1.5)
    later = await changes(stage, supplier_id, **{"from": SPRING.isoformat(), "to": SUMMER.isoformat()})
    assert points(later) == {"finding_overdue": -6 * HALF_OF_LABOUR}
    assert later["contributions"][0]["before"]["provision"] == "A3"
    whole = await changes(stage, supplier_id, **{"from": "2024-01-01", "to": SUMMER.isoformat()})
    total = sum(Decimal(str(each["points"])) for each in whole["contributions"])
    assert total == Decimal(str(whole["difference"])) == Decimal("-2.25")


async def test_late_evidence_shows_between_two_states_of_knowledge_about_the_same_day(
    stage: Stage, feeds: Feeds
) -> None:
    supplier_id, finding_id = await a_supplier_with_a_finding(stage, feeds)
    known_at = datetime.now(UTC)
    await asyncio.sleep(0.002)
    closed = [{"to": "closed", "on": "2024-02-01"}]
    await feeds.tell("audit", finding_event(0, supplier_id, finding_id, transitions=closed, **DATES))
    await drain(stage, known_at.date())
    params = {"from": SPRING.isoformat(), "from_known_at": known_at.isoformat(), "to": SPRING.isoformat()}
    found = await changes(stage, supplier_id, **params)
    assert points(found) == {"finding_closed": 1.2}
    assert found["before"]["positions"]["audit"] < found["after"]["positions"]["audit"]
    as_known = await changes(stage, supplier_id, **params, to_known_at=known_at.isoformat())
    assert (as_known["contributions"], as_known["difference"]) == ([], 0)


async def test_on_each_day_the_policy_of_that_day_holds_and_before_the_first_the_first(
    stage: Stage, feeds: Feeds
) -> None:
    await publish_other_policy(stage, SUMMER)
    supplier_id, _ = await a_supplier_with_a_finding(stage, feeds)
    known_at = datetime.now(UTC).isoformat()
    first = {"points": 12 * HALF_OF_LABOUR, "policy": 1}
    expected = {
        "1990-01-01": {"points": 0, "policy": 1},
        SPRING.isoformat(): first,
        (SUMMER - timedelta(1)).isoformat(): {"points": 12 * 1.5 * HALF_OF_LABOUR, "policy": 1},
        SUMMER.isoformat(): {"points": 12 * 3 * HALF_OF_LABOUR, "policy": OTHER_POLICY},
    }
    async with stage.machine("scoring") as client:
        for day, told in expected.items():
            for params in ({"as_of": day}, {"as_of": day, "known_at": known_at}):
                score = (await client.get(f"/v1/scores/{supplier_id}", params=params)).json()
                explanation = (await client.get(f"/v1/scores/{supplier_id}/explanation", params=params)).json()
                assert (score["score"], score["policy_version"]) == (56.5 - told["points"], told["policy"])
                assert (explanation["score"], explanation["policy_version"]) == (score["score"], told["policy"])
        alone = (await client.get(f"/v1/scores/{supplier_id}", params={"known_at": known_at})).json()
    assert (alone["policy_version"], alone["as_of"]) == (OTHER_POLICY, known_at[:10])
    found = await changes(stage, supplier_id, **{"from": SPRING.isoformat(), "to": SUMMER.isoformat()})
    assert points(found) == {"policy_changed": -1.5, "finding_overdue": -1.5}


async def test_knowledge_of_the_past_stays_as_it_was_whatever_comes_later(stage: Stage, feeds: Feeds) -> None:
    supplier_id, finding_id = await a_supplier_with_a_finding(stage, feeds)
    path, moments = f"/v1/scores/{supplier_id}/explanation", []
    told = []
    async with stage.machine("scoring") as client:
        for severity in ("minor", "priority", "major"):
            await feeds.tell("audit", finding_event(0, supplier_id, finding_id, severity=severity, **DATES))
            async with stage.resources("scoring").database.transaction() as session:
                figure = country_risks.Figure("TW", 2024, severity, 50.0)
                await country_risks.put_figures(session, Actor("tests", None), [figure])
            await drain(stage, SUMMER)
            moments.append(datetime.now(UTC).isoformat())
            await asyncio.sleep(0.002)
            told.append((await client.get(path, params={"as_of": SUMMER.isoformat()})).json())
        for moment, explanation in zip(moments, told, strict=True):
            again = await client.get(path, params={"as_of": SUMMER.isoformat(), "known_at": moment})
            assert again.json() == explanation


async def test_the_explanation_is_told_in_the_language_of_whoever_asks(stage: Stage, feeds: Feeds) -> None:
    supplier_id, _ = await a_supplier_with_a_finding(stage, feeds)
    path, day = f"/v1/scores/{supplier_id}/explanation", {"as_of": SUMMER.isoformat()}
    async with stage.machine("scoring") as client:
        english = await client.get(path, params=day)
        asked = await client.get(path, params={**day, "language": "zh-TW"})
        liked = await client.get(path, params=day, headers={"Accept-Language": "zh-Hant;q=0.9, fr"})
        unknown = await client.get(path, params={**day, "language": "fr"})
    assert "Finding A3 (major, discovered on 2024-01-15) was overdue" in " ".join(english.json()["words"])
    assert [each.json()["language"] for each in (english, asked, liked, unknown)] == ["en", "zh-Hant", "zh-Hant", "en"]
    assert asked.json()["words"] == liked.json()["words"]
    assert asked.headers["etag"] == liked.headers["etag"] != english.headers["etag"]
    assert "Accept-Language" in english.headers["vary"]
    found = await changes(stage, supplier_id, **{"from": SPRING.isoformat(), "language": "zh-Hant"})
    assert found["words"][0].startswith("2024-03-31 至")


@pytest.mark.parametrize(
    ("params", "pointer"),
    [
        ({}, "query: from"),
        ({"from": "2024-10-01", "to": "2024-09-30"}, "query: from"),
        ({"from": "2999-01-01"}, "query: from"),
        ({"from": "2024-01-01", "to": "2999-01-01"}, "query: to"),
        ({"from": "2024-01-01", "from_known_at": "2999-01-01T00:00:00Z"}, "query: from_known_at"),
        ({"from": "2024-01-01", "to_known_at": "2999-01-01T00:00:00Z"}, "query: to_known_at"),
        ({"from": "yesterday"}, "query: from"),
    ],
)
async def test_what_is_asked_wrongly_is_named(stage: Stage, feeds: Feeds, params: dict[str, str], pointer: str) -> None:
    supplier_id, _ = await a_supplier_with_a_finding(stage, feeds)
    async with stage.machine("scoring") as client:
        answer = await client.get(f"/v1/scores/{supplier_id}/changes", params=params)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_who_has_no_score_has_no_changes_and_another_supplier_sees_none(stage: Stage, feeds: Feeds) -> None:
    supplier_id, _ = await a_supplier_with_a_finding(stage, feeds)
    params = {"from": SPRING.isoformat()}
    async with stage.machine("scoring") as client:
        assert (await client.get(f"/v1/scores/{new_id()}/changes", params=params)).status_code == 404
        early = {**params, "from_known_at": "2020-01-01T00:00:00Z"}
        unknown = await client.get(f"/v1/scores/{supplier_id}/changes", params=early)
        assert unknown.json()["type"].endswith("not-known-then")
    async with stage.machine("scoring", "scoring:read", supplier_id=new_id()) as other:
        assert (await other.get(f"/v1/scores/{supplier_id}/changes", params=params)).status_code == 404
    async with stage.machine("scoring", "scoring:read", supplier_id=supplier_id) as own:
        answer = await own.get(f"/v1/scores/{supplier_id}/changes", params=params)
        etag = {"If-None-Match": answer.headers["etag"]}
        again = await own.get(f"/v1/scores/{supplier_id}/changes", params=params, headers=etag)
    assert (answer.status_code, again.status_code) == (200, 304)


async def test_much_evidence_takes_no_more_statements_than_little(stage: Stage, feeds: Feeds) -> None:
    supplier_id, _ = await a_supplier_with_a_finding(stage, feeds)
    counts = []
    for _ in range(2):
        async with stage.machine("scoring") as client:
            for path, params in (("explanation", {}), ("changes", {"from": SPRING.isoformat()})):
                with statements(stage) as seen:
                    answer = await client.get(f"/v1/scores/{supplier_id}/{path}", params=params)
                assert answer.status_code == 200
                counts.append(len(seen))
        await feeds.tell("audit", *(finding_event(0, supplier_id, site_code=f"P{n % 7}") for n in range(60)))
        await drain(stage, datetime.now(UTC).date())
    assert counts[:2] == counts[2:]
    assert max(counts) <= 10
