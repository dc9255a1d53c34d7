"""ETags, conditional requests and pages."""

import base64
from typing import Any

import pytest

from tests.stage import Stage


@pytest.fixture
async def supplier(stage: Stage) -> dict[str, Any]:
    async with stage.machine("registry") as client:
        created: dict[str, Any] = (await client.post("/v1/suppliers", json={"code": "S1", "name": "One"})).json()
    return created


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (None, 428),
        ('"1"', 200),
        ("*", 200),
        ('"7", "1"', 200),
        ('"7"', 412),
        ('W/"1"', 412),
        ('"1-2026-11-22"', 200),
        ("one", 422),
    ],
)
async def test_a_change_is_based_on_a_version(
    stage: Stage, supplier: dict[str, Any], header: str | None, status: int
) -> None:
    headers = {} if header is None else {"If-Match": header}
    async with stage.machine("registry") as client:
        answer = await client.patch(f"/v1/suppliers/{supplier['id']}", json={"name": "New"}, headers=headers)
        now = (await client.get(f"/v1/suppliers/{supplier['id']}")).json()
    assert answer.status_code == status
    assert now["name"] == ("New" if status == 200 else "One")


@pytest.mark.parametrize(
    ("header", "status"),
    [('"1"', 304), ('W/"1"', 304), ('"7", "1"', 304), ("*", 304), ('"2"', 200), ("1", 200)],
)
async def test_whoever_has_the_current_version_is_told_so_without_a_body(
    stage: Stage, supplier: dict[str, Any], header: str, status: int
) -> None:
    async with stage.machine("registry") as client:
        answer = await client.get(f"/v1/suppliers/{supplier['id']}", headers={"If-None-Match": header})
    assert answer.status_code == status
    assert (answer.content == b"") == (status == 304)
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["vary"] == "Accept, Authorization"
    assert answer.headers["cache-control"] == "private, no-cache"


@pytest.fixture
async def five(stage: Stage) -> None:
    async with stage.machine("registry") as client:
        for n in range(5):
            await client.post("/v1/suppliers", json={"code": f"S{n}", "name": "One", "country": "TW"})


async def all_of(stage: Stage, path: str, **params: Any) -> list[Any]:
    return [item for page in await pages_of(stage, path, **params) for item in page]


async def pages_of(stage: Stage, path: str, **params: Any) -> list[Any]:
    """All pages of a list, by following the links as any client may."""
    pages = []
    async with stage.machine("registry") as client:
        answer = await client.get(path, params=params)
        while True:
            assert answer.status_code == 200, answer.text
            pages.append(answer.json()["items"])
            if answer.json()["next_cursor"] is None:
                assert "link" not in answer.headers
                return pages
            target, _, relation = answer.headers["link"].partition("; ")
            assert relation == 'rel="next"'
            answer = await client.get(target.strip("<>"))


@pytest.mark.usefixtures("five")
async def test_the_link_leads_through_all_pages_in_either_order(stage: Stage) -> None:
    pages = await pages_of(stage, "/v1/suppliers", limit=2, country="TW")
    assert [[item["code"] for item in page] for page in pages] == [["S0", "S1"], ["S2", "S3"], ["S4"]]
    for n in range(3):
        await stage.import_file("registry", "suppliers", f"code,name\nI{n},One\n")
    oldest_first = await all_of(stage, "/v1/tasks", limit=1)
    newest_first = await all_of(stage, "/v1/imports", limit=2)
    assert [task["payload"]["run_id"] for task in oldest_first] == [run["id"] for run in reversed(newest_first)]
    log = await all_of(stage, "/v1/audit-log", limit=3)
    assert len({entry["id"] for entry in log}) == len(log) == 8


@pytest.mark.usefixtures("five")
async def test_what_is_made_meanwhile_shifts_no_page(stage: Stage) -> None:
    async with stage.machine("registry") as client:
        first = (await client.get("/v1/suppliers", params={"limit": 2})).json()
        await client.post("/v1/suppliers", json={"code": "S9", "name": "Nine"})
        params = {"limit": 200, "cursor": first["next_cursor"]}
        rest = (await client.get("/v1/suppliers", params=params)).json()
    assert [item["code"] for item in rest["items"]] == ["S2", "S3", "S4", "S9"]


@pytest.mark.usefixtures("five")
async def test_a_cursor_is_good_only_for_its_own_list_and_filters(stage: Stage) -> None:
    async with stage.machine("registry") as client:
        first = await client.get("/v1/suppliers", params={"limit": 2, "country": "TW"})
        cursor = first.json()["next_cursor"]
        raw = bytearray(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        raw[-3] ^= 1
        forged = base64.urlsafe_b64encode(bytes(raw)).decode().rstrip("=")
        wrong = [
            await client.get("/v1/suppliers", params={"country": "TW", "cursor": forged}),
            await client.get("/v1/suppliers", params={"country": "VN", "cursor": cursor}),
            await client.get("/v1/suppliers", params={"cursor": cursor}),
            await client.get("/v1/clients", params={"country": "TW", "cursor": cursor}),
            await client.get("/v1/suppliers", params={"country": "TW", "cursor": ""}),
            await client.get("/v1/suppliers", params={"country": "TW", "cursor": "玉"}),
        ]
        other_limit = await client.get("/v1/suppliers", params={"limit": 1, "country": "TW", "cursor": cursor})
    assert {answer.status_code for answer in wrong} == {400}
    assert {answer.json()["type"].rpartition("/")[2] for answer in wrong} == {"cursor-invalid"}
    assert [item["code"] for item in other_limit.json()["items"]] == ["S2"]


@pytest.mark.usefixtures("five")
async def test_a_limit_beyond_the_largest_is_read_as_that_and_one_below_1_is_refused(stage: Stage) -> None:
    async with stage.machine("registry") as client:
        huge = await client.get("/v1/suppliers", params={"limit": 10**20})
        refused = [(await client.get("/v1/suppliers", params={"limit": n})).status_code for n in (0, -1)]
    assert len(huge.json()["items"]) == 5
    assert refused == [422, 422]
