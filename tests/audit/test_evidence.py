"""Evidence files of findings: taken in, given out, withdrawn, erased, swept up."""

import dataclasses
import io
import json
import tracemalloc
import zipfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from starlette.types import Message

from services.audit.repository.files import Owner
from services.audit.service import files
from services.audit.service.files import Sweep
from services.audit.service.resources import AuditResources
from shared.auth.principal import Actor
from shared.errors import NotFound
from shared.storage import Storage, open_store
from shared.web.middleware import LARGEST_UPLOAD
from tests.audit import programme
from tests.object_store import free_port, object_store, open_bucket
from tests.stage import Stage

pytestmark = pytest.mark.usefixtures("store")
in_both_stores = pytest.mark.parametrize("store", ["folder", "s3"], indirect=True)

PDF = b"%PDF-1.7\n1 0 obj\n"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00 and so on"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def archive(member: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("[Content_Types].xml", "<Types/>" * 50)
        book.writestr(member, "<x/>" * 50)
    return packed.getvalue()


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with object_store() as address:
        yield address


@pytest.fixture
def store(request: pytest.FixtureRequest, stage: Stage, tmp_path: Path) -> Iterator[Storage]:
    """An empty store, held by the audit service."""
    in_bucket = getattr(request, "param", "folder") == "s3"
    empty = open_bucket(request.getfixturevalue("endpoint")) if in_bucket else open_store(tmp_path.as_uri())
    with holding(stage, empty):
        yield empty


class holding:  # noqa: N801  # reads as a verb
    """Has the audit service keep its files in `store` for a while."""

    def __init__(self, stage: Stage, store: Storage) -> None:
        self.state, self.store = stage.apps["audit"].state, store

    def __enter__(self) -> Storage:
        self.before: AuditResources = self.state.resources
        self.state.resources = dataclasses.replace(self.before, files=self.store)
        return self.store

    def __exit__(self, *_: object) -> None:
        self.state.resources = self.before


@pytest.fixture
async def finding(stage: Stage) -> dict[str, Any]:
    await programme.add_supplier(stage)
    return await programme.add_finding(stage, await programme.add_audit(stage))


def supplier_client(stage: Stage, finding: dict[str, Any]) -> httpx.AsyncClient:
    return stage.machine("audit", "audit:read", "audit:submit", supplier_id=finding["supplier_id"])


def url_of(finding: dict[str, Any]) -> str:
    return f"/v1/findings/{finding['id']}/evidence"


async def upload(
    client: httpx.AsyncClient,
    url: str,
    content: bytes | AsyncIterator[bytes] = JPEG,
    media_type: str = "image/jpeg",
    name: str = "photo.jpg",
    **headers: str,
) -> httpx.Response:
    return await client.post(
        url, params={"name": name}, content=content, headers={"Content-Type": media_type, **headers}
    )


async def events(stage: Stage) -> list[dict[str, Any]]:
    return await programme.events(stage, "evidence.")


async def sweep(stage: Stage, store: Storage, *, days_later: int = 2) -> int:
    return await Sweep(stage.resources("audit").database, store).sweep(datetime.now(UTC) + timedelta(days=days_later))


async def stored(store: Storage) -> list[UUID]:
    return await store.list_older(datetime.now(UTC) + timedelta(days=1), after=None, limit=1000)


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


async def test_a_file_of_25_mib_is_taken(stage: Stage, finding: dict[str, Any]) -> None:
    content = PDF.ljust(LARGEST_UPLOAD, b" ")
    async with stage.machine("audit") as client:
        answer = await upload(client, url_of(finding), content, "application/pdf", "scan.pdf")
    assert answer.status_code == 201, answer.text
    assert answer.json()["size"] == 25 * 1024 * 1024


@in_both_stores
async def test_a_larger_one_is_refused_as_soon_as_it_is_and_never_held_in_memory(
    stage: Stage, store: Storage, finding: dict[str, Any]
) -> None:
    piece, sent = b" " * 65536, 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield PDF
        while True:
            sent += len(piece)
            yield piece

    tracemalloc.start()
    async with stage.machine("audit") as client:
        answer = await upload(client, url_of(finding), endless(), "application/pdf")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert answer.status_code == 413
    assert sent <= LARGEST_UPLOAD + len(piece)
    assert peak < 8 * 1024 * 1024
    assert await stored(store) == []


@in_both_stores
async def test_an_upload_that_breaks_off_leaves_nothing(stage: Stage, store: Storage, finding: dict[str, Any]) -> None:
    messages: list[Message] = [
        {"type": "http.request", "body": PDF.ljust(6_000_000), "more_body": True},
        {"type": "http.disconnect"},
    ]
    statuses: list[int] = []

    async def receive() -> Message:
        return messages.pop(0)

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    async with stage.machine("audit") as client:
        headers = {"Authorization": client.headers["authorization"], "Content-Type": "application/pdf"}
    await stage.apps["audit"](
        {
            "type": "http",
            "method": "POST",
            "path": url_of(finding),
            "query_string": b"name=scan.pdf",
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        },
        receive,
        send,
    )
    assert statuses == [400]
    assert await stored(store) == []


async def test_a_length_that_is_announced_as_too_large_is_refused_at_once(
    stage: Stage, finding: dict[str, Any]
) -> None:
    async with stage.machine("audit") as client:
        answer = await upload(client, url_of(finding), PDF, **{"Content-Length": str(LARGEST_UPLOAD + 1)})
    assert answer.status_code == 413


async def test_a_finding_has_at_most_50_files_that_are_not_withdrawn(stage: Stage, finding: dict[str, Any]) -> None:
    url = url_of(finding)
    async with stage.machine("audit") as client:
        answers = [await upload(client, url, f"{n}".encode(), "text/plain") for n in range(50)]
        assert {answer.status_code for answer in answers} == {201}
        full = await upload(client, url, b"one more", "text/plain")
        assert full.status_code == 409
        assert full.json()["type"].endswith("too-many-files")
        first = answers[0].headers["location"]
        assert (await client.post(f"{first}/withdraw", json={"reason": "Blurred"})).status_code == 200
        assert (await upload(client, url, b"one more", "text/plain")).status_code == 201


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


async def test_a_withdrawn_finding_takes_no_evidence(stage: Stage, store: Storage, finding: dict[str, Any]) -> None:
    await programme.step(stage, finding["id"], "withdraw")
    async with stage.machine("audit") as client:
        answer = await upload(client, url_of(finding))
    assert answer.status_code == 409
    assert await stored(store) == []


@in_both_stores
async def test_a_finding_withdrawn_while_a_file_comes_in_does_not_get_it(
    stage: Stage, store: Storage, finding: dict[str, Any]
) -> None:
    async def meanwhile() -> AsyncIterator[bytes]:
        yield JPEG
        assert (await programme.step(stage, finding["id"], "withdraw")).status_code == 200

    async with stage.machine("audit") as client:
        answer = await upload(client, url_of(finding), meanwhile())
        assert answer.status_code == 409
        assert (await client.get(url_of(finding))).json()["items"] == []
    assert len(await stored(store)) == 1
    assert await sweep(stage, store, days_later=0) == 0
    assert await sweep(stage, store) == 1
    assert await stored(store) == []


@in_both_stores
async def test_what_a_crash_before_the_commit_leaves_is_seen_by_nobody_and_swept_up(
    stage: Stage, store: Storage, finding: dict[str, Any]
) -> None:
    async def photo() -> AsyncIterator[bytes]:
        yield JPEG

    async def crash(arrived: files.Upload) -> None:
        async with stage.resources("audit").database.transaction() as session:
            await files.keep_file(session, Actor("ann", None), Owner(finding_id=UUID(finding["id"])), arrived)
            raise ConnectionResetError

    arrived = await files.receive(store, "photo.jpg", "image/jpeg", photo())
    with pytest.raises(ConnectionResetError):
        await crash(arrived)
    async with stage.machine("audit") as client:
        assert (await client.get(url_of(finding))).json()["items"] == []
        kept = await upload(client, url_of(finding))
        assert kept.status_code == 201
    assert len(await events(stage)) == 1
    assert len(await stored(store)) == 2
    assert await sweep(stage, store) == 1
    assert await stored(store) == [UUID(kept.json()["id"])]


async def test_the_sweep_goes_on_where_it_stopped(stage: Stage, store: Storage) -> None:
    names = [await files.receive(store, "a.txt", "text/plain", _text(f"{n}")) for n in range(3)]
    sweeping = Sweep(stage.resources("audit").database, store, at_once=2)
    later = datetime.now(UTC) + timedelta(days=2)
    assert [await sweeping.sweep(later) for _ in range(3)] == [2, 1, 0]
    with pytest.raises(NotFound):
        await store.open(names[0].id)


async def test_a_store_beside_the_wrong_database_loses_nothing(stage: Stage, store: Storage) -> None:
    for n in range(21):
        await files.receive(store, "a.txt", "text/plain", _text(f"{n}"))
    assert await sweep(stage, store) == 0
    assert len(await stored(store)) == 21


async def test_a_restored_backup_does_not_bring_an_erased_content_back_for_long(
    stage: Stage, store: Storage, finding: dict[str, Any]
) -> None:
    async with stage.machine("audit") as client:
        added = await upload(client, url_of(finding))
        await client.post(f"{added.headers['location']}/withdraw", json={"reason": "Shows faces", "erase": True})
        await stage.run_tasks("audit")
        await store.put(UUID(added.json()["id"]), _text("restored"))
        assert (await client.get(f"{added.headers['location']}/content")).status_code == 410
    assert await sweep(stage, store) == 1


async def test_a_store_that_is_away_changes_nothing(stage: Stage, finding: dict[str, Any]) -> None:
    with holding(stage, open_bucket(f"http://127.0.0.1:{free_port()}")):
        async with stage.machine("audit") as client:
            answer = await upload(client, url_of(finding))
            assert answer.status_code == 503
            assert answer.headers["retry-after"] == "1"
            assert (await client.get(url_of(finding))).json()["items"] == []


async def test_a_content_that_somebody_took_from_the_store_is_unavailable(
    stage: Stage, store: Storage, finding: dict[str, Any]
) -> None:
    async with stage.machine("audit") as client:
        added = await upload(client, url_of(finding))
        await store.delete(UUID(added.json()["id"]))
        answer = await client.get(f"{added.headers['location']}/content")
    assert answer.status_code == 503
    assert answer.json()["type"].endswith("content-missing")


async def _text(text: str) -> AsyncIterator[bytes]:
    yield text.encode()


async def test_withdrawing_does_not_make_room_without_end(stage: Stage, finding: dict[str, Any]) -> None:
    await stage.psql(
        "audit",
        "INSERT INTO stored_file (id, finding_id, name, media_type, size, sha256, uploaded_by, withdrawn_at) "
        "SELECT gen_random_uuid(), $1, 'x.txt', 'text/plain', 1, n::text, 'them', now() FROM generate_series(1, 500) n",
        finding["id"],
    )
    async with stage.machine("audit") as client:
        full = await upload(client, url_of(finding), b"one more", "text/plain")
    assert (full.status_code, full.json()["type"].rpartition("/")[2]) == (409, "too-many-files")
