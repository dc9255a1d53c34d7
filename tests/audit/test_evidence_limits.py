"""Evidence files: how large and how many, and what stays of one when something fails."""

import tracemalloc
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from starlette.types import Message

from services.audit.repository.files import Owner
from services.audit.service import files
from services.audit.service.files import Sweep
from shared.auth.principal import Actor
from shared.errors import NotFound
from shared.storage import Storage
from shared.web.middleware import LARGEST_UPLOAD
from tests.audit import programme
from tests.audit.evidence import JPEG, PDF, events, holding, in_one_piece, stored, sweep, upload, url_of
from tests.object_store import free_port, open_bucket
from tests.stage import Stage

pytestmark = pytest.mark.usefixtures("store")
in_both_stores = pytest.mark.parametrize("store", ["folder", "s3"], indirect=True)


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
    names = [await files.receive(store, "a.txt", "text/plain", in_one_piece(f"{n}")) for n in range(3)]
    sweeping = Sweep(stage.resources("audit").database, store, at_once=2)
    later = datetime.now(UTC) + timedelta(days=2)
    assert [await sweeping.sweep(later) for _ in range(3)] == [2, 1, 0]
    with pytest.raises(NotFound):
        await store.open(names[0].id)


async def test_a_store_beside_the_wrong_database_loses_nothing(stage: Stage, store: Storage) -> None:
    for n in range(21):
        await files.receive(store, "a.txt", "text/plain", in_one_piece(f"{n}"))
    assert await sweep(stage, store) == 0
    assert len(await stored(store)) == 21


async def test_a_restored_backup_does_not_bring_an_erased_content_back_for_long(
    stage: Stage, store: Storage, finding: dict[str, Any]
) -> None:
    async with stage.machine("audit") as client:
        added = await upload(client, url_of(finding))
        await client.post(f"{added.headers['location']}/withdraw", json={"reason": "Shows faces", "erase": True})
        await stage.run_tasks("audit")
        await store.put(UUID(added.json()["id"]), in_one_piece("restored"))
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
