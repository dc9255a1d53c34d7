"""A year's risk identification: whom it looks at, what it finds, and that it stays as it is."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest

from tests.scoring.identification.risk_year import LAST, PATH, THIS, TODAY, RiskYear
from tests.scoring.test_tier_overrides import say, withdraw

CATEGORIES = {"management_system", "labor_employment", "environmental_impact", "product_liability"}


async def test_a_run_names_tier_categories_reasons_approach_and_required_actions_of_each(risk_year: RiskYear) -> None:
    await risk_year.know("BAD", supply_tier=3)
    await risk_year.know("GOOD", supply_tier=1)
    await risk_year.find("BAD")
    async with risk_year.stage.machine("scoring") as client:
        risk = {"source": "World Bank WGI", "mean_percentile_rank": 62.5}
        await client.put("/v1/country-risks/TW/2024", json=risk)
    run = await risk_year.identify()
    risks = await risk_year.risks()
    assert (run["year"], run["revision"], run["as_of"], run["policy_version"]) == (THIS, 1, TODAY.isoformat(), 1)
    assert (run["identified"], run["risk_tiers"]) == (2, {"high": 1, "medium": 1, "low": 0})
    assert run["supply_tiers"] == {"1": {"high": 0, "medium": 1, "low": 0}, "3": {"high": 1, "medium": 0, "low": 0}}
    bad, good = risks["BAD"], risks["GOOD"]
    assert bad["categories"].keys() == good["categories"].keys() == CATEGORIES
    assert run["category_means"]["labor_employment"] == 62.75
    assert (good["score"], good["risk_tier"], good["basis"]) == (62.75, "medium", "assumed")
    assert (bad["risk_tier"], bad["tier_reasons"]) == ("high", ["base_below_60", "open_priority_finding"])
    assert bad["required_actions"] == [
        "on_site_audit", "third_party_audit", "quarterly_support_meeting", "annual_survey"
    ]  # fmt: skip
    assert (good["approach"], good["required_actions"]) == (
        "Document review, annual survey.",
        ["document_review", "annual_survey"],
    )
    assert (bad["override_risk_tier"], bad["previous_risk_tier"], bad["annual_spend"]) == (None, None, None)


async def test_every_supplier_has_the_score_that_the_worker_stores_whatever_the_chunk(risk_year: RiskYear) -> None:
    await risk_year.know_many(3000)
    await risk_year.ask()
    await risk_year.work(chunk=700)
    run = await risk_year.get(f"{PATH}/{THIS}")
    assert (run["status"], run["total"], run["done"], run["identified"]) == ("frozen", 3000, 3000, 2700)
    assert run["left_out"]["not_active"]["suppliers"] == 300
    assert len(run["left_out"]["not_active"]["first_codes"]) == 20
    compared = ("score", "base", "risk_tier", "tier_reasons", "basis", "confidence", "categories")
    stored = await risk_year.stage.psql("scoring", "SELECT supplier_id, score, base, risk_tier, basis FROM score")
    risks = {risk["supplier_id"]: risk for risk in (await risk_year.risks()).values()}
    assert len(risks) == 2700
    by_id = {str(row["supplier_id"]): row for row in stored}
    for supplier_id, risk in risks.items():
        assert [risk[name] for name in ("score", "base", "risk_tier", "basis")] == list(by_id[supplier_id])[1:]
    shown = await risk_year.all_of("/v1/scores", risk_tier="high", supply_tier=2)
    for score in [score for score in shown if score["supplier_id"] in risks][:100]:
        assert {name: risks[score["supplier_id"]][name] for name in compared} == {
            name: score[name] for name in compared
        }
    assert len({risk["risk_tier"] for risk in risks.values()}) == 3
    for tier, count in run["risk_tiers"].items():
        assert count == sum(risk["risk_tier"] == tier for risk in risks.values())
    for category, mean in run["category_means"].items():
        assert mean == pytest.approx(sum(risk["categories"][category] for risk in risks.values()) / 2700, abs=0.0051)


async def test_a_chunk_takes_the_same_number_of_statements_however_many_suppliers_it_has(
    risk_year: RiskYear, logged_statements: list[str]
) -> None:
    await risk_year.know_many(140)  # from a hundred on, the planner is told to look rows up
    sent = []
    for _ in range(2):
        await risk_year.ask()
        logged_statements.clear()
        await risk_year.work()
        sent.append(len(logged_statements))
        await risk_year.know_many(500 - 140) if len(sent) == 1 else None
    assert sent[0] == sent[1]


async def test_below_the_policys_spend_in_another_currency_or_without_one_suppliers_are_left_out_by_reason(
    risk_year: RiskYear,
) -> None:
    await risk_year.decree(identification={"least_annual_spend": 2_500_000, "currency": "TWD"})
    await risk_year.spend("AT", "2500000.00")
    await risk_year.spend("ABOVE", "2500000.01", status="probation")
    await risk_year.spend("BELOW", "2499999.99")
    await risk_year.spend("EURO", "99000000.00", "EUR")
    await risk_year.spend("NONE", None)
    for status in ("prospect", "suspended", "inactive"):
        await risk_year.spend(status.upper(), "9000000.00", status=status)
    run = await risk_year.identify()
    assert list(await risk_year.risks()) == ["ABOVE", "AT"]
    assert {reason: (each["suppliers"], set(each["first_codes"])) for reason, each in run["left_out"].items()} == {
        "below_spend": (1, {"BELOW"}),
        "other_currency": (1, {"EURO"}),
        "no_spend": (1, {"NONE"}),
        "not_active": (3, {"PROSPECT", "SUSPENDED", "INACTIVE"}),
    }
    assert (run["total"], run["identified"]) == (8, 2)
    assert (await risk_year.risks())["AT"]["annual_spend"] == {"amount": "2500000.00", "currency": "TWD"}


async def test_merged_suppliers_are_in_it_as_one(risk_year: RiskYear) -> None:
    one, two = await risk_year.know("ONE"), await risk_year.know("TWO")
    await risk_year.find("TWO")
    async with risk_year.stage.machine("registry") as client:
        await client.post(f"/v1/suppliers/{two}/merge", json={"into": one})
    run = await risk_year.identify()
    assert {code: risk["risk_tier"] for code, risk in (await risk_year.risks()).items()} == {"ONE": "high"}
    assert run["total"] == 1


async def test_a_frozen_run_stays_and_asking_again_makes_the_next_revision(risk_year: RiskYear) -> None:
    await risk_year.know("S1")
    first = await risk_year.identify()
    before = await risk_year.risks()
    await risk_year.find("S1", discovered_on=TODAY)
    await risk_year.know("S2")
    await risk_year.stage.settle()
    assert await risk_year.risks() == before
    second = await risk_year.identify()
    assert (second["revision"], second["identified"]) == (2, 2)
    assert second["version"] > first["version"]
    after = await risk_year.risks()
    assert (list(after), after["S1"]["score"] < before["S1"]["score"]) == (["S1", "S2"], True)
    assert await risk_year.risks(revision=1) == before
    assert await risk_year.risks(first["id"]) == before
    assert await risk_year.get(f"{PATH}/{THIS}", revision=1) == first == await risk_year.get(f"{PATH}/{first['id']}")
    assert [run["revision"] for run in (await risk_year.get(PATH, year=THIS))["items"]] == [2, 1]
    assert (await risk_year.read(f"{PATH}/{THIS}", revision=3)).status_code == 404


async def test_what_comes_while_it_is_computed_counts_in_no_chunk(risk_year: RiskYear) -> None:
    for n in range(4):
        await risk_year.know(f"S{n}")
    await risk_year.stage.settle()
    await risk_year.ask()
    await risk_year.work_one_chunk(chunk=1)
    for n in range(4):
        await risk_year.find(f"S{n}")
        assert (await say(risk_year.stage, risk_year.ids[f"S{n}"])).is_success
    await risk_year.know("LATE")
    await risk_year.decree(points={"priority": 0, "major": 0, "minor": 0})
    await risk_year.stage.settle()
    await risk_year.work(chunk=1)
    run = await risk_year.get(f"{PATH}/{THIS}")
    assert (run["status"], run["identified"], run["policy_version"]) == ("frozen", 4, 1)
    risks = await risk_year.risks()
    assert {(risk["score"], risk["override_risk_tier"]) for risk in risks.values()} == {(56.5, None)}


async def test_a_persons_word_stands_beside_the_computed_tier(risk_year: RiskYear) -> None:
    for code in ("S1", "S2"):
        await risk_year.know(code)
    await risk_year.stage.settle()
    await say(risk_year.stage, risk_year.ids["S1"], risk_tier="low")
    taken_back = (await say(risk_year.stage, risk_year.ids["S2"], risk_tier="low")).json()
    await withdraw(risk_year.stage, taken_back)
    await risk_year.identify()
    shown = {code: (risk["risk_tier"], risk["override_risk_tier"]) for code, risk in (await risk_year.risks()).items()}
    assert shown == {"S1": ("high", "low"), "S2": ("high", None)}
    assert list(await risk_year.risks(overridden=True)) == ["S1"]
    assert (await risk_year.risks())["S1"]["required_actions"][0] == "on_site_audit"


async def test_an_earlier_year_is_identified_as_of_its_last_day_and_this_one_knows_its_tiers(
    risk_year: RiskYear,
) -> None:
    await risk_year.know("S1")
    await risk_year.find("S1", discovered_on=date(THIS, 1, 1))
    earlier = await risk_year.identify(LAST)
    assert earlier["as_of"] == f"{LAST}-12-31"
    assert (await risk_year.risks(LAST))["S1"]["score"] == 56.5
    run = await risk_year.identify(as_of=f"{THIS}-01-01")
    assert (run["previous_id"], run["as_of"]) == (earlier["id"], f"{THIS}-01-01")
    risk = (await risk_year.risks())["S1"]
    assert (risk["previous_risk_tier"], risk["score"] < 56.5) == ("high", True)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"year": THIS + 1}, "#/year"),
        ({"year": 1900}, "#/year"),
        ({"year": THIS, "as_of": f"{LAST}-12-31"}, "#/as_of"),
        ({"year": THIS, "as_of": (TODAY + timedelta(days=1)).isoformat()}, "#/as_of"),
        ({"year": THIS, "asof": f"{THIS}-01-01"}, "#/asof"),
        ({}, "#/year"),
    ],
)
async def test_what_is_wrong_with_a_request_is_named(risk_year: RiskYear, body: dict[str, Any], pointer: str) -> None:
    async with risk_year.stage.machine("scoring") as client:
        refused = await client.post(PATH, json=body)
    assert refused.status_code == 422, refused.text
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]


async def test_of_many_who_ask_at_once_all_get_the_same_run(risk_year: RiskYear) -> None:
    await risk_year.know("S1")
    await risk_year.stage.settle()
    answers = await asyncio.gather(*(risk_year.ask() for _ in range(5)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.headers["location"] for answer in answers}) == 1
    other = await risk_year.ask(as_of=f"{THIS}-01-01")
    assert (other.status_code, other.json()["type"].rpartition("/")[2]) == (409, "already-computing")
    await risk_year.work()
    assert len((await risk_year.get(PATH))["items"]) == 1
    assert await risk_year.stage.psql("scoring", "SELECT count(*) AS n FROM task") == [(1,)]


async def test_a_suppliers_own_client_sees_nothing_of_it(risk_year: RiskYear) -> None:
    own = await risk_year.know("S1")
    await risk_year.identify(LAST)
    await risk_year.identify()
    async with risk_year.stage.machine("scoring", "scoring:read", supplier_id=own) as client:
        for path in ("", f"/{THIS}", f"/{THIS}/risks", f"/{THIS}/comparison", f"/{THIS}/comparison/changes"):
            assert (await client.get(PATH + path)).status_code == 404, path
        assert (await client.post(PATH, json={"year": THIS})).status_code == 403


async def test_the_feed_tells_of_runs_and_of_no_supplier(risk_year: RiskYear) -> None:
    await risk_year.know("S1")
    await risk_year.know("S2", status="inactive")
    await risk_year.identify(by="ann")
    async with risk_year.stage.machine("scoring") as client:
        events = (await client.get("/v1/feed")).json()["events"]
    told = [event for event in events if event["type"].startswith("risk_identification.")]
    assert [event["type"] for event in told] == ["risk_identification.requested", "risk_identification.frozen"]
    assert told[1]["data"] == {
        "year": THIS,
        "revision": 1,
        "as_of": TODAY.isoformat(),
        "status": "frozen",
        "error": None,
        "policy_version": 1,
        "identified": 1,
        "left_out": {"not_active": 1},
        "risk_tiers": {"high": 1, "medium": 0, "low": 0},
        "version": 2,
    }
