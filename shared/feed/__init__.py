"""The change feed: events written with the change, numbered for readers, followed by consumers."""

from shared.feed.tables import NewEvent, append, metadata

__all__ = ["NewEvent", "append", "metadata"]
