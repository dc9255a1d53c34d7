"""`GET /v1/qbrs/{quarter}/report` over HTTP: what is asked for, what comes, and to whom."""

import asyncio
import contextlib
import io
import os
import signal
from typing import Any

import httpx
import psutil
import pypdf
import pytest
from python_calamine import CalamineWorkbook

from services.scoring.service.report import making
from shared.sheets import XLSX
from tests.html_forms import Page, check_accessible
from tests.scoring.business.quarter_end import Q, QuarterEnd

HTML, PDF = "text/html", "application/pdf"
PATH = f"/v1/qbrs/{Q}/report"
CHINESE = "深圳市精密電子有限公司"


async def ask(quarter_end: QuarterEnd, accept: str | None = HTML, **params: Any) -> httpx.Response:
    headers = {} if accept is None else {"Accept": accept}
    async with quarter_end.stage.machine("scoring", "scoring:read") as client:
        return await client.get(PATH, headers=headers, params=params)


async def three_suppliers(quarter_end: QuarterEnd) -> None:
    await quarter_end.rate(S1=90, S2=74, S3=40)


async def test_a_report_comes_as_what_the_caller_likes_best(quarter_end: QuarterEnd) -> None:
    await three_suppliers(quarter_end)
    await quarter_end.publish()
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
    for accept, expected in (
        (HTML, HTML), (None, HTML), ("*/*", HTML), (browser, HTML), ("text/*", HTML), (XLSX, XLSX),
        (f"{HTML};q=0.2, {XLSX}", XLSX), (f"*/*, {HTML};q=0", PDF),
    ):  # fmt: skip
        answer = await ask(quarter_end, accept)
        given = answer.headers["content-type"].partition(";")[0]
        assert given == ("application/json" if expected == PDF else expected), accept
        assert answer.status_code == (202 if expected == PDF else 200)
        assert answer.headers["vary"] == "Accept, Authorization"


async def test_other_media_types_are_refused_with_the_list_of_those_that_there_are(quarter_end: QuarterEnd) -> None:
    await three_suppliers(quarter_end)
    await quarter_end.review()
    for accept in ("application/json", "text/csv, image/*", f"{HTML};q=0"):
        answer = await ask(quarter_end, accept)
        assert answer.status_code == 406, accept
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["offered"] == [HTML, PDF, XLSX]
        assert answer.json()["type"].endswith("/not-acceptable")


async def test_a_report_has_a_name_a_language_and_an_etag_that_names_its_kind(quarter_end: QuarterEnd) -> None:
    await three_suppliers(quarter_end)
    draft = await quarter_end.review()
    page, sheet = await ask(quarter_end), await ask(quarter_end, XLSX, language="zh-TW")
    assert page.headers["etag"] == f'"{draft["version"]}-html-en"'
    assert sheet.headers["etag"] == f'"{draft["version"]}-xlsx-zh-Hant"'
    assert page.headers["content-disposition"] == f'inline; filename="qbr-{Q}-r1-draft-en.html"'
    assert sheet.headers["content-disposition"] == f'attachment; filename="qbr-{Q}-r1-draft-zh-Hant.xlsx"'
    assert (page.headers["content-language"], sheet.headers["content-language"]) == ("en", "zh-Hant")
    async with quarter_end.stage.machine("scoring", "scoring:read") as client:
        for answer in (page, sheet):
            headers = {"Accept": answer.headers["content-type"], "If-None-Match": answer.headers["etag"]}
            params = {"language": answer.headers["content-language"]}
            again = await client.get(PATH, headers=headers, params=params)
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == answer.headers["etag"]
    wrong = await ask(quarter_end, language="klingon")
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "query: language")


async def test_a_page_is_safe_to_open_and_accessible(quarter_end: QuarterEnd) -> None:
    await three_suppliers(quarter_end)
    await quarter_end.publish()
    answer = await ask(quarter_end)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    check_accessible(Page.of(answer.text))


async def test_every_page_of_a_draft_says_so_and_none_of_a_published_one(quarter_end: QuarterEnd) -> None:
    await three_suppliers(quarter_end)
    draft = await quarter_end.review()
    assert (await ask(quarter_end)).text.count('<span class="draft">DRAFT</span>') == 1 + 5 + 3
    assert all("DRAFT" in page.extract_text() for page in (await made(quarter_end)).pages)
    assert all("DRAFT" in sheet[0][0] for sheet in sheets(await ask(quarter_end, XLSX)).values())
    await quarter_end.post(f"/v1/qbrs/{Q}/publish", by="ben", version=draft["version"])
    assert "DRAFT" not in (await ask(quarter_end)).text
    assert not any("DRAFT" in page.extract_text() for page in (await made(quarter_end)).pages)
    assert not any("DRAFT" in str(sheet[0]) for sheet in sheets(await ask(quarter_end, XLSX)).values())


async def test_a_pdf_is_made_once_by_a_worker_and_then_handed_out(quarter_end: QuarterEnd) -> None:
    await three_suppliers(quarter_end)
    await quarter_end.publish()
    first, second = await ask(quarter_end, PDF), await ask(quarter_end, PDF)
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == {"quarter": Q, "revision": 1, "language": "en", "status": "queued"}
    assert first.headers["retry-after"] == "3"
    assert "etag" not in first.headers
    tasks = await quarter_end.stage.psql("scoring", "SELECT payload FROM task WHERE kind = 'qbr_report'")
    assert len(tasks) == 1
    await quarter_end.stage.run_tasks("scoring")
    async with quarter_end.stage.machine("scoring", "scoring:read") as client:
        done = await client.get(first.headers["location"], headers={"Accept": PDF})
    assert (done.status_code, done.headers["content-type"]) == (200, PDF)
    assert done.content == (await ask(quarter_end, PDF)).content
    reader = pypdf.PdfReader(io.BytesIO(done.content))
    assert reader.root_object["/MarkInfo"]["/Marked"]
    assert reader.root_object["/Lang"] == "en-GB"
    assert reader.metadata is not None
    assert reader.metadata.title == f"Quarterly business review {Q}, revision 1"


async def test_the_same_revision_gives_the_same_bytes(quarter_end: QuarterEnd) -> None:
    await three_suppliers(quarter_end)
    await quarter_end.publish()
    first = await made_bytes(quarter_end)
    pages = [(await ask(quarter_end, accept)).content for accept in (HTML, XLSX)]
    # What comes later changes nothing: an action that is done, a further review, another country.
    action = (await quarter_end.get("/v1/actions"))["items"][0]
    async with quarter_end.stage.person("scoring", "ann") as client:
        await client.patch(f"/v1/actions/{action['id']}", json={"state": "done"}, headers={"If-Match": "*"})
    await quarter_end.perform("S1", "2026Q2", quality=10, delivery=10)
    await quarter_end.publish("2026Q2")
    await quarter_end.stage.psql("scoring", "DELETE FROM qbr_report")
    assert await made_bytes(quarter_end) == first
    assert [(await ask(quarter_end, accept)).content for accept in (HTML, XLSX)] == pages


async def test_a_draft_that_is_computed_anew_gets_a_new_pdf_and_the_old_one_goes(quarter_end: QuarterEnd) -> None:
    await three_suppliers(quarter_end)
    await quarter_end.review()
    assert "90.00" in text_of(await made(quarter_end))
    await quarter_end.rate(S1=88)
    await quarter_end.review()
    assert "88.00" in text_of(await made(quarter_end))
    await made(quarter_end, language="zh-Hans")
    rows = await quarter_end.stage.psql("scoring", "SELECT language, version FROM qbr_report ORDER BY language")
    assert [row["language"] for row in rows] == ["en", "zh-Hans"]
    assert len({row["version"] for row in rows}) == 1


async def test_a_worker_that_is_told_to_stop_ends_the_making_and_the_next_one_makes_it(
    quarter_end: QuarterEnd,
) -> None:
    await three_suppliers(quarter_end)
    await quarter_end.publish()
    assert (await ask(quarter_end, PDF)).status_code == 202
    working = asyncio.create_task(quarter_end.stage.run_tasks("scoring"))
    child = await pdf_process(working)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert not child.is_running()
    assert (await ask(quarter_end, PDF)).status_code == 202
    assert "S1 Co." in text_of(await made(quarter_end))


async def test_a_process_that_is_killed_over_a_pdf_is_noted_and_it_is_made_after_all(quarter_end: QuarterEnd) -> None:
    await three_suppliers(quarter_end)
    await quarter_end.publish()
    assert (await ask(quarter_end, PDF)).status_code == 202
    working = asyncio.create_task(quarter_end.stage.run_tasks("scoring"))
    child = await pdf_process(working)
    os.kill(child.pid, signal.SIGKILL)
    await working
    (task,) = await quarter_end.stage.psql("scoring", "SELECT status, last_error FROM task WHERE kind = 'qbr_report'")
    assert (task["status"], "PdfFailed" in task["last_error"]) == ("queued", True)
    await quarter_end.stage.psql("scoring", "UPDATE task SET next_attempt_at = now() WHERE kind = 'qbr_report'")
    assert "S1 Co." in text_of(await made(quarter_end))


async def test_a_pdf_that_was_given_up_is_an_error_until_its_task_is_replayed(quarter_end: QuarterEnd) -> None:
    await three_suppliers(quarter_end)
    await quarter_end.publish()
    await ask(quarter_end, PDF)
    resources = quarter_end.stage.resources("scoring")
    (task,) = await quarter_end.stage.psql("scoring", "SELECT id, payload FROM task WHERE kind = 'qbr_report'")
    await quarter_end.stage.psql("scoring", "UPDATE task SET status = 'dead' WHERE id = $1", task["id"])
    payload = {"qbr_id": (await quarter_end.get(f"/v1/qbrs/{Q}"))["id"], "version": 3, "language": "en"}
    async with resources.database.transaction() as session:
        await making.give_up_report(session, payload)
    failed = await ask(quarter_end, PDF)
    assert (failed.status_code, failed.json()["type"].rpartition("/")[2]) == (503, "report-failed")
    async with quarter_end.stage.machine("scoring") as client:
        assert (await client.post(f"/v1/tasks/{task['id']}/replay")).status_code == 200
    await quarter_end.stage.run_tasks("scoring")
    assert (await ask(quarter_end, PDF)).status_code == 200


async def test_there_is_no_report_of_a_review_that_is_not_computed(quarter_end: QuarterEnd) -> None:
    await three_suppliers(quarter_end)
    assert (await ask(quarter_end)).status_code == 404
    await quarter_end.post("/v1/qbrs", {"quarter": Q}, by="ann")
    for accept in (HTML, PDF, XLSX):
        answer = await ask(quarter_end, accept)
        assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (409, "not-computed")


async def test_a_review_with_too_many_suppliers_for_a_page_each_is_to_be_had_as_a_workbook(
    quarter_end: QuarterEnd,
) -> None:
    await three_suppliers(quarter_end)
    await quarter_end.publish()
    for suppliers, fitting in ((800, {HTML: 200, PDF: 202, XLSX: 200}), (2001, {HTML: 409, PDF: 409, XLSX: 200})):
        await quarter_end.stage.psql("scoring", "UPDATE qbr SET grades = jsonb_build_object('A', $1::int)", suppliers)
        await quarter_end.stage.psql("scoring", "DELETE FROM qbr_report")
        for accept, status in fitting.items():
            answer = await ask(quarter_end, accept)
            assert answer.status_code == status, (suppliers, accept)
            assert status != 409 or answer.json()["type"].endswith("/report-too-large")


async def test_earlier_revisions_can_be_read(quarter_end: QuarterEnd) -> None:
    await three_suppliers(quarter_end)
    await quarter_end.publish()
    await quarter_end.rate(S2=50)
    await quarter_end.publish()
    latest, first = (await ask(quarter_end)).text, (await ask(quarter_end, revision=1)).text
    assert "Changed against revision 1" in latest
    assert "Suppliers whose results this revision changes: 1." in latest
    assert "74.00" in first
    assert "Changed against" not in first
    assert (await ask(quarter_end, revision=3)).status_code == 404


async def test_reports_are_for_readers_of_scoring_and_not_for_suppliers(quarter_end: QuarterEnd) -> None:
    await three_suppliers(quarter_end)
    await quarter_end.publish()
    stage = quarter_end.stage
    own = quarter_end.ids["S1"]
    for client, expected in (
        (stage.machine("scoring", "scoring:read", supplier_id=own), 404),
        (stage.machine("scoring", "audit:read"), 403),
        (stage.caller("scoring"), 401),
    ):
        async with client:
            for accept in (HTML, PDF, XLSX):
                assert (await client.get(PATH, headers={"Accept": accept})).status_code == expected
    assert await stage.psql("scoring", "SELECT 1 FROM qbr_report") == []


async def made_bytes(quarter_end: QuarterEnd, **params: Any) -> bytes:
    await ask(quarter_end, PDF, **params)
    await quarter_end.stage.run_tasks("scoring")
    answer = await ask(quarter_end, PDF, **params)
    assert answer.status_code == 200, answer.text
    return answer.content


async def made(quarter_end: QuarterEnd, **params: Any) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(await made_bytes(quarter_end, **params)))


def text_of(reader: pypdf.PdfReader) -> str:
    return "\n".join(page.extract_text() for page in reader.pages)


def sheets(answer: httpx.Response) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


async def pdf_process(working: asyncio.Task[None]) -> psutil.Process:
    """The process that makes a PDF, as soon as the worker has started one."""
    while not working.done():
        for child in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                if any("as_pdf" in part for part in child.cmdline()):
                    return child
        await asyncio.sleep(0.005)
    raise AssertionError("no PDF was begun")
