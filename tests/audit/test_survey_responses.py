"""A response's life: draft, submission, reopening, and what each tells the score."""

import asyncio
from typing import Any

import pytest

from tests.audit.programme import TODAY, ago, events, read
from tests.audit.survey_sample import ANSWERS, DRAFT, MISSING, SCORES, answered, ask, supplier
from tests.stage import Stage

REASON = {"reason": "The share of renewable energy is in MWh"}


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


async def test_a_draft_is_saved_replaced_and_submitted(stage: Stage) -> None:
    url, (s1,) = await ask(stage)
    own = f"{url}/responses/{s1}"
    async with supplier(stage, s1) as client:
        asked = await client.get(own)
        assert (asked.json()["status"], asked.json()["answers"], len(asked.json()["missing"])) == ("asked", {}, 8)
        saved = await client.put(own, json={"answers": ANSWERS})
        assert saved.status_code == 200, saved.text
        draft = saved.json()
        assert (draft["status"], draft["answers"], draft["missing"]) == ("draft", ANSWERS, MISSING)
        assert (draft["submitted_on"], draft["scores"], draft["submissions"]) == (None, {}, 0)
        replaced = await client.put(own, json={"answers": DRAFT}, headers={"If-Match": saved.headers["etag"]})
        assert replaced.json()["answers"] == DRAFT
        again = await client.put(own, json={"answers": ANSWERS}, headers={"If-Match": replaced.headers["etag"]})
        submitted = await client.post(f"{own}/submit", headers={"If-Match": again.headers["etag"]})
        assert submitted.status_code == 200, submitted.text
        response = submitted.json()
        assert (response["status"], response["submissions"], response["missing"]) == ("submitted", 1, MISSING)
        assert response["scores"] == {
            category: {"score": score, "submitted_on": ago(0)} for category, score in SCORES.items()
        }
        assert (await client.get(own)).json() == response
        assert submitted.headers["etag"] == (await client.get(own)).headers["etag"]
        (only,) = (await client.get(f"{own}/submissions")).json()["items"]
        assert (only["n"], only["answers"], only["scores"], only["missing"]) == (1, ANSWERS, SCORES, MISSING)
        assert only["reopened"] is None
    campaign = await read(stage, url)
    assert (campaign["asked"], campaign["submitted"], campaign["response_rate"]) == (1, 1, 1)


async def test_the_feed_tells_scores_and_never_answers(stage: Stage) -> None:
    url, (s1,) = await ask(stage)
    await answered(stage, f"{url}/responses/{s1}")
    told = await events(stage, "survey_response")
    assert [event["type"].partition(".")[2] for event in told] == ["asked", "saved", "submitted"]
    assert [event["data"]["version"] for event in told] == [1, 2, 3]
    keys = {"version", "supplier_id", "year", "survey_id", "due_on", "submitted_on", "scores"}
    assert all(event["data"].keys() == keys for event in told)
    log = (await read(stage, "/v1/audit-log", resource_id=told[0]["subject"]))["items"]
    assert sorted(entry["action"] for entry in log) == [event["type"] for event in told]
    assert next(entry for entry in log if entry["action"].endswith("saved"))["changes"] == {"answers": [0, 7]}


async def test_a_draft_must_name_what_it_is_based_on(stage: Stage) -> None:
    url, (s1,) = await ask(stage)
    own = f"{url}/responses/{s1}"
    async with supplier(stage, s1) as client:
        await client.put(own, json={"answers": DRAFT})
        assert (await client.put(own, json={"answers": ANSWERS})).status_code == 428
        assert (await client.put(own, json={"answers": ANSWERS}, headers={"If-Match": '"1"'})).status_code == 412
        assert (await client.post(f"{own}/submit", headers={"If-Match": '"1"'})).status_code == 412
        assert (await client.get(own)).json()["answers"] == DRAFT


async def test_two_who_save_at_once_do_not_overwrite_each_other(stage: Stage) -> None:
    url, (s1,) = await ask(stage)
    own = f"{url}/responses/{s1}"
    async with supplier(stage, s1) as client:
        etag = (await client.put(own, json={"answers": DRAFT})).headers["etag"]
        answers = await asyncio.gather(
            *(
                client.put(own, json={"answers": {"renewable": {"value": n}}}, headers={"If-Match": etag})
                for n in range(3)
            )
        )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412]


async def test_all_wrong_answers_are_named_and_nothing_is_saved(stage: Stage) -> None:
    url, (s1,) = await ask(stage)
    own = f"{url}/responses/{s1}"
    file = {"file_id": "0190c3d7-a0b0-7a8e-9f00-11223344aabb"}
    wrong = {"policy": {"value": "yes"}, "audit": {"value": "x"}, "other": {"value": 1}, "permit": {"value": file}}
    async with supplier(stage, s1) as client:
        answer = await client.put(own, json={"answers": {**wrong, "fees": {"value": False}}})
        assert answer.status_code == 422
        assert [error["pointer"] for error in answer.json()["errors"]] == [
            "#/answers/policy/value",
            "#/answers/audit/value",
            "#/answers/other",
            "#/answers/permit/value",
        ]
        for body, status, pointer in (
            ('{"answers": {', 400, "#"),
            ("{}", 422, "#/answers"),
            ('{"answers": {}, "more": 1}', 422, "#/more"),
            ('{"answers": []}', 422, "#/answers"),
        ):
            refused = await client.put(own, content=body, headers={"Content-Type": "application/json"})
            assert refused.status_code == status, refused.text
            assert refused.json()["errors"][0]["pointer"] == pointer, refused.text
        assert (await client.get(own)).json()["status"] == "asked"


async def test_there_must_be_a_draft_to_submit_and_a_submitted_one_is_closed(stage: Stage) -> None:
    url, (s1,) = await ask(stage)
    own = f"{url}/responses/{s1}"
    async with supplier(stage, s1) as client:
        assert code_of(await client.post(f"{own}/submit")) == (409, "response-empty")
        await answered(stage, own, DRAFT)
        held = (await client.get(own)).json()
        assert code_of(await client.put(own, json={"answers": ANSWERS})) == (409, "response-submitted")
        assert code_of(await client.post(f"{own}/submit")) == (409, "response-submitted")
        assert (await client.get(own)).json() == held


async def test_a_reopened_response_keeps_its_scores_and_its_day_until_it_is_submitted_again(stage: Stage) -> None:
    url, (s1,) = await ask(stage)
    own = f"{url}/responses/{s1}"
    first = await answered(stage, own, DRAFT)
    await stage.psql(
        "audit",
        "UPDATE survey_response SET submitted_on = submitted_on - 30, scores = replace(scores::text, $1, $2)::jsonb",
        ago(0),
        ago(30),
    )
    async with stage.person("audit", "ann") as buyer:
        etag = {"If-Match": f'"{first["version"]}"'}
        assert (await buyer.post(f"{own}/reopen", json=REASON)).status_code == 428
        assert (await buyer.post(f"{own}/reopen", json={}, headers=etag)).status_code == 422
        reopened = await buyer.post(f"{own}/reopen", json=REASON, headers=etag)
        assert reopened.status_code == 200, reopened.text
        again = await buyer.post(f"{own}/reopen", json=REASON, headers={"If-Match": "*"})
        assert code_of(again) == (409, "response-not-submitted")
    body = reopened.json()
    assert (body["status"], body["answers"], body["submitted_on"]) == ("reopened", DRAFT, ago(30))
    assert body["scores"]["labor_employment"] == {"score": 37.5, "submitted_on": ago(30)}
    assert (await read(stage, url))["submitted"] == 1
    second = await answered(stage, own)
    assert (second["status"], second["submissions"], second["submitted_on"]) == ("submitted", 2, ago(30))
    assert second["scores"]["labor_employment"] == {"score": 75, "submitted_on": ago(30)}
    submissions = (await read(stage, f"{own}/submissions"))["items"]
    assert [(each["n"], each["answers"]) for each in submissions] == [(1, DRAFT), (2, ANSWERS)]
    assert [(each["reopened"] or {}).get("reason") for each in submissions] == [REASON["reason"], None]


async def test_a_file_of_scores_submits_and_can_be_reopened_to_be_answered(stage: Stage) -> None:
    url, (s1,) = await ask(stage)
    own = f"{url}/responses/{s1}"
    header = "supplier_code,year,category,score,submitted_on\n"
    await stage.import_file("audit", "surveys", f"{header}S1,{TODAY.year},labor_employment,10,{ago(3)}\n")
    assert (await read(stage, own))["status"] == "submitted"
    async with stage.person("audit", "ann") as buyer:
        await buyer.post(f"{own}/reopen", json=REASON, headers={"If-Match": "*"})
    await stage.import_file("audit", "surveys", f"{header}S1,{TODAY.year},labor_employment,20,{ago(3)}\n")
    held = await read(stage, own)
    assert (held["status"], held["scores"]["labor_employment"]["score"]) == ("reopened", 20)
    second = await answered(stage, own)
    assert (second["submissions"], second["scores"]["labor_employment"]) == (
        1,
        {"score": 75, "submitted_on": ago(3)},
    )


async def test_a_supplier_finds_only_its_own_response(stage: Stage) -> None:
    url, (s1, s2) = await ask(stage, ("S1", "S2"))
    await answered(stage, f"{url}/responses/{s2}")
    other = f"{url}/responses/{s2}"
    async with supplier(stage, s1) as client:
        for answer in (
            await client.get(other),
            await client.get(f"{other}/submissions"),
            await client.put(other, json={"answers": DRAFT}),
            await client.post(f"{other}/submit"),
        ):
            assert answer.status_code == 404
        assert (
            await client.post(f"{url}/responses/{s1}/reopen", json=REASON, headers={"If-Match": "*"})
        ).status_code == 403
    async with stage.machine("audit", "audit:read") as reader:
        assert (await reader.put(f"{url}/responses/{s1}", json={"answers": DRAFT})).status_code == 403
    async with stage.machine("audit", "audit:submit", "audit:read") as unbound:
        assert (await unbound.put(f"{url}/responses/{s1}", json={"answers": DRAFT})).status_code == 200


async def test_a_campaign_without_a_questionnaire_takes_no_answers(stage: Stage) -> None:
    url, (s1,) = await ask(stage, questionnaire_id=None)
    own = f"{url}/responses/{s1}"
    async with supplier(stage, s1) as client:
        assert code_of(await client.put(own, json={"answers": {}})) == (409, "no-questionnaire")
        response = (await client.get(own)).json()
        assert (response["status"], response["missing"], response["questionnaire_id"]) == ("asked", [], None)


@pytest.mark.parametrize("answers", [ANSWERS, DRAFT])
async def test_what_is_submitted_arrives_in_the_score(stage: Stage, answers: dict[str, Any]) -> None:
    url, (s1,) = await ask(stage)
    await stage.settle()
    async with stage.machine("scoring", "scoring:read") as client:
        before = (await client.get(f"/v1/scores/{s1}")).json()["categories"]
    submitted = await answered(stage, f"{url}/responses/{s1}", answers)
    await stage.settle()
    async with stage.machine("scoring", "scoring:read") as client:
        after = (await client.get(f"/v1/scores/{s1}")).json()["categories"]
    for category, given in submitted["scores"].items():
        # the survey has 30 of 100; nothing known counts 55
        assert after[category] == pytest.approx(before[category] + 0.3 * (given["score"] - 55), abs=0.011)


async def test_silence_past_the_due_date_costs_and_a_late_answer_mends_it(stage: Stage) -> None:
    url, (s1,) = await ask(stage, due_on=ago(1), year=TODAY.year)
    await stage.settle()
    async with stage.machine("scoring", "scoring:read") as client:
        silent = (await client.get(f"/v1/scores/{s1}")).json()["categories"]
    await answered(stage, f"{url}/responses/{s1}")
    await stage.settle()
    async with stage.machine("scoring", "scoring:read") as client:
        late = (await client.get(f"/v1/scores/{s1}")).json()["categories"]
    assert late["labor_employment"] == pytest.approx(silent["labor_employment"] + 0.3 * 75, abs=0.011)


async def labour_score(stage: Stage, supplier_id: str) -> float:
    await stage.settle()
    async with stage.machine("scoring", "scoring:read") as client:
        return float((await client.get(f"/v1/scores/{supplier_id}")).json()["categories"]["labor_employment"])


async def move_due_date(stage: Stage, url: str, due_on: str) -> None:
    async with stage.machine("audit") as client:
        etag = {"If-Match": (await client.get(url)).headers["etag"]}
        moved = await client.patch(url, json={"due_on": due_on}, headers=etag)
        assert moved.status_code == 200, moved.text


async def test_a_moved_due_date_moves_what_silence_costs(stage: Stage) -> None:
    url, (s1,) = await ask(stage, opened_on=ago(60), due_on=ago(1), year=TODAY.year)
    silent = await labour_score(stage, s1)
    await move_due_date(stage, url, f"{TODAY.year + 1}-06-30")
    assert await labour_score(stage, s1) == pytest.approx(silent + 0.3 * 55, abs=0.011)
    await move_due_date(stage, url, ago(2))
    assert await labour_score(stage, s1) == silent


async def test_nothing_is_gained_by_reopening_a_submission_or_by_submitting_nothing(stage: Stage) -> None:
    url, (s1, s2) = await ask(stage, ["S1", "S2"], opened_on=ago(60), due_on=ago(1), year=TODAY.year)
    silent, own = await labour_score(stage, s1), f"{url}/responses/{s1}"
    await answered(stage, f"{url}/responses/{s2}", {})
    assert await labour_score(stage, s2) == silent
    await answered(stage, own)
    good = await labour_score(stage, s1)
    async with stage.person("audit") as buyer, supplier(stage, s1) as client:
        etag = {"If-Match": (await buyer.get(own)).headers["etag"]}
        reopened = await buyer.post(f"{own}/reopen", json={"reason": "No policy was found"}, headers=etag)
        emptied = await client.put(own, json={"answers": {}}, headers={"If-Match": reopened.headers["etag"]})
        assert emptied.status_code == 200, emptied.text
        assert await labour_score(stage, s1) == good  # until it is submitted anew
        await client.post(f"{own}/submit")
    assert await labour_score(stage, s1) == silent
