"""How a supplier's reviews moved over the quarters."""

import asyncio

import pytest

from tests.scoring.business.quarter_end import Q, QuarterEnd

Q1, Q2, LAST_YEAR = "2026Q1", "2026Q2", "2025Q4"
POLICY = """
    INSERT INTO policy (version, name, status, valid_from, document, created_by)
    SELECT 7301, 'later', 'published', '2026-07-01', document || '{"version": 7301, "name": "later"}', 'test'
    FROM policy WHERE version = 1
"""


def trend_of(quarter_end: QuarterEnd, code: str, quarter: str = Q) -> str:
    return f"/v1/qbrs/{quarter}/scorecards/{quarter_end.ids[code]}/trend"


async def publish(quarter_end: QuarterEnd, quarter: str, **totals: float) -> None:
    await quarter_end.rate(quarter, **totals)
    await quarter_end.publish(quarter)


async def test_a_scorecard_says_how_it_moved_since_the_quarter_before(quarter_end: QuarterEnd) -> None:
    await publish(quarter_end, Q2, S1=72)
    await quarter_end.know("S1", score=60, risk_tier="medium")
    await quarter_end.perform("S1", quality=80.5, delivery=70, service=72)
    await quarter_end.rate(NEW=90)
    await quarter_end.review()
    cards = await quarter_end.cards()
    previous = cards["S1"]["previous"]
    assert (previous["quarter"], previous["revision"], previous["total"], previous["grade"]) == (Q2, 1, 72, "B")
    assert (previous["risk_tier"], previous["policy_change"]) == ("low", None)
    assert previous["dimensions"] == dict.fromkeys(previous["dimensions"], 72)
    assert previous["difference"] == {
        "quality": 8.5, "cost": None, "delivery": -2, "service": 0, "sustainability": -12,
        "total": round(cards["S1"]["total"] - 72, 2),
    }  # fmt: skip
    assert cards["NEW"]["previous"] is None


async def test_a_trend_has_the_last_quarters_and_names_the_gaps(quarter_end: QuarterEnd) -> None:
    await publish(quarter_end, "2025Q2", S1=50)
    await publish(quarter_end, LAST_YEAR, S1=60)
    await publish(quarter_end, Q1, S2=90)
    await publish(quarter_end, Q2, S1=65.5)
    await publish(quarter_end, Q, S1=71)
    trend = await quarter_end.get(trend_of(quarter_end, "S1"), quarters=4)
    assert [(point["quarter"], point["total"], point["grade"]) for point in trend["points"]] == [
        (LAST_YEAR, 60, "C"), (Q2, 65.5, "C"), (Q, 71, "B")
    ]  # fmt: skip
    assert [point["difference"] and point["difference"]["total"] for point in trend["points"]] == [None, None, 5.5]
    assert trend["gaps"] == [{"quarter": Q1, "reason": "not_reviewed"}]
    longer = await quarter_end.get(trend_of(quarter_end, "S1"))
    assert longer["gaps"] == [{"quarter": "2025Q3", "reason": "not_published"}, *trend["gaps"]]
    (alone,) = (await quarter_end.get(trend_of(quarter_end, "S1"), quarters=1))["points"]
    assert alone["difference"]["total"] == 5.5
    async with quarter_end.stage.machine("scoring") as client:
        for quarters in (0, 41):
            refused = await client.get(trend_of(quarter_end, "S1"), params={"quarters": quarters})
            assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "query: quarters")


async def test_a_trend_shows_corrections_of_earlier_quarters_and_its_etag_changes(quarter_end: QuarterEnd) -> None:
    await publish(quarter_end, Q2, S1=60, S2=60)
    await publish(quarter_end, Q, S1=70)
    card = (await quarter_end.cards())["S1"]
    async with quarter_end.stage.machine("scoring", "scoring:read") as client:
        first = await client.get(trend_of(quarter_end, "S1"))
        same = await client.get(trend_of(quarter_end, "S1"), headers={"If-None-Match": first.headers["etag"]})
        await publish(quarter_end, Q2, S1=64)
        corrected = await client.get(trend_of(quarter_end, "S1"), headers={"If-None-Match": first.headers["etag"]})
    assert (same.status_code, corrected.status_code) == (304, 200)
    point = corrected.json()["points"][0]
    assert (point["quarter"], point["revision"], point["total"]) == (Q2, 2, 64)
    # the published scorecard itself stays as it was
    assert (await quarter_end.cards())["S1"] == card
    assert card["previous"]["total"] == 60


async def test_a_supplier_that_a_correction_dropped_has_no_point_there(quarter_end: QuarterEnd) -> None:
    await publish(quarter_end, Q2, S1=60, S2=60)
    await quarter_end.know("S1", status="inactive")
    await publish(quarter_end, Q2, S2=60)
    await publish(quarter_end, Q, S1=70, S2=70)
    trend = await quarter_end.get(trend_of(quarter_end, "S1"))
    assert [point["quarter"] for point in trend["points"]] == [Q]
    assert (await quarter_end.cards())["S1"]["previous"] is None


async def test_a_change_of_policy_between_quarters_is_named(quarter_end: QuarterEnd) -> None:
    await quarter_end.stage.psql("scoring", POLICY)
    await publish(quarter_end, Q2, S1=60)
    await publish(quarter_end, Q, S1=60)
    said = "Graded by policy version 7301, 2026Q2 by version 1: a part of the difference may come from the rules alone."
    assert (await quarter_end.cards())["S1"]["previous"]["policy_change"] == said
    points = (await quarter_end.get(trend_of(quarter_end, "S1")))["points"]
    assert [(point["policy_version"], point["policy_change"]) for point in points] == [(1, None), (7301, said)]


async def test_the_trends_of_all_are_listed_like_their_scorecards(quarter_end: QuarterEnd) -> None:
    await publish(quarter_end, Q2, S1=60, S2=80)
    await publish(quarter_end, Q, S1=90, S2=70, S3=50)
    path = f"/v1/qbrs/{Q}/trends"
    first = await quarter_end.get(path, limit=2)
    rest = await quarter_end.get(path, limit=2, cursor=first["next_cursor"])
    trends = [*first["items"], *rest["items"]]
    assert [(each["supplier_code"], [point["total"] for point in each["points"]]) for each in trends] == [
        ("S1", [60, 90]), ("S2", [80, 70]), ("S3", [50])
    ]  # fmt: skip
    assert trends == [await quarter_end.get(trend_of(quarter_end, code)) for code in ("S1", "S2", "S3")]
    async with quarter_end.stage.machine("scoring", "scoring:read", supplier_id=quarter_end.ids["S2"]) as client:
        assert (await client.get(path)).json()["items"] == [trends[1]]


async def test_a_suppliers_client_sees_its_own_trend_of_published_quarters_alone(quarter_end: QuarterEnd) -> None:
    await publish(quarter_end, Q2, OWN=60, OTHER=60)
    await quarter_end.rate(Q, OWN=70)
    await quarter_end.review()
    own = trend_of(quarter_end, "OWN")
    async with quarter_end.stage.machine("scoring", "scoring:read", supplier_id=quarter_end.ids["OWN"]) as client:
        assert (await client.get(own)).status_code == 404
        published = await client.get(trend_of(quarter_end, "OWN", Q2))
        assert [point["quarter"] for point in published.json()["points"]] == [Q2]
        assert (await client.get(trend_of(quarter_end, "OTHER", Q2))).status_code == 404
    assert [point["status"] for point in (await quarter_end.get(own))["points"]] == ["published", "draft"]


@pytest.mark.parametrize("between", ["not_rated", "not_published", "not_reviewed"])
async def test_two_c_with_another_quarter_between_them_are_not_in_a_row(quarter_end: QuarterEnd, between: str) -> None:
    await publish(quarter_end, Q1, S1=60)
    if between == "not_rated":
        await quarter_end.source("PCB", {"S1": 1}, Q2)
        await quarter_end.publish(Q2)
    elif between == "not_reviewed":
        await publish(quarter_end, Q2, S2=60)
    await publish(quarter_end, Q, S1=60)
    assert (await quarter_end.cards())["S1"]["actions"] == ["improvement_plan"]


async def test_a_draft_is_not_published_on_grades_of_the_quarter_before_that_hold_no_more(
    quarter_end: QuarterEnd,
) -> None:
    await quarter_end.rate(Q2, S1=60)
    await quarter_end.rate(Q, S1=60)
    draft = await quarter_end.review(Q)
    assert (await quarter_end.cards())["S1"]["actions"] == ["improvement_plan"]
    await quarter_end.publish(Q2)
    path = f"/v1/qbrs/{Q}/publish"
    refused = await quarter_end.post(path, by="ben", version=draft["version"])
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (409, "quarter-before-changed")
    await quarter_end.review(Q)
    assert (await quarter_end.cards())["S1"]["actions"] == ["improvement_plan", "special_audit"]
    await quarter_end.publish(Q)


async def test_two_quarters_published_at_once_agree_on_what_was_published_before(quarter_end: QuarterEnd) -> None:
    await quarter_end.rate(Q2, S1=60)
    await quarter_end.rate(Q, S1=60)
    versions = {quarter: (await quarter_end.review(quarter))["version"] for quarter in (Q2, Q)}
    answers = await asyncio.gather(
        *(
            quarter_end.post(f"/v1/qbrs/{quarter}/publish", by="ben", version=version)
            for quarter, version in versions.items()
        )
    )
    earlier, later = (answer.status_code for answer in answers)
    # Either the later one came first, when nothing was published before it, or it is refused.
    assert (earlier, later) in ((200, 200), (200, 409))
    events = await quarter_end.stage.psql(
        "scoring", "SELECT data->>'quarter' AS q FROM feed_event WHERE type = 'qbr.published' ORDER BY id"
    )
    assert [event["q"] for event in events] == ([Q, Q2] if later == 200 else [Q2])
