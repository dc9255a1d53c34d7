"""Suppliers answer in a browser: what the pages hold, and that pressing their buttons works."""

# ruff: noqa: RUF001  # what people type

import inspect
import re
from typing import Any

import httpx
import pytest
from joserfc.jwk import OKPKey

from local.door import Door, create_app
from local.people import PeopleIssuer
from services.audit.domain import posted_answers
from services.audit.domain.posted_answers import NotANumber, number
from services.audit.endpoints.pages.texts import TEXTS
from shared.languages import preferred
from tests.audit.surveying import PROOF, SECTIONS, ask, browser, make_link, response_of, token_of
from tests.html_forms import Page, check_accessible
from tests.stage import Stage

ANSWERS = {
    "value.policy": ["yes"],
    "value.hours": ["clock"],
    "value.channels": ["box", "line"],
    "value.energy": ["1234,5"],
    "value.plans": ["Solar\non the roof"],
}


async def opened(stage: Stage, *more: dict[str, Any], **fields: Any) -> tuple[dict[str, Any], str, str]:
    survey, supplier_id = await ask(stage, *more, **fields)
    return survey, supplier_id, token_of((await make_link(stage, survey, supplier_id))["url"])


async def show(supplier: httpx.AsyncClient, token: str, **more: str) -> Page:
    answer = await supplier.get("/answer", params={"token": token, **more})
    assert answer.status_code == 200, answer.text
    return Page.of(answer.text)


async def press(supplier: httpx.AsyncClient, page: Page, action: str, files: Any = None) -> tuple[httpx.Response, Page]:
    """Send what the page's form would send, to where it would."""
    url = f"/{page.action}" if not page.action.startswith("../") else page.action[2:]
    answer = await supplier.request(page.method.upper(), url, data=page.sent(action), files=files)
    return answer, Page.of(answer.text)


def fill(page: Page, answers: dict[str, list[str]]) -> None:
    for name, values in answers.items():
        page.fill(name, *values)


async def test_a_supplier_answers_saves_checks_and_submits_by_pressing_what_the_pages_offer(stage: Stage) -> None:
    survey, supplier_id, token = await opened(stage)
    async with browser(stage) as supplier:
        form = await show(supplier, token)
        check_accessible(form)
        assert (form.language, form.legends) == ("en", 5)
        fill(form, {**ANSWERS, "value.plans": [""], "comment.policy": ["Since 2019"]})
        answer, saved = await press(supplier, form, "save")
        assert (answer.status_code, answer.history[0].status_code) == (200, 303)
        assert "The draft is saved." in saved.text
        assert saved.sent("save")["value.energy"] == ["1234.5"]
        assert (await response_of(stage, survey, supplier_id))["status"] == "draft"
        _, review = await press(supplier, saved, "review")
        check_accessible(review)
        assert "They count as 0" in review.text
        assert "5. What do you plan?" in review.text
        assert (await response_of(stage, survey, supplier_id))["status"] == "draft"
        answer, receipt = await press(supplier, review, "confirm")
        over = await supplier.get("/answer", params={"token": token})
    check_accessible(receipt)
    assert answer.status_code == 200
    assert "100.00" in receipt.text
    assert "50.00" in receipt.text
    held = await response_of(stage, survey, supplier_id)
    assert held["status"] == "submitted"
    assert held["answers"] == {
        "policy": {"value": True, "comment": "Since 2019"},
        "hours": {"value": "clock"},
        "channels": {"value": ["box", "line"]},
        "energy": {"value": 1234.5},
    }
    assert {name: score["score"] for name, score in held["scores"].items()} == {
        "labor_employment": 100,
        "environment_energy": 50,
    }
    assert (over.status_code, "The answers were submitted" in over.text) == (410, True)
    link_id = (await stage.psql("audit", "SELECT id FROM survey_link"))[0]["id"]
    log = await stage.psql("audit", "SELECT DISTINCT sub FROM audit_log WHERE action LIKE 'survey_response.s%'")
    assert [row["sub"] for row in log] == [f"survey-link:{link_id}"]


async def test_the_form_reads_in_the_suppliers_language_with_what_is_not_translated_marked(stage: Stage) -> None:
    _, _, token = await opened(stage)
    async with browser(stage, "de, zh-TW;q=0.9, en;q=0.1") as supplier:
        taiwanese = await show(supplier, token)
        chinese = await show(supplier, token, lang="zh-CN")
        english = await show(supplier, token, lang="en")
    for page in (taiwanese, chinese, english):
        check_accessible(page)
    assert [page.language for page in (taiwanese, chinese, english)] == ["zh-Hant", "zh-Hans", "en"]
    assert taiwanese.title == "年度問卷"
    assert "儲存草稿" in taiwanese.text
    assert "是否有书面政策?" in chinese.text
    assert "如何記錄工時?" in chinese.text  # rather the other script than English
    assert ("span", {"class": "text", "lang": "en"}) in taiwanese.tags  # Which channels for grievances?
    assert "保存草稿" in chinese.text
    assert any("lang=zh-Hant" in link for link in english.links)


async def test_answers_that_cannot_be_are_named_at_the_top_and_beside_them_and_nothing_is_saved(stage: Stage) -> None:
    survey, supplier_id, token = await opened(stage)
    async with browser(stage, "zh-TW") as supplier:
        form = await show(supplier, token)
        fill(form, {**ANSWERS, "value.energy": ["much"], "na.hours": ["yes"]})
        answer, page = await press(supplier, form, "review")
        check_accessible(page)
        assert (answer.status_code, page.title.startswith("錯誤")) == (422, True)
        assert [link for link in page.links if link.startswith("#q") and link != "#questions"] == [
            "#q2",
            "#q2-comment",
            "#q4",
        ]
        assert "請輸入數字" in page.text
        assert "請說明為何不適用" in page.text
        assert page.sent("save")["value.energy"] == ["much"]
        assert (await response_of(stage, survey, supplier_id))["status"] == "asked"
        fill(page, {"value.energy": ["１２３４"], "value.hours": [""], "comment.hours": ["全是外包"]})
        answer, page = await press(supplier, page, "save")
    assert (answer.status_code, page.title) == (200, "年度問卷")
    held = (await response_of(stage, survey, supplier_id))["answers"]
    assert held["hours"] == {"not_applicable": True, "comment": "全是外包"}
    assert held["energy"] == {"value": 1234}


async def test_of_two_who_save_at_once_the_second_sees_what_the_first_wrote(stage: Stage) -> None:
    survey, supplier_id, token = await opened(stage)
    async with browser(stage) as first, browser(stage) as second:
        mine, theirs = await show(first, token), await show(second, token)
        fill(mine, {"value.policy": ["yes"], "value.plans": ["Solar"]})
        fill(theirs, {"value.policy": ["no"], "value.plans": ["Solar"]})
        await press(first, mine, "save")
        answer, page = await press(second, theirs, "review")
        check_accessible(page)
        assert answer.status_code == 409
        assert "Somebody else changed the answers" in page.text
        assert page.text.count("Saved in the meantime:") == 1
        assert "Saved in the meantime: Yes" in page.text
        assert (await response_of(stage, survey, supplier_id))["answers"]["policy"] == {"value": True}
        answer, _ = await press(second, page, "save")
    assert answer.status_code == 200
    assert (await response_of(stage, survey, supplier_id))["answers"]["policy"] == {"value": False}


async def test_nobody_submits_what_changed_after_it_was_checked(stage: Stage) -> None:
    survey, supplier_id, token = await opened(stage)
    async with browser(stage) as first, browser(stage) as second:
        form = await show(first, token)
        _, review = await press(first, form, "review")
        other = await show(second, token)
        fill(other, {"value.policy": ["no"]})
        await press(second, other, "save")
        answer, again = await press(first, review, "confirm")
        assert (answer.status_code, (await response_of(stage, survey, supplier_id))["status"]) == (409, "draft")
        answer, _ = await press(first, again, "confirm")
        twice, _ = await press(second, again, "confirm")
    assert (answer.status_code, twice.status_code) == (200, 410)


async def test_what_people_write_is_shown_as_text_and_never_run(stage: Stage) -> None:
    _, _, token = await opened(stage)
    bad = "</textarea><script>alert(1)</script>"
    async with browser(stage) as supplier:
        form = await show(supplier, token)
        fill(form, {"value.plans": [bad], "comment.policy": ['"><b>']})
        answer, page = await press(supplier, form, "save")
    check_accessible(page)
    assert page.sent("save")["value.plans"] == [bad]
    assert "Signed by the <management>" in page.text
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert (answer.headers["referrer-policy"], answer.headers["cache-control"]) == ("no-referrer", "no-store")


async def test_a_file_goes_with_the_form_and_can_be_replaced_and_removed(stage: Stage) -> None:
    section = {
        "category": "ethics",
        "title": {"en": "Ethics"},
        "questions": [SECTIONS[0]["questions"][0] | {"code": "x"}, PROOF],
    }
    survey, supplier_id, token = await opened(stage, section)
    pdf = b"%PDF-1.7 a policy"
    async with browser(stage) as supplier:
        form = await show(supplier, token)
        check_accessible(form)
        assert (form.enctype, form.action) == ("multipart/form-data", "answer/files")
        wrong = {"file.proof": ("policy.pdf", b"MZ", "application/pdf")}
        answer, page = await press(supplier, form, "save", files=wrong)
        assert (answer.status_code, "This file cannot be taken" in page.text) == (422, True)
        assert page.action == "../answer/files"
        answer, page = await press(supplier, page, "save", files={"file.proof": ("政策.pdf", pdf, "")})
        check_accessible(page)
        assert (answer.status_code, "Uploaded: 政策.pdf" in page.text) == (200, True)
        held = (await response_of(stage, survey, supplier_id))["answers"]["proof"]["value"]["file_id"]
        answer, page = await press(supplier, page, "save", files={"file.proof": ("", b"", "")})
        assert (await response_of(stage, survey, supplier_id))["answers"]["proof"]["value"]["file_id"] == held
        page.fill("drop.proof", "yes")
        answer, page = await press(supplier, page, "save", files={"file.proof": ("", b"", "")})
        assert "proof" not in (await response_of(stage, survey, supplier_id))["answers"]
        stranger = {**page.sent("save"), "value.proof": ["01990000-0000-7000-8000-000000000000"]}
        refused = await supplier.post("/answer/files", data=stranger, files={"file.proof": ("", b"", "")})
    assert (refused.status_code, "Choose the file again" in refused.text) == (422, True)


async def test_a_file_that_is_replaced_or_removed_is_withdrawn_unless_it_was_submitted(stage: Stage) -> None:
    section = {
        "category": "ethics",
        "title": {"en": "Ethics"},
        "questions": [SECTIONS[0]["questions"][0] | {"code": "x"}, PROOF],
    }
    survey, supplier_id, token = await opened(stage, section)
    url = f"/v1/surveys/{survey['id']}/responses/{supplier_id}"

    def chosen(name: str) -> dict[str, Any]:
        return {"file.proof": (name, f"%PDF-1.7 {name}".encode(), "")}

    async def live() -> list[str]:
        rows = await stage.psql("audit", "SELECT name FROM stored_file WHERE withdrawn_at IS NULL ORDER BY name")
        return [row["name"] for row in rows]

    async with browser(stage) as supplier, stage.person("audit") as buyer:
        form = await show(supplier, token)
        form.fill("value.energy", "much")
        _, page = await press(supplier, form, "save", files=chosen("a.pdf"))
        page.fill("value.energy", "1")
        assert await live() == ["a.pdf"]  # it waits in the page for the answers beside it to be mended
        _, page = await press(supplier, page, "save", files=chosen("b.pdf"))
        assert await live() == ["b.pdf"]
        _, page = await press(supplier, page, "save", files=chosen("c.pdf"))
        assert await live() == ["c.pdf"]
        page.fill("drop.proof", "yes")
        _, page = await press(supplier, page, "save", files={"file.proof": ("", b"", "")})
        assert await live() == []
        _, page = await press(supplier, page, "review", files=chosen("d.pdf"))
        await press(supplier, page, "confirm")
        etag = (await buyer.get(url)).headers["etag"]
        await buyer.post(f"{url}/reopen", json={"reason": "?"}, headers={"If-Match": etag})
        page = await show(supplier, token_of((await make_link(stage, survey, supplier_id))["url"]))
        await press(supplier, page, "save", files=chosen("e.pdf"))
    assert await live() == ["d.pdf", "e.pdf"]
    log = await stage.psql("audit", "SELECT sub FROM audit_log WHERE action = 'evidence.withdrawn'")
    assert len(log) == 3
    assert all(row["sub"].startswith("survey-link:") for row in log)


async def test_a_moved_due_date_does_not_look_like_somebody_elses_answers(stage: Stage) -> None:
    survey, supplier_id, token = await opened(stage)
    async with browser(stage) as supplier, stage.machine("audit") as buyer:
        form = await show(supplier, token)
        _, form = await press(supplier, form, "save")
        fill(form, ANSWERS)
        for due_on, action in (("2190-01-01", "review"), ("2190-02-01", "confirm")):
            held = await buyer.get(f"/v1/surveys/{survey['id']}")
            etag = {"If-Match": held.headers["etag"]}
            moved = await buyer.patch(f"/v1/surveys/{survey['id']}", json={"due_on": due_on}, headers=etag)
            assert moved.status_code == 200
            answer, form = await press(supplier, form, action)
            assert answer.status_code == 200
    assert (await response_of(stage, survey, supplier_id))["status"] == "submitted"


async def test_the_form_works_behind_the_door_where_its_addresses_are_others(stage: Stage) -> None:
    section = {
        "category": "ethics",
        "title": {"en": "Ethics"},
        "questions": [SECTIONS[1]["questions"][0] | {"code": "x"}, PROOF],
    }
    survey, supplier_id, token = await opened(stage, section)
    people = PeopleIssuer("http://door/people", OKPKey.generate_key("Ed25519", auto_kid=True), [])
    door = create_app(Door({"audit": "http://audit"}, stage.transport), people)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(door), base_url="http://door") as supplier:
        here = "http://door/audit/answer"
        answer = await supplier.get(here, params={"token": token})
        for action, status in (("save", 303), ("review", 303)):
            page = Page.of(answer.text)
            there = answer.url.join(page.action)
            sent = await supplier.post(there, data=page.sent(action), files={"file.proof": ("", b"", "")})
            assert (sent.status_code, str(sent.url)) == (status, f"{here}/files")
            answer = await supplier.get(sent.url.join(sent.headers["location"]))
            assert (answer.status_code, str(answer.url).partition("?")[0]) == (200, here)
        page = Page.of(answer.text)
        receipt = await supplier.post(answer.url.join(page.action), data=page.sent("confirm"))
    assert (receipt.status_code, (await response_of(stage, survey, supplier_id))["status"]) == (200, "submitted")


def test_whatever_may_be_wrong_with_an_answer_has_its_words() -> None:
    kinds = set(re.findall(r'"([a-z_]+)"', inspect.getsource(posted_answers._fault)))
    kinds |= {"not_a_number", "ambiguous_number", "file_refused", "too_many_files", "file_unknown"}
    fields = {"comment", "not_applicable", "value", "number", "text", "file"}
    assert kinds - fields <= TEXTS.keys()


async def test_without_a_good_link_nothing_is_stored(stage: Stage) -> None:
    async with browser(stage) as nobody:
        files = {"file.proof": ("policy.pdf", b"%PDF-1.7", "application/pdf")}
        answer = await nobody.post("/answer/files", data={"token": "x", "action": "save"}, files=files)
        too_many = await nobody.post("/answer", data={f"f{n}": "" for n in range(10_001)})
        garbled = await nobody.post("/answer", content=b"x", headers={"Content-Type": "multipart/form-data"})
        too_large = await nobody.post("/answer", data={"value.plans": "x" * (2 * 1024 * 1024)})
    assert (answer.status_code, too_many.status_code, garbled.status_code) == (403, 400, 400)
    assert (too_large.status_code, "內容過大" in too_large.text) == (413, True)
    answers = (answer, too_many, garbled, too_large)
    assert all(page.headers["content-type"].startswith("text/html") for page in answers)
    assert not list((stage.folder / "files").rglob("*policy*"))


@pytest.mark.parametrize("charset", ["unicode_escape", "punycode", "undefined", "utf-16", "hex"])
async def test_text_in_an_odd_encoding_is_the_senders_fault(stage: Stage, charset: str) -> None:
    _, _, token = await opened(stage)
    sent = {"token": token, "action": "save", "value.energy": "\\ud800"}
    part = '--x\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    content = "".join(part.format(name, value) for name, value in sent.items()) + "--x--\r\n"
    kind = {"Content-Type": f"multipart/form-data; boundary=x; charset={charset}"}
    async with browser(stage) as supplier:
        answer = await supplier.post("/answer", content=content, headers=kind)
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("12", 12), ("1234.5", 1234.5), ("1234,5", 1234.5), ("１２，５", 12.5), ("1,234,567", 1234567), ("-3", -3),
        ("1,234.5", 1234.5), ("1.234,5", 1234.5), ("1 234,5", 1234.5), ("0,125", 0.125), ("1'234", 1234), ("−2", -2),
        ("0" * 5000 + "7", 7),
    ],
)  # fmt: skip
def test_numbers_are_understood_as_people_type_them(typed: str, meant: float) -> None:
    assert number(typed) == meant


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("1,234", "ambiguous_number"),
        ("12 MWh", "not_a_number"),
        ("1e9", "not_a_number"),
        ("9" * 400, "out"),
        ("1.2,3", "not_a_number"),
    ],
)
def test_what_is_no_number_or_could_be_two_is_asked_about(typed: str, why: str) -> None:
    with pytest.raises(NotANumber) as error:
        number(typed)
    assert error.value.kind == (why if why != "out" else "not_a_number")


@pytest.mark.parametrize(
    ("asked", "header", "language"),
    [
        (None, None, "en"), ("zh-TW", "en", "zh-Hant"), ("zh", None, "zh-Hans"), ("xx", "zh-Hant-HK", "zh-Hant"),
        (None, "fr;q=1, zh-CN;q=0.5, en;q=0.7", "en"), (None, "zh;q=x, en;q=0", "en"),
    ],
)  # fmt: skip
def test_the_language_is_the_one_asked_for_or_the_one_that_the_browser_likes_best(
    asked: str | None, header: str | None, language: str
) -> None:
    assert preferred(asked, header) == language
