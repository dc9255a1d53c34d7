"""Evidence files of findings: handed in, given out, withdrawn, erased, and by whom."""

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from shared.storage import Storage
from tests.audit import programme
from tests.audit.evidence import DOCX, JPEG, PDF, XLSX, archive, events, stored, supplier_client, sweep, upload, url_of
from tests.stage import Stage

pytestmark = pytest.mark.usefixtures("store")
in_both_stores = pytest.mark.parametrize("store", ["folder", "s3"], indirect=True)


@in_both_stores
async def test_a_supplier_adds_a_photo_and_the_buyer_downloads_it(stage: Stage, finding: dict[str, Any]) -> None:
    async with supplier_client(stage, finding) as supplier:
        answer = await upload(supplier, url_of(finding))
    assert answer.status_code == 201, answer.text
    added = answer.json()
    assert added["name"] == "photo.jpg"
    assert added["size"] == len(JPEG)
    assert answer.headers["location"] == f"{url_of(finding)}/{added['id']}"
    async with stage.machine("audit", "audit:read") as buyer:
        assert (await buyer.get(url_of(finding))).json()["items"] == [added]
        one = await buyer.get(answer.headers["location"])
        assert one.json() == added
        assert one.headers["etag"] == answer.headers["etag"] == '"1"'
        content = await buyer.get(f"{answer.headers['location']}/content")
        assert content.status_code == 200
        assert content.content == JPEG
        assert content.headers["content-type"] == "image/jpeg"
        assert content.headers["content-length"] == str(len(JPEG))
        assert (
            content.headers["content-disposition"] == "attachment; filename=\"photo.jpg\"; filename*=UTF-8''photo.jpg"
        )
        assert content.headers["etag"] == f'"{added["sha256"]}"'
        assert content.headers["x-content-type-options"] == "nosniff"
        assert content.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert content.headers["cache-control"].startswith("private")
        again = await buyer.get(
            f"{answer.headers['location']}/content", headers={"If-None-Match": content.headers["etag"]}
        )
        assert again.status_code == 304
        assert again.content == b""


async def test_the_feed_and_the_audit_log_tell_of_a_file_but_not_its_name(
    stage: Stage, finding: dict[str, Any]
) -> None:
    async with stage.machine("audit") as client:
        added = (await upload(client, url_of(finding), name="Nguyen Van A passport.jpg")).json()
        [event] = await events(stage)
        assert event["type"] == "evidence.added"
        assert event["data"] == {
            "finding_id": finding["id"],
            "response_id": None,
            "media_type": "image/jpeg",
            "size": len(JPEG),
            "sha256": added["sha256"],
            "withdrawn": False,
            "erased": False,
            "version": 1,
        }
        log = (await client.get("/v1/audit-log", params={"resource_id": added["id"]})).json()["items"]
    assert [line["action"] for line in log] == ["evidence.added"]
    assert log[0]["sub"]
    assert "passport" not in json.dumps([log, event])


async def test_scoring_passes_over_the_events_of_files(stage: Stage, finding: dict[str, Any]) -> None:
    async with stage.machine("audit") as client:
        await upload(client, url_of(finding))
    await stage.settle()
    head = (await programme.read(stage, "/v1/feed", limit=1))["head"]
    [cursor] = await stage.psql("scoring", "SELECT seq FROM feed_cursor WHERE source = 'audit'")
    assert cursor["seq"] == head
    assert await stage.psql("scoring", "SELECT 1 FROM feed_parked") == []


async def test_the_same_content_again_is_the_file_that_is_there(
    stage: Stage, store: Storage, finding: dict[str, Any]
) -> None:
    async with stage.machine("audit") as client:
        first = await upload(client, url_of(finding))
        second = await upload(client, url_of(finding), name="other.jpg")
        assert (first.status_code, second.status_code) == (201, 200)
        assert second.json() == first.json()
        assert len((await client.get(url_of(finding))).json()["items"]) == 1
    assert len(await events(stage)) == 1
    assert await sweep(stage, store) == 1
    assert await stored(store) == [UUID(first.json()["id"])]


async def test_the_same_content_on_another_finding_is_another_file(stage: Stage, finding: dict[str, Any]) -> None:
    other = await programme.add_finding(stage, {"id": finding["audit_id"], "conducted_on": programme.ago(100)})
    async with stage.machine("audit") as client:
        answers = [await upload(client, url_of(one)) for one in (finding, other)]
    assert [answer.status_code for answer in answers] == [201, 201]


async def test_a_repeated_key_gets_the_first_answer(stage: Stage, finding: dict[str, Any]) -> None:
    async with stage.machine("audit") as client:
        first, second = [await upload(client, url_of(finding), **{"Idempotency-Key": "once"}) for _ in range(2)]
        other = await upload(client, url_of(finding), JPEG + b"!", **{"Idempotency-Key": "once"})
    assert (first.status_code, second.status_code, other.status_code) == (201, 201, 422)
    assert second.content == first.content
    assert second.headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        ("application/pdf", PDF),
        ("image/jpeg", JPEG),
        ("image/png", b"\x89PNG\r\n\x1a\n and so on"),
        ("image/webp", b"RIFF\x24\x00\x00\x00WEBPVP8 "),
        ("text/csv; charset=utf-8", "時數,人\n60,王\n".encode()),
        ("Text/Plain", b"x"),
        ("text/plain", b"\xef\xbb\xbfwith a mark"),
        (XLSX, archive("xl/workbook.xml")),
        (DOCX, archive("word/document.xml")),
    ],
)
async def test_each_type_is_taken_and_given_out_as_it_came(
    stage: Stage, finding: dict[str, Any], media_type: str, content: bytes
) -> None:
    async def a_byte_at_a_time() -> AsyncIterator[bytes]:
        for byte in content:
            yield bytes([byte])

    async with stage.machine("audit") as client:
        answer = await upload(client, url_of(finding), a_byte_at_a_time(), media_type)
        assert answer.status_code == 201, answer.text
        given = await client.get(f"{answer.headers['location']}/content")
    assert given.content == content
    assert given.headers["content-type"].split(";")[0] == media_type.partition(";")[0].lower()


@pytest.mark.parametrize(
    ("media_type", "content", "status", "code"),
    [
        ("text/html", b"<script>", 415, "unsupported-media-type"),
        ("image/svg+xml", b"<svg/>", 415, "unsupported-media-type"),
        ("application/octet-stream", JPEG, 415, "unsupported-media-type"),
        ("", JPEG, 415, "unsupported-media-type"),
        ("application/pdf", JPEG, 422, "file-unlike-its-type"),
        ("image/jpeg", PDF, 422, "file-unlike-its-type"),
        ("image/png", b"\x89PNG", 422, "file-unlike-its-type"),
        ("image/webp", b"RIFF\x24\x00\x00\x00WAVEfmt ", 422, "file-unlike-its-type"),
        ("text/plain", b"a\x00b", 422, "file-unlike-its-type"),
        ("text/csv", "公司\n".encode("big5"), 422, "file-unlike-its-type"),
        ("text/plain", "half of 王"[:-1].encode() + "王".encode()[:2], 422, "file-unlike-its-type"),
        (XLSX, archive("word/document.xml"), 422, "file-unlike-its-type"),
        (DOCX, archive("xl/workbook.xml"), 422, "file-unlike-its-type"),
        (XLSX, PDF, 422, "file-unlike-its-type"),
        ("image/jpeg", b"", 422, "file-empty"),
    ],
)
async def test_what_is_not_what_it_is_said_to_be_is_refused_and_not_kept(
    stage: Stage, store: Storage, finding: dict[str, Any], media_type: str, content: bytes, status: int, code: str
) -> None:
    async with stage.machine("audit") as client:
        answer = await upload(client, url_of(finding), content, media_type)
        assert answer.status_code == status, answer.text
        assert answer.json()["type"].endswith(code)
        assert (await client.get(url_of(finding))).json()["items"] == []
    assert await stored(store) == []


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd.jpg"),
        ("C:\\Users\\王\\現場 照片.JPG", "現場 照片.JPG"),
        ("a\r\nSet-Cookie: x=1.jpg", "aSet-Cookie: x=1.jpg"),
        ('say "cheese";.jpeg', 'say "cheese";.jpeg'),
        ("evil\u202egpj.exe", "evilgpj.exe.jpg"),
        ("page.html", "page.html.jpg"),
        ("..hidden.jpg. ", "hidden.jpg"),
    ],
)
async def test_a_name_is_made_harmless(
    stage: Stage, store: Storage, finding: dict[str, Any], given: str, kept: str
) -> None:
    async with stage.machine("audit") as client:
        answer = await upload(client, url_of(finding), name=given)
        assert answer.status_code == 201, answer.text
        assert answer.json()["name"] == kept
        header = (await client.get(f"{answer.headers['location']}/content")).headers["content-disposition"]
    plain, encoded = header.removeprefix('attachment; filename="').split("\"; filename*=UTF-8''")
    assert httpx.URL(f"http://x/?{encoded}").query  # nothing that ends it
    assert not set('"\r\n;\\/') & set(plain)
    assert not set("\"\r\n;'/ ") & set(encoded)
    [held] = await stored(store)
    assert str(held) == answer.json()["id"]


@pytest.mark.parametrize("name", ["..", "/", "\u202e", "x" * 200 + ".jpg", "x" * 1001])
async def test_a_name_with_nothing_to_show_or_too_much_is_refused(
    stage: Stage, finding: dict[str, Any], name: str
) -> None:
    async with stage.machine("audit") as client:
        assert (await upload(client, url_of(finding), name=name)).status_code == 422


async def test_a_file_without_a_name_is_refused(stage: Stage, finding: dict[str, Any]) -> None:
    async with stage.machine("audit") as client:
        answer = await client.post(url_of(finding), content=JPEG, headers={"Content-Type": "image/jpeg"})
    assert answer.status_code == 422


async def test_another_supplier_finds_nothing_and_its_file_is_not_even_read(
    stage: Stage, finding: dict[str, Any]
) -> None:
    async def unread() -> AsyncIterator[bytes]:
        pytest.fail("the body was read")
        yield b""

    async with stage.machine("audit") as client:
        added = (await upload(client, url_of(finding))).headers["location"]
    stranger = {"supplier_id": await programme.add_supplier(stage, "S2")}
    async with supplier_client(stage, stranger) as client:
        assert (await upload(client, url_of(finding), unread())).status_code == 404
        for url in (url_of(finding), added, f"{added}/content"):
            assert (await client.get(url)).status_code == 404
        assert (await client.post(f"{added}/withdraw", json={"reason": "x"})).status_code == 404


async def test_a_file_is_found_only_under_its_own_finding(stage: Stage, finding: dict[str, Any]) -> None:
    other = await programme.add_finding(stage, {"id": finding["audit_id"], "conducted_on": programme.ago(100)})
    async with stage.machine("audit") as client:
        added = (await upload(client, url_of(finding))).json()["id"]
        assert (await client.get(f"{url_of(other)}/{added}")).status_code == 404
        assert (await client.get(f"{url_of(other)}/{added}/content")).status_code == 404
        assert (await client.post(f"{url_of(other)}/{added}/withdraw", json={"reason": "x"})).status_code == 404


async def test_adding_needs_submit_or_write_and_erasing_needs_write(stage: Stage, finding: dict[str, Any]) -> None:
    async with stage.machine("audit", "audit:read") as reader:
        assert (await upload(reader, url_of(finding))).status_code == 403
    async with stage.machine("audit", "audit:read", "audit:write") as writer:
        added = await upload(writer, url_of(finding))
        assert added.status_code == 201
    async with supplier_client(stage, finding) as supplier:
        erase = {"reason": "Shows faces", "erase": True}
        refused = await supplier.post(f"{added.headers['location']}/withdraw", json=erase)
        assert refused.status_code == 403


async def test_a_supplier_withdraws_no_evidence_that_others_added(stage: Stage, finding: dict[str, Any]) -> None:
    async with stage.person("audit", "vera") as auditor:
        url = (await upload(auditor, url_of(finding))).headers["location"]
        async with supplier_client(stage, finding) as supplier:
            refused = await supplier.post(f"{url}/withdraw", json={"reason": "Shows too much"})
        assert refused.status_code == 403
        assert (await auditor.post(f"{url}/withdraw", json={"reason": "Blurred"})).status_code == 200


async def test_a_withdrawn_file_stays_readable_and_says_why(stage: Stage, finding: dict[str, Any]) -> None:
    async with supplier_client(stage, finding) as supplier:
        added = await upload(supplier, url_of(finding))
        url = added.headers["location"]
        stale = await supplier.post(f"{url}/withdraw", json={"reason": "Wrong line"}, headers={"If-Match": '"7"'})
        assert stale.status_code == 412
        withdrawn = await supplier.post(f"{url}/withdraw", json={"reason": "Wrong line"}, headers={"If-Match": '"1"'})
        assert withdrawn.status_code == 200
        assert withdrawn.json()["withdrawn_reason"] == "Wrong line"
        assert withdrawn.headers["etag"] == '"2"'
        assert (await supplier.post(f"{url}/withdraw", json={"reason": "Twice"})).status_code == 409
        assert (await supplier.get(f"{url}/content")).content == JPEG
        again = await upload(supplier, url_of(finding))
        assert again.status_code == 201
        assert again.json()["id"] != added.json()["id"]
    assert [event["type"] for event in await events(stage)] == [
        "evidence.added",
        "evidence.withdrawn",
        "evidence.added",
    ]


@pytest.mark.parametrize("withdrawn_before", [False, True])
@in_both_stores
async def test_an_erased_file_is_gone_with_its_name_and_its_record_stays(
    stage: Stage, store: Storage, finding: dict[str, Any], withdrawn_before: bool
) -> None:
    async with stage.machine("audit") as client:
        added = await upload(client, url_of(finding), name="Nguyen.jpg")
        url = added.headers["location"]
        if withdrawn_before:
            await client.post(f"{url}/withdraw", json={"reason": "Wrong line"})
        erased = await client.post(f"{url}/withdraw", json={"reason": "Shows faces", "erase": True})
        assert erased.status_code == 200, erased.text
        assert erased.json()["erased_at"]
        assert erased.json()["name"] == "erased"
        assert erased.json()["withdrawn_reason"] == ("Wrong line" if withdrawn_before else "Shows faces")
        content = await client.get(f"{url}/content")
        assert content.status_code == 410
        etag = {"If-None-Match": f'"{added.json()["sha256"]}"'}
        assert (await client.get(f"{url}/content", headers=etag)).status_code == 410
        twice = await client.post(f"{url}/withdraw", json={"reason": "Again", "erase": True})
        assert twice.status_code == 409
        await stage.run_tasks("audit")
        assert await stored(store) == []
        assert (await client.get(url)).json()["erased_at"]
        assert (await client.get("/v1/tasks", params={"status": "dead"})).json()["items"] == []
    assert (await events(stage))[-1]["data"]["erased"] is True
