"""Wanting no more mails: by a mail program's one click (RFC 8058), and by the button of a page."""

from io import StringIO

import pytest

from services.engagement.endpoints.pages.texts import TEXTS
from tests.engagement.mailed import FORMS, PERSON, address_in, browser, event_in, invite, mail, mailbox, press
from tests.html_forms import Page, check_accessible
from tests.stage import Stage

ONE_CLICK = "List-Unsubscribe=One-Click"
MULTIPART = (
    b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n',
    "multipart/form-data; boundary=b",
)


@pytest.mark.parametrize(
    ("content", "content_type"), [(ONE_CLICK.encode(), "application/x-www-form-urlencoded"), MULTIPART]
)
async def test_a_mail_program_unsubscribes_its_reader_with_one_request(
    stage: Stage, content: bytes, content_type: str
) -> None:
    path = address_in(await mail(stage))
    async with stage.caller("engagement") as program:
        for _ in range(2):  # it may repeat itself
            answer = await program.post(path, content=content, headers={"Content-Type": content_type})
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/plain")
            assert "set-cookie" not in answer.headers
            assert "location" not in answer.headers
            assert answer.headers["cache-control"] == "no-store"
    found = await mailbox(stage)
    assert found is not None
    assert (found["newsletters"], found["invitations"], found["version"]) == (False, None, 1)
    assert found["changed_by"].startswith("delivery:")


async def test_only_the_kind_of_mail_that_was_unsubscribed_from_ends(stage: Stage) -> None:
    invitation_id, _ = await invite(stage, await event_in(stage, 3))
    path = address_in(await mail(stage, "invitation", invitation_id=invitation_id))
    async with stage.caller("engagement") as program:
        assert (await program.post(path, content=ONE_CLICK, **FORMS)).status_code == 200
    found = await mailbox(stage)
    assert found is not None
    assert (found["newsletters"], found["invitations"]) == (None, False)


async def test_looking_at_the_link_never_unsubscribes(stage: Stage) -> None:
    path = address_in(await mail(stage))
    async with browser(stage) as scanner:
        for method, address in (
            ("GET", path),
            ("HEAD", path),
            ("GET", f"{path}?{ONE_CLICK}"),
            ("GET", f"{path}?action=stop"),
            ("HEAD", f"{path}?{ONE_CLICK}"),
        ):
            assert (await scanner.request(method, address)).status_code == 200
        with_body = await scanner.request("GET", path, content=ONE_CLICK, **FORMS)
        assert with_body.status_code == 200
        for method in ("PUT", "PATCH", "DELETE", "OPTIONS"):
            refused = await scanner.request(method, path, content=ONE_CLICK, **FORMS)
            assert refused.status_code == 405
            assert refused.headers["content-type"].startswith("text/html")
    assert await mailbox(stage) is None


@pytest.mark.parametrize(
    "content",
    [
        "",
        "List-Unsubscribe=one-click",
        "list-unsubscribe=One-Click",
        "List-Unsubscribe=One-Click&List-Unsubscribe=One-Click",
        "action=stopp",
        "action=stop&action=again",
        "action=",
        '{"List-Unsubscribe": "One-Click"}',
    ],
)
async def test_whatever_else_is_posted_changes_nothing(stage: Stage, content: str) -> None:
    path = address_in(await mail(stage))
    async with browser(stage) as program:
        answer = await program.post(path, content=content, **FORMS)
        assert answer.status_code == 400
        Page.of(answer.text)
        as_json = await program.post(path, content=ONE_CLICK, headers={"Content-Type": "application/json"})
        assert as_json.status_code == 400
        garbled = await program.post(path, content=b"x", headers={"Content-Type": "multipart/form-data"})
        assert garbled.status_code == 400
    assert await mailbox(stage) is None


async def test_bodies_are_small(stage: Stage) -> None:
    path = address_in(await mail(stage))
    async with browser(stage) as program:
        answer = await program.post(path, content=f"{ONE_CLICK}&more={'x' * 5000}", **FORMS)
    assert answer.status_code == 413
    assert await mailbox(stage) is None


@pytest.mark.parametrize("language", ["en", "zh-Hans", "zh-Hant"])
async def test_a_person_unsubscribes_by_a_button_and_takes_it_back(stage: Stage, language: str) -> None:
    path = address_in(await mail(stage))
    column = ["en", "zh-Hans", "zh-Hant"].index(language)
    async with browser(stage, language) as reader:
        page = Page.of((await reader.get(path)).text)
        check_accessible(page)
        assert (page.language, page.title) == (language, TEXTS["newsletters_wanted"][column])
        answer, page = await press(reader, path, page, "stop")
        assert answer.status_code == 200
        check_accessible(page)
        assert (page.language, page.title) == (language, TEXTS["newsletters_stopped"][column])
        found = await mailbox(stage)
        assert found is not None
        assert found["newsletters"] is False
        assert Page.of((await reader.get(path)).text).title == page.title
        answer, page = await press(reader, path, page, "again")
        assert (answer.status_code, page.title) == (200, TEXTS["newsletters_wanted"][column])
    found = await mailbox(stage)
    assert found is not None
    assert found["newsletters"] is True


async def test_the_language_can_be_chosen_on_the_page_and_stays(stage: Stage) -> None:
    path = address_in(await mail(stage))
    async with browser(stage, "fr") as reader:
        page = Page.of((await reader.get(path)).text)
        assert page.language == "en"
        assert {"?lang=zh-Hans", "?lang=zh-Hant"} <= set(page.links)
        page = Page.of((await reader.get(f"{path}?lang=zh-Hant")).text)
        assert page.language == "zh-Hant"
        _, page = await press(reader, path, page, "stop")
        assert page.language == "zh-Hant"


async def test_wanting_again_what_was_never_ended_changes_nothing(stage: Stage) -> None:
    path = address_in(await mail(stage))
    async with browser(stage) as reader:
        assert (await reader.post(path, data={"action": "again"})).status_code == 200
    assert await mailbox(stage) is None


async def test_a_wrong_link_opens_nothing_and_says_so_on_a_page(stage: Stage) -> None:
    path = address_in(await mail(stage))
    other = path.replace("/unsubscribe/", "/invitation/")
    async with browser(stage) as reader:
        for wrong in (path[:-1], path[:-1] + ("A" if path[-1] != "A" else "B"), path + "x", "/unsubscribe/x", other):
            for answer in (await reader.get(wrong), await reader.post(wrong, content=ONE_CLICK, **FORMS)):
                assert answer.status_code == 404, wrong
                assert "找不到此連結" in answer.text
                check_accessible(Page.of(answer.text))
    assert await mailbox(stage) is None


async def test_pages_are_kept_from_caches_search_engines_and_other_sites(stage: Stage) -> None:
    path = address_in(await mail(stage))
    async with browser(stage) as reader:
        answer = await reader.get(path)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "set-cookie" not in answer.headers
    assert '<meta name="robots" content="noindex">' in answer.text
    assert PERSON not in answer.text


async def test_no_log_holds_a_token(stage: Stage, logged: StringIO) -> None:
    path = address_in(await mail(stage))
    async with browser(stage) as reader:
        for address in (path, f"{path}/", f"{path}.", path.replace("unsubscribe", "nowhere")):
            await reader.get(address)
    said = logged.getvalue()
    assert "/unsubscribe/***" in said
    assert path.rpartition("/")[2] not in said
