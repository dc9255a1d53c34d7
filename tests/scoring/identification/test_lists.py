"""The risks of a frozen run: filtered, page by page, and as files that run nothing."""

from typing import Any

import pytest

from shared.sheets import CSV, XLSX
from tests.scoring.identification.risk_year import PATH, THIS, RiskYear, read_csv, read_xlsx

RISKS = f"{PATH}/{THIS}/risks"
ATTACK = "=cmd|' /C calc'!A0"


async def test_risks_are_filtered_as_a_reader_of_all_of_them_would(risk_year: RiskYear) -> None:
    await risk_year.know_many(600)
    await risk_year.identify()
    everybody = await risk_year.risks()
    assert len(everybody) == 540
    assert list(everybody) == sorted(everybody)
    category = "environmental_impact"
    filters: list[tuple[dict[str, Any], Any]] = [
        ({"risk_tier": "high"}, lambda risk: risk["risk_tier"] == "high"),
        ({"country": "TW"}, lambda risk: risk["country"] == "TW"),
        ({"supply_tier": 3}, lambda risk: risk["supply_tier"] == 3),
        ({"category": category, "below": 60}, lambda risk: risk["categories"][category] < 60),
        ({"q": "maker 12"}, lambda risk: "Maker 12" in risk["name"]),
        ({"q": "m00001"}, lambda risk: risk["supplier_code"].startswith("M00001")),
        ({"overridden": True}, lambda risk: risk["override_risk_tier"] is not None),
        ({"q": "%"}, lambda _: False),
    ]
    for given, fits in filters:
        expected = {code for code, risk in everybody.items() if fits(risk)}
        assert set(await risk_year.risks(**given)) == expected, given
        assert len(expected) < 540
    both = await risk_year.risks(risk_tier="high", country="TW", supply_tier=1)
    assert all((r["risk_tier"], r["country"], r["supply_tier"]) == ("high", "TW", 1) for r in both.values())


@pytest.mark.parametrize(
    ("params", "pointer"),
    [
        ({"category": "labor_employment"}, "query: below"),
        ({"below": 50}, "query: category"),
        ({"category": "labour", "below": 50}, "query: category"),
        ({"category": "labor_employment", "below": "nan"}, "#query/below"),
        ({"risk_tier": "huge"}, "#query/risk_tier"),
        ({"revision": 0}, "#query/revision"),
    ],
)
async def test_a_filter_that_makes_no_sense_is_named(risk_year: RiskYear, params: dict[str, Any], pointer: str) -> None:
    await risk_year.know("S1")
    await risk_year.identify()
    refused = await risk_year.read(RISKS, **params)
    assert refused.status_code == 422, refused.text
    assert pointer.rpartition("/")[2] in refused.json()["errors"][0]["pointer"]


async def test_one_suppliers_risks_are_read_by_its_id(risk_year: RiskYear) -> None:
    in_it, left_out = await risk_year.know("S1"), await risk_year.know("S2", status="inactive")
    await risk_year.identify()
    answer = await risk_year.read(f"{RISKS}/{in_it}")
    assert answer.json() == (await risk_year.risks())["S1"]
    async with risk_year.stage.machine("scoring") as client:
        again = await client.get(f"{RISKS}/{in_it}", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    assert (await risk_year.read(f"{RISKS}/{left_out}")).status_code == 404
    async with risk_year.stage.machine("scoring", "scoring:read", supplier_id=in_it) as own:
        assert (await own.get(f"{RISKS}/{in_it}")).status_code == 404


async def test_a_year_is_no_id_and_an_unknown_one_is_not_found(risk_year: RiskYear) -> None:
    for which, status in ((THIS, 404), ("01890000-0000-7000-8000-000000000000", 404), ("soon", 422), (99, 422)):
        for path in ("", "/risks", "/comparison"):
            assert (await risk_year.read(f"{PATH}/{which}{path}")).status_code == status, (which, path)


async def test_whoever_has_the_run_is_told_so_until_it_goes_on(risk_year: RiskYear) -> None:
    await risk_year.know("S1")
    await risk_year.stage.settle()
    await risk_year.ask()
    tags = []
    for _ in range(2):
        answer = await risk_year.read(f"{PATH}/{THIS}")
        tags.append(answer.headers["etag"])
        async with risk_year.stage.machine("scoring") as client:
            again = await client.get(f"{PATH}/{THIS}", headers={"If-None-Match": tags[-1]})
        assert again.status_code == 304
        await risk_year.work()
    assert tags[0] != tags[1]


async def read_file(risk_year: RiskYear, media_type: str, path: str = RISKS, **params: Any) -> list[dict[str, Any]]:
    answer = await risk_year.read(path, accept=media_type, **params)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith(media_type)
    assert answer.headers["vary"] == "Accept, Authorization"
    rows: list[dict[str, Any]] = read_csv(answer.content) if media_type == CSV else read_xlsx(answer.content)
    return rows


@pytest.mark.parametrize("media_type", [CSV, XLSX])
async def test_a_file_has_all_risks_that_the_filters_give_as_the_list_has_them(
    risk_year: RiskYear, media_type: str
) -> None:
    await risk_year.know_many(1400)
    await risk_year.identify()
    expected = await risk_year.risks(supply_tier=2)
    rows = await read_file(risk_year, media_type, supply_tier=2, limit=10)
    assert [row["supplier_code"] for row in rows] == list(expected)
    for row, risk in zip(rows, expected.values(), strict=True):
        assert (row["supplier_id"], row["name"], row["risk_tier"]) == (
            risk["supplier_id"], risk["name"], risk["risk_tier"]
        )  # fmt: skip
        assert float(row["score"]) == risk["score"]
        assert {name: float(row[f"categories.{name}"]) for name in risk["categories"]} == risk["categories"]
        assert row["required_actions"] == "|".join(risk["required_actions"])
        assert row["tier_reasons"] == "|".join(risk["tier_reasons"])
        assert (row["country"] or None, int(row["supply_tier"])) == (risk["country"], risk["supply_tier"])


async def test_a_file_runs_nothing_that_a_supplier_is_called(risk_year: RiskYear) -> None:
    await risk_year.spend("S1", "12.50", name=ATTACK)
    await risk_year.decree(
        approaches={"high": {"text": "+1 visit", "required_actions": ["@audit"]}},
        identification={"least_annual_spend": 1, "currency": "TWD"},
    )
    await risk_year.identify()
    (row,) = await read_file(risk_year, CSV)
    assert (row["name"], row["approach"], row["required_actions"]) == (f"'{ATTACK}", "'+1 visit", "'@audit")
    assert (row["annual_spend"], row["currency"]) == ("12.50", "TWD")
    (row,) = await read_file(risk_year, XLSX)
    assert (row["name"], row["approach"], row["required_actions"]) == (ATTACK, "+1 visit", "@audit")
    assert row["annual_spend"] == 12.5
    answer = await risk_year.read(RISKS, accept=CSV)
    assert answer.headers["content-disposition"] == f'attachment; filename="risk-identification-{THIS}-1.csv"'


@pytest.mark.parametrize("media_type", [CSV, XLSX])
async def test_a_run_without_suppliers_is_a_file_with_a_header(risk_year: RiskYear, media_type: str) -> None:
    run = await risk_year.identify()
    assert (run["identified"], run["total"], run["left_out"], run["category_means"]) == (0, 0, {}, {})
    assert await read_file(risk_year, media_type) == []
    assert await risk_year.risks(category="labor_employment", below=50) == {}


@pytest.mark.parametrize("accept", ["*/*", "application/json", f"{CSV};q=0.5, application/json", "image/png"])
async def test_whoever_does_not_prefer_a_file_gets_json(risk_year: RiskYear, accept: str) -> None:
    await risk_year.identify()
    assert (await risk_year.read(RISKS, accept=accept)).json() == {"items": [], "next_cursor": None}
