"""The record of changes: with each one, in its transaction, an event for the feed and a line of the audit log."""

from shared.journal.writing import Change, metadata, note, record

__all__ = ["Change", "metadata", "note", "record"]
