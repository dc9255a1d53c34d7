"""The change feed: events written with the change, numbered for readers, followed by consumers."""

from shared.feed.tables import NewEvent, append, event, metadata, rows_of

__all__ = ["NewEvent", "append", "event", "metadata", "rows_of"]
