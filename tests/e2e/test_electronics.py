"""Real public data through the whole system, held against a plain reading of the formulas, supplier by supplier."""

import csv
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from services.scoring.service import scoring
from tests.oracle.plain_scoring import score_folder
from tests.stage import Stage

FILES = (
    ("scoring", "country-risks", "country_risk.csv"),
    ("registry", "suppliers", "suppliers.csv"),
    ("registry", "sites", "sites.csv"),
    ("audit", "audits", "audits.csv"),
    ("audit", "findings", "findings.csv"),
)
PAST_DAYS = (date(2016, 6, 30), date(2019, 12, 31), date(2021, 2, 28))


@pytest.fixture
async def loaded(stage: Stage, shared_data: Path) -> AsyncIterator[tuple[Stage, Path]]:
    folder = shared_data / "electronics"
    for service, kind, name in FILES:
        run = await stage.import_file(service, kind, (folder / name).read_bytes())
        assert (run["status"], run["errors"]) == ("succeeded", []), (name, run["errors"][:3])
    await stage.settle()
    return stage, folder


async def all_scores(stage: Stage) -> dict[str, dict[str, Any]]:
    scores, cursor = {}, None
    async with stage.machine("scoring", "scoring:read") as client:
        while True:
            page = (
                await client.get("/v1/scores", params={"limit": 200} | ({"cursor": cursor} if cursor else {}))
            ).json()
            scores.update({item["supplier_code"]: item for item in page["items"]})
            cursor = page["next_cursor"]
            if cursor is None:
                return scores


async def test_every_supplier_has_the_score_that_a_plain_reading_gives(loaded: tuple[Stage, Path]) -> None:
    stage, folder = loaded
    plain = score_folder(folder, scoring.today())
    scores = await all_scores(stage)
    assert scores.keys() == plain.keys()
    differing = {}
    for code, expected in plain.items():
        score = scores[code]
        ours = (score["score"], score["base"], score["risk_tier"], score["basis"], score["credit"], score["categories"])
        theirs = (
            float(expected.score), float(expected.base), expected.risk_tier, expected.basis, float(expected.credit),
            {name: float(value) for name, value in expected.categories.items()},
        )  # fmt: skip
        if ours != theirs:
            differing[code] = (ours, theirs)
    assert not differing
    assert len(scores) == 447


@pytest.mark.parametrize("day", PAST_DAYS)
async def test_past_days_come_out_as_a_plain_reading_gives_them(loaded: tuple[Stage, Path], day: date) -> None:
    stage, folder = loaded
    plain = score_folder(folder, day)
    ids = {row["code"]: row["id"] for row in await stage.psql("scoring", "SELECT id, code FROM supplier_copy")}
    async with stage.machine("scoring", "scoring:read") as client:
        for code in [code for code, score in plain.items() if score.basis != "assumed"][:25]:
            answer = await client.get(f"/v1/scores/{ids[code]}", params={"as_of": day.isoformat()})
            score, expected = answer.json(), plain[code]
            assert (score["score"], score["risk_tier"]) == (float(expected.score), expected.risk_tier), (code, day)


async def test_a_years_risk_identification_names_what_a_plain_reading_finds(loaded: tuple[Stage, Path]) -> None:
    stage, folder = loaded
    day = PAST_DAYS[-1]
    plain = score_folder(folder, day)
    with (folder / "suppliers.csv").open(encoding="utf-8-sig", newline="") as file:
        bought_from = {row["code"] for row in csv.DictReader(file) if row["status"] in ("active", "probation")}
    path, risks, cursor = f"/v1/risk-identifications/{day.year}", {}, {}
    async with stage.machine("scoring") as client:
        asked = await client.post("/v1/risk-identifications", json={"year": day.year, "as_of": day.isoformat()})
        assert asked.status_code == 202, asked.text
        await stage.run_tasks("scoring")
        run = (await client.get(path)).json()
        assert (run["status"], run["total"]) == ("frozen", 447)
        while True:
            page = (await client.get(f"{path}/risks", params={"limit": 200, **cursor})).json()
            risks.update({risk["supplier_code"]: risk for risk in page["items"]})
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}
    assert risks.keys() == bought_from
    assert run["left_out"]["not_active"]["suppliers"] == 447 - len(bought_from)
    for code, risk in risks.items():
        expected = plain[code]
        assert (risk["score"], risk["base"], risk["risk_tier"], risk["basis"]) == (
            float(expected.score), float(expected.base), expected.risk_tier, expected.basis
        ), code  # fmt: skip
        assert risk["categories"] == {name: float(value) for name, value in expected.categories.items()}
