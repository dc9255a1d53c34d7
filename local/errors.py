"""What ends a one-machine run with a message for the reader, never with a traceback."""


class LocalError(Exception):
    """Says what is wrong and what to do about it."""
