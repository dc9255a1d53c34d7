"""The worked examples of the formulas, through the APIs of all four services."""

from datetime import date
from typing import Any

from tests.stage import Stage

DAY = date(2026, 9, 30)
CATEGORIES = ("management_system", "labor_employment", "environmental_impact", "product_liability")
FINDINGS = """\
finding_ref,audit_ref,supplier_code,provision,code_version,severity,discovered_on,closed_on,plan_approved_on,due_on
"""
OVERDUE_MAJOR = "F1,A1,S1,A3,8.0,major,2026-03-01,,,2026-09-12\n"
CLOSED_MINOR = "F2,A1,S1,C3,8.0,minor,2026-03-01,2026-05-01,,\n"
PLANNED_PRIORITY = "F1,A1,S1,A1,8.0,priority,2026-08-01,,2026-08-09,2026-10-30\n"
AUDITS = "audit_ref,supplier_code,kind,standard,conducted_on\n"


async def load(stage: Stage, rank: float, *files: tuple[str, str, str]) -> None:
    """One supplier, S1, of a country with that rank, and the evidence on it."""
    given = (
        ("scoring", "country-risks", f"country,year,source,mean_percentile_rank\nTW,2024,WGI,{rank}\n"),
        ("registry", "suppliers", "code,name,country\nS1,One,TW\n"),
        *files,
    )
    for service, kind, text in given:
        run = await stage.import_file(service, kind, text)
        assert (run["status"], run["errors"]) == ("succeeded", [])
    await stage.settle()


async def score_on_the_day(stage: Stage) -> dict[str, Any]:
    async with stage.machine("scoring", "scoring:read") as client:
        (current,) = (await client.get("/v1/scores", params={"supplier_code": "S1"})).json()["items"]
        path = f"/v1/scores/{current['supplier_id']}"
        score: dict[str, Any] = (await client.get(path, params={"as_of": DAY.isoformat()})).json()
        explanation = (await client.get(f"{path}/explanation", params={"as_of": DAY.isoformat()})).json()
    assert round(sum(part["points"] for part in explanation["parts"]), 2) == score["score"]
    return score


def surveys(*scores: float) -> str:
    rows = [f"S1,2026,{name},{score},2026-04-30" for name, score in zip(CATEGORIES, scores, strict=True)]
    return "\n".join(["supplier_code,year,category,score,submitted_on", *rows, ""])


def trainings(number: int) -> str:
    rows = [
        f"T{n},training,Training {n},2026-05-{n:02}T09:00:00+08:00,2026-05-{n:02}T11:00:00+08:00,S1,p-1"
        for n in range(1, number + 1)
    ]
    return "\n".join(["event_ref,kind,title,starts_at,ends_at,supplier_code,person_ref", *rows, ""])


async def test_a_supplier_with_an_overdue_major_and_a_closed_minor(stage: Stage) -> None:
    await load(
        stage,
        62.5,
        ("audit", "audits", f"{AUDITS}A1,S1,vap,RBA VAP 8.0,2026-03-01\n"),
        ("audit", "findings", FINDINGS + OVERDUE_MAJOR + CLOSED_MINOR),
        ("audit", "surveys", surveys(90, 70, 85, 80)),
        ("engagement", "attendances", trainings(2)),
    )
    async with stage.machine("engagement") as client:
        course = (
            await client.post("/v1/courses", json={"code": "C1", "title": "ISO 14001", "language": "zh-TW"})
        ).json()
        done = {"supplier_code": "S1", "person_ref": "p-1", "on": "2026-06-01"}
        answer = await client.post(f"/v1/courses/{course['id']}/completions", json=done)
        assert answer.status_code == 201, answer.text
    await stage.settle()
    score = await score_on_the_day(stage)
    assert list(score["categories"].values()) == [93.25, 78.25, 91.45, 90.25]
    assert (score["base"], score["credit"], score["score"]) == (88.3, 1.25, 89.55)
    assert (score["risk_tier"], score["tier_reasons"]) == ("medium", ["overdue_major"])


async def test_a_supplier_of_whom_only_the_country_is_known(stage: Stage) -> None:
    await load(stage, 62.5)
    score = await score_on_the_day(stage)
    assert set(score["categories"].values()) == {62.75}
    assert (score["score"], score["risk_tier"]) == (62.75, "medium")
    assert (score["basis"], score["confidence"]) == ("assumed", 0.2)


async def test_the_same_supplier_silent_on_the_survey(stage: Stage) -> None:
    await load(stage, 62.5)
    async with stage.machine("audit") as client:
        survey = {
            "year": 2026,
            "title": "Survey 2026",
            "opened_on": "2026-03-01",
            "due_on": "2026-06-30",
            "suppliers": ["S1"],
        }
        answer = await client.post("/v1/surveys", json=survey)
        assert answer.status_code == 201, answer.text
    await stage.settle()
    score = await score_on_the_day(stage)
    assert set(score["categories"].values()) == {46.25}
    assert (score["risk_tier"], score["basis"]) == ("high", "partly")


async def test_a_good_supplier_with_an_open_priority_finding_is_high_and_gets_no_credit(stage: Stage) -> None:
    await load(
        stage,
        90,
        ("audit", "audits", f"{AUDITS}A1,S1,vap,RBA VAP 8.0,2026-08-01\n"),
        ("audit", "findings", FINDINGS + PLANNED_PRIORITY),
        ("audit", "surveys", surveys(95, 95, 95, 95)),
        ("engagement", "attendances", trainings(5)),
    )
    score = await score_on_the_day(stage)
    assert list(score["categories"].values()) == [97.5, 85.5, 97.5, 97.5]
    assert (score["credit"], score["score"]) == (0.0, 94.5)
    assert (score["risk_tier"], score["tier_reasons"]) == ("high", ["open_priority_finding"])
