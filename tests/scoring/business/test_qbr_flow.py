"""The quarterly business review over HTTP, from performance to published scorecards."""

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.service.standing import Standing
from shared.errors import Unavailable
from tests.scoring.business.quarter_end import ANN, BEN, Q, QuarterEnd
from tests.stage import Stage


async def test_the_worked_examples_come_out_as_written(quarter_end: QuarterEnd) -> None:
    await quarter_end.know("GOOD", score=78.4)
    await quarter_end.know("RISKY", score=55.0, risk_tier="high")
    await quarter_end.know("QUIET", score=90.0)
    await quarter_end.perform("GOOD", quality=92, cost=80, delivery=88, service=75)
    await quarter_end.perform("RISKY", quality=92, delivery=88)
    await quarter_end.source("PCB", {"QUIET": 1})
    draft = await quarter_end.review()
    cards = await quarter_end.cards()
    assert (draft["status"], draft["revision"], draft["policy_version"]) == ("draft", 1, 1)
    assert draft["grades"] == {"B": 1, "C": 1, "not_rated": 1}
    assert {code: (card["total"], card["grade"]) for code, card in cards.items()} == {
        "QUIET": (90.0, "not_rated"),
        "GOOD": (84.38, "B"),
        "RISKY": (80.29, "C"),
    }
    assert cards["GOOD"]["dimensions"] == {
        "quality": 92, "cost": 80, "delivery": 88, "service": 75, "sustainability": 78.4
    }  # fmt: skip
    assert (cards["RISKY"]["coverage"], cards["RISKY"]["limits"]) == (70, ["coverage_incomplete", "risk_tier_high"])
    assert cards["QUIET"]["limits"] == ["coverage_too_low", "no_quality_or_delivery"]
    assert (cards["RISKY"]["consequence"], cards["RISKY"]["actions"]) == ("no_more", ["improvement_plan"])


async def test_scorecards_are_listed_from_the_best_total_on_page_by_page(quarter_end: QuarterEnd) -> None:
    for n in range(5):
        await quarter_end.know(f"S{n}", score=80)
        await quarter_end.perform(f"S{n}", quality=60 + n, delivery=60 + n)
    await quarter_end.review()
    path = f"/v1/qbrs/{Q}/scorecards"
    first = await quarter_end.get(path, limit=2)
    second = await quarter_end.get(path, limit=2, cursor=first["next_cursor"])
    third = await quarter_end.get(path, limit=2, cursor=second["next_cursor"])
    pages = [[card["supplier_code"] for card in page["items"]] for page in (first, second, third)]
    assert pages == [["S4", "S3"], ["S2", "S1"], ["S0"]]
    assert third["next_cursor"] is None
    assert await quarter_end.cards(grade="A") == {}


async def test_active_and_probationary_suppliers_of_the_quarter_are_reviewed_and_unknown_codes_are_named(
    quarter_end: QuarterEnd,
) -> None:
    for code, status in (("ACT", "active"), ("PRO", "probation"), ("SUS", "suspended"), ("NEW", "prospect")):
        await quarter_end.know(code, status=status)
        await quarter_end.perform(code, quality=80, delivery=80)
    await quarter_end.know("IDLE")
    await quarter_end.perform("GHOST", quality=80)
    draft = await quarter_end.review()
    assert set(await quarter_end.cards()) == {"ACT", "PRO"}
    assert draft["unknown_suppliers"] == ["GHOST"]


async def test_what_was_reported_of_a_merged_supplier_counts_for_its_survivor(quarter_end: QuarterEnd) -> None:
    await quarter_end.know("NEW")
    await quarter_end.know("OLD", status="inactive", merged_into="NEW")
    del quarter_end.standings[quarter_end.ids["OLD"]]
    await quarter_end.perform("OLD", quality=70, delivery=70)
    await quarter_end.review()
    assert (await quarter_end.cards())["NEW"]["dimensions"]["quality"] == 70
    await quarter_end.perform("NEW", quality=90, delivery=90)
    await quarter_end.review()
    assert (await quarter_end.cards())["NEW"]["dimensions"]["quality"] == 90


async def test_a_quarter_that_is_not_over_is_refused(quarter_end: QuarterEnd) -> None:
    answer = await quarter_end.post("/v1/qbrs", {"quarter": "2199Q4"})
    assert (answer.status_code, answer.json()["detail"]) == (
        409,
        "2199Q4 ends on 2199-12-31; it can be reviewed from the day after.",
    )
    assert (await quarter_end.post("/v1/qbrs", {"quarter": "2026Q5"})).status_code == 422


async def test_a_review_is_published_by_a_second_person_on_its_current_version(quarter_end: QuarterEnd) -> None:
    await quarter_end.know("S1")
    await quarter_end.perform("S1", quality=90, delivery=90)
    draft = await quarter_end.review(by="ann")
    path, version = f"/v1/qbrs/{Q}/publish", draft["version"]
    assert (await quarter_end.post(path, by="ben")).status_code == 428
    assert (await quarter_end.post(path, by="ben", version=version - 1)).status_code == 412
    assert (await quarter_end.post(path, version=version)).status_code == 403
    assert (await quarter_end.post(path, by="ann", version=version)).status_code == 409
    published = await quarter_end.post(path, by="ben", version=version)
    assert published.status_code == 200, published.text
    assert (published.json()["status"], published.json()["published_by"]) == ("published", BEN)
    again = await quarter_end.post(path, by="ben", version="*")
    assert (again.status_code, again.json()["type"].rpartition("/")[2].rpartition(":")[2]) == (409, "not-a-draft")


async def test_of_two_people_who_publish_at_once_one_does(quarter_end: QuarterEnd) -> None:
    await quarter_end.rate(S1=90)
    draft = await quarter_end.review(by="ann")
    answers = await asyncio.gather(
        *(quarter_end.post(f"/v1/qbrs/{Q}/publish", by=who, version=draft["version"]) for who in ("ben", "cho"))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    assert len((await quarter_end.get("/v1/actions"))["items"]) == 1


async def test_a_published_review_stays_and_its_correction_is_a_revision_that_says_what_changed(
    quarter_end: QuarterEnd,
) -> None:
    await quarter_end.know("S1", score=80)
    await quarter_end.know("S2", score=80)
    for code in ("S1", "S2"):
        await quarter_end.perform(code, quality=90, cost=90, delivery=90, service=90)
    first = await quarter_end.publish()
    before = await quarter_end.cards()
    await quarter_end.perform("S1", quality=50, cost=90, delivery=90, service=90)
    await quarter_end.know("S2", status="inactive")
    second = await quarter_end.review()
    assert (second["revision"], second["status"], second["dropped_suppliers"]) == (2, "draft", ["S2"])
    assert second["version"] > first["version"]
    changes = (await quarter_end.cards())["S1"]["changes"]
    assert changes == {"quality": [90, 50], "total": [88.0, 76.0], "grade": ["A", "B"]}
    assert await quarter_end.cards(revision=1) == before
    assert (await quarter_end.get(f"/v1/qbrs/{Q}", revision=1)) == first


async def test_asking_again_before_publication_computes_the_draft_anew(quarter_end: QuarterEnd) -> None:
    await quarter_end.know("S1", score=80)
    await quarter_end.perform("S1", quality=90, delivery=90)
    await quarter_end.review()
    await quarter_end.perform("S1", quality=50, delivery=50)
    # two requests wait at once: the last one counts
    for who in ("ann", "ben"):
        await quarter_end.post("/v1/qbrs", {"quarter": Q}, by=who)
    await quarter_end.work()
    draft = await quarter_end.get(f"/v1/qbrs/{Q}")
    assert (draft["status"], draft["revision"], draft["created_by"]) == ("draft", 1, BEN)
    assert (await quarter_end.cards())["S1"]["dimensions"]["quality"] == 50
    statuses = await quarter_end.stage.psql("scoring", "SELECT DISTINCT status FROM task")
    assert [row["status"] for row in statuses] == ["succeeded"]


async def test_what_keeps_a_review_from_being_computed_shows_in_it(quarter_end: QuarterEnd) -> None:
    async def lag(_session: AsyncSession, _day: date, _ids: Sequence[UUID]) -> dict[UUID, Standing]:
        raise Unavailable("audit lags")

    await quarter_end.post("/v1/qbrs", {"quarter": Q}, by="ann")
    await quarter_end.work(lag)
    failed = await quarter_end.get(f"/v1/qbrs/{Q}")
    assert (failed["status"], failed["error"]) == ("failed", "audit lags")
    assert (await quarter_end.post(f"/v1/qbrs/{Q}/publish", by="ben", version="*")).status_code == 409
    assert (await quarter_end.review())["status"] == "draft"


async def test_two_c_in_a_row_ask_for_a_special_audit(quarter_end: QuarterEnd) -> None:
    await quarter_end.know("S1", score=60)
    for quarter in ("2026Q2", Q):
        await quarter_end.perform("S1", quarter, quality=60, cost=60, delivery=60, service=60)
    await quarter_end.publish("2026Q2")
    published = await quarter_end.publish()
    card = (await quarter_end.cards())["S1"]
    assert (card["previous_grade"], card["grade"]) == ("C", "C")
    actions = (await quarter_end.get("/v1/actions", quarter=Q))["items"]
    assert {action["kind"] for action in actions} == {"improvement_plan", "special_audit"}
    due = {action["kind"]: date.fromisoformat(action["due_on"]) for action in actions}
    on = date.fromisoformat(published["published_at"][:10])
    assert [(due[kind] - on).days for kind in ("improvement_plan", "special_audit")] == [30, 90]


async def test_a_revision_cancels_what_it_no_longer_asks_for_and_repeats_nothing(quarter_end: QuarterEnd) -> None:
    for code in ("BETTER", "SAME"):
        await quarter_end.know(code, score=60)
        await quarter_end.perform(code, quality=60, cost=60, delivery=60, service=60)
    await quarter_end.publish()
    await quarter_end.perform("BETTER", quality=99, cost=99, delivery=99, service=99)
    await quarter_end.publish()
    actions = (await quarter_end.get("/v1/actions"))["items"]
    assert {(action["supplier_code"], action["kind"], action["state"]) for action in actions} == {
        ("BETTER", "improvement_plan", "cancelled"),
        ("BETTER", "recognition", "open"),
        ("SAME", "improvement_plan", "open"),
    }


async def test_an_action_is_followed_up_until_it_is_closed(quarter_end: QuarterEnd) -> None:
    await quarter_end.know("S1", score=60)
    await quarter_end.perform("S1", quality=60, delivery=60)
    await quarter_end.publish()
    (action,) = (await quarter_end.get("/v1/actions", state="open"))["items"]
    path = f"/v1/actions/{action['id']}"
    async with quarter_end.stage.person("scoring", "ann") as client:
        assert (await client.patch(path, json={"state": "done"})).status_code == 428
        assert (await client.patch(path, json={"state": "cancelled"}, headers={"If-Match": "*"})).status_code == 422
        owned = await client.patch(path, json={"owner": "p-17", "note": "called"}, headers={"If-Match": '"1"'})
        noted = await client.patch(path, json={"note": "called twice"}, headers={"If-Match": '"2"'})
        done = await client.patch(path, json={"state": "done"}, headers={"If-Match": '"3"'})
        late = await client.patch(path, json={"state": "cancelled", "note": "no"}, headers={"If-Match": '"4"'})
    assert (owned.json()["owner"], noted.json()["note"]) == ("p-17", "called twice")
    assert (done.json()["state"], done.json()["closed_by"], done.json()["version"]) == ("done", ANN, 4)
    assert late.status_code == 409


async def test_a_suppliers_client_sees_its_own_scorecard_once_it_is_published(quarter_end: QuarterEnd) -> None:
    own, other = await quarter_end.know("OWN"), await quarter_end.know("OTHER")
    for code in ("OWN", "OTHER"):
        await quarter_end.perform(code, quality=80, delivery=80)
    await quarter_end.review()
    path = f"/v1/qbrs/{Q}/scorecards"
    async with quarter_end.stage.machine("scoring", "scoring:read", supplier_id=own) as client:
        assert (await client.get(f"{path}/{own}")).status_code == 404
        await quarter_end.publish()
        assert (await client.get(f"{path}/{own}")).json()["supplier_code"] == "OWN"
        assert [card["supplier_code"] for card in (await client.get(path)).json()["items"]] == ["OWN"]
        for hidden in (f"{path}/{other}", f"/v1/qbrs/{Q}", "/v1/qbrs", "/v1/actions", "/v1/allocations"):
            assert (await client.get(hidden)).status_code == 404, hidden
        await quarter_end.review()
        assert (await client.get(f"{path}/{own}")).json()["revision"] == 1
        assert (await client.get(f"{path}/{own}", params={"revision": 2})).status_code == 404


async def test_publication_is_told_on_the_feed(quarter_end: QuarterEnd) -> None:
    await quarter_end.know("S1")
    await quarter_end.perform("S1", quality=90, delivery=90)
    await quarter_end.publish()
    async with quarter_end.stage.machine("scoring") as client:
        events: list[dict[str, Any]] = (await client.get("/v1/feed")).json()["events"]
    told = [event for event in events if event["type"].startswith("qbr.")]
    assert [event["type"] for event in told] == ["qbr.requested", "qbr.computed", "qbr.published"]
    assert (told[-1]["data"]["quarter"], told[-1]["data"]["grades"]) == (Q, {"B": 1})


async def test_a_review_rests_on_the_scores_of_the_quarters_last_day(stage: Stage) -> None:
    async with stage.machine("registry") as registry, stage.machine("scoring") as scoring:
        supplier = await registry.post("/v1/suppliers", json={"code": "S1", "name": "S1", "country": "TW"})
        risk = {"source": "World Bank WGI", "mean_percentile_rank": 62.5}
        assert (await scoring.put("/v1/country-risks/TW/2024", json=risk)).is_success
        assert (await scoring.put(f"/v1/performance/{Q}/S1", json={"quality": 80, "delivery": 80})).is_success
        await stage.settle()
        assert (await scoring.post("/v1/qbrs", json={"quarter": Q})).status_code == 202
        await stage.run_tasks("scoring")
        card = (await scoring.get(f"/v1/qbrs/{Q}/scorecards/{supplier.json()['id']}")).json()
    assert card["dimensions"]["sustainability"] == card["standing"]["score"] == 62.75
    assert (card["risk_tier"], card["basis"], card["standing"]["policy_version"]) == ("medium", "assumed", 1)
