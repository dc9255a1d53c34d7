"""Files that answer questions of a survey."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.audit.repository.files import list_live_ids
from tests.audit import programme
from tests.stage import Stage

CSV = b"month,hours\n2026-01,58\n"


@pytest.fixture
async def asked(stage: Stage) -> dict[str, Any]:
    """A response that is waited for, with the address of its files."""
    supplier_id = await programme.add_supplier(stage)
    due_on = (programme.TODAY + timedelta(days=30)).isoformat()
    body = {"year": programme.TODAY.year, "title": "Annual survey", "due_on": due_on, "suppliers": ["S1"]}
    async with stage.machine("audit") as client:
        survey = await programme.post(client, "/v1/surveys", body)
    [row] = await stage.psql("audit", "SELECT id FROM survey_response")
    url = f"/v1/surveys/{survey['id']}/responses/{supplier_id}/files"
    return {"id": UUID(str(row["id"])), "supplier_id": supplier_id, "survey_id": survey["id"], "url": url}


def supplier_client(stage: Stage, supplier_id: str) -> httpx.AsyncClient:
    return stage.machine("audit", "audit:read", "audit:submit", supplier_id=supplier_id)


async def upload(client: httpx.AsyncClient, url: str, content: bytes = CSV) -> httpx.Response:
    return await client.post(url, params={"name": "hours.csv"}, content=content, headers={"Content-Type": "text/csv"})


async def live_ids(stage: Stage, asked: dict[str, Any]) -> set[UUID]:
    async with stage.resources("audit").database.snapshot() as session:
        return await list_live_ids(session, asked["id"])


async def test_a_supplier_adds_a_file_to_its_response_and_an_answer_may_name_it(
    stage: Stage, asked: dict[str, Any]
) -> None:
    async with supplier_client(stage, asked["supplier_id"]) as supplier:
        answer = await upload(supplier, asked["url"])
        assert answer.status_code == 201, answer.text
        added = answer.json()
        assert (await upload(supplier, asked["url"])).status_code == 200
        assert (await supplier.get(asked["url"])).json()["items"] == [added]
        assert (await supplier.get(answer.headers["location"])).json() == added
        content = await supplier.get(f"{answer.headers['location']}/content")
    assert content.content == CSV
    assert content.headers["content-type"] == "text/csv; charset=utf-8"
    assert await live_ids(stage, asked) == {UUID(added["id"])}
    [event] = await programme.events(stage, "evidence.")
    assert event["data"]["response_id"] == str(asked["id"])
    assert event["data"]["finding_id"] is None


async def test_whoever_records_for_the_supplier_may_add_a_file_too(stage: Stage, asked: dict[str, Any]) -> None:
    async with stage.machine("audit", "audit:read", "audit:write") as writer:
        assert (await upload(writer, asked["url"])).status_code == 201
    async with stage.machine("audit", "audit:read") as reader:
        assert (await upload(reader, asked["url"])).status_code == 403


async def test_another_supplier_finds_no_files(stage: Stage, asked: dict[str, Any]) -> None:
    async with stage.machine("audit") as client:
        url = (await upload(client, asked["url"])).headers["location"]
    stranger = await programme.add_supplier(stage, "S2")
    async with supplier_client(stage, stranger) as client:
        assert (await upload(client, asked["url"])).status_code == 404
        for hidden in (asked["url"], url, f"{url}/content"):
            assert (await client.get(hidden)).status_code == 404
        unasked = f"/v1/surveys/{asked['survey_id']}/responses/{stranger}/files"
        assert (await upload(client, unasked)).status_code == 404


async def test_a_submitted_response_takes_no_more_files(stage: Stage, asked: dict[str, Any]) -> None:
    await stage.psql("audit", "UPDATE survey_response SET status = 'submitted'")
    async with supplier_client(stage, asked["supplier_id"]) as supplier:
        answer = await upload(supplier, asked["url"])
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("response-submitted")


async def test_a_withdrawn_file_is_no_answer_any_more(stage: Stage, asked: dict[str, Any]) -> None:
    async with supplier_client(stage, asked["supplier_id"]) as supplier:
        url = (await upload(supplier, asked["url"])).headers["location"]
        assert (await supplier.post(f"{url}/withdraw", json={"reason": "Last year's"})).status_code == 200
    assert await live_ids(stage, asked) == set()


async def test_no_file_behind_a_submitted_answer_is_withdrawn_but_it_can_be_erased(
    stage: Stage, asked: dict[str, Any]
) -> None:
    async with supplier_client(stage, asked["supplier_id"]) as supplier:
        url = (await upload(supplier, asked["url"])).headers["location"]
        await stage.psql("audit", "UPDATE survey_response SET status = 'submitted'")
        refused = await supplier.post(f"{url}/withdraw", json={"reason": "It says too much"})
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (409, "response-submitted")
    assert len(await live_ids(stage, asked)) == 1
    async with stage.machine("audit", "audit:write") as writer:
        erased = await writer.post(f"{url}/withdraw", json={"reason": "Somebody's passport", "erase": True})
    assert erased.status_code == 200


async def test_files_of_a_response_are_not_evidence_of_findings(stage: Stage, asked: dict[str, Any]) -> None:
    finding = await programme.add_finding(stage, await programme.add_audit(stage))
    async with stage.machine("audit") as client:
        added = (await upload(client, asked["url"])).json()["id"]
        assert (await client.get(f"/v1/findings/{finding['id']}/evidence/{added}")).status_code == 404


async def test_a_file_in_the_folder_is_named_by_its_id_alone(stage: Stage, asked: dict[str, Any]) -> None:
    async with stage.machine("audit") as client:
        added = (await upload(client, asked["url"])).json()["id"]
    folder = Path(stage.settings("audit").files_url.removeprefix("file://"))
    assert (folder / added).read_bytes() == CSV
