"""Files outside the database: in a local folder or an S3-compatible store, behind one small interface."""

import asyncio
import heapq
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit
from urllib.request import url2pathname
from uuid import UUID

import obstore
import structlog
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from shared.errors import NotFound, Unavailable
from shared.ids import new_id
from shared.outbound import PLAIN, Outbound

CHUNK_BYTES = 256 * 1024
PARTS_AT_ONCE = 2  # of 5 MiB each: what an upload to S3 holds in memory
CONNECT_TIMEOUT = timedelta(seconds=5)
SILENT_FOR = timedelta(seconds=30)
READ_FOR = timedelta(hours=1)
"""Whoever downloads sets the pace at which a content is read from S3; only a store that says nothing is too slow."""
RETRIES = 3
RETRIED_FOR = timedelta(seconds=20)

log = structlog.get_logger()


class Storage:
    """Contents by id; what `put` has returned from is durable, and nobody ever sees half of it.

    Every method raises Unavailable where the store is away or refuses.
    """

    def __init__(self, store: LocalStore | S3Store) -> None:
        """Keep contents in `store`."""
        self._store = store

    async def put(self, key: UUID, chunks: AsyncIterator[bytes]) -> None:
        """Keep what `chunks` yields, at least one byte; where it raises, nothing is kept and its error goes on."""
        with _mapped_errors():
            await obstore.put_async(self._store, str(key), chunks, max_concurrency=PARTS_AT_ONCE)

    async def open(self, key: UUID) -> AsyncIterator[bytes]:
        """The content as a stream, or NotFound; once this returns, the store has begun to answer."""
        with _mapped_errors():
            try:
                found = await obstore.get_async(self._store, str(key))
            except FileNotFoundError:
                raise NotFound("There is no such content in the file store.") from None
        return _read(found)

    async def delete(self, key: UUID) -> None:
        """Have no content under that id, whether there was one or not."""
        with _mapped_errors(), suppress(FileNotFoundError):
            await obstore.delete_async(self._store, str(key))

    async def list_older(self, than: datetime, *, after: UUID | None, limit: int) -> list[UUID]:
        """The first `limit` ids behind `after`, in order, of contents put before `than`; other names are left alone."""
        found: list[UUID] = []
        with _mapped_errors():
            pages = obstore.list(self._store, offset=str(after) if after else None, chunk_size=limit)
            async for page in pages:
                for entry in page:
                    key = _key_in(entry["path"])
                    if key is not None and entry["last_modified"] < than:
                        found.append(key)
                        if len(found) == limit:
                            return found
        return found


class LocalFolder(Storage):
    """Contents as files of one folder, readable by its owner only."""

    def __init__(self, folder: Path) -> None:
        """Make the folder where it is missing."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        super().__init__(LocalStore(folder))
        self._folder = folder

    async def put(self, key: UUID, chunks: AsyncIterator[bytes]) -> None:
        """As above, by hand: the library does not wait until the disk has the bytes."""
        # Under an id that nobody knows: what a crash leaves of it is swept up like everything that nobody knows.
        partial = self._folder / str(new_id())
        with _mapped_errors():
            file = await asyncio.to_thread(open, partial, "xb", opener=_open_for_owner)
            try:
                with file:
                    async for chunk in chunks:
                        await asyncio.to_thread(file.write, chunk)
                    await asyncio.to_thread(_write_out, file)
                await asyncio.to_thread(self._publish, partial, self._folder / str(key))
            finally:
                partial.unlink(missing_ok=True)

    async def list_older(self, than: datetime, *, after: UUID | None, limit: int) -> list[UUID]:
        """As above; a folder has no order of its own."""
        with _mapped_errors():
            return await asyncio.to_thread(self._first_older, than, after, limit)

    def _first_older(self, than: datetime, after: UUID | None, limit: int) -> list[UUID]:
        def matching() -> Iterator[UUID]:
            for entry in os.scandir(self._folder):
                key = _key_in(entry.name)
                # A file may go while this looks: then it is nobody's business any more.
                with suppress(FileNotFoundError):
                    if key is not None and (after is None or key > after) and _put_at(entry) < than:
                        yield key

        return heapq.nsmallest(limit, matching())

    def _publish(self, partial: Path, target: Path) -> None:
        partial.replace(target)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def open_store(
    url: str,
    *,
    endpoint: str | None = None,
    region: str | None = None,
    access_key_id: str | None = None,
    secret_access_key: str | None = None,
    outbound: Outbound = PLAIN,
) -> Storage:
    """The store at `file:///folder` or `s3://bucket/prefix`.

    The rest is for S3: without `endpoint` it is Amazon's own, without a key the machine's role is asked for one.
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        return LocalFolder(Path(url2pathname(parts.path)))
    given = {
        "endpoint": endpoint,
        "region": region,
        "access_key_id": access_key_id,
        "secret_access_key": secret_access_key,
    }
    way: dict[str, str] = {}
    if outbound.proxy is not None:
        way |= {"proxy_url": outbound.proxy, "proxy_excludes": ",".join(outbound.direct_hosts)}
    if outbound.authorities is not None:
        way["root_certificate"] = outbound.authorities.read_text(encoding="utf-8")
    return Storage(
        S3Store(
            parts.netloc,
            prefix=parts.path.strip("/") or None,
            config={name: value for name, value in given.items() if value is not None},  # type: ignore[arg-type,unused-ignore]
            client_options={  # type: ignore[arg-type,unused-ignore]
                "allow_http": (endpoint or "").startswith("http://"),
                "connect_timeout": CONNECT_TIMEOUT,
                "read_timeout": SILENT_FOR,
                "timeout": READ_FOR,
                **way,
            },
            retry_config={"max_retries": RETRIES, "retry_timeout": RETRIED_FOR},
        )
    )


@contextmanager
def _mapped_errors() -> Iterator[None]:
    try:
        yield
    except (BaseError, OSError) as error:
        log.warning("file store out of reach", error=str(error)[:500])
        raise Unavailable("The file store cannot do this at the moment. Try again.") from error


async def _read(found: "obstore.GetResult") -> AsyncIterator[bytes]:
    with _mapped_errors():
        async for chunk in found.stream(CHUNK_BYTES):
            yield chunk


def _key_in(name: str) -> UUID | None:
    try:
        key = UUID(name)
    except ValueError:
        return None
    return key if str(key) == name else None


def _put_at(entry: "os.DirEntry[str]") -> datetime:
    return datetime.fromtimestamp(entry.stat().st_mtime, UTC)


def _open_for_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _write_out(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
