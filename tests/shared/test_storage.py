"""Contents outside the database: the same in a local folder and in an S3-compatible store."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast
from uuid import UUID

import httpx
import pytest
from obstore.store import S3Store

from shared.errors import NotFound, Unavailable
from shared.ids import new_id
from shared.storage import Storage, open_store
from tests.object_store import BUCKET, free_port, object_store, open_bucket

LATER = datetime.now(UTC) + timedelta(days=2)


class GoneAway(Exception):
    """Whoever sent the content."""


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with object_store() as address:
        yield address


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "folder":
        return open_store((tmp_path / "made where it is missing" / "files").as_uri())
    return open_bucket(request.getfixturevalue("endpoint"))


async def pieces(*given: bytes) -> AsyncIterator[bytes]:
    for piece in given:
        yield piece


async def broken_off(*given: bytes) -> AsyncIterator[bytes]:
    for piece in given:
        yield piece
    raise GoneAway


async def read(store: Storage, key: UUID) -> bytes:
    return b"".join([piece async for piece in await store.open(key)])


async def test_what_was_put_is_read_again(store: Storage) -> None:
    key = new_id()
    await store.put(key, pieces(b"one ", b"two"))
    assert await read(store, key) == b"one two"


async def test_large_contents_come_back_as_a_stream_of_small_pieces(store: Storage) -> None:
    key, piece = new_id(), bytes(range(256)) * 4096
    await store.put(key, pieces(*[piece] * 12))
    sizes, end = [], b""
    async for part in await store.open(key):
        sizes.append(len(part))
        end = part
    assert sum(sizes) == 12 * len(piece)
    assert max(sizes) <= len(piece)
    assert end.endswith(piece[-100:])


async def test_who_reads_slowly_from_a_bucket_is_not_cut_off(endpoint: str) -> None:
    # Half a minute in which the store says nothing is too long, an hour in which it is not asked to go on is not.
    options = cast("S3Store", open_bucket(endpoint)._store).client_options
    assert options is not None
    assert (options["timeout"], options["read_timeout"]) == ("1h", "30s")


async def test_a_content_that_breaks_off_is_not_kept_and_its_error_goes_on(store: Storage) -> None:
    key = new_id()
    with pytest.raises(GoneAway):
        await store.put(key, broken_off(b"x" * 6_000_000))
    with pytest.raises(NotFound):
        await store.open(key)
    assert await store.list_older(LATER, after=None, limit=10) == []


async def test_nobody_sees_half_of_a_content(store: Storage) -> None:
    key = new_id()

    async def looking() -> AsyncIterator[bytes]:
        yield b"first half, "
        with pytest.raises(NotFound):
            await store.open(key)
        yield b"second half"

    await store.put(key, looking())
    assert await read(store, key) == b"first half, second half"


async def test_a_deleted_content_is_gone_and_may_be_deleted_again(store: Storage) -> None:
    key = new_id()
    await store.put(key, pieces(b"x"))
    await store.delete(key)
    await store.delete(key)
    with pytest.raises(NotFound):
        await store.open(key)


async def test_contents_are_listed_in_order_a_part_at_a_time(store: Storage) -> None:
    keys = [new_id() for _ in range(5)]
    for key in reversed(keys):
        await store.put(key, pieces(b"x"))
    assert await store.list_older(LATER, after=None, limit=3) == keys[:3]
    assert await store.list_older(LATER, after=keys[2], limit=3) == keys[3:]
    assert await store.list_older(LATER, after=keys[4], limit=3) == []


async def test_only_contents_put_before_a_moment_are_listed(store: Storage) -> None:
    await store.put(new_id(), pieces(b"x"))
    assert await store.list_older(datetime.now(UTC) - timedelta(minutes=1), after=None, limit=10) == []


async def test_what_a_crash_leaves_half_written_is_listed_like_everything_unknown(tmp_path: Path) -> None:
    store = open_store(tmp_path.as_uri())
    seen = []

    async def looking() -> AsyncIterator[bytes]:
        yield b"x"
        seen.extend(await store.list_older(LATER, after=None, limit=10))
        yield b"x"

    key = new_id()
    await store.put(key, looking())
    assert len(seen) == 1
    assert seen != [key]


async def test_names_that_are_no_ids_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "README").write_text("kept")
    (tmp_path / new_id().hex).write_text("kept")
    assert await open_store(tmp_path.as_uri()).list_older(LATER, after=None, limit=10) == []


async def test_other_objects_in_the_bucket_are_left_alone(endpoint: str) -> None:
    store, key = open_bucket(endpoint), new_id()
    await store.put(key, pieces(b"x"))
    prefix = store._store.prefix
    async with httpx.AsyncClient(base_url=f"{endpoint}/{BUCKET}/{prefix}", trust_env=False) as client:
        for name in ("README", f"below/{new_id()}"):
            (await client.put(name, content=b"x")).raise_for_status()
    assert await store.list_older(LATER, after=None, limit=10) == [key]


async def test_folder_and_files_are_their_owners_only(tmp_path: Path) -> None:
    folder, key = tmp_path / "a" / "b", new_id()
    await open_store(folder.as_uri()).put(key, pieces(b"x"))
    assert oct(folder.stat().st_mode & 0o777) == "0o700"
    assert oct((folder / str(key)).stat().st_mode & 0o777) == "0o600"
    assert [file.name for file in folder.iterdir()] == [str(key)]


async def test_a_folder_that_went_away_is_unavailable(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    store = open_store(folder.as_uri())
    folder.rmdir()
    with pytest.raises(Unavailable):
        await store.put(new_id(), pieces(b"x"))
    with pytest.raises(Unavailable):
        await store.list_older(LATER, after=None, limit=10)


async def test_a_bucket_that_nobody_serves_is_unavailable() -> None:
    store, key = open_bucket(f"http://127.0.0.1:{free_port()}"), new_id()
    with pytest.raises(Unavailable):
        await store.put(key, pieces(b"x"))
    with pytest.raises(Unavailable):
        await store.open(key)
    with pytest.raises(Unavailable):
        await store.delete(key)
    with pytest.raises(Unavailable):
        await store.list_older(LATER, after=None, limit=10)
