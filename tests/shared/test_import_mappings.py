"""Ways of reading files that are saved under a name and used again."""

# ruff: noqa: RUF001  # the characters that files really have

from typing import Any

import httpx

from shared.imports.files import NDJSON
from tests.stage import Stage

URL = "/v1/import-mappings/suppliers/erp"
DOCUMENT: dict[str, Any] = {
    "columns": {"供應商編號": "code", "名稱": "name", "國別": "country", "狀態": "status"},
    "ignore": ["備註"],
    "constants": {"kind": "key"},
    "values": {"status": {"啟用": "active", "停用": "inactive"}},
    "charset": "big5",
}
FILE = "供應商編號,名稱,國別,狀態,備註\nＳ１,玉河（股）公司,TW,啟用,x\nS2,宏碁,Taiwan,停用,\nS3,Three,,關閉,\n"


async def put(client: httpx.AsyncClient, document: dict[str, Any], url: str = URL, **headers: str) -> httpx.Response:
    return await client.put(url, json=document, headers=headers)


async def test_a_file_is_read_by_its_mapping_and_errors_speak_in_its_own_words(stage: Stage) -> None:
    async with stage.machine("registry") as client:
        assert (await put(client, DOCUMENT)).status_code == 201
    run = await stage.import_file("registry", "suppliers", FILE.encode("cp950"), mapping="erp")
    assert (run["encoding"], run["succeeded"], run["reading"]["mapping"]) == ("big5", 1, "erp")
    refused = [(error["line"], error["column"]) for error in run["errors"]]
    assert refused == [(3, "國別"), (4, "狀態")]
    assert run["errors"][0]["message"] == "must be two capital letters, as in TW: 'Taiwan'"
    assert run["errors"][1]["message"].endswith(": '關閉'")
    rows = await stage.psql("registry", "SELECT code, name, status, kind FROM supplier")
    assert [tuple(row) for row in rows] == [("S1", "玉河（股）公司", "active", "key")]


async def test_the_same_mapping_reads_ndjson_and_what_it_does_not_name_keeps_its_name(stage: Stage) -> None:
    async with stage.machine("registry") as client:
        await put(client, {"columns": {"名稱": "name"}, "ignore": ["x"]})
    data = '{"code": "S1", "名稱": "One", "x": 1}\n{"code": "S2", "name": "Two"}\n'
    run = await stage.import_file("registry", "suppliers", data, content_type=NDJSON, mapping="erp")
    assert (run["succeeded"], [error["message"] for error in run["errors"]]) == (1, ["unknown column 'name'"])


async def test_a_name_in_any_language_is_found_where_the_answer_says(stage: Stage) -> None:
    async with stage.machine("registry") as client:
        for name in ("採購 匯出", "café"):
            made = await put(client, DOCUMENT, f"/v1/import-mappings/suppliers/{name}")
            assert made.status_code == 201, made.text
            assert made.headers["location"].isascii()
            assert (await client.get(made.headers["location"])).json()["name"] == name
        broken = await put(client, DOCUMENT, "/v1/import-mappings/suppliers/a%0d%0aSet-Cookie:%20a=b")
    assert broken.status_code == 422
    assert "set-cookie" not in broken.headers


async def test_a_mapping_is_kept_in_versions_and_who_changed_what_is_written_down(stage: Stage) -> None:
    async with stage.machine("registry") as client:
        first = await put(client, DOCUMENT)
        same = await put(client, DOCUMENT)
        stale = await put(client, {**DOCUMENT, "ignore": []}, **{"If-Match": '"7"'})
        changed = await put(client, {**DOCUMENT, "ignore": ["備註", "頁"]}, **{"If-Match": '"1"'})
        held = await client.get(URL)
        listed = (await client.get("/v1/import-mappings", params={"kind": "suppliers"})).json()["items"]
        log = (await client.get("/v1/audit-log", params={"resource_id": held.json()["id"]})).json()["items"]
    assert [answer.status_code for answer in (first, same, stale, changed)] == [201, 200, 412, 200]
    assert (same.headers["etag"], changed.headers["etag"], held.headers["etag"]) == ('"1"', '"2"', '"2"')
    assert held.json()["document"]["columns"] == DOCUMENT["columns"]
    assert [item["name"] for item in listed] == ["erp"]
    assert [entry["action"] for entry in log] == ["import_mapping.created", "import_mapping.updated"]
    before, after = log[1]["changes"]["document"]
    assert (before["ignore"], after["ignore"]) == (["備註"], ["備註", "頁"])


async def test_a_mapping_that_does_not_fit_is_refused_with_pointers(stage: Stage) -> None:
    wrong = {
        "columns": {"a/b": "nmae", "c": "code", "d": "code"},
        "ignore": ["c"],
        "constants": {"code": "S1", "colour": "red"},
        "values": {"size": {}},
        "split": {"column": "provision", "separator": ";"},
    }
    async with stage.machine("registry") as client:
        answer = await put(client, wrong)
        shapes = [
            await put(client, document)
            for document in ({"date_format": "jp"}, {"charset": "koi8-r"}, {"split": {"column": "name"}}, {"x": 1})
        ]
        missing = await client.get(URL)
    assert answer.status_code == 422
    assert {error["pointer"]: error["detail"] for error in answer.json()["errors"]} == {
        "#/columns/a~1b": "suppliers has no column 'nmae'; did you mean 'name'?",
        "#/columns/c": "'c' is to be ignored as well",
        "#/columns/d": "'code' is read from another column already",
        "#/constants/code": "'code' is read from a column of the file",
        "#/constants/colour": answer.json()["errors"][4]["detail"],
        "#/values/size": answer.json()["errors"][5]["detail"],
        "#/split/column": answer.json()["errors"][6]["detail"],
    }
    assert [shape.status_code for shape in shapes] == [422] * 4
    assert [shape.json()["errors"][0]["pointer"] for shape in shapes[:2]] == ["#/date_format", "#/charset"]
    assert missing.status_code == 404


async def test_an_import_under_way_keeps_the_mapping_with_which_it_was_posted(stage: Stage) -> None:
    async with stage.machine("registry") as client:
        await put(client, DOCUMENT)
        headers = {"Content-Type": "text/csv"}
        posted = await client.post(
            "/v1/imports/suppliers", params={"mapping": "erp"}, content=FILE.encode("cp950"), headers=headers
        )
        await put(client, {"ignore": list(DOCUMENT["columns"])})
        await stage.run_tasks("registry")
        run = (await client.get(posted.headers["location"])).json()
        unknown = await client.post(
            "/v1/imports/suppliers", params={"mapping": "none"}, content=FILE.encode("cp950"), headers=headers
        )
    assert (run["status"], run["succeeded"]) == ("partially_succeeded", 1)
    assert (unknown.status_code, unknown.json()["detail"]) == (404, "There is no mapping 'none' for suppliers.")


async def test_who_may_not_import_may_not_read_or_save_mappings(stage: Stage) -> None:
    async with stage.machine("registry", "registry:read") as reader:
        assert (await put(reader, DOCUMENT)).status_code == 403
        assert (await reader.get("/v1/import-mappings")).status_code == 200
    supplier = "01990000-0000-7000-8000-000000000001"
    async with stage.machine("audit", "audit:read", "audit:submit", supplier_id=supplier) as bound:
        answers = [
            await put(bound, {}, "/v1/import-mappings/plans/mine"),
            await bound.get("/v1/import-mappings/plans/mine"),
            await bound.get("/v1/import-mappings"),
        ]
    assert [answer.status_code for answer in answers] == [404] * 3


async def test_no_personal_data_is_remembered_of_a_row(stage: Stage) -> None:
    data = "code,name,email\nS1,One,ann@example.com\n"
    await stage.import_file("registry", "suppliers", data)
    again = await stage.import_file("registry", "suppliers", data)
    changed = await stage.import_file("registry", "suppliers", data.replace("ann@", "bob@"))
    assert (again["unchanged"], changed["unchanged"], changed["errors"]) == (1, 0, [])
    (row,) = await stage.psql("registry", "SELECT values::text AS held FROM import_row")
    assert "example.com" not in row["held"]
    (supplier,) = await stage.psql("registry", "SELECT email FROM supplier")
    assert supplier["email"] == "bob@example.com"
    wrong = await stage.import_file("registry", "suppliers", "code,name,email\nS2,Two,ann(at)example.com\n")
    assert "example.com" not in wrong["errors"][0]["message"]
