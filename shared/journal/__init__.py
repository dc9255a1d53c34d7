"""The record of changes: with each one, in its transaction, an event for the feed and a line of the audit log."""

from shared.journal.writing import Change, metadata, record

__all__ = ["Change", "metadata", "record"]
