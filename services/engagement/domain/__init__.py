"""The rules and figures of engagement, without I/O."""
