"""The use cases of the audit service."""
