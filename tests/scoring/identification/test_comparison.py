"""One year's risk identification held against another's."""

from datetime import date
from typing import Any

from services.scoring.domain.tier_overrides import STRICTNESS
from shared.sheets import CSV, XLSX
from tests.scoring.identification.risk_year import LAST, PATH, THIS, RiskYear, read_csv, read_xlsx

COMPARISON = f"{PATH}/{THIS}/comparison"


async def two_years(risk_year: RiskYear) -> None:
    """LOWER falls from high to medium, HIGHER rises, SAME stays, GONE goes, NEW comes."""
    async with risk_year.stage.machine("scoring") as client:
        risk = {"source": "World Bank WGI", "mean_percentile_rank": 62.5}
        await client.put("/v1/country-risks/TW/2024", json=risk)
    for code in ("LOWER", "HIGHER", "SAME", "GONE"):
        await risk_year.know(code, supply_tier=2)
    finding = await risk_year.find("LOWER", discovered_on=date(LAST, 12, 1))
    await risk_year.identify(LAST)
    await risk_year.find("HIGHER", discovered_on=date(THIS, 1, 2))
    await risk_year.know("NEW", supply_tier=1)
    async with risk_year.stage.person("audit", "ann") as audit, risk_year.stage.machine("registry") as registry:
        withdrawn = await audit.post(
            f"/v1/findings/{finding}/withdraw", json={"reason": "It was another site."}, headers={"If-Match": "*"}
        )
        assert withdrawn.is_success, withdrawn.text
        path = f"/v1/suppliers/{risk_year.ids['GONE']}"
        assert (await registry.patch(path, json={"status": "inactive"}, headers={"If-Match": "*"})).is_success
    await risk_year.identify()


async def test_it_tells_who_rose_fell_came_and_went_and_how_the_figures_differ(risk_year: RiskYear) -> None:
    await two_years(risk_year)
    compared = await risk_year.get(COMPARISON)
    assert (compared["identification"]["year"], compared["compared_with"]["year"]) == (THIS, LAST)
    assert compared["compared_with"] == {
        "id": (await risk_year.get(f"{PATH}/{LAST}"))["id"],
        "year": LAST,
        "revision": 1,
        "as_of": f"{LAST}-12-31",
        "policy_version": 1,
        "identified": 4,
    }
    assert {name: compared[name] for name in ("rose", "fell", "unchanged")} == {"rose": 1, "fell": 1, "unchanged": 1}
    assert compared["matrix"] == {
        "high": {"high": 0, "medium": 1, "low": 0},
        "medium": {"high": 1, "medium": 1, "low": 0},
        "low": {"high": 0, "medium": 0, "low": 0},
    }
    assert (compared["new"], compared["gone"]) == (
        {"high": 0, "medium": 1, "low": 0},
        {"high": 0, "medium": 1, "low": 0},
    )
    assert compared["supply_tiers"]["1"] == {
        "before": {"high": 0, "medium": 0, "low": 0},
        "after": {"high": 0, "medium": 1, "low": 0},
    }
    assert compared["supply_tiers"]["2"]["before"] == {"high": 1, "medium": 3, "low": 0}
    runs = [await risk_year.get(f"{PATH}/{year}") for year in (LAST, THIS)]
    for category, mean in compared["category_means"].items():
        before, after = (run["category_means"][category] for run in runs)
        assert mean == {"before": before, "after": after, "difference": round(after - before, 2)}
    changes = {change["supplier_code"]: change for change in await risk_year.all_of(f"{COMPARISON}/changes")}
    assert {code: change["change"] for code, change in changes.items()} == {
        "GONE": "gone", "HIGHER": "rose", "LOWER": "fell", "NEW": "new"
    }  # fmt: skip
    assert (changes["HIGHER"]["risk_tier_before"], changes["HIGHER"]["risk_tier_after"]) == ("medium", "high")
    assert changes["HIGHER"]["score_after"] < changes["HIGHER"]["score_before"] == 62.75
    assert (changes["NEW"]["risk_tier_before"], changes["NEW"]["score_before"]) == (None, None)
    assert (changes["GONE"]["risk_tier_after"], changes["GONE"]["score_after"]) == (None, None)
    assert (await risk_year.risks())["HIGHER"]["previous_risk_tier"] == "medium"
    for kind in ("rose", "fell", "new", "gone"):
        (only,) = await risk_year.all_of(f"{COMPARISON}/changes", change=kind)
        assert only == changes[only["supplier_code"]]
        assert only["change"] == kind


async def test_its_lists_come_page_by_page_and_as_files(risk_year: RiskYear) -> None:
    await two_years(risk_year)
    path = f"{COMPARISON}/changes"
    first = await risk_year.get(path, limit=3)
    rest = await risk_year.get(path, limit=3, cursor=first["next_cursor"])
    paged = first["items"] + rest["items"]
    assert [change["supplier_code"] for change in paged] == ["GONE", "HIGHER", "LOWER", "NEW"]
    for media_type, reader in ((CSV, read_csv), (XLSX, read_xlsx)):
        rows: Any = reader((await risk_year.read(path, accept=media_type)).content)
        assert [(row["supplier_code"], row["change"]) for row in rows] == [
            (change["supplier_code"], change["change"]) for change in paged
        ]


async def test_over_many_suppliers_it_is_what_a_reader_of_both_lists_would_count(risk_year: RiskYear) -> None:
    await risk_year.know_many(1500)
    await risk_year.identify(LAST)
    withdrawn = "UPDATE supplier_copy SET status = 'inactive' WHERE hashtext(code) % 7 = 0"
    await risk_year.stage.psql("scoring", withdrawn)
    await risk_year.stage.psql("scoring", "UPDATE supplier_copy SET status = 'active' WHERE code LIKE '%50'")
    await risk_year.identify()
    before, after = await risk_year.risks(LAST), await risk_year.risks()
    compared = await risk_year.get(COMPARISON)
    both = before.keys() & after.keys()
    steps = [STRICTNESS[after[code]["risk_tier"]] - STRICTNESS[before[code]["risk_tier"]] for code in both]
    assert (compared["rose"], compared["fell"], compared["unchanged"]) == (
        sum(step > 0 for step in steps),
        sum(step < 0 for step in steps),
        sum(step == 0 for step in steps),
    )
    assert sum(compared["new"].values()) == len(after.keys() - before.keys()) > 0
    assert sum(compared["gone"].values()) == len(before.keys() - after.keys()) > 0
    for was, row in compared["matrix"].items():
        for is_now, count in row.items():
            pairs = [(before[code]["risk_tier"], after[code]["risk_tier"]) for code in both]
            assert count == pairs.count((was, is_now))
    changes = await risk_year.all_of(f"{COMPARISON}/changes")
    assert [change["supplier_code"] for change in changes] == sorted(
        {code for code in both if before[code]["risk_tier"] != after[code]["risk_tier"]}
        | (before.keys() ^ after.keys())
    )
    assert compared["rose"] > 0


async def test_a_year_is_compared_with_another_that_is_named_and_one_revision_with_the_last(
    risk_year: RiskYear,
) -> None:
    await risk_year.know("S1")
    await risk_year.identify(LAST - 3)
    await risk_year.identify()
    missing = await risk_year.read(COMPARISON)
    assert (missing.status_code, str(LAST) in missing.json()["detail"]) == (404, True)
    assert (await risk_year.get(COMPARISON, **{"with": LAST - 3}))["unchanged"] == 1
    await risk_year.know("S2")
    await risk_year.identify()
    revised = await risk_year.get(COMPARISON, revision=1, **{"with": THIS})
    assert (revised["compared_with"]["revision"], sum(revised["gone"].values())) == (2, 1)


async def test_categories_that_one_policy_alone_has_are_compared_with_nothing(risk_year: RiskYear) -> None:
    await risk_year.know("S1")
    await risk_year.identify(LAST)
    version = await risk_year.decree(
        categories=[{"code": "people", "weight": 1.0}], provisions=[], sections={"*": "people"}
    )
    await risk_year.identify()
    compared = await risk_year.get(COMPARISON)
    assert compared["identification"]["policy_version"] == version
    assert compared["category_means"]["people"] == {"before": None, "after": 56.5, "difference": None}
    assert compared["category_means"]["labor_employment"] == {"before": 56.5, "after": None, "difference": None}


async def test_whoever_has_a_comparison_is_told_so_until_a_revision_comes(risk_year: RiskYear) -> None:
    await risk_year.know("S1")
    await risk_year.identify(LAST)
    await risk_year.identify()
    tag = (await risk_year.read(COMPARISON)).headers["etag"]
    assert (await risk_year.read(COMPARISON)).headers["etag"] == tag
    await risk_year.identify(LAST)
    assert (await risk_year.read(COMPARISON)).headers["etag"] != tag
