"""The year's survey: campaigns over HTTP, scores by file."""

from typing import Any

import pytest

from tests.audit.programme import TODAY, add_supplier, ago, events, post, read
from tests.stage import Stage

HEADER = "supplier_code,year,category,score,submitted_on\n"
LAST_YEAR = TODAY.year - 1


async def campaign(stage: Stage, *suppliers: str, year: int = LAST_YEAR, **fields: Any) -> dict[str, Any]:
    body = {"year": year, "title": f"Survey {year}", "due_on": f"{year}-06-30", "suppliers": suppliers, **fields}
    async with stage.machine("audit") as client:
        return await post(client, "/v1/surveys", body)


async def responses(stage: Stage, survey: dict[str, Any]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await read(stage, f"/v1/surveys/{survey['id']}/responses"))["items"]
    return items


async def test_a_campaign_asks_suppliers_by_id_or_code_each_once(stage: Stage) -> None:
    s1, s2 = await add_supplier(stage), await add_supplier(stage, "S2")
    survey = await campaign(stage, s1, "S1", "S2")
    assert (survey["asked"], survey["submitted"], survey["version"]) == (2, 0, 1)
    assert await read(stage, f"/v1/surveys/{survey['id']}") == survey
    asked = await responses(stage, survey)
    assert [(r["supplier_code"], r["due_on"], r["submitted_on"]) for r in asked] == [
        ("S1", f"{LAST_YEAR}-06-30", None),
        ("S2", f"{LAST_YEAR}-06-30", None),
    ]
    (first, second) = await events(stage, "survey_response")
    assert (first["type"], second["subject"]) == ("survey_response.asked", asked[1]["id"])
    assert second["data"] == {
        "version": 1,
        "supplier_id": s2,
        "year": LAST_YEAR,
        "survey_id": survey["id"],
        "due_on": f"{LAST_YEAR}-06-30",
        "submitted_on": None,
        "scores": {},
    }


async def test_a_year_has_one_campaign_and_its_fields_are_checked(stage: Stage) -> None:
    await add_supplier(stage)
    await campaign(stage, "S1")
    body = {"year": LAST_YEAR, "title": "Again", "due_on": f"{LAST_YEAR}-07-31", "suppliers": ["S1"]}
    async with stage.machine("audit") as client:
        twice = await client.post("/v1/surveys", json=body)
        unknown = await client.post("/v1/surveys", json={**body, "year": 2020, "suppliers": ["S1", "S9"]})
        early = await client.post("/v1/surveys", json={**body, "year": 2020, "opened_on": ago(0)})
        no_text = await client.post("/v1/surveys", json={**body, "year": 2020, "suppliers": ["S1", "S\x00"]})
    assert twice.status_code == 409
    assert (no_text.status_code, no_text.json()["detail"]) == (
        422,
        "A value cannot be stored (a NUL character, or a number out of range).",
    )
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "#/suppliers/1")
    assert early.status_code == 422
    assert len((await read(stage, "/v1/surveys"))["items"]) == 1


async def test_further_suppliers_are_asked_and_the_others_stay(stage: Stage) -> None:
    await add_supplier(stage)
    await add_supplier(stage, "S2")
    survey = await campaign(stage, "S1")
    async with stage.machine("audit") as client:
        more = await client.post(f"/v1/surveys/{survey['id']}/suppliers", json={"suppliers": ["S1", "S2"]})
        same = await client.post(f"/v1/surveys/{survey['id']}/suppliers", json={"suppliers": ["S2"]})
        nowhere = await client.post(
            f"/v1/surveys/{(await responses(stage, survey))[0]['id']}/suppliers", json={"suppliers": ["S2"]}
        )
    assert (more.json()["asked"], more.json()["version"]) == (2, 2)
    assert (same.json()["asked"], same.json()["version"]) == (2, 2)
    assert nowhere.status_code == 404
    assert len(await events(stage, "survey_response")) == 2


async def test_a_campaign_is_told_and_logged_even_if_it_asks_nobody_yet(stage: Stage) -> None:
    await add_supplier(stage)
    survey = await campaign(stage)
    async with stage.machine("audit") as client:
        for _ in range(2):
            await client.post(f"/v1/surveys/{survey['id']}/suppliers", json={"suppliers": ["S1"]})
    created, changed = await events(stage, "survey.")
    assert (created["type"], created["subject"], changed["type"]) == ("survey.created", survey["id"], "survey.changed")
    assert changed["data"] == {
        "version": 2,
        "year": LAST_YEAR,
        "title": f"Survey {LAST_YEAR}",
        "opened_on": f"{LAST_YEAR}-06-30",
        "due_on": f"{LAST_YEAR}-06-30",
        "asked": 1,
    }
    log = (await read(stage, "/v1/audit-log", resource_id=survey["id"]))["items"]
    assert sorted(entry["action"] for entry in log) == ["survey.changed", "survey.created"]
    assert next(entry for entry in log if entry["action"] == "survey.changed")["changes"] == {"asked": [0, 1]}


async def test_a_campaign_counts_how_many_have_answered(stage: Stage) -> None:
    await add_supplier(stage)
    await add_supplier(stage, "S2")
    survey = await campaign(stage)
    assert (survey["response_rate"], survey["reminder_days"], survey["questionnaire_id"]) == (None, [14, 3], None)
    async with stage.machine("audit") as client:
        await client.post(f"/v1/surveys/{survey['id']}/suppliers", json={"suppliers": ["S1", "S2"]})
    await stage.import_file("audit", "surveys", f"{HEADER}S1,{LAST_YEAR},labor_employment,70,\n")
    counted = await read(stage, f"/v1/surveys/{survey['id']}")
    assert (counted["asked"], counted["submitted"], counted["response_rate"]) == (2, 1, 0.5)


async def test_a_moved_due_date_holds_for_every_response(stage: Stage) -> None:
    await add_supplier(stage)
    await add_supplier(stage, "S2")
    survey = await campaign(stage, "S1", "S2")
    await stage.import_file("audit", "surveys", f"{HEADER}S1,{LAST_YEAR},labor_employment,70,\n")
    url, due_on = f"/v1/surveys/{survey['id']}", f"{LAST_YEAR}-09-30"
    change = {"title": "Longer", "due_on": due_on, "reminder_days": [30, -7]}
    async with stage.machine("audit") as client:
        assert (await client.patch(url, json=change)).status_code == 428
        moved = await client.patch(url, json=change, headers={"If-Match": '"1"'})
        assert moved.status_code == 200, moved.text
        assert (await client.patch(url, json=change, headers={"If-Match": '"1"'})).status_code == 412
        same = await client.patch(url, json=change, headers={"If-Match": '"2"'})
    assert {name: moved.json()[name] for name in change} == change
    assert (moved.json()["version"], same.json()["version"]) == (2, 2)
    assert [response["due_on"] for response in await responses(stage, survey)] == [due_on, due_on]
    told = await events(stage, "survey_response.due_date_moved")
    assert [event["data"]["due_on"] for event in told] == [due_on, due_on]
    assert (await events(stage, "survey.changed"))[0]["data"]["due_on"] == due_on
    log = (await read(stage, "/v1/audit-log", resource_id=survey["id"]))["items"]
    (entry,) = [entry for entry in log if entry["action"] == "survey.changed"]
    assert entry["changes"]["reminder_days"] == [[14, 3], [30, -7]]


async def test_what_cannot_be_a_campaign_is_refused(stage: Stage) -> None:
    await add_supplier(stage)
    survey = await campaign(stage, "S1")
    body = {"year": 2020, "title": "Survey", "due_on": "2020-06-30", "suppliers": ["S1"]}
    async with stage.person("audit", "ann") as client:
        questionnaire = await post(client, "/v1/questionnaires", {"name": "q", "title": {"en": "Survey"}})
        for wrong in (
            {"reminder_days": [3, 3]},
            {"reminder_days": [61]},
            {"reminder_days": [-31]},
            {"questionnaire_id": survey["id"]},
            {"questionnaire_id": questionnaire["id"]},
        ):
            answer = await client.post("/v1/surveys", json={**body, **wrong})
            assert answer.status_code == 422, wrong
            assert answer.json()["errors"][0]["pointer"].startswith(f"#/{next(iter(wrong))}")
        for wrong in ({"due_on": "2000-01-01"}, {"title": None}, {"year": 2021}):
            url = f"/v1/surveys/{survey['id']}"
            assert (await client.patch(url, json=wrong, headers={"If-Match": "*"})).status_code == 422, wrong
    assert (await read(stage, f"/v1/surveys/{survey['id']}"))["version"] == 1


async def test_a_code_that_looks_like_an_id_is_a_code(stage: Stage) -> None:
    code = "0190c3d7a0b07a8e9f0011223344aabb"
    supplier_id, other = await add_supplier(stage, code), await add_supplier(stage, "S2")
    survey = await campaign(stage, code, other)
    again = await campaign(stage, code, supplier_id, year=LAST_YEAR - 1)
    assert [r["supplier_id"] for r in await responses(stage, survey)] == [supplier_id, other]
    assert again["asked"] == 1


async def test_a_file_of_scores_answers_the_campaign(stage: Stage) -> None:
    await add_supplier(stage)
    survey = await campaign(stage, "S1")
    run = await stage.import_file(
        "audit",
        "surveys",
        f"{HEADER}S1,{LAST_YEAR},labor_employment,70.5,{LAST_YEAR}-05-20\n"
        f"S1,{LAST_YEAR},product_liability,80,{LAST_YEAR}-05-02\n",
    )
    assert (run["succeeded"], run["errors"]) == (2, [])
    (answered,) = await responses(stage, survey)
    assert answered["submitted_on"] == f"{LAST_YEAR}-05-02"
    assert answered["scores"] == {
        "labor_employment": {"score": 70.5, "submitted_on": f"{LAST_YEAR}-05-20"},
        "product_liability": {"score": 80, "submitted_on": f"{LAST_YEAR}-05-02"},
    }
    assert (await read(stage, f"/v1/surveys/{survey['id']}"))["submitted"] == 1
    event = (await events(stage, "survey_response"))[-1]
    assert event["type"] == "survey_response.answered"
    assert (event["data"]["scores"], event["data"]["survey_id"]) == (answered["scores"], survey["id"])


async def test_a_supplier_that_answered_unasked_has_answered_the_campaign_that_comes(stage: Stage) -> None:
    await add_supplier(stage)
    await stage.import_file("audit", "surveys", f"{HEADER}S1,{LAST_YEAR},labor_employment,70,\n")
    (unasked,) = await events(stage, "survey_response")
    assert (unasked["data"]["survey_id"], unasked["data"]["due_on"]) == (None, None)
    assert unasked["data"]["submitted_on"] == f"{LAST_YEAR}-12-31"
    survey = await campaign(stage, "S1")
    assert (survey["asked"], survey["submitted"]) == (1, 1)


async def test_without_a_day_scores_are_of_the_years_last_day_or_today(stage: Stage) -> None:
    await add_supplier(stage)
    await stage.import_file(
        "audit", "surveys", f"{HEADER}S1,{TODAY.year},labor_employment,70,\nS1,{LAST_YEAR},labor_employment,60,\n"
    )
    told = {event["data"]["year"]: event["data"]["submitted_on"] for event in await events(stage, "survey_response")}
    assert told == {TODAY.year: min(f"{TODAY.year}-12-31", TODAY.isoformat()), LAST_YEAR: f"{LAST_YEAR}-12-31"}


async def test_the_same_scores_change_nothing_and_a_differing_one_only_itself(stage: Stage) -> None:
    await add_supplier(stage)
    rows = f"S1,{LAST_YEAR},labor_employment,70,{LAST_YEAR}-05-20\nS1,{LAST_YEAR},product_liability,80,\n"
    await stage.import_file("audit", "surveys", HEADER + rows)
    again = await stage.import_file("audit", "surveys", HEADER + rows)
    assert again["unchanged"] == 2
    await stage.import_file("audit", "surveys", HEADER + rows.replace(",70,", ",75,"))
    told = await events(stage, "survey_response")
    assert [event["data"]["version"] for event in told] == [1, 2]
    assert told[1]["data"]["scores"] == {
        "labor_employment": {"score": 75, "submitted_on": f"{LAST_YEAR}-05-20"},
        "product_liability": {"score": 80, "submitted_on": f"{LAST_YEAR}-12-31"},
    }


@pytest.mark.parametrize(
    ("bad", "column"),
    [
        (f"S9,{LAST_YEAR},labor_employment,70,", "supplier_code"),
        (f"S1,{LAST_YEAR},labor_employment,101,", "score"),
        (f"S1,{LAST_YEAR},labor_employment,nan,", "score"),
        (f"S1,{LAST_YEAR},Labour,70,", "category"),
        ("S1,last,labor_employment,70,", "year"),
        (f"S1,{LAST_YEAR},labor_employment,70,{ago(-2)}", "submitted_on"),
    ],
)
async def test_a_bad_line_of_scores_is_named_and_costs_no_good_one(stage: Stage, bad: str, column: str) -> None:
    await add_supplier(stage)
    run = await stage.import_file("audit", "surveys", f"{HEADER}{bad}\nS1,{LAST_YEAR},product_liability,80,\n")
    assert (run["status"], [(e["line"], e["column"]) for e in run["errors"]]) == ("partially_succeeded", [(2, column)])
    (event,) = await events(stage, "survey_response")
    assert list(event["data"]["scores"]) == ["product_liability"]


async def test_a_supplier_sees_the_campaigns_that_ask_it_and_its_own_response(stage: Stage) -> None:
    s1, s2 = await add_supplier(stage), await add_supplier(stage, "S2")
    both = await campaign(stage, s1, s2)
    other = await campaign(stage, s2, year=LAST_YEAR - 1)
    async with stage.machine("audit", "audit:read", supplier_id=s1) as bound:
        listed = (await bound.get("/v1/surveys")).json()["items"]
        own = (await bound.get(f"/v1/surveys/{both['id']}/responses")).json()["items"]
        assert (await bound.get(f"/v1/surveys/{other['id']}")).status_code == 404
        assert (await bound.get(f"/v1/surveys/{other['id']}/responses")).status_code == 404
        assert (await bound.get(f"/v1/surveys/{both['id']}/responses/{s2}")).status_code == 404
        assert (await bound.get(f"/v1/surveys/{both['id']}/responses/{s1}")).status_code == 200
    assert [(survey["id"], survey["asked"]) for survey in listed] == [(both["id"], 1)]
    assert [response["supplier_code"] for response in own] == ["S1"]


async def test_an_emptied_day_of_an_answer_is_an_error_and_no_default(stage: Stage) -> None:
    await add_supplier(stage)
    await stage.import_file("audit", "surveys", f"{HEADER}S1,{LAST_YEAR},labor_employment,70,{LAST_YEAR}-05-20\n")
    run = await stage.import_file("audit", "surveys", f"{HEADER}S1,{LAST_YEAR},labor_employment,70,\n")
    assert [(error["line"], error["column"]) for error in run["errors"]] == [(2, "submitted_on")]
    assert len(await events(stage, "survey_response")) == 1
