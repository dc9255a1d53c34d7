"""The sample programme's engagement, loaded through the API, adds up to the published totals."""

import json
from pathlib import Path
from typing import Any

from tests.stage import Stage

SAMPLE = Path(__file__).parents[2] / "local" / "sample"
NOT_OF_THE_API = ("findings_treated",)


def records(name: str) -> Any:
    return json.loads((SAMPLE / f"{name}.json").read_text(encoding="utf-8"))


async def load_sample(stage: Stage) -> None:
    """Suppliers and attendances by import, events, courses and the opening balance one by one."""
    suppliers = await stage.import_file("registry", "suppliers", (SAMPLE / "suppliers.csv").read_bytes())
    assert suppliers["status"] == "succeeded"
    async with stage.machine("engagement") as client:

        async def post(path: str, body: dict[str, Any]) -> dict[str, Any]:
            answer = await client.post(path, json=body)
            assert answer.status_code == 201, answer.text
            created: dict[str, Any] = answer.json()
            return created

        await post("/v1/opening-balances", records("opening_balance"))
        for event in records("events"):
            await post("/v1/events", {name: value for name, value in event.items() if name not in NOT_OF_THE_API})
        for course in records("courses"):
            described = {"code": course["course_ref"], "title": course["title"], "language": course["language"]}
            described |= {"standard": course["topic"], "links": [course["link"]]}
            url = f"/v1/courses/{(await post('/v1/courses', described))['id']}"
            for seen in course["views"]:
                body = {"supplier_code": seen["supplier_code"], "on": seen["viewed_on"], "count": seen["views"]}
                await post(f"{url}/views", body)
            for done in course["completions"]:
                body = {name: done[name] for name in ("supplier_code", "person_ref")} | {"on": done["completed_on"]}
                await post(f"{url}/completions", body)
    attendances = await stage.import_file("engagement", "attendances", (SAMPLE / "attendances.csv").read_bytes())
    assert (attendances["status"], attendances["errors"]) == ("succeeded", [])


async def test_the_published_totals_come_out(stage: Stage) -> None:
    await load_sample(stage)
    async with stage.machine("engagement", "engagement:read") as client:
        found = (await client.get("/v1/summary", params={"from": "2026-01-01", "to": "2026-12-31"})).json()
        events = (await client.get("/v1/events")).json()["items"]
    period, cumulative = found["period"], found["cumulative"]
    assert (period["person_times"], period["session_hours"]) == (386, 21)
    assert (cumulative["person_times"], cumulative["session_hours"]) == (4423, 690)
    assert period["satisfaction_n"] == 292
    assert period["satisfaction_percent"] > 90
    low, high = period["satisfaction_interval"]
    assert 90 < low < period["satisfaction_percent"] < high < 100
    assert cumulative["course_views"] == 353
    assert sum(event["person_times"] for event in events) == 386
    assert len(events) == 10
