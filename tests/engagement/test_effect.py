"""Whether attending helps: the comparison by hand, its properties, and over HTTP."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.engagement import tasks
from services.engagement.domain import effect, intervals
from services.engagement.domain.effect import Finding, Observed
from services.engagement.domain.finding_days import closed_and_withdrawn_on
from services.engagement.repository import effect as effect_repository
from tests.audit.programme import add_audit, add_finding, add_supplier, ago, days_ago
from tests.engagement.programme import attend, create_event
from tests.stage import Stage

YEAR = timedelta(days=365)
HELD = date(2025, 6, 1)
TODAY = date(2026, 9, 30)


def supplier(number: int) -> UUID:
    return UUID(int=number)


def finding(
    of: int, days: int, provision: str = "A3", closed_after: int | None = None, tier: int | None = 1
) -> Finding:
    """A finding discovered `days` after the event (negative: before it)."""
    on = HELD + timedelta(days=days)
    return Finding(
        supplier(of), tier, provision, on, None if closed_after is None else on + timedelta(days=closed_after)
    )


def closed_in(days_before: tuple[int, ...], days_after: tuple[int, ...], *, repeats: bool = False) -> Observed:
    return Observed(supplier(1), HELD, len(days_before), len(days_after), repeats, days_before, days_after)


EXAMPLE = [
    # 1 attended: two before, closed in 100 and 80 days; one after on another provision, closed in 30: no repeat.
    finding(1, -200, "A3", 100),
    finding(1, -100, "B1", 80),
    finding(1, 50, "C8", 30),
    # 2 attended: one before, not closed by then; one after on the same provision: a repeat, closed in 40.
    finding(2, -50, "A3", 90),
    finding(2, 100, "A3", 40),
    # 3 and 4 did not attend: both repeat, one of them twice; 60 days before, 70 and 90 after.
    finding(3, -120, "A3", 60),
    finding(3, 30, "A3", 70),
    finding(3, 60, "A3", 90),
    finding(4, -120, "B1"),
    finding(4, 200, "B1"),
    # 5 had nothing before, 6 is of a supply tier of which nobody attended, 7 attended and had nothing before.
    finding(5, 10),
    finding(6, -10, tier=3),
    finding(7, 5),
]
ATTENDED = {supplier(1): HELD, supplier(2): HELD, supplier(7): HELD}


def test_the_worked_example_is_what_it_is_by_hand() -> None:
    those, others = effect.observe(EXAMPLE, ATTENDED, YEAR)
    found = effect.compare(those, others, YEAR, TODAY)
    a, b = found.attended, found.others
    assert (a.suppliers, a.findings_before, a.findings_after, a.repeating) == (2, 3, 2, 1)
    assert (b.suppliers, b.findings_before, b.findings_after, b.repeating) == (2, 2, 3, 2)
    assert (a.repeat_rate.value, b.repeat_rate.value, found.repeat_rate.value) == (0.5, 1.0, -0.5)
    assert (a.closed_before, a.median_days_before.value) == (2, 90.0)
    assert (a.closed_after, a.median_days_after.value) == (2, 35.0)
    assert (b.median_days_before.value, b.median_days_after.value) == (60.0, 80.0)
    # (35 - 90) - (80 - 60), and (2 - 3) / 2 - (3 - 2) / 2
    assert found.median_days_to_close.value == -75.0
    assert found.findings_per_supplier.value == -1.0
    assert (a.follow_up_not_over, b.follow_up_not_over) == (0, 0)


def test_the_day_itself_is_in_no_window_and_each_window_is_as_long() -> None:
    edges = [finding(1, days) for days in (-366, -365, -1, 0, 1, 365, 366)]
    ((seen,), others) = effect.observe(edges, {supplier(1): HELD}, YEAR)
    assert (seen.findings_before, seen.findings_after, others) == (2, 2, [])


def test_the_others_of_a_supply_tier_take_the_days_of_those_that_attended_in_turn() -> None:
    later = HELD + timedelta(days=30)
    findings = [finding(n, -10) for n in range(1, 6)] + [finding(6, -10, tier=2)]
    those, others = effect.observe(findings, {supplier(1): later, supplier(2): HELD}, YEAR)
    assert [seen.reference for seen in those] == [later, HELD]
    assert [seen.reference for seen in others] == [HELD, later, HELD]


def test_fewer_others_take_days_from_all_of_the_period_and_not_only_its_beginning() -> None:
    attended = {supplier(n): HELD + timedelta(days=n) for n in range(1, 11)}
    findings = [finding(n, -10) for n in range(1, 13)]
    _, others = effect.observe(findings, attended, YEAR)
    assert [(seen.reference - HELD).days for seen in others] == [3, 8]


def test_what_is_to_come_is_counted_as_missing() -> None:
    those, others = effect.observe(EXAMPLE, ATTENDED, YEAR)
    on_the_last_day = effect.compare(those, others, YEAR, HELD + YEAR)
    a_day_later = effect.compare(those, others, YEAR, HELD + YEAR + timedelta(days=1))
    assert (on_the_last_day.attended.follow_up_not_over, on_the_last_day.others.follow_up_not_over) == (2, 2)
    assert (a_day_later.attended.follow_up_not_over, a_day_later.others.follow_up_not_over) == (0, 0)


def test_with_nobody_to_compare_with_there_is_no_difference() -> None:
    found = effect.compare([closed_in((10,), ())], [], YEAR, TODAY)
    assert found.others.repeat_rate == found.repeat_rate == found.median_days_to_close == effect.Estimate(None, None)
    assert found.attended.median_days_before == effect.Estimate(10.0, (10.0, 10.0))
    assert found.attended.median_days_after.value is None


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        # Newcombe (1998), "Interval estimation for the difference", table II, method 10
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_the_interval_of_a_difference_is_the_published_one(
    one: tuple[int, int], other: tuple[int, int], low: float, high: float
) -> None:
    assert intervals.newcombe_interval(*one, *other) == pytest.approx((low, high), abs=5e-5)


SHARES = st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(SHARES, SHARES)
def test_the_interval_of_a_difference_holds_it_and_turns_with_it(one: tuple[int, int], other: tuple[int, int]) -> None:
    low, high = intervals.newcombe_interval(*one, *other)
    difference = one[0] / one[1] - other[0] / other[1]
    assert -1 <= low <= difference + 1e-9
    assert difference - 1e-9 <= high <= 1
    assert intervals.newcombe_interval(*other, *one) == pytest.approx((-high, -low))


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 4)), min_size=1, max_size=30))
def test_the_weighted_median_is_that_of_the_values_written_out(pairs: list[tuple[int, int]]) -> None:
    pairs.sort()
    written_out = [value for value, weight in pairs for _ in range(weight)]
    values = np.array([value for value, _ in pairs], dtype=np.float64)
    found = intervals.weighted_median(values, np.array([weight for _, weight in pairs], dtype=np.float64))
    assert found == (float(np.median(written_out)) if written_out else None)


DAYS = st.lists(st.integers(0, 300), max_size=3).map(tuple)
SEEN = st.builds(closed_in, DAYS.filter(bool), DAYS, repeats=st.booleans())


@settings(max_examples=10, deadline=None)
@given(st.lists(SEEN, min_size=1, max_size=15), st.lists(SEEN, min_size=1, max_size=15))
def test_two_groups_differ_as_much_the_other_way_round(one: list[Observed], other: list[Observed]) -> None:
    found, turned = effect.compare(one, other, YEAR, TODAY), effect.compare(other, one, YEAR, TODAY)
    for name in ("repeat_rate", "findings_per_supplier", "median_days_to_close"):
        forth, back = getattr(found, name).value, getattr(turned, name).value
        assert forth == (None if back is None else pytest.approx(-back))
    assert effect.compare(one, other, YEAR, TODAY) == found


@settings(max_examples=10, deadline=None)
@given(st.lists(SEEN, min_size=1, max_size=15))
def test_a_group_does_not_differ_from_itself(group: list[Observed]) -> None:
    found = effect.compare(group, group, YEAR, TODAY)
    assert (found.repeat_rate.value, found.findings_per_supplier.value) == (0.0, 0.0)
    interval = found.findings_per_supplier.interval
    assert interval is not None
    assert interval[0] <= 0 <= interval[1]


@pytest.mark.parametrize(
    ("steps", "stands"),
    [
        ([], (None, None)),
        (["closed"], (1, None)),
        (["implemented", "closed", "closed"], (2, None)),
        (["closed", "reopened"], (None, None)),
        (["closed", "reopened", "closed"], (3, None)),
        (["closed", "withdrawn"], (1, 2)),
    ],
)
def test_a_reopened_finding_is_not_closed(steps: list[str], stands: tuple[int | None, int | None]) -> None:
    dated = [(to, HELD + timedelta(days=place)) for place, to in enumerate(steps, 1)]
    expected = tuple(None if days is None else HELD + timedelta(days=days) for days in stands)
    assert closed_and_withdrawn_on(dated) == expected


async def hold_forum(stage: Stage, client: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    """Five months ago a forum on A1 and A3: S1 came, S2 did not; both had A3 before, S2 has it again."""
    for code, before, after in (("S1", "A3", "A1"), ("S2", "A3", "A3"), ("S3", "C8", "C8")):
        await add_supplier(stage, code, supply_tier=1)
        for days, provision in ((300, before), (60, after)):
            audit = await add_audit(stage, supplier_code=code, conducted_on=ago(days))
            await add_finding(stage, audit, provision=provision)
    times = {"starts_at": f"{ago(150)}T06:00:00Z", "ends_at": f"{ago(150)}T09:00:00Z", "time_zone": "UTC"}
    event = await create_event(client, **{**times, **changes})
    await attend(client, event["id"], supplier_code="S1", persons=3)
    follower = tasks.follower(stage.resources("engagement"))
    for source in ("registry", "audit"):
        while await follower.pull(source):
            pass
    return event


async def test_those_that_attended_are_held_against_those_that_did_not(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        event = await hold_forum(stage, client)
        answer = await client.get("/v1/effect", params={"event_id": event["id"], "window_days": 180})
        topic = (await client.get("/v1/effect", params={"topic": "human_rights", "window_days": 180})).json()
        all_of_it = (await client.get("/v1/effect", params={"window_days": 140})).json()
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["from"], found["to"], found["events"], found["provisions"]) == (ago(150), ago(150), 1, ["A1", "A3"])
    for body in (found, topic):
        a, b = body["attended"], body["others"]
        assert (a["suppliers"], a["findings_before"], a["findings_after"], a["repeating"]) == (1, 1, 1, 0)
        assert (b["suppliers"], b["findings_before"], b["findings_after"], b["repeating"]) == (1, 1, 1, 1)
        assert body["difference"]["repeat_rate_points"]["value"] == -100.0
        assert body["difference"]["findings_per_supplier"] == {"value": 0.0, "interval": [0.0, 0.0]}
        assert body["difference"]["median_days_to_close"] == {"value": None, "interval": None}
        assert (a["repeat_rate_percent"], a["follow_up_not_over"]) == ({"value": 0.0, "interval": [0.0, 79.35]}, 1)
        codes = [warning["code"] for warning in body["warnings"]]
        assert codes == ["not-random", "unaudited-cannot-repeat", "few-suppliers", "follow-up-not-over"]
    assert "RBA 7.0 A7" in topic["provisions"]
    # Nothing was found in the 140 days before, so nobody is comparable.
    assert (all_of_it["attended"]["suppliers"], all_of_it["provisions"]) == (0, None)
    assert "nothing-to-compare" in [warning["code"] for warning in all_of_it["warnings"]]


async def test_withdrawn_findings_and_events_do_not_count_and_merged_suppliers_are_one(stage: Stage) -> None:
    async with stage.machine("engagement") as client, stage.machine("registry") as registry:
        event = await hold_forum(stage, client)
        await stage.psql("engagement", "UPDATE finding_copy SET withdrawn_on = $1 WHERE provision = 'A1'", days_ago(1))
        without = (await client.get("/v1/effect", params={"window_days": 180})).json()
        ids = {one["code"]: one["id"] for one in (await registry.get("/v1/suppliers")).json()["items"]}
        await registry.post(f"/v1/suppliers/{ids['S2']}/merge", json={"into": ids["S1"]})
        await tasks.follower(stage.resources("engagement")).pull("registry")
        merged = (await client.get("/v1/effect", params={"window_days": 180})).json()
        url = f"/v1/events/{event['id']}/withdraw"
        gone = await client.post(url, json={"reason": "Not held"}, headers={"If-Match": '"2"'})
        assert gone.status_code == 200, gone.text
        nothing = (await client.get("/v1/effect", params={"window_days": 180})).json()
    assert (without["attended"]["findings_after"], without["others"]["suppliers"]) == (0, 2)
    assert (merged["attended"]["suppliers"], merged["attended"]["repeating"], merged["others"]["suppliers"]) == (
        1,
        1,
        1,
    )
    assert (nothing["events"], nothing["attended"]["suppliers"], nothing["others"]["suppliers"]) == (0, 0, 0)


async def test_a_merged_supplier_has_the_supply_tier_of_its_survivor_also_where_that_is_unknown(stage: Stage) -> None:
    async with stage.machine("engagement") as client, stage.machine("registry") as registry:
        await hold_forum(stage, client)
        ids = {one["code"]: one["id"] for one in (await registry.get("/v1/suppliers")).json()["items"]}
    change = "UPDATE supplier_copy SET merged_into = $1, supply_tier = 2 WHERE code = 'S2'"
    await stage.psql("engagement", change, UUID(ids["S1"]))
    await stage.psql("engagement", "UPDATE supplier_copy SET supply_tier = NULL WHERE code = 'S1'")
    async with stage.resources("engagement").database.snapshot() as session:
        findings = await effect_repository.read_findings(session, date(2000, 1, 1), date(2199, 1, 1), None, None)
    tiers = [one.supply_tier for one in findings if one.supplier_id == UUID(ids["S1"])]
    assert len(tiers) > 1
    assert set(tiers) == {None}


async def test_a_question_that_makes_no_sense_is_refused(stage: Stage) -> None:
    async with stage.machine("engagement") as client:
        meeting = await create_event(client, kind="support_meeting")
        refused: list[dict[str, str]] = [
            {"topic": "astrology"},
            {"topic": "ethics", "event_id": meeting["id"]},
            {"event_id": meeting["id"]},
            {"from": "2026-02-01", "to": "2026-01-01"},
            {"window_days": "5"},
        ]
        for params in refused:
            assert (await client.get("/v1/effect", params=params)).status_code == 422, params
        missing = {"event_id": "01890000-0000-7000-8000-000000000000"}
        assert (await client.get("/v1/effect", params=missing)).status_code == 404
