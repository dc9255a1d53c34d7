"""What ends a command with a message for the reader, never with a traceback."""


class OperationFailed(Exception):
    """Says what is wrong and what to do about it."""
