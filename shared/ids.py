"""Identifiers: UUIDv7, so that a primary key is also roughly the order of creation."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A fresh UUIDv7; ids made by one process are strictly increasing."""
    return uuid7()
