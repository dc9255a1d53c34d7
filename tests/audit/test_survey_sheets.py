"""The workbook that goes out to a supplier and comes back."""

import io
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest
import python_calamine
import xlsxwriter

from services.audit.service.response_sheet_reading import read_sheet
from services.audit.service.response_sheet_words import HEADER_ROW, IDENTIFICATION, XLSX
from shared.errors import Invalid
from shared.imports.workbooks import refuse_bomb
from tests.audit.programme import TODAY
from tests.audit.survey_sample import ANSWERS, DRAFT, SECTIONS, answered, ask, supplier
from tests.stage import Stage

CODES = [question["code"] for section in SECTIONS for question in section["questions"]]
AS_SHEET = {"Content-Type": XLSX}
ANSWER, NOT_APPLICABLE, COMMENT = 4, 5, 6

Cells = list[list[Any]]


def sheets_of(workbook: bytes) -> dict[str, Cells]:
    book = python_calamine.load_workbook(io.BytesIO(workbook))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def rebuilt(sheets: Mapping[str, Cells]) -> bytes:
    """The sheets as a spreadsheet program would save them, all else of the workbook lost."""
    output = io.BytesIO()
    book = xlsxwriter.Workbook(output, {"in_memory": True, "strings_to_formulas": False})
    for name, rows in sheets.items():
        page = book.add_worksheet(name)
        for n, row in enumerate(rows):
            for column, cell in enumerate(row):
                page.write(n, column, cell)
    book.close()
    return output.getvalue()


def filled_in(workbook: bytes, cells: Mapping[tuple[str, int], Any]) -> bytes:
    """The workbook with (question's code, column) -> cell filled in."""
    sheets = sheets_of(workbook)
    rows = next(iter(sheets.values()))
    for (code, column), value in cells.items():
        rows[HEADER_ROW + CODES.index(code)][column] = value
    return rebuilt(sheets)


def changed(workbook: bytes, change: Callable[[dict[str, Cells]], None]) -> bytes:
    sheets = sheets_of(workbook)
    change(sheets)
    return rebuilt(sheets)


async def fetch(client: httpx.AsyncClient, url: str, language: str = "en") -> httpx.Response:
    answer = await client.get(url, params={"language": language}, headers={"Accept": XLSX})
    assert answer.status_code == 200, answer.text
    return answer


async def test_the_sheet_goes_out_and_comes_back_with_the_same_answers(stage: Stage) -> None:
    url, (s1,) = await ask(stage)
    own = f"{url}/responses/{s1}"
    async with supplier(stage, s1) as client:
        saved = await client.put(own, json={"answers": ANSWERS})
        for language in ("en", "zh", "zh-Hant"):
            out = await fetch(client, own, language)
            assert (out.headers["content-type"], out.headers["vary"]) == (XLSX, "Accept, Authorization")
            back = await client.put(own, content=out.content, headers=AS_SHEET)
            assert back.status_code == 200, back.text
            assert (back.json()["answers"], back.headers["etag"]) == (ANSWERS, saved.headers["etag"])
            rebuilt_back = await client.put(own, content=rebuilt(sheets_of(out.content)), headers=AS_SHEET)
            assert rebuilt_back.json()["answers"] == ANSWERS


async def test_the_sheet_can_be_read_by_a_person(stage: Stage) -> None:
    url, (s1,) = await ask(stage)
    own = f"{url}/responses/{s1}"
    async with supplier(stage, s1) as client:
        await client.put(own, json={"answers": DRAFT})
        english = sheets_of((await fetch(client, own)).content)
        chinese = sheets_of((await fetch(client, own, "zh-Hant")).content)
    rows = english["Survey"]
    assert rows[0][0] == "Annual survey"
    assert rows[1][0] == f"{TODAY.year} · supplier S1 · due on {TODAY.year}-12-31"
    assert rows[HEADER_ROW][:5] == [
        "policy",
        "Labour",
        "Is there a written policy?\nSigned by the management",
        "Yes / No",
        "Yes",
    ]
    assert rows[HEADER_ROW + 3][3] == "Choose one: A third party / =We ourselves / Nobody"
    assert chinese["問卷"][HEADER_ROW][1:5] == ["勞工", "是否有書面政策\nSigned by the management", "是 / 否", "是"]


async def test_the_sheet_is_protected_but_for_the_answers_and_holds_no_formula(stage: Stage) -> None:
    url, (s1,) = await ask(stage)
    own = f"{url}/responses/{s1}"
    async with supplier(stage, s1) as client:
        await client.put(own, json={"answers": ANSWERS})
        workbook = (await fetch(client, own)).content
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        pages = [archive.read(f"xl/worksheets/sheet{n}.xml").decode() for n in (1, 2, 3)]
        names = archive.read("xl/workbook.xml").decode()
    assert all("<sheetProtection " in page and "password" not in page for page in pages)
    assert all("<f>" not in page for page in pages)
    assert names.count('state="hidden"') == 2
    # a drop-down for three yes/no questions, one choice, one number; x for the one that may not apply
    assert '<dataValidations count="6">' in pages[0]


async def test_what_people_write_is_understood(stage: Stage) -> None:
    url, (s1,) = await ask(stage)
    own = f"{url}/responses/{s1}"
    async with supplier(stage, s1) as client:
        workbook = filled_in(
            (await fetch(client, own)).content,
            {
                ("policy", ANSWER): " yes ",
                ("fees", ANSWER): "否",
                ("night", NOT_APPLICABLE): "X",
                ("night", COMMENT): "No minors",
                ("audit", ANSWER): "第三方",
                ("reported", ANSWER): "water；Waste, energy",  # noqa: RUF001
                ("renewable", ANSWER): "１２.5",  # noqa: RUF001
                ("plans", ANSWER): 2027,
                ("permit", ANSWER): "see the attachment",
            },
        )
        saved = await client.put(own, content=workbook, headers=AS_SHEET)
    assert saved.status_code == 200, saved.text
    assert saved.json()["answers"] == {
        "policy": {"value": True},
        "fees": {"value": False},
        "night": {"not_applicable": True, "comment": "No minors"},
        "audit": {"value": "third"},
        "reported": {"value": ["water", "waste", "energy"]},
        "renewable": {"value": 12.5},
        "plans": {"value": "2027"},
    }
    assert saved.json()["missing"] == ["permit"]


async def test_every_cell_that_cannot_be_taken_is_named_and_nothing_is_saved(stage: Stage) -> None:
    url, (s1,) = await ask(stage)
    own = f"{url}/responses/{s1}"
    async with supplier(stage, s1) as client:
        workbook = filled_in(
            (await fetch(client, own)).content,
            {
                ("policy", ANSWER): "perhaps",
                ("fees", NOT_APPLICABLE): "x",
                ("fees", COMMENT): "why",
                ("night", NOT_APPLICABLE): "x",
                ("audit", ANSWER): "Fourth",
                ("reported", ANSWER): "water, air",
                ("renewable", ANSWER): "a lot",
                ("plans", NOT_APPLICABLE): "maybe",
            },
        )
        answer = await client.put(own, content=workbook, headers=AS_SHEET)
        assert answer.status_code == 422
        errors = {error["pointer"]: error["detail"] for error in answer.json()["errors"]}
        assert (await client.get(own)).json()["status"] == "asked"
    assert set(errors) == {"cell: E5", "cell: F6", "cell: G7", "cell: E8", "cell: E9", "cell: E10", "cell: F11"}
    assert "perhaps" in errors["cell: E5"]


async def test_a_file_that_was_uploaded_stays_whatever_the_sheet_says(stage: Stage) -> None:
    url, (s1,) = await ask(stage)
    own = f"{url}/responses/{s1}"
    async with supplier(stage, s1) as client:
        file = await client.post(
            f"{own}/files",
            params={"name": "permit.pdf"},
            content=b"%PDF-1.7\n%%EOF\n",
            headers={"Content-Type": "application/pdf"},
        )
        assert file.status_code == 201, file.text
        answers = {**DRAFT, "permit": {"value": {"file_id": file.json()["id"]}}}
        etag = (await client.get(own)).headers["etag"]
        saved = await client.put(own, json={"answers": answers}, headers={"If-Match": etag})
        assert saved.status_code == 200, saved.text
        workbook = filled_in((await fetch(client, own)).content, {("permit", ANSWER): "", ("fees", ANSWER): "No"})
        back = await client.put(own, content=workbook, headers=AS_SHEET)
        assert back.status_code == 200, back.text
    assert back.json()["answers"] == {**answers, "fees": {"value": False}}


async def test_a_sheet_older_than_the_answers_is_refused_and_one_older_than_the_due_date_is_not(stage: Stage) -> None:
    url, (s1,) = await ask(stage)
    own = f"{url}/responses/{s1}"
    async with supplier(stage, s1) as client, stage.machine("audit") as buyer:
        workbook = filled_in((await fetch(client, own)).content, {("fees", ANSWER): "No"})
        moved = await buyer.patch(url, json={"due_on": f"{TODAY.year}-12-30"}, headers={"If-Match": '"1"'})
        assert moved.status_code == 200, moved.text
        assert (await client.put(own, content=workbook, headers=AS_SHEET)).status_code == 200
        stale = await client.put(own, content=filled_in(workbook, {("policy", ANSWER): "No"}), headers=AS_SHEET)
        assert stale.status_code == 412
        etag = (await client.get(own)).headers["etag"]
        forced = await client.put(own, content=workbook, headers={**AS_SHEET, "If-Match": etag})
        assert forced.status_code == 200


async def test_a_sheet_of_another_supplier_or_campaign_is_refused(stage: Stage) -> None:
    url, (s1, s2) = await ask(stage, ("S1", "S2"))
    async with stage.machine("audit") as client:
        workbook = (await fetch(client, f"{url}/responses/{s1}")).content

        def rename(what: str, value: str) -> bytes:
            def change(sheets: dict[str, Cells]) -> None:
                next(row for row in sheets[IDENTIFICATION] if row[0] == what)[1] = value

            return changed(workbook, change)

        own = f"{url}/responses/{s1}"
        for address, content in (
            (f"{url}/responses/{s2}", workbook),
            (own, rename("survey_id", s2)),
            (own, rename("edition", "2")),
            (own, rename("form", "something else")),
            (own, rebuilt({"Survey": [["a", "b"]]})),
        ):
            answer = await client.put(address, content=content, headers=AS_SHEET)
            assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (422, "sheet-of-another")


async def test_a_sheet_with_lost_doubled_or_unknown_rows_is_refused(stage: Stage) -> None:
    url, (s1,) = await ask(stage)
    own = f"{url}/responses/{s1}"

    def disturb(sheets: dict[str, Cells]) -> None:
        rows = sheets["Survey"]
        rows[HEADER_ROW] = rows[HEADER_ROW + 1]
        rows.append(["new", "", "", "", "x"])

    async with supplier(stage, s1) as client:
        workbook = (await fetch(client, own)).content
        answer = await client.put(own, content=changed(workbook, disturb), headers=AS_SHEET)
        assert answer.status_code == 422
        assert [error["pointer"] for error in answer.json()["errors"]] == ["cell: A6", "cell: A13", "cell: A"]
        shifted = changed(workbook, lambda sheets: sheets["Survey"].pop(0))
        assert (await client.put(own, content=shifted, headers=AS_SHEET)).status_code == 422


async def test_the_etag_of_a_sheet_names_its_form_and_language(stage: Stage) -> None:
    url, (s1,) = await ask(stage)
    own = f"{url}/responses/{s1}"
    async with supplier(stage, s1) as client:
        english, chinese = await fetch(client, own), await fetch(client, own, "zh")
        tags = {english.headers["etag"], chinese.headers["etag"], (await client.get(own)).headers["etag"]}
        assert len(tags) == 3
        assert (await fetch(client, own)).content == english.content
        known = {"Accept": XLSX, "If-None-Match": english.headers["etag"]}
        assert (await client.get(own, headers=known)).status_code == 304
        # a sheet's tag names the version that a change is based on, too
        saved = await client.put(own, json={"answers": DRAFT}, headers={"If-Match": english.headers["etag"]})
        assert saved.status_code == 200
        plain = await client.get(own, headers={"Accept": f"{XLSX};q=0, application/json"})
        assert plain.headers["content-type"] == "application/json"


async def test_a_sheet_is_no_way_around_a_submitted_response(stage: Stage) -> None:
    url, (s1,) = await ask(stage)
    own = f"{url}/responses/{s1}"
    async with supplier(stage, s1) as client:
        await answered(stage, own)
        workbook = (await fetch(client, own)).content
        assert (await client.put(own, content=workbook, headers=AS_SHEET)).status_code == 409


def reaching_to(row: int, column: int) -> bytes:
    output = io.BytesIO()
    book = xlsxwriter.Workbook(output, {"in_memory": True})
    page = book.add_worksheet()
    page.write_string(0, 0, "a")
    page.write_string(row, column, "z")
    book.close()
    return output.getvalue()


def packed(text: bytes) -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", text)
    return output.getvalue()


@pytest.mark.parametrize(
    "workbook",
    [
        b"no workbook",
        reaching_to(1_048_575, 16_383),
        packed(b"<row r='1000000'/><x:c t='s' r = \"zz1\"><v>1</v></x:c>"),
        packed(b" " * 5_000_000),
        packed(b"<" + b" " * 3_000_000),
    ],
)
def test_a_small_workbook_that_would_fill_the_memory_is_refused(workbook: bytes) -> None:
    with pytest.raises(Invalid):
        refuse_bomb(workbook, largest=4_000_000)


def test_a_wide_and_a_long_sheet_and_empty_cells_far_away_are_fine() -> None:
    for text in (
        b"<row r='1000000'><c r='A1000000'><v>1</v></c></row>",
        b'<c r="XFD1"><v>1</v></c>',
        b'<row r="1000000"><c r="XFD1000000" s="1"/></row>',
    ):
        refuse_bomb(packed(text))


def test_a_damaged_workbook_is_refused_whatever_the_damage() -> None:
    whole = bytearray(reaching_to(1, 1))
    named = whole.rindex(b"xl/workbook.xml")
    for place, damage in (
        (45, b"\xff\xff\xff\xff"),
        (named, b"\xff"),
        (named - 38, b"\x00\x08"),
        (-6, b"\xff\xff\xff"),
    ):
        damaged = whole.copy()
        damaged[place : place + len(damage)] = damage
        with pytest.raises(Invalid):
            read_sheet(bytes(damaged))


async def test_what_is_no_workbook_is_refused(stage: Stage) -> None:
    url, (s1,) = await ask(stage)
    own = f"{url}/responses/{s1}"
    async with supplier(stage, s1) as client:
        for content in (b"", b"answer", packed(b"<x/>"), reaching_to(1_048_575, 16_383)):
            assert (await client.put(own, content=content, headers=AS_SHEET)).status_code == 422
