"""Files of suppliers."""

import pytest

from tests.stage import Stage


@pytest.mark.parametrize("column", ["status", "kind"])
async def test_clearing_a_cell_that_needs_a_value_is_that_lines_error_and_changes_nothing(
    stage: Stage, column: str
) -> None:
    header = "code,name,status,kind\n"
    cells = {"status": "suspended", "kind": "key"}
    await stage.import_file("registry", "suppliers", f"{header}S1,Jade,{cells['status']},{cells['kind']}\n")
    cleared = {**cells, column: ""}
    run = await stage.import_file("registry", "suppliers", f"{header}S1,Jade,{cleared['status']},{cleared['kind']}\n")
    async with stage.machine("registry") as client:
        (supplier,) = (await client.get("/v1/suppliers")).json()["items"]
    assert (run["status"], run["errors"][0]["line"], run["errors"][0]["column"]) == ("failed", 2, column)
    assert (supplier["status"], supplier["kind"], supplier["version"]) == ("suspended", "key", 1)


async def test_clearing_what_may_be_empty_empties_it(stage: Stage) -> None:
    await stage.import_file("registry", "suppliers", "code,name,aliases,country\nS1,Jade,Jade River|JR,TW\n")
    run = await stage.import_file("registry", "suppliers", "code,name,aliases,country\nS1,Jade,,\n")
    async with stage.machine("registry") as client:
        (supplier,) = (await client.get("/v1/suppliers")).json()["items"]
    assert (run["status"], supplier["aliases"], supplier["country"]) == ("succeeded", [], None)


async def test_a_new_line_without_status_and_kind_gets_what_is_usual(stage: Stage) -> None:
    run = await stage.import_file("registry", "suppliers", "code,name,status,kind\nS1,Jade,,\n")
    async with stage.machine("registry") as client:
        (supplier,) = (await client.get("/v1/suppliers")).json()["items"]
    assert (run["status"], supplier["status"], supplier["kind"]) == ("succeeded", "active", "general")
