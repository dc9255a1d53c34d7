"""Identifiers: UUIDv7, so that a primary key is also roughly the order of creation."""

from uuid import UUID

from asyncpg.pgproto import pgproto
from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A fresh UUIDv7; ids made by one process are strictly increasing."""
    return uuid7()


def new_ids(count: int) -> list[UUID]:
    """Fresh UUIDv7s in ascending order, for many rows at once: neighbours, of the driver's own kind of UUID.

    Those cost a tenth in making and sending. They count on from one whose last bits are random.
    """
    first = uuid7().int
    return [pgproto.UUID((first + n).to_bytes(16, "big")) for n in range(count)]
