"""The code catalogue: what is held from the beginning, and what is added."""

from typing import Any

import pytest

from tests.audit.programme import add_audit, add_supplier, ago, post
from tests.stage import Stage

SA8000 = {
    "standard": "SA8000",
    "version": "2014",
    "title": "Social Accountability 8000:2014",
    "sections": {"1": "Child Labour", "9": "Management System"},
    "provisions": [
        {"code": "1.1", "title": "No child labour", "section": "1"},
        {"code": "1.2", "title": "Remediation", "section": "1"},
        {"code": "9.1", "title": "Policies", "section": "9"},
    ],
}


async def provisions(stage: Stage, **params: str) -> list[dict[str, Any]]:
    async with stage.machine("audit", "audit:read") as client:
        answer = await client.get("/v1/provisions", params=params)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items


async def test_version_8_of_the_code_has_42_provisions_in_its_own_order(stage: Stage) -> None:
    held = await provisions(stage, standard="RBA", version="8.0")
    assert [sum(p["section"] == letter for p in held) for letter in "ABCDE"] == [6, 8, 8, 8, 12]
    assert [held[0]["code"], held[-1]["code"], held[-1]["section_title"]] == ["A1", "E12", "Management Systems"]


async def test_a6_means_another_thing_in_each_version(stage: Stage) -> None:
    titles = {(p["version"], p["code"]): p["title"] for p in await provisions(stage)}
    assert titles["7.0", "A6"] == "Non-Discrimination/Non-Harassment"
    assert titles["8.0", "A6"] == "Freedom of Association and Collective Bargaining"
    assert titles["7.0", "A7"] == "Freedom of Association"


async def test_findings_name_provisions_of_an_added_standard(stage: Stage) -> None:
    await add_supplier(stage)
    audit = await add_audit(stage)
    finding = {"standard": "SA8000", "code_version": "2014", "severity": "minor", "discovered_on": ago(9)}
    async with stage.machine("audit") as client:
        early = await client.post(f"/v1/audits/{audit['id']}/findings", json={**finding, "provision": "1.2"})
        assert early.json()["errors"] == [
            {"pointer": "#/standard", "detail": "there is no SA8000 2014; held are RBA 7.0, RBA 8.0"}
        ]
        added = await post(client, "/v1/standards", SA8000)
        made = await post(client, f"/v1/audits/{audit['id']}/findings", {**finding, "provision": "1.2"})
        wrong = await client.post(f"/v1/audits/{audit['id']}/findings", json={**finding, "provision": "1.3"})
        assert (await client.get(f"/v1/standards/{added['id']}")).json() == added
    assert made["provision"] == "1.2"
    assert wrong.status_code == 422
    assert "SA8000 2014 has no provision 1.3; nearest: 1." in wrong.json()["errors"][0]["detail"]
    assert [p["title"] for p in await provisions(stage, standard="SA8000")] == [
        "No child labour", "Remediation", "Policies",
    ]  # fmt: skip


async def test_an_imported_finding_names_a_provision_of_an_added_standard(stage: Stage) -> None:
    await add_supplier(stage)
    await add_audit(stage, audit_ref="A-1")
    async with stage.machine("audit") as client:
        await post(client, "/v1/standards", SA8000)
    header = "finding_ref,audit_ref,supplier_code,code_standard,provision,code_version,severity,discovered_on\n"
    rows = f"F-1,A-1,S1,SA8000,1.1,2014,major,{ago(9)}\nF-2,A-1,S1,SA8000,A1,2014,major,{ago(9)}\n"
    run = await stage.import_file("audit", "findings", header + rows)
    assert (run["succeeded"], run["failed"]) == (1, 1)


async def test_a_version_that_is_held_never_changes(stage: Stage) -> None:
    async with stage.machine("audit") as client:
        await post(client, "/v1/standards", SA8000)
        again = await client.post("/v1/standards", json={**SA8000, "title": "another"})
        rba = await client.post("/v1/standards", json={**SA8000, "standard": "RBA", "version": "8.0"})
        listed = (await client.get("/v1/standards", params={"standard": "SA8000"})).json()["items"]
    assert (again.status_code, again.json()["type"].rpartition("/")[2]) == (409, "edition-taken")
    assert rba.status_code == 409
    assert [standard["title"] for standard in listed] == [SA8000["title"]]


@pytest.mark.parametrize(
    ("provision", "pointer"),
    [
        ({"code": "1.1", "title": "twice", "section": "1"}, "#/provisions/3/code"),
        ({"code": "2.1", "title": "nowhere", "section": "2"}, "#/provisions/3/section"),
    ],
)
async def test_a_standard_that_does_not_fit_together_is_refused_as_a_whole(
    stage: Stage, provision: dict[str, str], pointer: str
) -> None:
    body = {**SA8000, "provisions": [*SA8000["provisions"], provision]}  # type: ignore[misc]
    async with stage.machine("audit") as client:
        refused = await client.post("/v1/standards", json=body)
        assert refused.status_code == 422
        assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]
        assert (await client.get("/v1/standards", params={"standard": "SA8000"})).json()["items"] == []


async def test_adding_a_standard_is_in_the_audit_log_and_takes_the_right_to_write(stage: Stage) -> None:
    async with stage.machine("audit", "audit:read") as client:
        assert (await client.post("/v1/standards", json=SA8000)).status_code == 403
    async with stage.machine("audit") as client:
        added = await post(client, "/v1/standards", SA8000)
        lines = (await client.get("/v1/audit-log", params={"resource_id": added["id"]})).json()["items"]
    assert [line["action"] for line in lines] == ["standard.created"]
